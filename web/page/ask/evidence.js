// Evidence by number: the chip that leads from a claim to the execution that shows it, and back.
import { classes, html, signal } from "../lib.js";
import { said } from "../words.js";
import { gaveNothing, titled } from "./turn.js";

/** The execution that is pointed at (hover or focus), and the one that is open; null when none is. */
export const pointed = signal(null), opened = signal(null);
let from = null;

/** The execution's row opens and takes the focus; Escape goes back to where one was. */
export function openEvidence(execution) {
  from = document.activeElement;
  opened.value = execution;
  requestAnimationFrame(() => {
    const row = document.querySelector(`[data-evidence="${CSS.escape(execution)}"]`);
    row?.closest("details")?.setAttribute("open", "");
    row?.querySelector("button")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  });
}

/** Back to the claim; false when nobody came from one. */
export function goBack() {
  if (!opened.value) return false;
  opened.value = null;
  if (from?.isConnected) from.focus();
  from = null;
  return true;
}

/** Evidence of the sentence that has the focus, else of the last answer; false when there is none. */
export function toEvidence() {
  const here = document.activeElement?.closest?.("[data-says], .answer, .note");
  const chip = here?.querySelector("a.ev[data-execution]") ?? [...document.querySelectorAll(".answer")].at(-1)?.querySelector("a.ev[data-execution]");
  if (!chip) return false;
  openEvidence(chip.dataset.execution);
  return true;
}

/** Chips of executions, in the order of the answer's evidence. @param {{executions: string[], sources: object[]}} props */
export function Evidence({ executions, sources }) {
  const chips = sources.map((source, place) => ({ source, number: place + 1 })).filter(({ source }) => executions.includes(source.execution));
  return chips.map(({ source, number }) => html`<${Chip} key=${number} number=${number} execution=${source.execution} status=${source.status} name=${titled({ tool: source.tool, label: "" })} />`);
}

/** @param {{number: number, execution: string, status: string, name: string}} props */
export function Chip({ number, execution, status, name }) {
  const is_failed = gaveNothing(status), point = (what) => () => { pointed.value = what; };
  return html` <a class=${classes("ev", is_failed && "failed")} href=${`#e${number}`} data-execution=${execution}
    aria-label=${`Evidence e${number}, ${name.toLowerCase()}, ${said(status)}`} title=${`${name}: ${said(status)}`}
    onClick=${(event) => { event.preventDefault(); openEvidence(execution); }} onMouseEnter=${point(execution)} onMouseLeave=${point(null)}
    onFocus=${point(execution)} onBlur=${point(null)}>${`e${number}${is_failed ? "?" : ""}`}</a>`;
}
