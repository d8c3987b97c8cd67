// The admin view: each tab is loaded when it is first looked at; who is no admin sees what they themselves may do.
import { html, useEffect, useSignal } from "../lib.js";
import { isAdmin } from "../store.js";
import { Bones, Failed } from "../shell/states.js";
import { Frame } from "./frame.js";

const PARTS = {
  permissions: () => import("./permissions.js"), models: () => import("./models.js"), "mcp-servers": () => import("./mcp.js"),
  datasources: () => import("./datasources.js"), applications: () => import("./applications.js"), rules: () => import("./rules.js"),
  runbooks: () => import("./runbooks.js"), usage: () => import("./usage.js"), audit: () => import("./audit.js"),
  users: () => import("./users.js"), me: () => import("./me.js"),
};
const FIRST = "permissions", OWN = "me";

/** @param {{route: {params: {tab?: string}, query: Record<string, string>}}} props */
export default function View({ route }) {
  const wanted = route.params.tab ?? (isAdmin.value ? FIRST : OWN), tab = isAdmin.value || wanted === OWN ? wanted : OWN;
  const found = useSignal({}), failed = useSignal(null);
  const load = () => {
    failed.value = null;
    PARTS[tab]?.().then((module) => { found.value = { tab, shown: module.default }; }, () => { failed.value = { status: 0, error: "offline", message: "This part of the page could not be loaded." }; });
  };
  useEffect(load, [tab]);
  if (!PARTS[tab]) return html`<${Frame} tab=${tab} title="Not found"><p class="soft">Admin has no part of this name.</p></${Frame}>`;
  if (failed.value) return html`<${Frame} tab=${tab}><${Failed} error=${failed.value} onRetry=${load} /></${Frame}>`;
  const Shown = found.value.tab === tab ? found.value.shown : null;
  return Shown ? html`<${Shown} key=${tab} route=${route} />` : html`<${Frame} tab=${tab}><${Bones} lines=${6} /></${Frame}>`;
}
