// The card of a chart: subtitle, legend, zoom, the plot itself, and the same points as a table.
import { html, useMemo, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { duration, number, plural, range, digits } from "../words.js";
import { Card, Menu, copy } from "./card.js";
import { Chips, artifactPath, sourcesOf, staleness } from "./evidence.js";
import { csvOf, download, fileName, stamp } from "./export.js";
import { Grid } from "./grid.js";
import { chartOf, worst } from "./lines.js";
import { Plot } from "./plotted.js";
import { display } from "./scales.js";
import { Strip } from "./strip.js";

const STEPS = [300, 900, 3600, 10_800, 21_600, 86_400, 604_800];
const LEAST_FOR_STRIP = 90, LEAST_WIDTH = 420;

/** @param {{part: object, sources: object[], shared: object}} props `shared` is a signal {time, owner}: the panel's crosshair */
export function Chart({ part, sources, shared }) {
  const own = useSame(sourcesOf(part, sources));
  const chart = useMemo(() => chartOf(part, own), [part.data, part.title, own]);
  const view = useSignal(null), isTable = useSignal(false), told = useSignal({ isThinned: false, far: [], width: 0 });
  const hasStrip = (view.value || chart.points >= LEAST_FOR_STRIP) && told.value.width >= LEAST_WIDTH;
  const stale = staleness(part, sources), isEmpty = !chart.lines.some((line) => worst(line));
  const acts = html`${!isEmpty && !isTable.value && html`<${Zoom} chart=${chart} view=${view} />`}
    <${Menu} label=${`More for ${part.title}`} items=${items(part, own, isTable, isEmpty)} />`;
  const chips = html`${stale ? html`<span class="chip unknown"><${Icon} name="clock" size=${12} />stale, ${stale}</span>` : null}<${Chips} part=${part} sources=${sources} />`;
  return html`<${Card} title=${part.title} sub=${subtitle(chart, told.value)} chips=${chips} acts=${acts} kind="charted">
    ${isEmpty ? html`<p class="muted pad">Nothing was measured in this time. The source answered, so this is no zero.</p>`
      : isTable.value ? html`<${Points} chart=${chart} />`
      : html`<${Legend} chart=${chart} /><div class="chart"><${Plot} chart=${chart} view=${view} shared=${shared} told=${told} />
          ${hasStrip && html`<${Strip} chart=${chart} view=${view.value ?? [chart.from, chart.to]} width=${told.value.width} onView=${(next) => { view.value = next; }} />`}</div>`}
  <//>`;
}

/** The list as it was, while all in it is: a chart is not drawn anew because somebody wrote its list anew. */
function useSame(list) {
  const kept = useRef(list);
  if (list.length !== kept.current.length || list.some((each, at) => each !== kept.current[at])) kept.current = list;
  return kept.current;
}

/** The window, the unit, and what was left out. */
function subtitle(chart, { isThinned, far }) {
  if (!chart.points) return "";
  const most = Math.max(0, ...chart.lines.map((line) => worst(line)?.value ?? 0));
  return [
    range(chart.from, chart.to).replace(/\u00a0UTC$/, ""),
    unitOf(chart, most),
    chart.cut,
    isThinned ? `${plural(chart.points, "point")} thinned, least and most kept` : "",
    ...far.map((limit) => `limit ${number(limit.value, chart.unit)} is above the chart`),
  ].filter(Boolean).join(", ");
}

const BARE = new Set(["short", "none", ""]);
const unitOf = (chart, most) => display(chart.unit, most).suffix || (BARE.has(chart.unit) ? "" : chart.unit);

function items(part, own, isTable, isEmpty) {
  const queries = [...new Set(own.map((each) => each.query).filter(Boolean))], whole = own.find((each) => each.artifact_id);
  return [
    !isEmpty && { icon: isTable.value ? "trend" : "log", text: isTable.value ? "Chart view" : "Table view", onClick: () => { isTable.value = !isTable.value; } },
    { icon: "dl", text: "CSV of this chart", onClick: () => download(fileName(part.title, "csv"), csvOf([part], own), "text/csv") },
    queries.length > 0 && { icon: "copy", text: queries.length > 1 ? "Copy queries" : "Copy query", onClick: () => copy(queries.join("\n")) },
    whole && { icon: "dl", text: "Whole result (JSON)", href: artifactPath(whole.artifact_id) },
  ];
}

/** Buttons for the whole time and two shorter ones around the worst point. */
function Zoom({ chart, view }) {
  const all = chart.to - chart.from, shorter = STEPS.filter((step) => step <= all / 6 && step >= all / 60).slice(-2).reverse();
  if (chart.is_bars || !shorter.length || chart.points < 24) return null;
  const [now, shown] = [view.value, view.value ? view.value[1] - view.value[0] : all];
  const name = (length) => (length === all && !STEPS.includes(Math.round(all)) ? "All" : duration(Math.round(length)));
  const button = (length, next) => html`<button type="button" aria-pressed=${String(Math.abs(shown - length) < 1)} onClick=${() => { view.value = next; }}>${name(length)}</button>`;
  return html`<div class="seg zoom" role="group" aria-label="Zoom">${button(all, null)}${shorter.map((length) => button(length, around(chart, now, length)))}</div>`;
}

function around(chart, now, length) {
  const main = chart.lines.find((line) => line.role === "line" && worst(line));
  const middle = now ? (now[0] + now[1]) / 2 : chart.bands[0] ? (chart.bands[0].from + chart.bands[0].to) / 2 : worst(main, chart.limits[0]?.side).at;
  const from = Math.max(chart.from, Math.min(chart.to - length, middle - length / 2));
  return [from, from + length];
}

function Legend({ chart }) {
  const lines = chart.lines.filter((line) => line.role === "line"), before = chart.lines.filter((line) => line.role === "before");
  const others = chart.lines.filter((line) => line.role === "other").length, has = (kind) => chart.bands.some((band) => band.kind === kind);
  const items = [
    ...lines.map((line) => [line.name || chart.title, stroke(`k${line.index + 1}`)]),
    ...before.map((line) => [line.shift && !/before/.test(line.name) ? `${line.name}, same hours` : line.name, stroke("before")]),
    others && [`${digits(others)} others`, stroke("other")],
    chart.limits.length > 0 && ["limit", stroke("limit")],
    has("breach") && ["limit exceeded", box("breach")],
    has("anomaly") && ["unusual", box("odd")],
  ].filter(Boolean);
  if (items.length < 2) return null;
  return html`<div class="legend">${items.map(([text, sign]) => html`<span>${sign}${text}</span>`)}</div>`;
}

const stroke = (kind) => html`<svg viewBox="0 0 18 8" aria-hidden="true"><line class=${kind} x2="18" y1="4" y2="4" /></svg>`;
const box = (kind) => html`<svg viewBox="0 0 18 8" aria-hidden="true"><rect class=${kind} x=".5" y=".5" width="17" height="7" /></svg>`;

/** Every point, thinned by nobody. */
function Points({ chart }) {
  const { columns, rows } = useMemo(() => pointsOf(chart), [chart]);
  return html`<${Grid} columns=${columns} rows=${rows} name=${chart.title} />`;
}

function pointsOf(chart) {
  const rows = new Map();
  chart.lines.forEach((line, at) => line.times.forEach((time, place) => {
    if (!rows.has(time)) rows.set(time, { time: stamp(time) });
    rows.get(time)[`v${at}`] = line.values[place];
  }));
  const columns = [{ key: "time", title: "Time" }, ...chart.lines.map((line, at) => ({ key: `v${at}`, title: line.name || chart.title, unit: chart.unit }))];
  return { columns, rows: [...rows.keys()].sort((a, b) => a - b).map((time) => rows.get(time)) };
}
