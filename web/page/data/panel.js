// The data panel of an answer: what it is of and as of when, its parts in order, its evidence; as CSV, JSON or on paper.
import { html, useMemo, useRef } from "../lib.js";
import { Icon } from "../icons.js";
import { hide } from "../shell/split.js";
import { day, plural, range, time } from "../words.js";
import { Evidence, spoken } from "./evidence.js";
import { csvOf, download, fileName, jsonOf } from "./export.js";
import { Part, crosshair } from "./part.js";
import { printing } from "./printing.js";
import { Tiles } from "./tiles.js";

/**
 * @param {{title?: string, subtitle?: string, parts?: object[], sources?: object[], timeline?: object[], loading?: boolean, onHide?: () => void}} props
 * Shapes: `agents/answer.py`, Part and Source. While loading the parts that have come are drawn.
 */
export default function DataPanel({ title = "Data", subtitle, parts = [], sources = [], timeline = [], loading = false, onHide = () => hide("data") }) {
  const shared = useMemo(crosshair, []), held = useRef(new Map());
  const shown = useMemo(() => grouped(withTimeline(parts, timeline, sources)), [parts, timeline, sources]);
  const said = subtitle ?? described(sources);
  const whole = () => parts.map((part) => held.current.get(part) ?? part);
  const has = { csv: parts.some((part) => part.kind !== "stat"), any: parts.length > 0 || timeline.length > 0 };
  return html`
    <div class="data-head"><h2 title=${title}>${title}</h2><span class="sub" title=${said}>${said}</span>
      ${has.csv && html`<${Act} icon="dl" text="CSV" onClick=${() => download(fileName(title, "csv"), csvOf(whole(), sources), "text/csv")} />`}
      ${has.any && html`<${Act} icon="dl" text="JSON" onClick=${() => download(fileName(title, "json"), jsonOf({ title, subtitle: said, parts: whole(), sources, timeline }), "application/json")} />`}
      ${has.any && html`<${Act} icon="print" text="Print" kind="hide-phone" onClick=${() => globalThis.print()} />`}
      <button type="button" class="btn quiet small icon-only hide-phone" aria-label="Hide the data panel" aria-keyshortcuts="]" onClick=${onHide}><${Icon} name="pane" /></button></div>
    <div class=${printing.value ? "answered is-paper" : "answered"} aria-busy=${String(loading)}>
      <${Silent} sources=${sources} />
      ${shown.map((item, at) => (item.stats ? html`<${Tiles} key=${at} stats=${item.stats} parts=${parts} sources=${sources} />`
        : html`<${Part} key=${at} part=${item} parts=${parts} sources=${sources} shared=${shared} onHeld=${(part) => held.current.set(item, part)} />`))}
      ${loading && html`<${Waiting} isFirst=${!shown.length} />`}
      ${!loading && !shown.length && html`<div class="card"><p class="muted pad">This answer has no numbers to show.</p></div>`}
      ${!loading && html`<${Evidence} sources=${sources} />`}</div>`;
}

const Act = ({ icon, text, kind = "", onClick }) => html`<button type="button" class=${`btn quiet small ${kind}`} onClick=${onClick}><${Icon} name=${icon} size=${14} />${text}</button>`;

/** Numbers that follow each other stand side by side. */
function grouped(parts) {
  const told = [];
  for (const part of parts) {
    if (part.kind !== "stat") told.push(part);
    else if (told.at(-1)?.stats) told.at(-1).stats.push(part);
    else told.push({ stats: [part] });
  }
  return told;
}

/** The timeline is a part too, where none of the parts holds the same events. */
function withTimeline(parts, timeline, sources) {
  const isThere = parts.some((part) => part.kind === "events" && part.data.rows.length >= timeline.length);
  if (!timeline.length || isThere) return parts;
  return [...parts, { kind: "events", title: "Timeline", data: { rows: timeline }, executions: sources.slice(0, 1).map((each) => each.execution) }];
}

/** The window of the sources, the zone once, and how fresh it is. */
export function described(sources) {
  const windows = sources.map((each) => each.window).filter(Boolean), fresh = sources.map((each) => each.as_of).filter(Boolean).sort().at(-1);
  const told = [];
  if (windows.length) {
    const start = windows.map((each) => each.start).sort()[0], end = windows.map((each) => each.end).sort().at(-1);
    const isDay = start.slice(11, 19) === "00:00:00" && new Date(end) - new Date(start) === 86_400_000;
    told.push(isDay ? `${day(start)}, UTC` : new Date(start).getUTCFullYear() < 2005 ? `until ${day(end)}, UTC` : range(start, end));
  }
  if (fresh) told.push(`as of ${time(fresh)}${told.length ? "" : " UTC"}`);
  return told.join(" · ");
}

/** The source of a call that was refused before any system was asked. */
const HOUSE = "policy";

/** Sources that gave no answer, said above all that lacks them. */
function Silent({ sources }) {
  const silent = sources.filter((each) => each.status === "error"), asked = silent.filter((each) => each.source !== HOUSE);
  if (!silent.length) return null;
  const names = [...new Set((asked.length ? asked : silent).map((each) => (each.source === HOUSE ? spoken(each) : each.source)))], reasons = [...new Set(silent.map((each) => each.error).filter(Boolean))];
  const stale = sources.some((each) => each.stale) ? " Values marked stale are the last ones received." : "";
  const [kind, icon, said] = asked.length ? ["critical", "critical", "gave no answer"] : ["unknown", "unknown", "was not asked"];
  return html`<div class=${`note ${kind} inline`} role="note"><${Icon} name=${icon} kind=${`mk-${icon}`} />
    <div><b class="t">${names.join(" and ")} ${said}</b><p>${reasons.join(" ")}${stale}${asked.length > 1 ? ` ${plural(asked.length, "query", "queries")} without a result.` : ""}</p></div></div>`;
}

const Bone = ({ kind }) => html`<div class=${`bone ${kind}`}></div>`;

/** Grey shapes of the final sizes, seen only after 300 ms. */
function Waiting({ isFirst }) {
  if (!isFirst) return html`<div class="card"><div class="pad stack"><${Bone} kind="w-40 b-12" /><${Bone} kind="w-90 b-12" /><${Bone} kind="w-75 b-12" /></div></div>`;
  return html`<div class="tiles of-4">${[0, 1, 2, 3].map(() => html`<div class="tile stack"><${Bone} kind="w-60 b-12" /><${Bone} kind="w-75 b-32" /><${Bone} kind="w-40 b-12" /></div>`)}</div>
    <div class="card"><div class="pad stack"><${Bone} kind="w-30 b-16" /><${Bone} kind="w-100 b-286" /></div></div>
    <div class="card"><div class="pad stack"><${Bone} kind="w-30 b-16" /><${Bone} kind="w-100 b-12" /><${Bone} kind="w-90 b-12" /><${Bone} kind="w-75 b-12" /></div></div>`;
}
