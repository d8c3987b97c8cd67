// What is painted around the lines of a chart: grid, ticks, bands, limits, marks and the hatch where nothing was measured.
import { number, time } from "../words.js";
import { placed } from "./labels.js";
import { dayText, tickText, timeText } from "./scales.js";
import { moment } from "./sentence.js";

const SMALL = 11, HATCH = 7;

/** A pen on the plot's canvas that counts in CSS pixels. `at` and `of` are the places of a time and of a value. */
function penOf(u) {
  const ratio = u.pxRatio ?? devicePixelRatio, { left, top, width, height } = u.bbox;
  const box = { left: left / ratio, top: top / ratio, right: (left + width) / ratio, bottom: (top + height) / ratio };
  const at = (seconds) => Math.max(box.left, Math.min(box.right, u.valToPos(seconds, "x", true) / ratio));
  return { ctx: u.ctx, ratio, box, at, of: (value) => u.valToPos(value, "y", true) / ratio };
}

function within(u, work) {
  const pen = penOf(u);
  pen.ctx.save();
  pen.ctx.setTransform(pen.ratio, 0, 0, pen.ratio, 0, 0);
  work(pen);
  pen.ctx.restore();
}

/** Beneath the lines. */
export const under = (u, chart, axes, look) => within(u, (pen) => {
  grid(pen, axes, look);
  timeAxis(pen, u, chart, look);
  for (const band of shownBands(chart, u)) ground(pen, band, look);
  for (const gap of shownGaps(chart, u, pen)) hatch(pen, gap, look);
});

/** Above the lines. */
export const over = (u, chart, axes, look, isNarrow) => within(u, (pen) => {
  for (const limit of axes.limits) limitLine(pen, limit, chart, look);
  const marks = shownMarks(chart, u);
  for (const mark of marks) markLine(pen, mark, look);
  labels(pen, u, chart, marks, look, isNarrow);
});

const shownBands = (chart, u) => chart.bands.filter((each) => each.to >= u.scales.x.min && each.from <= u.scales.x.max);
const shownMarks = (chart, u) => chart.marks.filter((each) => each.at >= u.scales.x.min && each.at <= u.scales.x.max);

function shownGaps(chart, u, pen) {
  const inView = chart.gaps.filter((each) => each.end > u.scales.x.min && each.start < u.scales.x.max);
  return inView.filter((each) => pen.at(each.end) - pen.at(each.start) >= 2);
}

function stroke({ ctx }, colour, [x1, y1], [x2, y2], width = 1, dash = []) {
  ctx.beginPath();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.setLineDash([]);
}

function write({ ctx }, look, text, x, y, colour, align = "left", weight = 400) {
  ctx.font = `${weight} ${SMALL}px ${look.font}`;
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = "alphabetic";
  ctx.fillText(text, x, y);
}

const crisp = (place) => Math.round(place) + 0.5;

function grid(pen, axes, look) {
  const { box } = pen;
  axes.ticks.forEach((tick, at) => {
    const y = crisp(pen.of(tick / axes.factor));
    stroke(pen, at === 0 ? look.base : look.grid, [box.left, y], [box.right, y]);
    write(pen, look, tickText(tick, axes.suffix, at === axes.ticks.length - 1), box.left - 8, y + 3.5, look.axis, "right");
  });
}

function timeAxis(pen, u, chart, look) {
  const { times, step } = u.timeTicks, y = pen.box.bottom + 18;
  let last = -Infinity;
  times.forEach((seconds) => {
    const x = pen.at(seconds), isDay = step < 86_400 && seconds % 86_400 === 0 && seconds > u.scales.x.min && seconds < u.scales.x.max;
    const text = isDay ? dayText(new Date(seconds * 1000)) : timeText(seconds, step, seconds >= u.scales.x.max && seconds > chart.from);
    pen.ctx.font = `400 ${SMALL}px ${look.font}`;
    const wide = pen.ctx.measureText(text).width;
    const start = Math.max(pen.box.left, Math.min(pen.box.right - wide, x - wide / 2));
    if (start < last + 6) return;
    write(pen, look, text, start, y, look.axis);
    last = start + wide;
  });
}

