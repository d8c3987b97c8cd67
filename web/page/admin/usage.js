// Usage: tool calls day by day, and each tool's share, outcome and time.
import { html, useLayoutEffect, useRef, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { Empty } from "../shell/states.js";
import { day, digits, number, range } from "../words.js";
import { Frame } from "./frame.js";
import { Loaded } from "./parts.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/ai/usage", SPANS = [[7, "7 days"], [30, "30 days"], [90, "90 days"]];

async function read(days) {
  const since = new Date(Date.now() - days * 86_400_000).toISOString();
  const [usage, daily] = await Promise.all([get(PATH, { since }), get(`${PATH}/days`, { since })]);
  return { ...usage, days: daily.days };
}

export default function Usage() {
  const span = useSignal(30), load = useLoad(() => read(span.value), [span.value]);
  const actions = html`<div class="seg" role="group" aria-label="Time">${SPANS.map(([days, word]) => html`<button type="button" key=${days} aria-pressed=${String(span.value === days)} onClick=${() => { span.value = days; }}>${word}</button>`)}</div>`;
  return html`<${Frame} tab="usage" actions=${actions}><${Loaded} load=${load} what="Usage">${(told) => html`
    <div class="card"><header><h3>Tool calls per day</h3><span class="sub">${range(told.since, told.until)}</span></header><div class="pad"><${Bars} days=${told.days} /></div></div>
    ${told.tools.length ? html`<${Tools} tools=${told.tools} />` : html`<${Empty} title="No tool was called in this time" />`}`}</${Loaded}></${Frame}>`;
}

const HEIGHT = 120, FOOT = 18, TOP = 14;

/** One bar a day; what failed or was refused stands on top in another shape of colour, and is said in words. */
function Bars({ days }) {
  const box = useRef(null), width = useSignal(600), most = Math.max(1, ...days.map((each) => each.calls));
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => { width.value = Math.max(240, entry.contentRect.width); });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const room = HEIGHT - FOOT - TOP, step = width.value / Math.max(1, days.length), bar = Math.max(2, Math.min(24, step - 2)), every = Math.max(1, Math.ceil(days.length / Math.floor(width.value / 72)));
  const high = (value) => (room * value) / most, busiest = days.reduce((best, each) => (each.calls > (best?.calls ?? -1) ? each : best), null);
  const all = days.reduce((sum, each) => sum + each.calls, 0);
  const said = all ? `${digits(all)} calls in ${days.length} days, most on ${day(busiest.day, true)} with ${digits(busiest.calls)}` : "No calls";
  return html`<div ref=${box}><svg class="bars" role="img" aria-label=${said} viewBox=${`0 0 ${width.value} ${HEIGHT}`} preserveAspectRatio="none">
    <text x="0" y="10">${digits(most)} calls</text><line class="axis" x1="0" x2=${width.value} y1=${HEIGHT - FOOT} y2=${HEIGHT - FOOT} />
    ${days.map((each, place) => { const bad = each.errors + each.blocked, x = place * step + (step - bar) / 2, y = HEIGHT - FOOT - high(each.calls); return html`<g key=${each.day}><title>${`${day(each.day, true)}: ${each.calls} calls by ${each.users}, ${each.errors} failed, ${each.blocked} refused`}</title>
      <rect class="ok" x=${x} y=${y} width=${bar} height=${high(each.calls)} rx="1" />${bad > 0 && html`<rect class="bad" x=${x} y=${y} width=${bar} height=${Math.max(2, high(bad))} />`}</g>
      ${place % every === 0 && html`<text x=${place * step + step / 2} y=${HEIGHT - 4} text-anchor=${place === 0 ? "start" : place > days.length - 2 ? "end" : "middle"}>${day(each.day, true).replace(/^\S+ /, "")}</text>`}`; })}
  </svg><p class="muted">${said}. The upper part of a bar failed or was refused.</p></div>`;
}

const COLUMNS = [["tool", "Tool", ""], ["calls", "Calls", "n"], ["users", "People", "n opt"], ["errors", "Failed", "n"], ["blocked", "Refused", "n"], ["asked", "Asked a person", "n opt"], ["p50_ms", "Half within", "n opt"], ["p95_ms", "95 % within", "n opt"]];

function Tools({ tools }) {
  const by = useSignal({ key: "calls", is_down: true });
  const value = (tool) => tool[by.value.key] ?? -1;
  const sorted = [...tools].sort((a, b) => (by.value.is_down ? -1 : 1) * (typeof value(a) === "string" ? value(a).localeCompare(value(b)) : value(a) - value(b)));
  const sort = (key) => { by.value = { key, is_down: by.value.key === key ? !by.value.is_down : key !== "tool" }; };
  return html`<div class="card"><header><h3>By tool</h3></header><div class="table-wrap"><table class="grid-table"><thead><tr>${COLUMNS.map(([key, name, kind]) => html`<th key=${key} class=${kind} aria-sort=${by.value.key === key ? (by.value.is_down ? "descending" : "ascending") : undefined}><button type="button" onClick=${() => sort(key)}>${name}<${Icon} name="sort" size=${12} /></button></th>`)}</tr></thead>
    <tbody>${sorted.map((tool) => html`<tr key=${tool.tool} data-row>${COLUMNS.map(([key, , kind]) => html`<td key=${key} class=${kind || "mono"}>${key === "tool" ? tool.tool : key.endsWith("_ms") ? (tool[key] === null ? "–" : number(tool[key], "ms")) : digits(tool[key])}</td>`)}</tr>`)}</tbody></table></div></div>`;
}
