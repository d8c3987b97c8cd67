// What the columns of a table hold: how a cell is written, sorted and found, and which columns a narrow panel keeps.
import { digits, duration, number, time } from "../words.js";

const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const WORDED = /^[<>~≈]?\s*[\u2212-]?[\d,]+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?[\s\u202f\u00a0]?(?:%|ms|µs|s|min|h|d|B|[KMGTP]iB(?:\/s)?|req\/s|op\/s)?$/;
const SEVERITY = new Map([["critical", 4], ["error", 4], ["warning", 3], ["warn", 3], ["info", 2], ["debug", 1], ["ok", 0], ["resolved", 0], ["no", 4], ["yes", 0]]);
const STATE = new Set(["severity", "level", "met"]);
const LONG = 26, ROOM = [[3, 92], [2, 66], [1, 44]], GOES = ["text", "number", "span", "time"], WIDTHS = { time: 13, severity: 14, span: 14 };
const PROSE = new Set(["text", "title", "summary", "name", "event", "query", "plain", "description", "action", "when", "cause"]);

/**
 * @typedef {{key: string, title: string, unit: string, kind: "time"|"number"|"span"|"severity"|"text", is_long: boolean, level: 0|1|2|3, width: number}} Column `level` 3 goes where it is not wide, 2 where it is narrow, 1 on a phone
 * @param {{key: string, title: string, unit?: string}[]} columns @param {object[]} rows
 * @returns {Column[]}
 */
export function columnsOf(columns, rows) {
  const looked = rows.length > 200 ? rows.slice(0, 200) : rows;
  const found = columns.map((each) => ({ ...each, unit: each.unit ?? "", kind: kindOf(each, looked), width: widest(each, looked) }));
  const grow = longest(found), first = firstNumber(found, grow);
  return roomy(found.map((each, at) => ({ ...each, is_long: at === grow, can_go: at > 0 && at !== grow && at !== first && each.kind !== "severity", level: 0 })), looked);
}

/** Where columns need more than a place has, those go first that say the same in every row, then the widest texts, the last
 * numbers, and times. */
function roomy(columns, rows) {
  const is_same = ({ key }) => rows.length > 1 && rows.every((row) => row[key] === rows[0][key]);
  const rank = (each) => (is_same(each) ? -1 : GOES.indexOf(each.kind)), wide = (each) => (each.kind === "text" ? each.width : 0);
  const order = columns.filter((each) => each.can_go).reverse().sort((a, b) => rank(a) - rank(b) || wide(b) - wide(a));
  const days = columns.some((each) => each.kind === "time" && severalDays(rows, each));
  const need = () => columns.reduce((sum, each) => sum + (each.level ? 0 : charactersOf(each, days)), 0);
  for (const [level, characters] of ROOM) {
    for (const each of order) {
      if (!each.level && need() > characters) each.level = level;
    }
  }
  return columns;
}

/** How wide a column is, in characters; the one that takes what is left needs so many at least. */
export function charactersOf(column, days) {
  if (column.is_long) return LONG;
  if (column.kind === "time") return WIDTHS.time + (days ? 7 : 0);
  return WIDTHS[column.kind] ?? Math.min(28, Math.max(column.width, column.title.length + 1)) + 3;
}

function kindOf(column, rows) {
  const values = rows.map((row) => row[column.key]).filter((value) => value !== null && value !== undefined && value !== "");
  if (!values.length) return "text";
  if (STATE.has(column.key) && values.every((value) => SEVERITY.has(String(value).toLowerCase()))) return "severity";
  if (values.every((value) => typeof value === "number")) return column.unit === "s" ? "span" : "number";
  if (values.every((value) => typeof value === "string" && TIME.test(value))) return "time";
  return values.every((value) => typeof value === "string" && WORDED.test(value)) ? "number" : "text";
}

const widest = (column, rows) => rows.reduce((most, row) => Math.max(most, String(row[column.key] ?? "").length), 0);

/** The one column that takes the room that is left: the longest text, prose before names. */
function longest(columns) {
  const texts = columns.map((each, at) => [each, at]).filter(([each]) => each.kind === "text");
  const weight = ([each]) => Math.min(each.width, 80) + (PROSE.has(each.key) ? 24 : 0);
  return texts.length ? texts.reduce((best, each) => (weight(each) > weight(best) ? each : best))[1] : -1;
}

