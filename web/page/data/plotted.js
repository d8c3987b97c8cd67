// The plot on the page: as wide as its place, in the colours of the theme, moved by mouse and by keys, shared crosshair.
import { html, useEffect, useLayoutEffect, useRef, useSignal, useSignalEffect } from "../lib.js";
import { onTheme } from "./palette.js";
import { plotOf } from "./plot.js";
import { PAPER_WIDTH, printing } from "./printing.js";
import { Readout, saidAt } from "./readout.js";
import { sentence } from "./sentence.js";
import { placeOf } from "./thin.js";

const HIGH = 232, SMALLEST = 4;

/** @param {{chart: object, view: object, shared: object, told: object}} props all but `chart` are signals */
export function Plot({ chart, view, shared, told }) {
  const box = useRef(null), plot = useRef(null), at = useSignal(null), isOver = useRef(false), spoken = useSignal("");
  const shown = () => view.value ?? [chart.from, chart.to];
  const tell = () => { told.value = { isThinned: plot.current.isThinned(), far: plot.current.far(), width: box.current.clientWidth }; };
  useLayoutEffect(() => {
    const given = { ...sizeOf(box.current), view: shown(), onMove: (time) => { if (isOver.current) shared.value = { time, owner: chart }; }, onZoom: (next) => zoom(chart, view, next), onReset: () => { view.value = null; } };
    plot.current = plotOf(box.current, chart, given);
    tell();
    const stops = [watchSize(box.current, plot, tell), onTheme(() => plot.current.repaint())];
    return () => { for (const stop of stops) stop(); plot.current.destroy(); };
  }, [chart]);
  useEffect(() => { plot.current.show(shown()); tell(); }, [chart, view.value]);
  useSignalEffect(() => { const { time } = shared.value; if (plot.current) follow(plot.current, chart, time, isOver.current, at); });
  useSignalEffect(() => {
    const isPaper = printing.value;
    if (!plot.current) return;
    plot.current.resize(isPaper ? PAPER_WIDTH : sizeOf(box.current).width, sizeOf(box.current).height);
    plot.current.repaint();
  });
  const leave = () => { isOver.current = false; shared.value = { time: null, owner: null }; };
  const onKeyDown = (event) => press(event, { chart, view, shared, spoken, shown: shown() });
  const here = at.value && shared.value.owner === chart ? at.value : null;
  return html`<div class="plot" ref=${box} role="group" aria-roledescription="chart" aria-label=${sentence(chart)} tabindex="0"
      onPointerEnter=${() => { isOver.current = true; }} onPointerLeave=${leave} onKeyDown=${onKeyDown} onBlur=${leave}>
      ${here && html`<${Readout} chart=${chart} at=${here.time} place=${here} />`}</div>
    <p class="sr" role="status">${spoken.value}</p>`;
}

function sizeOf(box) {
  return { width: Math.max(240, Math.floor(box.clientWidth)), height: HIGH };
}

function watchSize(box, plot, tell) {
  const watch = new ResizeObserver(() => {
    if (printing.value || !box.clientWidth) return;
    const { width, height } = sizeOf(box);
    plot.current.resize(width, height);
    tell();
  });
  watch.observe(box);
  return () => watch.disconnect();
}

/** Every chart of the panel stands at the same time; the one under the pointer has put itself there already. */
function follow(plot, chart, time, isOver, at) {
  if (time === null || time === undefined) {
    plot.hide();
    at.value = null;
    return;
  }
  at.value = plot.pointAt(time);
}

function zoom(chart, view, [from, to]) {
  const least = Math.max((chart.to - chart.from) / 5000, SMALLEST), length = Math.max(to - from, least);
  const middle = (from + to) / 2, start = Math.max(chart.from, Math.min(chart.to - length, middle - length / 2));
  view.value = length >= (chart.to - chart.from) * 0.999 ? null : [start, start + length];
}

/** + and − zoom, arrows move by a point, Home and End go to the ends, 0 shows all of it. */
function press(event, { chart, view, shared, spoken, shown }) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const [from, to] = shown, length = to - from, time = shared.value.owner === chart ? shared.value.time : null;
  const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (by !== undefined) {
    const next = stepped(chart, time, by, shown);
    shared.value = { time: next, owner: chart };
    spoken.value = saidAt(chart, next);
  } else if (event.key === "+" || event.key === "=") {
    const middle = time ?? (from + to) / 2;
    zoom(chart, view, [middle - length / 4, middle + length / 4]);
  } else if (event.key === "-" || event.key === "\u2212") {
    zoom(chart, view, [from - length / 2, to + length / 2]);
  } else if (event.key === "0" || (event.key === "Escape" && view.value)) {
    view.value = null;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function stepped(chart, time, by, [from, to]) {
  const { times } = chart.lines.find((line) => line.role === "line"), first = placeOf(times, from), last = Math.max(first, placeOf(times, to + 1e-6) - 1);
  const now = time === null ? (by > 0 ? first - 1 : last + 1) : placeOf(times, time);
  return times[Math.max(first, Math.min(last, now + by))];
}
