// What the crosshair stands on: the time, each line's value, how it is to the limit, and the same hours before.
import { html } from "../lib.js";
import { day, digits, number, range, time } from "../words.js";
import { bucketEnd } from "./lines.js";
import { nearest } from "./thin.js";

const WIDTH = 184, AWAY = 14, MOST = 8, ROW = 18, AROUND = 14;

/** Each line's value at a time, or null where it has none near it. @returns {{line: object, value: number|null}[]} */
export function valuesAt(chart, at) {
  return chart.lines.filter((each) => each.role !== "other").map((line) => {
    const found = nearest(line.times, line.values, at);
    const near = found >= 0 && Math.abs(line.times[found] - at) <= reach(line);
    return { line, value: near ? line.values[found] : null };
  });
}

const reach = ({ times }) => (times.length > 1 ? ((times.at(-1) - times[0]) / (times.length - 1)) * 1.5 : 1);

/** The same as one sentence, for a reader who moves by keys. */
export function saidAt(chart, at) {
  const told = valuesAt(chart, at).map(({ line, value }) => `${several(chart) || line.role === "before" ? `${line.name} ` : ""}${value === null ? "no data" : number(value, chart.unit)}`);
  const ratio = ratioAt(chart, at);
  return `${time(at, true)}: ${told.join(", ")}${ratio ? `, ${ratio}` : ""}`;
}

const several = (chart) => chart.lines.filter((each) => each.role === "line").length > 1;

function ratioAt(chart, at) {
  const limit = chart.limits.find((each) => each.side !== "below" && each.value > 0), main = valuesAt(chart, at).find(({ line }) => line.role === "line");
  return limit && main && main.value !== null ? `${digits(main.value / limit.value)}\u202f×\u202flimit` : "";
}

/** @param {{chart: object, at: number, place: {left: number, top: number, box: object}}} props */
export function Readout({ chart, at, place }) {
  const { left, top, box } = place, width = Math.min(WIDTH, box.width / 2);
  const isRight = left + AWAY + width <= box.width;
  const x = box.left + (isRight ? left + AWAY : Math.max(0, left - AWAY - width));
  const rows = valuesAt(chart, at), ratio = ratioAt(chart, at), named = several(chart);
  const high = ROW * (1 + Math.min(rows.length, MOST) + (rows.length > MOST ? 1 : 0) + (named && ratio ? 1 : 0)) + AROUND;
  const y = box.top + Math.max(-box.top, Math.min(top - 24, box.height - high));
  return html`<div class="readout" aria-hidden="true" style=${{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)`, width: `${width}px` }}>
    <p>${chart.is_bars ? range(at, bucketEnd(chart, at)) : `${day(at, true)}, ${time(at, at % 60 === 0)}\u00a0UTC`}</p>
    ${rows.slice(0, MOST).map(({ line, value }) => html`<div class=${line.role === "before" ? "soft" : "lead"}>
      ${named && line.role === "line" && html`<i class=${`key k${line.index + 1}`}></i>`}
      <span>${named || line.role === "before" ? line.name || "value" : ""}</span><b>${value === null ? "no data" : number(value, chart.unit)}</b>
      ${line.role === "line" && ratio && !named && html`<em>${ratio}</em>`}</div>`)}
    ${rows.length > MOST && html`<p>and ${rows.length - MOST} more in the table</p>`}
    ${named && ratio && html`<p>${ratio}</p>`}</div>`;
}
