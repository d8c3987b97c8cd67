// Many points made few: of every stretch of time the least, the most and what was not measured stay.

/**
 * Places of the points that stay, ascending: all, or about `most` of them.
 * In each stretch these stay: the first, the least, the most and one that is null, so that no peak and no gap is lost.
 * @param {ArrayLike<number|null|undefined>} values
 * @param {number} from first place looked at @param {number} to one behind the last
 */
export function places(values, most, from = 0, to = values.length) {
  const count = to - from;
  if (count <= most) return Array.from({ length: Math.max(0, count) }, (_, at) => from + at);
  const stretches = Math.max(1, Math.floor(most / 4)), kept = [];
  for (let at = 0; at < stretches; at += 1) {
    const begins = from + Math.floor((at * count) / stretches), ends = from + Math.floor(((at + 1) * count) / stretches);
    keep(values, begins, ends, kept);
  }
  if (kept.at(-1) !== to - 1) kept.push(to - 1);
  return kept;
}

function keep(values, begins, ends, kept) {
  let least = -1, most = -1, hole = -1;
  for (let at = begins; at < ends; at += 1) {
    const value = values[at];
    if (value === null || value === undefined) { if (hole < 0) hole = at; continue; }
    if (least < 0 || value < values[least]) least = at;
    if (most < 0 || value > values[most]) most = at;
  }
  const chosen = new Set([begins, least, most, hole].filter((at) => at >= 0));
  kept.push(...[...chosen].sort((a, b) => a - b));
}

/** First place whose time is not before `time`; times ascend. */
export function placeOf(times, time) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place whose time is nearest, of those that hold a value; -1 where there is none. */
export function nearest(times, values, time) {
  let right = placeOf(times, time), left = right - 1;
  while (right < times.length && !holds(values[right])) right += 1;
  while (left >= 0 && !holds(values[left])) left -= 1;
  if (left < 0) return right < times.length ? right : -1;
  if (right >= times.length) return left;
  return times[right] - time < time - times[left] ? right : left;
}

const holds = (value) => value !== null && value !== undefined;
