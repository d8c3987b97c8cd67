// A table of any length: only the rows in sight are drawn, and what comes in above them does not move them.
import { Icon, Status } from "../icons.js";
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { navigate, to } from "../router.js";
import { clock } from "../store.js";
import { duration, said, stamp } from "../words.js";
import { anchored, windowed } from "./rows.js";

const COLUMNS = [
  ["severity", "Severity", ""], ["name", "Alert", ""], ["service", "Service", "hide-phone"], ["summary", "Summary", "hide-phone grow"],
  ["team", "Team", "hide-phone opt"], ["starts_at", "Since", ""], ["duration", "Lasted", "n hide-phone"],
];
const ROW = 32, ROW_PHONE = 52;

/**
 * @param {{alerts: object[], sort: {key: string, is_down: boolean}, onSort: (key: string) => void, label: string, view: string}} props
 * `view` names the filter and the order: another one begins at the top.
 */
export function Alerts({ alerts, sort, onSort, label, view }) {
  const box = useRef(null), before = useRef({ alerts, view }), [top, setTop] = useState(0), [height, setHeight] = useState(600);
  const row = matchMedia("(max-width: 720px)").matches ? ROW_PHONE : ROW;
  useLayoutEffect(() => {
    const place = before.current.view === view ? anchored(before.current.alerts, alerts, { top: box.current.scrollTop, row }) : 0;
    if (place !== box.current.scrollTop) box.current.scrollTop = place;
    before.current = { alerts, view };
  }, [alerts, view]);
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (box.current) setHeight(box.current.clientHeight); });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const { from, to: until } = windowed(alerts.length, { top, height, row });
  return html`<div class="rows" ref=${box} onScroll=${() => setTop(box.current.scrollTop)} tabindex="-1">
    <table class="grid-table" aria-label=${label} aria-rowcount=${alerts.length + 1}>
      <thead><tr aria-rowindex="1">${COLUMNS.map(([key, title, kind]) => html`<${Head} key=${key} name=${key} title=${title} kind=${kind} sort=${sort} onSort=${onSort} />`)}</tr></thead>
      <tbody>
        <${Gap} rows=${from} row=${row} />
        ${alerts.slice(from, until).map((alert, place) => html`<${Row} key=${alert.id} alert=${alert} index=${from + place} />`)}
        <${Gap} rows=${alerts.length - until} row=${row} />
      </tbody>
    </table></div>`;
}

function Head({ name, title, kind, sort, onSort }) {
  const is_sorted = sort.key === name;
  return html`<th scope="col" class=${kind.replace("grow", "")} aria-sort=${is_sorted ? (sort.is_down ? "descending" : "ascending") : undefined}>
    <button type="button" onClick=${() => onSort(name)}>${title}<${Icon} name="sort" size=${12} /></button></th>`;
}

/** Room for the rows that are not drawn. */
function Gap({ rows, row }) {
  const line = useRef(null);
  useLayoutEffect(() => { if (line.current) line.current.style.height = `${rows * row}px`; }, [rows, row]);
  return rows > 0 ? html`<tr class="gap-row" aria-hidden="true" ref=${line}><td colspan=${COLUMNS.length}></td></tr>` : null;
}

function Row({ alert, index }) {
  const path = `/alerts/${alert.id}`, open = (event) => { if (!event.target.closest("a")) navigate(path); };
  const is_over = alert.status !== "firing", mark = is_over ? "resolved" : alert.severity;
  return html`<tr class=${classes("opens", is_over && "over")} aria-rowindex=${index + 2} data-row onClick=${open}>
    <td><span class="cell"><${Status} status=${mark} label=${is_over ? `${alert.severity}, resolved` : alert.severity} /><span class="word">${alert.severity}</span></span></td>
    <td><a ...${to(path)}>${alert.name}</a><small class="phone-only">${alert.service}</small></td>
    <td class="hide-phone">${alert.service}</td>
    <td class="hide-phone grow" title=${alert.summary}>${alert.summary}</td>
    <td class="hide-phone opt">${alert.team || "–"}</td>
    <td><time datetime=${alert.starts_at}>${stamp(alert.starts_at, clock.value)}</time></td>
    <td class="n hide-phone">${is_over ? duration(alert.duration_seconds) : `${said(alert.status)} ${duration(Math.max(0, Math.floor((clock.value - Date.parse(alert.starts_at)) / 60_000) * 60))}`}</td>
  </tr>`;
}
