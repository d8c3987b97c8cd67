// A question asked from elsewhere in the page: a new conversation begins with it.
import { navigate } from "../router.js";
import { clear, ask as send } from "./talk.js";

export function ask(question, options = {}) {
  clear();
  navigate("/");
  send(question, options);
}
