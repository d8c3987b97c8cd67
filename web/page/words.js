// How numbers, times and states are written. Pure: no page, no clock of its own; tested by `node --test`.

const THIN = "\u202f", FIXED = "\u00a0", DASH = "\u2013", MINUS = "\u2212";
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const LARGE = [[1e9, "G"], [1e6, "M"], [1e4, "k"]];

/** Three significant digits at most, thousands apart; whole numbers stay whole. digits(1234567) is "1,234,567". */
export function digits(value) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return DASH;
  const number = Number(value), size = Math.abs(number);
  if (Number.isInteger(number)) return signed(grouped(String(size)), number);
  if (size >= 1000) return signed(grouped(String(Math.round(size))), number);
  if (size !== 0 && size < 1e-4) return signed(size.toExponential(1).replace("e-", "×10⁻").replace(/\d+$/, superscript), number);
  return signed(String(Number(size.toPrecision(3))), number);
}

const signed = (text, number) => (number < 0 ? MINUS + text : text);
const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const superscript = (text) => [...text].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");

/** Two parts, for a tile: {value, unit}. Units are Grafana's names; one nobody knows is written as it stands. */
export function measured(value, unit = "") {
  if (value === null || value === undefined || value === "" || Number.isNaN(Number(value))) return { value: DASH, unit: "" };
  const number = Number(value);
  switch (unit) {
    case "percentunit": return { value: percent(number * 100), unit: "%" };
    case "percent": case "%": return { value: percent(number), unit: "%" };
    case "s": case "seconds": return spanned(number);
    case "ms": case "milliseconds": return spanned(number / 1000);
    case "minutes": case "min": return spanned(number * 60);
    case "hours": case "h": return spanned(number * 3600);
    case "bytes": case "decbytes": return scaled(number, 1024, BINARY);
    case "Bps": case "binBps": return scaled(number, 1024, BINARY.map((each) => `${each}/s`));
    case "reqps": case "rps": return { value: digits(number), unit: "req/s" };
    case "ops": return { value: digits(number), unit: "op/s" };
    case "short": case "none": case "count": case "": return abridged(number);
    default: return { value: digits(number), unit };
  }
}

/** Just below 100 % two decimals count, and are never rounded up to what was not reached. */
const percent = (value) => (value > 99 && value < 100 ? String(Math.floor(value * 100 + 1e-6) / 100) : digits(value));

function spanned(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return { value: "0", unit: "s" };
  if (size < 0.001) return { value: digits(seconds * 1e6), unit: "µs" };
  if (size < 1) return { value: digits(seconds * 1000), unit: "ms" };
  if (size < 120) return { value: digits(seconds), unit: "s" };
  if (size < 7200) return { value: digits(seconds / 60), unit: "min" };
  return size < 172_800 ? { value: digits(seconds / 3600), unit: "h" } : { value: digits(seconds / 86_400), unit: "d" };
}

function scaled(number, by, names) {
  let left = number, at = 0;
  while (Math.abs(left) >= by && at < names.length - 1) { left /= by; at += 1; }
  return { value: digits(left), unit: names[at] };
}

function abridged(number) {
  const step = Number.isInteger(number) && Math.abs(number) < 1e6 ? undefined : LARGE.find(([from]) => Math.abs(number) >= from);
  if (!step) return { value: digits(number), unit: "" };
  const per = { G: 1e9, M: 1e6, k: 1e3 }[step[1]];
  return { value: digits(number / per), unit: step[1] };
}

/** A value with its unit, kept together on one line: number(0.048, "percentunit") is "4.8 %". */
export function number(value, unit = "") {
  const told = measured(value, unit);
  if (!told.unit) return told.value;
  return told.value + (["min", "d", "h"].includes(told.unit) ? FIXED : THIN) + told.unit;
}

