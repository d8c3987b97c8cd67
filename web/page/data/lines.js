// A `series` part as a chart: lines on ascending times, what they are judged against, and where nothing was measured.

/**
 * @typedef {{name: string, unit: string, times: number[], values: (number|null)[], is_cut: boolean, role: "line"|"before"|"other",
 *            index: number, shift: number}} Line `index` chooses colour and dash; `shift` seconds were added to its times
 * @typedef {{title: string, unit: string, lines: Line[], from: number, to: number, is_bars: boolean, limits: object[],
 *            bands: object[], marks: object[], gaps: {start: number, end: number, is_open: boolean, is_first: boolean}[],
 *            points: number, cut: string}} Chart
 */

export const MOST_LINES = 6;
const BEFORE = /^(expected|baseline|(the )?(day|week|month|period|hour)s? before|.*, same hours before)$/i;
const COUNTED = new Set(["alerts", "incidents", "events", "lines", "changes", "count"]);

/** Epoch seconds of a time that is RFC 3339 or epoch seconds. */
export const secondsOf = (time) => (typeof time === "number" ? time : Date.parse(time) / 1000);

/**
 * @param {{title: string, data: object}} part
 * @param {{window: ?{start: string, end: string}, as_of: ?string}[]} sources those that the part was made from
 * @returns {Chart}
 */
export function chartOf(part, sources = []) {
  const { data } = part;
  const lines = roles(overlaid((data.series ?? [{ name: part.title, points: data.points ?? [] }]).map((each) => line(each, data))));
  const unit = data.unit || lines[0]?.unit || "";
  const is_bars = isBars(data, unit, lines);
  const [from, to] = span(lines, sources, is_bars);
  return {
    title: part.title, unit, lines, from, to, is_bars,
    limits: data.thresholds ?? [],
    bands: (data.bands ?? []).map(band),
    marks: (data.marks ?? []).map(mark).sort((a, b) => a.at - b.at),
    gaps: is_bars ? [] : gapsOf(lines.filter((each) => each.role === "line"), from, to),
    points: lines.reduce((sum, each) => sum + each.times.length, 0),
    cut: cutOf(data),
  };
}

function line(item, { unit, cut }) {
  const points = item.points.map(([time, value]) => [secondsOf(time), typeof value === "number" && Number.isFinite(value) ? value : null]);
  const is_ordered = points.every(([time], at) => at === 0 || points[at - 1][0] <= time);
  if (!is_ordered) points.sort((a, b) => a[0] - b[0]);
  const found = { name: item.name || "", unit: item.unit || unit || "", times: points.map(([time]) => time), values: points.map(([, value]) => value), shift: 0, is_cut: Boolean(item.cut || cut) };
  return found.is_cut ? found : { ...found, ...broken(found) };
}

/** Where samples came at an even pace and then did not, the line is broken: a null stands in the hole. */
function broken({ times, values }) {
  const usual = usualStep(times);
  if (!usual) return { times, values };
  const cuts = new Set();
  for (let at = 1; at < times.length; at += 1) {
    if (times[at] - times[at - 1] > usual * 2.5 && values[at - 1] !== null && values[at] !== null) cuts.add(at);
  }
  if (!cuts.size) return { times, values };
  const told = [[], []];
  times.forEach((time, at) => {
    if (cuts.has(at)) { told[0].push(times[at - 1] + usual); told[1].push(null); }
    told[0].push(time);
    told[1].push(values[at]);
  });
  return { times: told[0], values: told[1] };
}

/** The pace of the samples, by looking at up to a thousand of their steps; 0 where they keep none. */
function usualStep(times) {
  const every = Math.max(1, Math.floor(times.length / 1000)), steps = [];
  for (let at = 1; at < times.length; at += every) steps.push(times[at] - times[at - 1]);
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
  const even = steps.filter((step) => Math.abs(step - usual) < usual * 0.02 + 0.001).length;
  return steps.length < 8 || even < steps.length * 0.8 ? 0 : usual;
}

/** Lines of an earlier time of the same length lie over the newest, as the same hours before. */
function overlaid(lines) {
  const full = lines.filter((each) => each.times.length > 1);
  const newest = full.reduce((best, each) => (!best || each.times[0] > best.times[0] ? each : best), null);
  if (!newest) return lines;
  return lines.map((each) => {
    const [start, end] = [each.times[0], each.times.at(-1)];
    const length = newest.times.at(-1) - newest.times[0];
    const is_before = end <= newest.times[0] && Math.abs(end - start - length) <= length * 0.1;
    return is_before ? moved(each, newest.times[0] - start) : each;
  });
}

const moved = (each, shift) => ({ ...each, times: each.times.map((time) => time + shift), shift });