/** Of a table without times one number stays, for without it the rows say little. */
function firstNumber(columns, grow) {
  return columns[0].kind === "time" ? -1 : columns.findIndex((each, at) => at > 0 && at !== grow && ["number", "span"].includes(each.kind));
}

/** What a cell says; `days` when the rows are of more than one. */
export function cellText(value, column, days = false) {
  if (value === null || value === undefined || value === "") return "\u2013";
  switch (column.kind) {
    case "time": return days ? `${dayOf(value)} ${clock(value)}` : clock(value);
    case "span": return duration(value);
    case "number": return typeof value !== "number" ? String(value) : column.unit ? number(value, column.unit) : digits(value);
    case "severity": return String(value).toLowerCase();
    default: return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

/** The clock, with milliseconds where there are some. */
export const clock = (value) => time(value) + (/:\d\d\.(\d{1,3})/.exec(String(value))?.[1].padEnd(3, "0").replace(/^/, ".") ?? "");

export const dayOf = (value) => new Date(value).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** Whether the times of a column are of more than one day. */
export function severalDays(rows, column) {
  const days = new Set();
  for (const row of rows) {
    const value = row[column.key];
    if (value) days.add(String(typeof value === "number" ? new Date(value * 1000).toISOString() : value).slice(0, 10));
    if (days.size > 1) return true;
  }
  return false;
}

/** What a cell is sorted by: a number, or text in lower case; null comes last either way. */
function rank(value, column) {
  if (value === null || value === undefined || value === "") return null;
  if (column.kind === "severity") return SEVERITY.get(String(value).toLowerCase()) ?? -1;
  if (column.kind === "number" && typeof value === "string") return worded(value);
  return typeof value === "number" ? value : String(value).toLowerCase();
}

const LARGER = { "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4, PiB: 1024 ** 5 };

function worded(text) {
  const amount = parseFloat(text.replace(/[<>~≈,\s]/g, "").replace("\u2212", "-"));
  const unit = text.replace(/^[^A-Za-zµ%]*/, "").replace("/s", "");
  return amount * (LARGER[unit] ?? 1);
}

/** A sorted copy; equal rows keep the order in which they came. @param {{key: string, is_down: boolean}|null} by */
export function sorted(rows, columns, by) {
  const column = by && columns.find((each) => each.key === by.key);
  if (!column) return rows;
  const ranks = rows.map((row, at) => ({ row, at, rank: rank(row[column.key], column) }));
  ranks.sort((a, b) => {
    if (a.rank === null || b.rank === null) return a.rank === b.rank ? a.at - b.at : a.rank === null ? 1 : -1;
    const order = typeof a.rank === "string" && typeof b.rank === "string" ? a.rank.localeCompare(b.rank, "en", { numeric: true }) : a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0;
    return (by.is_down ? -order : order) || a.at - b.at;
  });
  return ranks.map((each) => each.row);
}

/** The order in which rows came, if that is by time: {key, is_down: false}; else null. */
export function cameBy(rows, columns) {
  const column = columns.find((each) => each.kind === "time");
  if (!column || rows.length < 2) return null;
  const ascends = rows.every((row, at) => at === 0 || (rows[at - 1][column.key] ?? "") <= (row[column.key] ?? ""));
  return ascends ? { key: column.key, is_down: false } : null;
}

/** Rows in which every word of `text` stands somewhere, as it is shown. */
export function filtered(rows, columns, text, days = false) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const shown = columns.map((column) => cellText(row[column.key], column, days)).join(" ").toLowerCase().replace(/[\u202f\u00a0]/g, " ");
    return words.every((word) => shown.includes(word));
  });
}

/** Where a row leads: a path of the page, or an address outside it; null where nowhere. */
export function targetOf(row) {
  if (typeof row.href === "string" && row.href.startsWith("/") && !row.href.startsWith("//")) return { path: row.href };
  if (row.alert_id) return { path: `/alerts/${encodeURIComponent(row.alert_id)}` };
  if (row.run_id) return { path: `/runs/${encodeURIComponent(row.run_id)}` };
  if (row.runbook_id) return { path: `/runbooks/${encodeURIComponent(row.runbook_id)}` };
  return typeof row.url === "string" && /^https?:\/\//.test(row.url) ? { address: row.url } : null;
}
