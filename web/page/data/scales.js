// Axes: which unit a range is read in, where round ticks stand, and how a time is written between its neighbours.

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const SPANS = [[1, "s", 120], [60, "min", 7200], [3600, "h", 172_800], [86_400, "d", Infinity]];
const LARGE = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];
const STEPS = [1, 2, 2.5, 5, 10];
const FROM_ZERO = new Set(["percentunit", "percent", "%", "s", "ms", "reqps", "ops", "rps", "count"]);
const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
];
const FIRST_MONDAY = 4 * DAY;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * How a whole axis is read: value × `factor` is shown, and `suffix` stands at the top tick.
 * @param {string} unit Grafana's name @param {number} most the largest magnitude on the axis
 * @returns {{factor: number, suffix: string}}
 */
export function display(unit, most) {
  const size = Math.abs(most) || 0;
  switch (unit) {
    case "percentunit": return { factor: 100, suffix: "%" };
    case "percent": case "%": return { factor: 1, suffix: "%" };
    case "s": case "seconds": return spans(size, 1);
    case "ms": return spans(size / 1000, 0.001);
    case "bytes": case "decbytes": return bytes(size, "");
    case "Bps": case "binBps": return bytes(size, "/s");
    case "reqps": case "rps": return { factor: 1, suffix: "req/s" };
    case "ops": return { factor: 1, suffix: "op/s" };
    case "short": case "none": case "count": case "": case undefined: return large(size);
    default: return { factor: 1, suffix: unit };
  }
}

function spans(seconds, per) {
  if (seconds < 1) return { factor: per * 1000, suffix: "ms" };
  const [divisor, suffix] = SPANS.find(([, , below]) => seconds < below);
  return { factor: per / divisor, suffix };
}

function bytes(size, after) {
  const at = Math.min(BYTES.length - 1, size < 1 ? 0 : Math.floor(Math.log2(size) / 10));
  return { factor: 1 / 1024 ** at, suffix: BYTES[at] + after };
}

function large(size) {
  const [per, suffix] = size < 1e4 ? [1, ""] : LARGE.find(([from]) => size >= from);
  return { factor: 1 / per, suffix };
}

/** Whether an axis of this unit begins at zero: ratios, counts, rates and times do; others when that hides little. */
export function fromZero(unit, least, most) {
  return least < 0 ? false : FROM_ZERO.has(unit ?? "") || least <= most * 0.5;
}

/**
 * Round ticks that hold all of [least, most], four or five of them where that is possible.
 * @returns {number[]} ascending, in shown values; the first and the last are the axis' ends
 */
export function ticks(least, most, wanted = 4) {
  if (!(most > least)) return least === 0 ? [0, 1] : [Math.min(0, least), Math.max(0, least)].sort((a, b) => a - b);
  const power = 10 ** Math.floor(Math.log10((most - least) / wanted));
  const sets = [0.1, 1, 10].flatMap((scale) => STEPS.slice(0, 4).map((step) => between(least, most, step * power * scale)));
  const fit = sets.filter((set) => set.length >= 4 && set.length <= 5);
  return (fit.length ? fit : sets.filter((set) => set.length >= 3)).reduce((best, set) => (waste(set) < waste(best) ? set : best));
}

const waste = (set) => set.at(-1) - set[0];

function between(least, most, step) {
  const first = Math.floor(least / step + 1e-9), last = Math.ceil(most / step - 1e-9);
  if (last - first > 12) return [];
  return Array.from({ length: last - first + 1 }, (_, at) => tidy((first + at) * step, step));
}

const tidy = (value, step) => Number(value.toFixed(Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(step))))));

/** What a tick says; the unit stands at the top one only. */
export function tickText(value, suffix, isTop) {
  const text = value < 0 ? `\u2212${plain(-value)}` : plain(value);
  return isTop && suffix ? `${text}\u202f${suffix}` : text;
}

const plain = (value) => (value >= 1000 ? value.toLocaleString("en-US") : String(value));

/**
 * Round times within [from, to] (epoch seconds, UTC), at most `most` of them.
 * @returns {{times: number[], step: number}}
 */
export function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((each) => (to - from) / each <= most) ?? Math.ceil((to - from) / most / (28 * DAY)) * 28 * DAY;
  const origin = step >= 7 * DAY ? FIRST_MONDAY : 0, times = [];
  for (let at = origin + Math.ceil((from - origin) / step) * step; at <= to + 1e-6; at += step) times.push(at);
  return { times, step };
}

/** A tick's time: the clock, with seconds where steps need them; a day where a step is one, or where one begins. */
export function timeText(at, step, isEnd = false) {
  const when = new Date(at * 1000), midnight = at % DAY === 0;
  if (step >= DAY) return dayText(when);
  if (midnight && isEnd) return "24:00";
  const clock = when.toISOString().slice(11, step < MINUTE ? 19 : 16);
  return clock;
}

/** "19 Nov" in UTC. */
export const dayText = (when) => `${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]}`;