function roles(lines) {
  let index = 0;
  const several = lines.length > 1;
  return lines.map((each) => {
    if (several && (each.shift || BEFORE.test(each.name))) return { ...each, role: "before", index: -1 };
    index += 1;
    return index > MOST_LINES ? { ...each, role: "other", index: -1 } : { ...each, role: "line", index: index - 1 };
  });
}

/** Counts of buckets are bars: nothing was measured between them. */
function isBars(data, unit, lines) {
  return lines.length === 1 && (Boolean(data.by) || COUNTED.has(unit)) && lines[0].times.length <= 120;
}

/** The time shown: the points, or the window asked for where they evidently cover it from its start. */
function span(lines, sources, is_bars) {
  const least = Math.min(...lines.map((each) => each.times[0] ?? Infinity));
  const most = Math.max(...lines.map((each) => each.times.at(-1) ?? -Infinity));
  if (!Number.isFinite(least)) return [0, 0];
  const usual = (most - least) / Math.max(1, Math.max(...lines.map((each) => each.times.length)) - 1) || 60;
  const ends = sources.filter((each) => each.window).map((each) => {
    const until = secondsOf(each.window.end), known = each.as_of ? secondsOf(each.as_of) : until;
    return { start: secondsOf(each.window.start), end: Math.min(until, known) };
  });
  const covering = ends.filter(({ start, end }) => Math.abs(least - start) <= Math.max(usual * 2, (end - start) * 0.02) && end >= most - usual);
  const ending = covering.length ? Math.max(...covering.map(({ end }) => end)) : most;
  const starting = covering.length ? Math.min(least, ...covering.map(({ start }) => start)) : least;
  const to = Math.max(most, ending);
  return [starting, is_bars && to <= most ? most + usual : to > starting ? to : starting + 60];
}

/** Times at which no line has a value; one that reaches the end is open. */
export function gapsOf(lines, from, to) {
  if (!lines.length) return [];
  const runs = lines.map((each) => holes(each, from, to));
  return runs.reduce((both, next) => crossed(both, next)).map((gap) => ({ ...gap, is_open: gap.end >= to, is_first: gap.start <= from }));
}

/** Of a line of which not all points came, a gap is only as long as its missing points prove. */
function holes({ times, values, is_cut }, from, to) {
  const found = [];
  let known = from, missing = [];
  const close = (until) => {
    const proven = missing.length > 1 ? missing.at(-1) + missing[1] - missing[0] : missing[0];
    found.push(is_cut ? { start: missing[0], end: Math.min(until, until === to ? to : proven) } : { start: known, end: until });
    missing = [];
  };
  times.forEach((time, at) => {
    if (values[at] === null) { missing.push(time); return; }
    if (missing.length) close(time);
    known = time;
  });
  const pace = (!is_cut && usualStep(times)) || times.reduce((most, time, at) => (at ? Math.max(most, time - times[at - 1]) : most), 0);
  if (missing.length) close(to);
  else if (times.length > 2 && to - known > pace * 2.5) found.push({ start: known, end: to });
  return found.filter((each) => each.end > each.start);
}

function crossed(left, right) {
  return left.flatMap((a) => right.map((b) => ({ start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) })).filter((each) => each.end > each.start));
}

const band = (each) => ({ ...each, from: secondsOf(each.start), to: secondsOf(each.end), is_open: each.ended === "ongoing" });
const mark = (each) => ({ ...each, at: secondsOf(each.at) });

const COUNTS = /^([\d,]+) of ([\d,]+) (points|samples)/;

/** What was left out, said once. */
function cutOf(data) {
  const told = [data.cut, ...(data.series ?? []).map((each) => each.cut)].filter(Boolean);
  const once = [...new Set(told.flatMap((each) => each.split("; ")))];
  return once.map(shorter).filter((each, at, all) => all.indexOf(each) === at).join("; ");
}

function shorter(text) {
  const found = COUNTS.exec(text);
  return found ? `${found[1]} of ${found[2]} ${found[3]}, least and most kept` : text;
}

/** Where a bucket that begins at this time ends: where the next begins, or where the chart does. */
export function bucketEnd(chart, time) {
  const { times } = chart.lines[0], at = times.indexOf(time);
  return at >= 0 && at < times.length - 1 ? times[at + 1] : chart.to;
}

/** The worst point against a limit: the most, or the least where it is broken below. */
export function worst(line, side = "above") {
  let found = -1;
  line.values.forEach((value, at) => {
    if (value === null) return;
    if (found < 0 || (side === "below" ? value < line.values[found] : value > line.values[found])) found = at;
  });
  return found < 0 ? null : { at: line.times[found], value: line.values[found] };
}
