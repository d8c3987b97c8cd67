// The two axes of a chart for the time in view: what is drawn of each line, and between which round ticks.
import { display, fromZero, ticks, timeTicks } from "./scales.js";
import { placeOf, places } from "./thin.js";

const LABEL_WIDTH = 92, NARROW_LABEL_WIDTH = 76, TOO_FAR = 30, MOST_DRAWN = 4000;

/**
 * The points of the lines within [from, to] and one to either side, thinned to what so many pixels can show.
 * @returns {{lines: {times: number[], values: (number|null)[]}[], isThinned: boolean}}
 */
export function inView(lines, [from, to], width) {
  let isThinned = false;
  const shown = lines.map(({ times, values }) => {
    const first = Math.max(0, placeOf(times, from) - 1), last = Math.min(times.length, placeOf(times, to) + 2);
    const kept = places(values, Math.max(MOST_DRAWN, width * 4), first, last);
    if (kept.length < last - first) isThinned = true;
    return { times: kept.map((at) => times[at]), values: kept.map((at) => values[at]) };
  });
  return { lines: shown, isThinned };
}

/**
 * @param {import("./lines.js").Chart} chart @param {{values: (number|null)[]}[]} shown
 * @returns {{ticks: number[], factor: number, suffix: string, least: number, most: number, limits: object[], far: object[]}}
 *          `ticks` are shown values, `least` and `most` the axis' ends as measured; `far` are limits too far off to be drawn
 */
export function valueAxis(chart, shown) {
  let [low, high] = ends(shown);
  if (low > high) [low, high] = [0, 1];
  const far = chart.limits.filter((each) => each.side !== "below" && each.value > Math.max(high, 0) * TOO_FAR && high > 0);
  const limits = chart.limits.filter((each) => !far.includes(each));
  for (const { value } of limits) { low = Math.min(low, value); high = Math.max(high, value); }
  if (chart.is_bars || fromZero(chart.unit, low, high)) low = Math.min(0, low);
  if (low === high) [low, high] = high > 0 ? [0, high] : high < 0 ? [high, 0] : [0, 1];
  const { factor, suffix } = display(chart.unit, Math.max(Math.abs(low), Math.abs(high)));
  const round = whole(chart) ? wholes(low, high) : ticks(low * factor, high * factor);
  return { ticks: round, factor, suffix, least: round[0] / factor, most: round.at(-1) / factor, limits, far };
}

function ends(shown) {
  let low = Infinity, high = -Infinity;
  for (const { values } of shown) {
    for (const value of values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

const whole = (chart) => chart.is_bars && chart.lines[0].values.every((value) => value === null || Number.isInteger(value));

/** Of counts that are few, only whole numbers are ticks. */
const wholes = (low, high) => (high <= 5 && low >= 0 ? Array.from({ length: Math.max(1, high) + 1 }, (_, at) => at) : ticks(low, high));

/** Round times for a plot so wide. */
export const timeAxis = ([from, to], width) => timeTicks(from, to, Math.max(2, Math.floor(width / (width < 420 ? NARROW_LABEL_WIDTH : LABEL_WIDTH))));
