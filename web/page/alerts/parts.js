// One part of what is known around an alert: arrived, on the way, or unknown with why.
import { Chip } from "../ask/evidence.js";
import { Icon } from "../icons.js";
import { classes, html } from "../lib.js";
import { duration } from "../words.js";
import { BODIES, WIDE } from "./bodies.js";

const MARKS = {
  ok: ["ok", "mk-ok", "arrived"], empty: ["ok", "mk-ok", "answered, nothing there"], arriving: ["spin", "spin mk-accent", "on the way"],
  forbidden: ["slash", "mk-unknown", "not open to you"], unset: ["unknown", "mk-unknown", "not connected"],
};
const UNKNOWN = ["unknown", "mk-unknown", "unknown"];
const SAID = { error: "Unknown.", late: "Unknown.", unset: "Not connected.", forbidden: "Not open to you." };

/** @param {{part: object, start: string, number: number|null, onRun: (runbook: string) => void}} props `number` of its evidence */
export function Part({ part, start, number, onRun }) {
  const kind = part.part.split(":")[0], [icon, mark, word] = MARKS[part.status] ?? UNKNOWN;
  const is_unknown = !["ok", "empty", "arriving"].includes(part.status), Body = BODIES[kind];
  return html`<section class=${classes("part", WIDE.has(kind) && part.status === "ok" && part.data.charts?.length && "wide", is_unknown && "unknown", part.status === "arriving" && "arriving")} aria-label=${part.title}>
    <header><${Icon} name=${icon} kind=${mark} label=${word} /><h3>${part.title}</h3>
      ${number !== null && part.execution_id && html`<${Chip} number=${number} execution=${part.execution_id} status=${is_unknown ? "error" : part.status} name=${part.title} />`}
      ${part.took !== null && part.took !== undefined && html`<span class="ms">${duration(part.took)}</span>`}</header>
    ${part.status === "arriving" ? html`<p>It is being asked for.</p>`
      : is_unknown ? html`<p><b>${SAID[part.status] ?? "Unknown."}</b> ${part.why}</p>`
      : part.status === "empty" ? html`<p>Nothing there. It was asked and answered, so this is a real zero.</p>`
      : Body ? html`<${Body} data=${part.data} start=${start} part=${part} onRun=${onRun} />` : null}</section>`;
}
