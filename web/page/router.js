// Which view an address is, and going from one to the next without loading the page anew.
import { signal } from "./lib.js";

const ROUTES = [
  ["ask", /^\/(?:inquiry\/?)?$/, []],
  ["ask", /^\/ask\/([^/]+)\/?$/, ["session_id"]],
  ["revive", /^\/revive\/?$/, []],
  ["revive", /^\/revive\/([^/]+)\/?$/, ["session_id"]],
  ["alerts", /^\/alerts\/?$/, []],
  ["alert", /^\/alerts\/([^/]+)(?:\/chat)?\/?$/, ["id"]],
  ["runs", /^\/runs\/?$/, []],
  ["runs", /^\/runs\/([^/]+)\/?$/, ["id"]],
  ["runbooks", /^\/runbooks\/?$/, []],
  ["runbooks", /^\/runbooks\/([^/]+)\/?$/, ["id"]],
  ["admin", /^\/admin\/?$/, []],
  ["admin", /^\/admin\/([^/]+)\/?$/, ["tab"]],
  ["login", /^\/login\/?$/, []],
];

/** {name, params, query, path} of an address; an address that nobody knows is named "missing". */
export function read(place) {
  const query = Object.fromEntries(new URLSearchParams(place.search));
  for (const [name, pattern, keys] of ROUTES) {
    const found = pattern.exec(place.pathname);
    if (found) return { name, path: place.pathname, query, params: Object.fromEntries(keys.map((key, at) => [key, decodeURIComponent(found[at + 1])])) };
  }
  return { name: "missing", path: place.pathname, query, params: {} };
}

/** The route that is shown. */
export const route = signal(read(globalThis.location ?? { pathname: "/", search: "" }));

/** Go to a path of the page; `replace` leaves no step behind in the history. */
export function navigate(path, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", path);
  route.value = read(location);
}

/** Props of a link: html`<a ...${to("/alerts")}>`; a click with a modifier opens it the browser's way. */
export function to(path) {
  const onClick = (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(path);
  };
  return { href: path, onClick };
}

globalThis.addEventListener?.("popstate", () => { route.value = read(location); });
