// What the panel holds as a file: CSV by the same rules as `agents/export.py`, JSON, or paper.
import { secondsOf } from "./lines.js";

const FORMULA = ["=", "+", "-", "@", "\t", "\r"];

/** Every table, series, log and event list of these parts; comment lines before each name it, its query and its window. */
export function csvOf(parts, sources = []) {
  const written = [];
  for (const part of parts) {
    const [columns, rows] = grid(part);
    if (!columns.length) continue;
    written.push(comment(part.title), ...provenance(part, sources).map(comment), row(columns));
    for (const each of rows) written.push(row(each.map(safe)));
  }
  return written.map((each) => `${each}\n`).join("");
}

const comment = (text) => `# ${String(text).split(/\s*[\r\n]+\s*/).join(" ")}`;

/** A text that a spreadsheet would run as a formula is kept a text. */
export const safe = (value) => (typeof value === "string" && FORMULA.some((sign) => value.startsWith(sign)) ? `'${value}` : value);

const row = (cells) => (cells.length === 1 && cell(cells[0]) === "" ? '""' : cells.map(cell).join(","));

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "boolean" ? (value ? "True" : "False") : typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function provenance(part, sources) {
  return sources.filter((each) => part.executions.includes(each.execution)).map((each) => {
    const window = each.window ? `${each.window.start} to ${each.window.end}` : "no window";
    return `${each.tool}, ${window}, execution ${each.execution}: ${each.query.split(/\s+/).filter(Boolean).join(" ")}`;
  });
}

/** Column titles and rows of a part; no columns when it is no table. */
export function grid(part) {
  const { data } = part;
  switch (part.kind) {
    case "table": return [data.columns.map((each) => each.title), data.rows.map((each) => data.columns.map(({ key }) => each[key]))];
    case "series": return data.series ? several(part) : [["time", data.unit || "value"], data.points];
    case "logs": return picked(["at", "level", "text", "labels"], data.rows);
    case "events": return picked(["at", "kind", "text"], data.rows);
    default: return [[], []];
  }
}

const picked = (keys, rows) => [keys, rows.map((each) => keys.map((key) => shown(each[key])))];

/** Labels as one text. */
function shown(value) {
  if (value === null || typeof value !== "object") return value;
  return Object.keys(value).sort().map((key) => `${key}=${value[key]}`).join(", ");
}

/** A column for each line; a row for each time at which any of them has a point. */
function several(part) {
  const { series, unit } = part.data, values = new Map();
  series.forEach((line, at) => line.points.forEach(([time, value]) => {
    const second = secondsOf(time);
    if (!values.has(second)) values.set(second, new Array(series.length));
    values.get(second)[at] = value;
  }));
  const heads = series.map((line) => (unit ? `${line.name || part.title} (${unit})` : line.name || part.title));
  const times = [...values.keys()].sort((a, b) => a - b);
  return [["time", ...heads], times.map((time) => [stamp(time), ...Array.from(values.get(time))])];
}

/** RFC 3339 in UTC; a fraction of a second only where there is one. */
export function stamp(seconds) {
  const millionths = Math.round((seconds - Math.floor(seconds)) * 1e6), rest = millionths % 1e6;
  const whole = new Date((Math.floor(seconds) + (millionths - rest) / 1e6) * 1000).toISOString().slice(0, 19);
  return rest ? `${whole}.${String(rest).padStart(6, "0")}Z` : `${whole}Z`;
}

/** All of it as JSON, with the queries and windows it came from. */
export function jsonOf({ title, subtitle, parts, sources = [], timeline = [] }) {
  return `${JSON.stringify({ title, subtitle, parts, timeline, sources }, null, 2)}\n`;
}

/** A name for the file: of the title only letters, digits and dashes. */
export const fileName = (title, ending) => `${(title || "trivium").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "trivium"}.${ending}`;

/** Give the text to the browser as a download. */
export function download(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
}