function ground(pen, band, look) {
  const { ctx, box } = pen, [left, right] = [pen.at(band.from), pen.at(band.to)], isOdd = band.kind !== "breach";
  ctx.fillStyle = isOdd ? look.odd : look.breach;
  ctx.fillRect(left, box.top, Math.max(1, right - left), box.bottom - box.top);
  const edge = isOdd ? look.oddEdge : look.edge;
  stroke(pen, edge, [left, box.top], [left, box.bottom]);
  if (!band.is_open) stroke(pen, edge, [right, box.top], [right, box.bottom]);
}

function hatch(pen, gap, look) {
  const { ctx, box } = pen, [left, right] = [pen.at(gap.start), pen.at(gap.end)], high = box.bottom - box.top;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, box.top, right - left, high);
  ctx.clip();
  ctx.globalAlpha = 0.5;
  const step = HATCH * Math.SQRT2;
  for (let x = Math.floor((left - high) / step) * step; x < right; x += step) stroke(pen, look.hatch, [x, box.bottom], [x + high, box.top]);
  ctx.restore();
  stroke(pen, look.hatch, [left, box.top], [left, box.bottom], 1, [3, 3]);
}

function limitLine(pen, limit, chart, look) {
  const y = crisp(pen.of(limit.value)), { box } = pen;
  stroke(pen, look.limit, [box.left, y], [box.right, y], 1.25, [5, 4]);
  const name = chart.limits.length > 1 && limit.name ? limit.name : "limit";
  const above = y - box.top > 18;
  write(pen, look, `${name} ${number(limit.value, limit.unit || chart.unit)}`, box.right, above ? y - 6 : y + 14, look.limit, "right", 500);
}

function markLine(pen, mark, look) {
  const { ctx, box } = pen, x = crisp(pen.at(mark.at));
  stroke(pen, look.mark, [x, box.top - 4], [x, box.bottom], 1, [2, 2]);
  ctx.beginPath();
  ctx.fillStyle = look.mark;
  ctx.moveTo(x - 4.5, box.top - 10);
  ctx.lineTo(x + 4.5, box.top - 10);
  ctx.lineTo(x, box.top - 3);
  ctx.fill();
}

function labels(pen, u, chart, marks, look, isNarrow) {
  const clock = (at) => moment(at, { from: u.scales.x.min, to: u.scales.x.max });
  const wanted = [
    ...shownBands(chart, u).map((band) => ({ ...bandLabel(band, clock), x: pen.at(band.from), lean: "right", rank: band.kind === "breach" ? 0 : 1, colour: band.kind === "breach" ? look.critical : look.warning })),
    ...shownGaps(chart, u, pen).filter((gap) => gap.is_open || pen.at(gap.end) - pen.at(gap.start) > 24).map((gap) => ({ texts: gapLabel(gap, clock), x: pen.at(gap.start), lean: "right", rank: gap.is_open ? 0 : 2, colour: look.mark })),
    ...marks.map((mark) => ({ texts: markLabel(mark, clock, isNarrow), x: pen.at(mark.at), lean: "left", rank: 1, colour: look.mark })),
  ];
  pen.ctx.font = `500 ${SMALL}px ${look.font}`;
  const found = placed(wanted, (text) => pen.ctx.measureText(text).width, 0, pen.box.right);
  found.forEach((place, at) => { if (place) write(pen, look, place.text, place.start, pen.box.top - 12, wanted[at].colour, "left", 500); });
}

function bandLabel(band, clock) {
  const word = band.kind === "breach" ? "breach" : "unusual";
  const when = band.is_open ? `since ${clock(band.from)}` : `${clock(band.from)}\u2013${sameDay(band) ? time(band.to, true) : clock(band.to)}`;
  return { texts: [`${word} ${when}`, `${word} ${clock(band.from)}`] };
}

const sameDay = (band) => Math.floor(band.from / 86_400) === Math.floor(band.to / 86_400);

function gapLabel(gap, clock) {
  if (gap.is_open && !gap.is_first) return [`no data since ${clock(gap.start)}`, "no data"];
  return gap.is_first ? [`no data until ${clock(gap.end)}`, "no data"] : [`no data ${clock(gap.start)}\u2013${clock(gap.end)}`, "no data"];
}

function markLabel(mark, clock, isNarrow) {
  const kind = mark.kind === "change" && mark.before !== undefined ? "shift" : mark.kind;
  const named = mark.name ? `${mark.kind === "alert" ? "" : `${kind} `}${mark.name} ${clock(mark.at)}` : `${kind} ${clock(mark.at)}`;
  return isNarrow ? [`${kind} ${clock(mark.at)}`] : [named, `${kind} ${clock(mark.at)}`];
}
