// One chart on a canvas: uPlot draws the lines, `paint.js` all around them; zoom, crosshair and keys go through here.
import uPlot from "../vendor/uplot.js";
import { bucketEnd } from "./lines.js";
import { inView, timeAxis, valueAxis } from "./axes.js";
import { over, under } from "./paint.js";
import { DASHES, paletteOf } from "./palette.js";
import { tickText } from "./scales.js";
import { nearest } from "./thin.js";

const TOP = 30, BARE_TOP = 14, RIGHT = 4, BOTTOM = 26, LEAST_LEFT = 30, NARROW = 460, DRAG = 4;

/**
 * @param {HTMLElement} host @param {import("./lines.js").Chart} chart
 * @param {{width: number, height: number, view: number[], onMove: (time: number|null) => void, onZoom: (view: number[]) => void, onReset: () => void}} given
 */
export function plotOf(host, chart, given) {
  const drawn = order(chart.lines), state = { ...given, look: paletteOf(host), isDown: false, ended: new AbortController() };
  measure(state, chart, drawn);
  const u = new uPlot(options(state, chart, drawn, host), table(state.shown), host);
  u.timeTicks = state.time;
  const renew = (change) => {
    Object.assign(state, change);
    measure(state, chart, drawn);
    u.timeTicks = state.time;
    u.batch(() => {
      u.setSize({ width: state.width, height: state.height });
      u.setData(table(state.shown), false);
      u.setScale("x", { min: state.view[0], max: state.view[1] });
    });
  };
  return {
    u,
    isThinned: () => state.isThinned,
    far: () => state.axes.far,
    show: (view) => renew({ view }),
    resize: (width, height) => { if (width !== state.width || height !== state.height) renew({ width, height }); },
    repaint: () => { state.look = paletteOf(host); u.redraw(false, true); },
    pointAt: (time) => place(u, state, time, chart),
    hide: () => u.setCursor({ left: -10, top: -10 }, false),
    destroy: () => { state.ended.abort(); u.destroy(); },
  };
}

/** What lies beneath comes first: the others, the same hours before, then the lines from last to first. */
function order(lines) {
  const of = (role) => lines.filter((each) => each.role === role);
  return [...of("other"), ...of("before"), ...of("line").reverse()];
}

function measure(state, chart, drawn) {
  const found = inView(drawn, state.view, state.width);
  state.shown = found.lines;
  state.isThinned = found.isThinned;
  state.axes = valueAxis(chart, found.lines);
  state.time = timeAxis(state.view, state.width);
  state.isNarrow = state.width < NARROW;
}

const table = (shown) => (shown.length === 1 ? [shown[0].times, shown[0].values] : uPlot.join(shown.map(({ times, values }) => [times, values])));

function leftOf(state) {
  const pen = document.createElement("canvas").getContext("2d"), { ticks, suffix } = state.axes;
  pen.font = `11px ${state.look.font}`;
  const wide = ticks.map((tick, at) => pen.measureText(tickText(tick, suffix, at === ticks.length - 1)).width);
  return Math.max(LEAST_LEFT, Math.ceil(Math.max(...wide)) + 9);
}

function options(state, chart, drawn, host) {
  const single = chart.lines.filter((each) => each.role === "line").length === 1;
  return {
    width: state.width, height: state.height, legend: { show: false },
    padding: [chart.bands.length || chart.marks.length || chart.gaps.length ? TOP : BARE_TOP, RIGHT, BOTTOM, () => leftOf(state)],
    scales: { x: { time: false, range: () => state.view }, y: { range: () => [state.axes.least, state.axes.most] } },
    axes: [{ show: false }, { show: false }],
    series: [{}, ...drawn.map((line) => serie(line, chart, state, single))],
    cursor: cursor(state, chart, host),
    hooks: {
      drawClear: [(u) => under(u, chart, state.axes, state.look)],
      draw: [(u) => over(u, chart, state.axes, state.look, state.isNarrow)],
      setCursor: [(u) => moved(u, state)],
      setSelect: [(u) => selected(u, state)],
    },
  };
}

