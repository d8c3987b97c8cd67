// Which dialog of the shell is open, "palette", "help" or none, and where a key wants the focus once it is drawn.
import { signal } from "../lib.js";

export const door = signal(null);
/** "question": to the field that is there or comes; "new question": to that of an empty page. */
export const wish = signal(null);
let from = null;

/** Open a dialog; the focus comes back to where it was. */
export function open(name) {
  if (!door.value) from = document.activeElement;
  door.value = name;
}

export function close({ is_moving = false } = {}) {
  door.value = null;
  if (!is_moving && from?.isConnected) from.focus();
  from = null;
}