/** How long something took or lasted: duration(0.18) is "0.18 s", duration(900) is "15 min", duration(4500) is "1 h 15 min". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(Number(seconds))) return DASH;
  const all = Number(seconds);
  if (all < 0.001) return `0${THIN}s`;
  if (all < 0.01) return `${digits(Math.max(1, Math.round(all * 1000)))}${THIN}ms`;
  if (all < 10) return `${(Math.round(all * 100) / 100).toString()}${THIN}s`;
  if (all < 60) return `${Math.round(all)}${THIN}s`;
  if (all < 3600) return both(Math.round(all), 60, "min", 1, "s", all < 600);
  if (all < 172_800) return both(Math.round(all / 60), 60, "h", 1, "min", true);
  return both(Math.round(all / 3600), 24, "d", 1, "h", true);
}

function both(amount, per, large, _one, small, is_exact) {
  const whole = Math.floor(amount / per), rest = amount % per;
  return `${whole}${FIXED}${large}` + (is_exact && rest ? ` ${rest}${FIXED}${small}` : "");
}

const two = (value) => String(value).padStart(2, "0");
const moment = (at) => (typeof at === "number" ? new Date(at < 1e11 ? at * 1000 : at) : new Date(at));
const missing = (at) => at === null || at === undefined || Number.isNaN(moment(at).getTime());

/** The clock in UTC: time("2026-11-19T14:28:03Z") is "14:28:03"; `is_short` leaves the seconds out. */
export function time(at, is_short = false) {
  if (missing(at)) return DASH;
  const when = moment(at);
  return `${two(when.getUTCHours())}:${two(when.getUTCMinutes())}${is_short ? "" : `:${two(when.getUTCSeconds())}`}`;
}

/** The day in UTC: "Thu 19 Nov 2026"; `is_short` leaves the year out. */
export function day(at, is_short = false) {
  if (missing(at)) return DASH;
  const when = moment(at);
  const text = `${DAYS[when.getUTCDay()]} ${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]}`;
  return is_short ? text : `${text} ${when.getUTCFullYear()}`;
}

/** Day and clock: "19 Nov 14:28"; on the day of `now` the clock alone. */
export function stamp(at, now) {
  if (missing(at)) return DASH;
  const is_today = now !== undefined && day(at) === day(now);
  const when = moment(at);
  return is_today ? time(at, true) : `${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]} ${time(at, true)}`;
}

/** Windows that begin in this year or before have no beginning: the house asks for all there is. */
const EVER = 2000;

/** A window in UTC: "Thu 19 Nov, 14:00–15:00 UTC"; whole days end at 24:00; days that differ are both named. */
export function range(start, end) {
  if (missing(start) || missing(end)) return DASH;
  const to = moment(end), ends_day = to.getTime() % 86_400_000 === 0;
  const last = ends_day ? new Date(to.getTime() - 1) : to;
  const until = ends_day ? "24:00" : time(end, true);
  if (day(start) === day(last)) return `${day(start, true)}, ${time(start, true)}${DASH}${until}${FIXED}UTC`;
  const from = moment(start).getUTCFullYear(), has_years = from !== last.getUTCFullYear();
  if (from <= EVER) return `until ${day(last)} ${until}${FIXED}UTC`;
  return `${day(start, !has_years)} ${time(start, true)}${DASH}${day(last, !has_years)} ${until}${FIXED}UTC`;
}

/** How long ago, in one unit: "just now", "5 min ago", "in 3 min"; `now` in milliseconds or as a time. */
export function ago(at, now) {
  if (missing(at)) return DASH;
  const seconds = Math.round((moment(now).getTime() - moment(at).getTime()) / 1000), size = Math.abs(seconds);
  if (size < 45) return seconds < -10 ? `in ${size}${THIN}s` : "just now";
  const [amount, unit] = size < 5400 ? [size / 60, "min"] : size < 129_600 ? [size / 3600, "h"] : [size / 86_400, "d"];
  const text = `${Math.max(1, Math.round(amount))}${FIXED}${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** What is left of a countdown: clockOf(271) is "4:31". */
export function countdown(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${two(left % 60)}`;
}

/** plural(1, "source") is "1 source"; plural(3, "query", "queries") is "3 queries". */
export const plural = (count, one, many = `${one}s`) => `${digits(count)} ${count === 1 ? one : many}`;

const SAID = {
  completed: "done", awaiting_confirmation: "waiting for approval", awaiting_input: "waiting for an answer", running: "running",
  queued: "waiting for a worker", failed: "failed", cancelled: "stopped", firing: "firing", resolved: "resolved",
  pending: "waiting for approval", approved: "approved", rejected: "rejected", expired: "expired", superseded: "replaced by an edit",
  executing: "running", succeeded: "done", unknown: "unknown", not_begun: "not begun", empty: "answered, nothing there",
  error: "gave no answer", late: "too late", forbidden: "not open to you", truncated: "cut off", ok: "ok",
};

/** The word for a status; one nobody knows is written with spaces for its lines. */
export const said = (status) => SAID[status] ?? String(status ?? "unknown").replaceAll("_", " ");

const PILLARS = { inquiry: "inquiry, read only", troubleshooting: "troubleshooting", revive: "change, after approval" };
export const pillar = (graph) => PILLARS[graph] ?? graph;

/** The first letters of a name, at most two. */
export const initials = (name) => (name ?? "").split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("");
