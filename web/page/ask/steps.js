// What was read to answer: one row per execution, its plain reading and its query behind it.
import { classes, html, useEffect, useId, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { clock } from "../store.js";
import { duration, plural, range, said, stamp } from "../words.js";
import { Chip, goBack, opened, pointed } from "./evidence.js";
import { Query } from "./query.js";
import { gaveNothing, hasEnded, rows, titled, took, windowOf } from "./turn.js";

const ICONS = { executing: ["spin", "spin mk-accent"], pending_approval: ["hand", "mk-warning"], forbidden: ["slash", "mk-unknown"], cancelled: ["stop", "mk-unknown"] };
const iconOf = (status, is_stale) => ICONS[status] ?? (gaveNothing(status) ? ["unknown", "mk-unknown"] : is_stale ? ["clock", "mk-stale"] : ["ok", "mk-ok"]);

/** @param {{turn: object}} props Open while it runs, and afterwards unless there is much. */
export function Steps({ turn, isOpen = true }) {
  const found = rows(turn), is_over = hasEnded(turn);
  if (!found.length) return is_over ? null : html`<${Beginning} turn=${turn} />`;
  const window = windowOf(turn);
  return html`<details class="steps" open=${isOpen}>
    <summary><${Icon} name="chev" kind="turn-v" />${is_over || turn.status === "waiting" ? null : html`<${Icon} name="spin" kind="spin mk-accent" />`}<span>${heading(turn, found)}</span>
      ${window && html`<span class="when">${range(window.start, window.end)}</span>`}</summary>
    <ol>${found.map((row, place) => html`<${Row} key=${row.execution ?? `${place} ${row.tool}`} row=${row} />`)}</ol>
  </details>`;
}

function Beginning({ turn }) {
  const word = turn.status === "asking" ? "Sending the question" : turn.status === "stopping" ? "Stopping" : "Reading the question";
  return html`<div class="steps quiet"><div class="step"><${Icon} name="spin" kind="spin mk-accent" /><span class="what">${turn.is_cut ? "The connection broke; taking it up again" : word}</span></div></div>`;
}

function heading(turn, found) {
  const failed = found.filter((row) => gaveNothing(row.status)).length, done = found.filter((row) => row.status !== "executing").length;
  if (turn.is_cut) return "The connection broke; taking it up again";
  if (turn.status === "stopping") return "Stopping";
  if (turn.status === "waiting") {
    const read = found.filter((row) => row.execution && row.status !== "pending_approval").length;
    return read ? `${plural(read, "source")} read, waiting for approval` : "Waiting for approval";
  }
  if (!hasEnded(turn)) return `Reading, ${Math.min(found.length, done + 1)} of ${found.length}`;
  if (turn.status === "cancelled") return `Stopped, ${plural(found.length - failed, "source")} read`;
  const read = found.length - failed;
  if (!failed) return `${plural(read, "source")} read`;
  return read ? `${plural(read, "source")} read, ${failed} gave no answer` : `${plural(failed, "source")} gave no answer`;
}

function Row({ row }) {
  const is_open = useSignal(false), id = useId(), { source, number, execution, status } = row;
  const [icon, kind] = iconOf(status, source?.stale), has_more = source || row.output.length > 0;
  const is_asked = execution !== null && opened.value === execution;
  useEffect(() => { if (is_asked) is_open.value = true; }, [is_asked]);
  const seconds = took(row, clock.value), name = titled(row);
  const onKeyDown = (event) => { if (event.key === "Escape" && goBack()) { event.preventDefault(); event.stopPropagation(); } };
  const at = is_open.value || is_asked || (execution && pointed.value === execution);
  return html`<li class=${classes("step", at && "is-open")} id=${number ? `e${number}` : undefined} data-evidence=${execution} onKeyDown=${onKeyDown}>
    <${Icon} name=${icon} kind=${kind} label=${said(status)} />
    ${has_more
      ? html`<button type="button" class="what" data-row aria-expanded=${String(is_open.value)} aria-controls=${id} onClick=${() => { is_open.value = !is_open.value; }}>${name}</button>`
      : html`<span class="what">${name}</span>`}
    ${number && execution && status !== "pending_approval" ? html`<${Chip} number=${number} execution=${execution} status=${status} name=${name} />` : html`<span></span>`}
    <span class="ms">${seconds === null ? "" : duration(seconds)}</span>
    ${is_open.value && html`<div class="more" id=${id}><${Reading} row=${row} /></div>`}
    ${!is_open.value && status === "executing" && row.output.length > 0 && html`<p class="told mono">${row.output.at(-1)}</p>`}
  </li>`;
}

/** The plain reading first, the query behind it. */
function Reading({ row: { source, output, tool } }) {
  if (!source) return html`<pre class="told" tabindex="0" aria-label="Output">${output.join("\n")}</pre>`;
  return html`<p class="soft">${sentence(source)}</p>
    ${source.error && html`<p class="soft">It answered: ${source.error}</p>`}
    ${source.cut && html`<p class="soft">${source.cut}</p>`}
    ${source.query && html`<${Query} source=${source} tool=${tool} />`}`;
}

function sentence({ source, status, window, as_of, stale }) {
  const whom = source ? `${source[0].toUpperCase()}${source.slice(1)}` : "The source";
  const when = window?.start ? ` about ${range(window.start, window.end)}` : "";
  const at = as_of ? `, as of ${stamp(as_of)} UTC` : "";
  if (gaveNothing(status)) return `${whom} was asked${when} and ${said(status)}.`;
  if (status === "empty") return `${whom} was asked${when} and answered: there is nothing, a real zero${at}.`;
  return `${whom} was asked${when}${at}.${stale ? " It is away: this is the last answer that was received." : ""}`;
}
