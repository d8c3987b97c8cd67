// One part of an answer, drawn by its kind.
import { html, signal, useMemo } from "../lib.js";
import { Chart } from "./chart.js";
import { Logs } from "./logs.js";
import { Events, Table } from "./table.js";
import { Tiles } from "./tiles.js";

const KINDS = { table: Table, series: Chart, logs: Logs, events: Events };
const NOBODY = { time: null, owner: null };

/** A crosshair that the charts of one panel share. */
export const crosshair = () => signal(NOBODY);

/**
 * @param {{part: object, sources?: object[], shared?: object, parts?: object[], onHeld?: (part: object) => void}} props
 * `shared` is a crosshair, `parts` are all of the answer, `onHeld` is told when more rows of the part were read
 */
export function Part({ part, sources = [], shared, parts, onHeld }) {
  const own = useMemo(crosshair, []);
  if (part.kind === "stat") return html`<${Tiles} stats=${[part]} parts=${parts ?? [part]} sources=${sources} />`;
  const Kind = KINDS[part.kind];
  if (!Kind) return html`<p class="muted pad">A part of the kind ${part.kind}, which this page cannot draw. It is in the JSON.</p>`;
  return html`<${Kind} part=${part} sources=${sources} shared=${shared ?? own} onHeld=${onHeld} />`;
}

export default Part;
