// A table that sorts, finds, windows its rows and shows all of one row; what stands in a cell is always text.
import { classes, html, useMemo, useSignal } from "../lib.js";
import { Icon, Status } from "../icons.js";
import { digits } from "../words.js";
import { navigate, to } from "../router.js";
import { cameBy, cellText, charactersOf, columnsOf, filtered, severalDays, sorted, targetOf } from "./columns.js";
import { useWindow, walk } from "./windowed.js";

const TALL = 14;

/**
 * @param {{columns: object[], rows: object[], name: string, filter?: string, isAll?: boolean}} props `isAll` shows the columns
 * that a narrow place leaves out
 */
export function Grid({ columns: given, rows, name, filter = "", isAll = false }) {
  const columns = useMemo(() => columnsOf(given, rows), [given, rows]);
  const by = useSignal(undefined), chosen = useSignal(null);
  const order = by.value === undefined ? cameBy(rows, columns) : by.value;
  const days = useMemo(() => columns.some((each) => each.kind === "time" && severalDays(rows, each)), [columns, rows]);
  const found = useMemo(() => filtered(rows, columns, filter, days), [rows, columns, filter, days]);
  const shown = useMemo(() => (by.value ? sorted(found, columns, by.value) : found), [found, columns, by.value]);
  const view = useWindow(shown.length, "tbody tr[data-row]");
  const sort = (column) => { by.value = next(order, column); };
  const open = (row) => { chosen.value = chosen.value === row ? null : row; };
  const isTall = shown.length > TALL, widthOf = (column) => (view.isWindowed && !column.is_long ? charactersOf(column, days) : 0);
  const scrolled = isTall ? { role: "region", "aria-label": `${name}, all rows`, tabindex: "0" } : {};
  const wide = view.isWindowed ? { minWidth: `${needed(columns, days, isAll)}ch` } : undefined;
  const kind = classes("grid-table", view.isWindowed && "windowed", isAll && "all", columns.length < 4 && "small");
  return html`<div class=${classes("table-wrap", isTall && "tall")} ref=${view.box} onScroll=${view.onScroll} ...${scrolled}>
      <table class=${kind} style=${wide} aria-label=${name} aria-rowcount=${shown.length + 1} data-count=${shown.length}>
        <thead><tr aria-rowindex="1">${columns.map((column) => html`<${Head} key=${column.key} column=${column} order=${order} onSort=${sort} wide=${widthOf(column)} />`)}</tr></thead>
        <tbody onKeyDown=${walk}>${room(view.above)}
          ${shown.slice(view.first, view.last).map((row, at) => html`<${Row} key=${view.first + at} row=${row} at=${view.first + at} first=${view.first}
            columns=${columns} days=${days} isChosen=${chosen.value === row} onOpen=${open} />`)}
          ${room(view.below)}</tbody></table>
      ${view.unprinted > 0 && html`<p class="muted pad">${digits(view.unprinted)} more rows are not printed; the CSV has all of them.</p>`}
      ${!shown.length && html`<p class="muted pad">${rows.length ? "No row has these words." : "No rows."}</p>`}</div>
    ${chosen.value && html`<${Detail} row=${chosen.value} columns=${columns} days=${days} onClose=${() => { chosen.value = null; }} />`}`;
}

/** Up, down, then as it came. */
function next(order, column) {
  if (order?.key !== column.key) return { key: column.key, is_down: false };
  return order.is_down ? null : { key: column.key, is_down: true };
}

const room = (high) => (high > 0 ? html`<tr class="room" aria-hidden="true"><td style=${{ height: `${high}px` }}></td></tr>` : null);

/** What a windowed table needs at least; narrower places are scrolled sideways. */
const needed = (columns, days, isAll) => columns.reduce((sum, column) => sum + (column.level === 3 && !isAll ? 0 : charactersOf(column, days)), 0);

const isRight = (column) => column.kind === "number" || column.kind === "span";
const look = (column) => classes(isRight(column) && "n", column.level > 0 && `opt-${column.level}`);

/** Windowed rows come and go, so their columns keep the widths that what they hold needs. */
function Head({ column, order, onSort, wide }) {
  const at = order?.key === column.key ? (order.is_down ? "descending" : "ascending") : undefined;
  const unit = column.unit && column.kind !== "span" && column.kind !== "number" ? `, ${column.unit}` : "";
  return html`<th scope="col" class=${classes(look(column), column.is_long && "grow", column.kind === "severity" && "severe")} style=${wide ? { width: `${wide}ch` } : undefined}
    aria-sort=${at}><button type="button" onClick=${() => onSort(column)}>${titled(column.title)}${unit}<${Icon} name="sort" size=${12} /></button></th>`;
}

/** The zone is said once in the panel. */
const titled = (title) => title.replace(/ \(UTC\)$/, "");

function Row({ row, at, first, columns, days, isChosen, onOpen }) {
  const target = targetOf(row);
  const open = () => (target?.path ? navigate(target.path) : target ? globalThis.open(target.address, "_blank", "noopener") : onOpen(row));
  const onClick = (event) => { if (!event.target.closest("a, button") && !String(getSelection())) open(); };
  const onKeyDown = (event) => { if (event.key === "Enter" && event.target === event.currentTarget) { event.preventDefault(); open(); } };
  return html`<tr class=${classes("opens", isChosen && "is-at")} data-row tabindex=${at === first ? "0" : "-1"} aria-rowindex=${at + 2} onClick=${onClick} onKeyDown=${onKeyDown}>
    ${columns.map((column, place) => html`<${Cell} key=${column.key} value=${row[column.key]} column=${column} days=${days} target=${place === firstText(columns) ? target : null} />`)}</tr>`;
}

const firstText = (columns) => Math.max(0, columns.findIndex((each) => each.kind === "text"));

const MET = { yes: "met", no: "breached" };

function Cell({ value, column, days, target }) {
  const text = cellText(value, column, days), isNone = value === null || value === undefined || value === "";
  const kind = classes(look(column), column.is_long && "grow", column.kind === "time" && "num", (isNone || column.level > 0) && "soft");
  if (column.kind === "severity" && !isNone) {
    return html`<td class=${kind}><span class="cell"><${Status} status=${MET[value] ?? String(value).toLowerCase()} /><span class="word">${text}</span></span></td>`;
  }
  return html`<td class=${kind} title=${column.is_long && text.length > 40 ? text : undefined}>${inside(text, value, column, target)}</td>`;
}

function inside(text, value, column, target) {
  if (target?.path) return html`<a ...${to(target.path)}>${text}</a>`;
  if (target) return html`<a href=${target.address} target="_blank" rel="noopener noreferrer">${text}</a>`;
  return column.kind === "time" && value ? html`<time datetime=${value}>${text}</time>` : text;
}

/** All that a row holds, nothing cut off. */
export function Detail({ row, columns, days, onClose }) {
  return html`<div class="detail" role="region" aria-label="The chosen row"><dl class="facts">
    ${columns.map((column) => html`<dt>${titled(column.title)}</dt><dd class=${column.key === "query" ? "mono" : ""}>${cellText(row[column.key], column, days)}</dd>`)}</dl>
    <button type="button" class="btn quiet small icon-only" aria-label="Close the row" onClick=${onClose}><${Icon} name="x" size=${14} /></button></div>`;
}
