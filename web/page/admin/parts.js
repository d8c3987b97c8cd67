// Small parts that several tabs share: a list's head, a state in words, a question before what cannot be undone.
import { html, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { Dialog } from "../shell/dialog.js";
import { Bones, Failed } from "../shell/states.js";

/** The line above a list: what it is, and what can be done. */
export function Head({ children, acts }) {
  return html`<div class="list-head"><p class="soft">${children}</p>${acts && html`<div class="acts">${acts}</div>`}</div>`;
}

/** What was read, or bones, or what went wrong. @param {{load: object, children: (value: any) => any, what: string}} props */
export function Loaded({ load, children, what, lines = 6 }) {
  if (load.value) return html`${load.error && html`<${Failed} error=${load.error} onRetry=${load.again} what=${what} />`}${children(load.value)}`;
  return load.error ? html`<${Failed} error=${load.error} onRetry=${load.again} what=${what} />` : html`<${Bones} lines=${lines} />`;
}

const STATES = {
  healthy: ["ok", "mk-ok", "answers"], unhealthy: ["unknown", "mk-unknown", "no answer"], unknown: ["clock", "mk-stale", "not asked yet"],
  degraded: ["warning", "mk-warning", "answers in part"], maintenance: ["clock", "mk-stale", "in maintenance"], disabled: ["slash", "mk-unknown", "switched off"],
};

/** A state as shape and word. @param {{state: string, word?: string}} props */
export function State({ state, word }) {
  const [icon, kind, said] = STATES[state] ?? STATES.unknown;
  return html`<span class="cell"><${Icon} name=${icon} kind=${kind} size=${14} />${word ?? said}</span>`;
}

/** A note with a title. */
export function Note({ kind = "info", icon = kind, title, children, role = "note" }) {
  return html`<div class=${`note ${kind} inline`} role=${role}><${Icon} name=${icon} kind=${`mk-${kind === "refused" ? "unknown" : kind}`} /><div>${title && html`<b class="t">${title}</b>`}${children && html`<p>${children}</p>`}</div></div>`;
}

/**
 * Asks once before a deed that cannot be undone; the button names it.
 * @param {{title: string, deed: string, onDo: () => Promise<void>, onClose: () => void, children?: any}} props
 */
export function Sure({ title, deed, onDo, onClose, children }) {
  const failed = useSignal(null), busy = useSignal(false);
  const act = async () => {
    busy.value = true;
    failed.value = null;
    try { await onDo(); } catch (error) { failed.value = error; }
    busy.value = false;
  };
  const footer = html`<button type="button" class="btn" autofocus onClick=${onClose}>Keep it</button><button type="button" class="btn danger" disabled=${busy.value} onClick=${act}>${deed}</button>`;
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer}><div class="stack"><p>${children}</p>${failed.value && html`<${Failed} error=${failed.value} />`}</div></${Dialog}>`;
}

/** A switch that is on or off, saved at once. */
export function Toggle({ label, is_on, onChange, is_busy }) {
  return html`<button type="button" class="toggle" role="switch" aria-checked=${String(is_on)} aria-label=${label} disabled=${is_busy} onClick=${() => onChange(!is_on)}><span></span></button>`;
}