function serie(line, chart, state, single) {
  const base = { spanGaps: false, points: { show: true, filter: lonely, size: 4 } };
  if (line.role === "other") return { ...base, stroke: () => state.look.other, width: 1, alpha: 0.55 };
  if (line.role === "before") return { ...base, stroke: () => state.look.before, width: 1.25, dash: [3, 3] };
  const colour = `c${line.index + 1}`;
  const drawn = { ...base, stroke: () => state.look[colour], width: 1.75, dash: DASHES[line.index] };
  if (chart.is_bars) return { ...drawn, fill: () => state.look.bar, paths: (u, at) => bars(u, at, chart), width: 1.25, points: { show: false } };
  return single && state.axes.least >= 0 && chart.limits[0]?.side !== "below" ? { ...drawn, fill: () => state.look.area } : drawn;
}

/** A bar from each bucket's begin to the next one's, with a little air. */
function bars(u, at, chart) {
  const path = new Path2D(), zero = u.valToPos(0, "y", true);
  u.data[0].forEach((time, place) => {
    const value = u.data[at][place];
    if (!value) return;
    const left = u.valToPos(time, "x", true), right = u.valToPos(bucketEnd(chart, time), "x", true), air = Math.min(12, (right - left) * 0.12);
    path.rect(left + air, u.valToPos(value, "y", true), Math.max(1, right - left - 2 * air), zero - u.valToPos(value, "y", true));
  });
  return { stroke: path, fill: path, clip: null, band: null, gaps: null, flags: 1 };
}

/** Points are marked where no line shows them: the only one, or one between two gaps. Undefined is not measured by this line. */
function lonely(u, at) {
  const values = u.data[at], found = [];
  let before = null, last = -1;
  for (let place = 0; place < values.length; place += 1) {
    if (values[place] === undefined) continue;
    if (values[place] === null && last >= 0 && before === null) found.push(last);
    [before, last] = values[place] === null ? [null, -1] : [last < 0 ? null : values[last], place];
  }
  if (last >= 0 && before === null) found.push(last);
  return found;
}

function cursor(state, chart, host) {
  host.addEventListener("pointerdown", () => { state.isDown = true; });
  addEventListener("pointerup", () => { state.isDown = false; }, { signal: state.ended.signal });
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: DRAG },
    move: (u, left, top) => (state.isDown || left < 0 ? [left, top] : [snapped(u, left, chart), top]),
    points: { show: !chart.is_bars, size: 9, width: 2, stroke: () => state.look.surface, fill: (u, at) => u.series[at].stroke(u, at) },
    bind: { dblclick: () => () => { state.onReset(); return null; } },
  };
}

/** The crosshair stands on a point, or in the middle of a bar. */
function snapped(u, left, chart) {
  const at = u.posToIdx(left), time = u.data[0][at];
  if (time === undefined) return left;
  return u.valToPos(chart.is_bars ? (time + bucketEnd(chart, time)) / 2 : time, "x");
}

function moved(u, state) {
  const { left, idx } = u.cursor;
  state.onMove(left >= 0 && idx !== null && idx !== undefined ? u.data[0][idx] : null);
}

function selected(u, state) {
  const { left, width } = u.select;
  if (width < DRAG) return;
  state.onZoom([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** Put the crosshair at the point nearest to a time, without telling anyone; where it stands, or null outside of the view. */
function place(u, state, time, chart) {
  const [from, to] = state.view, main = state.shown.at(-1), at = nearest(main.times, main.values, time);
  if (at < 0 || time < from || time > to) {
    u.setCursor({ left: -10, top: -10 }, false);
    return null;
  }
  const left = snapped(u, u.valToPos(main.times[at], "x"), chart), top = u.valToPos(main.values[at], "y");
  u.setCursor({ left, top }, false);
  return { left, top, time: main.times[at], box: { left: u.over.offsetLeft, top: u.over.offsetTop, width: u.over.offsetWidth, height: u.over.offsetHeight } };
}
