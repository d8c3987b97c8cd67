// One sentence that says what a chart shows: its time, its worst value, its breaches, its marks and its gaps.
import { number, plural, range, time } from "../words.js";
import { worst } from "./lines.js";

const MOST_TOLD = 3;

/** @param {import("./lines.js").Chart} chart */
export function sentence(chart) {
  const lines = chart.lines.filter((each) => each.role === "line");
  const parts = [`${chart.title || "Chart"}, ${range(chart.from, chart.to)}.`];
  if (!lines.length || lines.every((each) => worst(each) === null)) return `${parts[0]} Nothing was measured.`;
  parts.push(...lines.slice(0, 6).map((each) => peak(each, chart)));
  parts.push(...breaches(chart), ...marked(chart), ...unmeasured(chart));
  return parts.join(" ");
}

function peak(line, chart) {
  const side = chart.limits[0]?.side === "below" ? "below" : "above";
  const found = worst(line, side);
  const who = chart.lines.filter((each) => each.role === "line").length > 1 && line.name ? `${line.name}: ` : "";
  if (!found) return `${who || "Line: "}nothing was measured.`;
  return `${who}${side === "below" ? "Least" : "Most"} ${number(found.value, chart.unit)} at ${moment(found.at, chart)}.`;
}

function breaches(chart) {
  const limits = chart.limits.map((each) => `${number(each.value, chart.unit)} limit${each.name ? ` of ${each.name}` : ""}`);
  const found = chart.bands.filter((each) => each.kind === "breach"), odd = chart.bands.filter((each) => each.kind === "anomaly");
  const told = [];
  if (found.length) told.push(`${chart.limits[0]?.side === "below" ? "Below" : "Above"} the ${limits[0] ?? "limit"} ${times(found, chart)}.`);
  else if (limits.length) told.push(`Within the ${limits.join(" and the ")} all the time.`);
  if (odd.length) told.push(`Unusual ${times(odd, chart)}.`);
  return told;
}

function times(bands, chart) {
  const told = bands.slice(0, MOST_TOLD).map((each) => (each.is_open ? `since ${moment(each.from, chart)}` : `from ${moment(each.from, chart)} to ${moment(each.to, chart)}`));
  return told.join(", ") + (bands.length > MOST_TOLD ? ` and ${bands.length - MOST_TOLD} more times` : "");
}

function marked(chart) {
  const told = chart.marks.slice(0, MOST_TOLD).map((each) => `${each.name ? `${each.kind} ${each.name}` : each.kind} at ${moment(each.at, chart)}`);
  if (!told.length) return [];
  return [`Marked: ${told.join(", ")}${chart.marks.length > MOST_TOLD ? ` and ${chart.marks.length - MOST_TOLD} more` : ""}.`];
}

function unmeasured(chart) {
  const long = chart.gaps.filter((each) => each.end - each.start > (chart.to - chart.from) * 0.01);
  if (!long.length) return [];
  const last = long.at(-1);
  if (last.is_open) return [`No data since ${moment(last.start, chart)}.`];
  return [`${plural(long.length, "gap")} without data.`];
}

const DAY = 86_400;
const dayOf = (at) => new Date(at * 1000).toISOString().slice(0, 10);

/** The clock; with its day where the chart is longer than one. */
export function moment(at, chart) {
  const clock = time(at, true);
  if (chart.to - chart.from <= DAY && dayOf(chart.from) === dayOf(chart.to - 1)) return clock;
  return `${new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })} ${clock}`;
}
