// What a view shows when there is nothing, when something failed, and while it loads.
import { classes, html } from "../lib.js";
import { Icon } from "../icons.js";
import { notice, refusal } from "./says.js";

/** Nothing is there, said as a fact. @param {{title: string, children?: any, icon?: string}} props */
export function Empty({ title, children, icon = "info" }) {
  return html`<div class="note inline" role="note"><${Icon} name=${icon} kind="mk-info" />
    <div><b class="t">${title}</b>${children && html`<p>${children}</p>`}</div></div>`;
}

/** A request that was not served: what it was, why, what to do. @param {{error: object, onRetry?: () => void, what?: string}} props */
export function Failed({ error, onRetry, what }) {
  const told = refusal(error) ?? notice(error, what);
  return html`<div class=${classes("note", "inline", told.kind)} role=${told.kind === "critical" ? "alert" : "note"}>
    <${Icon} name=${told.icon} kind=${`mk-${told.mark}`} />
    <div><b class="t">${told.title}</b>${told.text && html`<p>${told.text}</p>`}
      ${told.permission && html`<p>It needs <code>${told.permission}</code>.</p>`}
      ${onRetry && told.can_retry && html`<div class="acts"><button type="button" class="btn small" onClick=${onRetry}><${Icon} name="retry" size=${14} />Try again</button></div>`}
    </div></div>`;
}

const WIDTHS = ["w-60", "w-90", "w-75", "w-40", "w-100"];

/** Grey lines in place of text, seen only after 300 ms. @param {{lines?: number, label?: string}} props */
export function Bones({ lines = 4, label = "Loading" }) {
  return html`<div class="stack" aria-busy="true"><p class="sr" role="status">${label}</p>
    ${Array.from({ length: lines }, (_, at) => html`<div class=${classes("bone", "b-12", WIDTHS[at % WIDTHS.length])}></div>`)}</div>`;
}
