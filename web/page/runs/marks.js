// How a run stands, as a shape beside its word.
import { Icon } from "../icons.js";
import { html } from "../lib.js";

/** The filters of the list, and the statuses that each keeps. */
export const standings = {
  waiting: ["awaiting_confirmation", "awaiting_input"], running: ["running", "queued"], done: ["completed"], failed: ["failed"], stopped: ["cancelled", "rejected", "expired"],
};
const MARKS = {
  completed: ["ok", "mk-ok"], awaiting_confirmation: ["hand", "mk-warning"], awaiting_input: ["hand", "mk-warning"], running: ["spin", "spin mk-accent"],
  queued: ["clock", "mk-unknown"], failed: ["critical", "mk-critical"], cancelled: ["slash", "mk-unknown"], rejected: ["slash", "mk-unknown"], expired: ["clock", "mk-unknown"],
};

/** @param {{status: string, size?: number}} props */
export function RunMark({ status, size = 16 }) {
  const [name, kind] = MARKS[status] ?? ["unknown", "mk-unknown"];
  return html`<${Icon} name=${name} kind=${kind} size=${size} />`;
}
