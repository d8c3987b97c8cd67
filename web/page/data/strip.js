// The strip beneath a chart: the whole time small, and a brush over what is shown, which can be dragged along.
import { html, useMemo, useRef } from "../lib.js";
import { range } from "../words.js";
import { dayText, timeText, timeTicks } from "./scales.js";
import { places } from "./thin.js";

const HIGH = 22, LEFT = 30, RIGHT = 4;

/** @param {{chart: object, view: number[], width: number, onView: (view: number[]) => void}} props */
export function Strip({ chart, view, width, onView }) {
  const inner = Math.max(10, width - LEFT - RIGHT), length = chart.to - chart.from;
  const x = (at) => LEFT + ((at - chart.from) / length) * inner;
  const path = useMemo(() => outline(chart, x, inner), [chart, width]);
  const { times, step } = timeTicks(chart.from, chart.to, Math.max(2, Math.floor(inner / 130)));
  const isZoomed = view[1] - view[0] < length * 0.999, high = isZoomed ? 40 : 26;
  const drag = useDrag({ view, chart, inner, length, onView });
  return html`<svg class="overview" viewBox=${`0 0 ${width} ${high}`} width=${width} height=${high} role="img" aria-label=${`All of it, ${range(chart.from, chart.to)}; shown is ${range(...view)}`}>
    <path class="mini-a" d=${path} /><path class="mini" d=${path} /><line class="grid base" x1=${LEFT} x2=${LEFT + inner} y1=${HIGH} y2=${HIGH} />
    ${isZoomed && html`<rect class="brush" x=${x(view[0])} y="1" width=${Math.max(4, x(view[1]) - x(view[0]))} height=${HIGH - 1} rx="2" ...${drag} />
    <rect class="grip" x=${x(view[0]) - 2.5} y="6" width="5" height="11" rx="2" /><rect class="grip" x=${x(view[1]) - 2.5} y="6" width="5" height="11" rx="2" />`}
    ${isZoomed && times.map((at) => html`<text x=${x(at)} y="36" text-anchor=${anchor(x(at), inner)}>${text(at, step, chart)}</text>`)}
  </svg>`;
}

const anchor = (at, inner) => (at < LEFT + 20 ? "start" : at > LEFT + inner - 20 ? "end" : "middle");
const text = (at, step, chart) => (step < 86_400 && at % 86_400 === 0 && chart.to - chart.from > 86_400 ? dayText(new Date(at * 1000)) : timeText(at, step, at === chart.to));

function outline(chart, x, inner) {
  const line = chart.lines.find((each) => each.role === "line");
  if (!line) return "";
  const kept = places(line.values, Math.floor(inner)), known = line.values.filter((value) => value !== null);
  const most = known.reduce((a, b) => Math.max(a, b), 0), least = Math.min(0, known.reduce((a, b) => Math.min(a, b), 0));
  const y = (value) => HIGH - 1 - ((value - least) / (most - least || 1)) * (HIGH - 4);
  let pen = "M";
  return kept.map((at) => {
    if (line.values[at] === null) { pen = "M"; return ""; }
    const told = `${pen}${x(line.times[at]).toFixed(1)} ${y(line.values[at]).toFixed(1)}`;
    pen = "L";
    return told;
  }).join("");
}

function useDrag({ view, chart, inner, length, onView }) {
  const from = useRef(null);
  return {
    onPointerDown: (event) => { event.currentTarget.setPointerCapture(event.pointerId); from.current = { x: event.clientX, view }; },
    onPointerMove: (event) => {
      if (!from.current) return;
      const [start, end] = from.current.view, off = ((event.clientX - from.current.x) / inner) * length;
      const kept = Math.max(chart.from - start, Math.min(chart.to - end, off));
      onView([start + kept, end + kept]);
    },
    onPointerUp: () => { from.current = null; },
  };
}
