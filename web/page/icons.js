// Icons: each is a symbol of icons.svg; beside a word it is hidden from readers, alone it is named by `label`.
import { html } from "./lib.js";

/** @param {{name: string, label?: string, size?: number, kind?: string}} props `kind` adds classes such as "mk-ok". */
export function Icon({ name, label, size = 16, kind = "" }) {
  const href = `/page/icons.svg#i-${name}`;
  return label
    ? html`<svg class=${`icon ${kind}`} width=${size} height=${size} role="img" aria-label=${label}><use href=${href} /></svg>`
    : html`<svg class=${`icon ${kind}`} width=${size} height=${size} aria-hidden="true"><use href=${href} /></svg>`;
}

const STATUSES = {
  critical: "critical", error: "critical", failed: "critical", breached: "critical",
  warning: "warning", warn: "warning", info: "info", debug: "info",
  ok: "ok", resolved: "ok", completed: "ok", succeeded: "ok", met: "ok",
  stale: "clock", late: "clock", forbidden: "slash", refused: "slash",
};

/** Shape and colour of a status; a status nobody knows is unknown. @param {{status: string, label?: string, size?: number}} props */
export function Status({ status, label, size = 16 }) {
  const name = STATUSES[status] ?? "unknown";
  const kind = { clock: "mk-stale", slash: "mk-unknown" }[name] ?? `mk-${name}`;
  return html`<${Icon} name=${name} kind=${kind} label=${label} size=${size} />`;
}
