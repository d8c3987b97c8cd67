// A table part and a list of events as cards: how many are shown of all, a filter, and the rest where it was kept.
import { html, useMemo, useSignal } from "../lib.js";
import { digits, said } from "../words.js";
import { Card, Filter, Menu, copy } from "./card.js";
import { columnsOf, filtered, severalDays } from "./columns.js";
import { Chips, isFailed, sourcesOf } from "./evidence.js";
import { csvOf, download, fileName } from "./export.js";
import { Grid } from "./grid.js";
import { Rest, totalOf } from "./rows.js";

const WORTH_A_FILTER = 5;

/** @param {{part: object, sources: object[], onHeld?: (part: object) => void}} props `onHeld` is told when all rows were read */
export function Table({ part, sources, onHeld }) {
  return html`<${Sheet} part=${part} sources=${sources} columns=${part.data.columns} toRows=${same} onHeld=${onHeld} />`;
}

const same = (rows) => rows;

const EVENT_COLUMNS = [{ key: "at", title: "Time" }, { key: "severity", title: "Severity" }, { key: "text", title: "Event" }, { key: "kind", title: "Kind" }];
const DATED = /^\d{1,2} \w{3}(?: \d{4})?,? \d\d:\d\d(?:[\s\u00a0\u202f]UTC)?: /;

/** Events, oldest first; an end counts as resolved, and what nobody graded as info. */
export function Events({ part, sources, onHeld }) {
  return html`<${Sheet} part=${part} sources=${sources} columns=${EVENT_COLUMNS} toRows=${eventRows} onHeld=${onHeld} />`;
}

export function eventRows(rows) {
  const told = rows.map((row) => ({ ...row, severity: /resolved$/.test(row.kind ?? "") ? "resolved" : row.severity ?? "info", text: (row.text ?? "").replace(DATED, ""), kind: said(row.kind) }));
  return told.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function Sheet({ part, sources, columns, toRows, onHeld }) {
  const word = useSignal(""), whole = useSignal(null), isAll = useSignal(false), name = part.title;
  const rows = useMemo(() => toRows(whole.value ?? part.data.rows), [part, whole.value]);
  const count = useMemo(() => shownOf(columns, rows, word.value), [columns, rows, word.value]);
  const take = (all) => { whole.value = all; onHeld?.({ ...part, data: { ...part.data, rows: all, cut: undefined } }); };
  const total = whole.value ? rows.length : totalOf(part, sources) ?? rows.length, own = sourcesOf(part, sources);
  const queries = [...new Set(own.map((each) => each.query).filter(Boolean))];
  const items = [
    columns.length > 2 && { icon: "eye", text: isAll.value ? "Fewer columns" : "All columns", onClick: () => { isAll.value = !isAll.value; } },
    { icon: "dl", text: "CSV of this table", onClick: () => download(fileName(name, "csv"), csvOf([{ ...part, data: { ...part.data, rows: whole.value ?? part.data.rows } }], own), "text/csv") },
    queries.length > 0 && { icon: "copy", text: queries.length > 1 ? "Copy queries" : "Copy query", onClick: () => copy(queries.join("\n")) },
  ];
  const acts = html`${rows.length > WORTH_A_FILTER && html`<${Filter} value=${word} name=${name} />`}<${Menu} label=${`More for ${name}`} items=${items} />`;
  return html`<${Card} title=${name} sub=${total ? `${digits(count)} of ${digits(total)}` : ""} chips=${html`<${Chips} part=${part} sources=${sources} />`} acts=${acts} kind="listed">
    ${rows.length ? html`<${Grid} columns=${columns} rows=${rows} name=${name} filter=${word.value} isAll=${isAll.value} />` : html`<${Nothing} own=${own} />`}
    <${Rest} part=${part} sources=${sources} keys=${columns.map((each) => each.key)} onRows=${take} isWhole=${Boolean(whole.value)} /><//>`;
}

function shownOf(given, rows, word) {
  if (!word) return rows.length;
  const columns = columnsOf(given, rows);
  return filtered(rows, columns, word, columns.some((each) => each.kind === "time" && severalDays(rows, each))).length;
}

/** An empty list is a zero only where the source answered. */
export function Nothing({ own }) {
  const failed = own.find(isFailed);
  if (failed) return html`<p class="muted pad">Unknown: ${failed.source} gave no answer.</p>`;
  return html`<p class="muted pad">Nothing in this time. ${own[0] ? `${own[0].source} answered, so this is a real zero.` : ""}</p>`;
}
