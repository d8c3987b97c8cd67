// Log lines: folded where they say the same, newest last, the words that were looked for marked; text, never markup.
import { classes, html, useLayoutEffect, useMemo, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { digits, plural } from "../words.js";
import { Card, Filter, Menu, copy } from "./card.js";
import { clock as clockOf, dayOf, severalDays } from "./columns.js";
import { Chips, sourcesOf } from "./evidence.js";
import { csvOf, download, fileName } from "./export.js";
import { folded, matcher, oldestFirst, pieces } from "./folding.js";
import { Rest } from "./rows.js";
import { Nothing } from "./table.js";
import { useWindow, walk } from "./windowed.js";

const LEVELS = {
  critical: ["error", "critical", "critical"], error: ["error", "critical", "error"], warning: ["warn", "warning", "warn"], warn: ["warn", "warning", "warn"],
  info: ["info", "info", "info"], debug: ["info", "info", "debug"],
};
const TALL = 18;

/** @param {{part: object, sources: object[], onHeld?: (part: object) => void}} props */
export function Logs({ part, sources, onHeld }) {
  const isFolded = useSignal(true), word = useSignal(""), whole = useSignal(null), chosen = useSignal(null), own = sourcesOf(part, sources);
  const rows = whole.value ?? part.data.rows, found = useMemo(() => kept(rows, word.value), [rows, word.value]);
  const folds = useMemo(() => folded(found), [found]);
  const lines = useMemo(() => (isFolded.value ? folds : oldestFirst(found).map((row) => ({ first: row, count: 1, rows: [row] }))), [folds, isFolded.value]);
  const take = (all) => { whole.value = all; onHeld?.({ ...part, data: { ...part.data, rows: all, total: all.length, cut: undefined } }); };
  const acts = html`${rows.length > 5 && html`<${Filter} value=${word} name=${part.title} />`}
    ${folds.length < found.length && html`<button type="button" class="btn quiet small hide-narrow" aria-pressed=${String(!isFolded.value)} onClick=${() => { isFolded.value = !isFolded.value; }}>${isFolded.value ? "All lines" : "Fold"}</button>`}
    <${Menu} label=${`More for ${part.title}`} items=${items(part, rows, own, folds.length < found.length && isFolded)} />`;
  return html`<${Card} title=${part.title.replace(/, newest first$/, "")} sub=${counted(part, found, folds, whole.value, word.value)} chips=${html`<${Chips} part=${part} sources=${sources} />`} acts=${acts} kind="listed">
    ${lines.length ? html`<${Lines} lines=${lines} isFolded=${isFolded.value} matched=${matcher(own.map((each) => each.query))} chosen=${chosen} days=${severalDays(found, { key: "at" })} name=${part.title} />`
      : rows.length ? html`<p class="muted pad">No line has these words.</p>` : html`<${Nothing} own=${own} />`}
    ${chosen.value && html`<${Whole} row=${chosen.value} onClose=${() => { chosen.value = null; }} />`}
    <${Rest} part=${part} sources=${sources} keys=${["at", "text"]} onRows=${take} isWhole=${Boolean(whole.value)} /><//>`;
}

function counted(part, found, folds, whole, word) {
  const total = whole ? whole.length : part.data.total ?? found.length;
  const shown = word || found.length < total ? `${digits(found.length)} of ${plural(total, "line")}` : plural(total, "line");
  return folds.length < found.length ? `${shown} folded into ${plural(folds.length, "pattern")}` : shown;
}

function kept(rows, word) {
  const words = word.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length ? rows.filter((row) => words.every((each) => `${row.level} ${row.text}`.toLowerCase().includes(each))) : rows;
}

const items = (part, rows, own, fold) => [
  fold && { icon: "log", text: fold.value ? "All lines" : "Fold lines that say the same", onClick: () => { fold.value = !fold.value; } },
  { icon: "dl", text: "CSV of these lines", onClick: () => download(fileName(part.title, "csv"), csvOf([{ ...part, data: { ...part.data, rows } }], own), "text/csv") },
  own.some((each) => each.query) && { icon: "copy", text: "Copy query", onClick: () => copy(own.map((each) => each.query).join("\n")) },
];

function Lines({ lines, isFolded, matched, chosen, days, name }) {
  const view = useWindow(lines.length, "li[data-row]"), isTall = lines.length > TALL;
  useLayoutEffect(() => { if (isTall) view.box.current.scrollTop = view.box.current.scrollHeight; }, [isFolded, lines.length]);
  const room = (high) => (high > 0 ? html`<li class="room" aria-hidden="true" style=${{ height: `${high}px` }}></li>` : null);
  return html`<ol class=${classes("logs", isTall && "tall", days && "days")} ref=${view.box} onScroll=${view.onScroll} onKeyDown=${walk} tabindex=${isTall ? "0" : undefined} aria-label=${name} data-count=${lines.length}>
    ${room(view.above)}${lines.slice(view.first, view.last).map((line, at) => html`<${Line} key=${view.first + at} line=${line} isFirst=${at === 0} matched=${matched} days=${days} chosen=${chosen} />`)}${room(view.below)}
    ${view.unprinted > 0 && html`<li class="room muted">${digits(view.unprinted)} more lines are not printed; the CSV has all of them.</li>`}</ol>`;
}

function Line({ line, isFirst, matched, days, chosen }) {
  const { first, count, last } = line, [kind, icon, word] = LEVELS[first.level] ?? ["unknown", "unknown", first.level ?? "unknown"];
  const open = () => { chosen.value = chosen.value === first ? null : first; };
  const onKeyDown = (event) => { if (event.key === "Enter" && event.target === event.currentTarget) open(); };
  const times = count > 1 ? `${clock(first.at, true)} to ${clock(last.at, true)}` : undefined;
  return html`<li data-row tabindex=${isFirst ? "0" : "-1"} class=${classes(chosen.value === first && "is-at")} onClick=${(event) => { if (!String(getSelection())) open(event); }} onKeyDown=${onKeyDown}>
    <time datetime=${first.at}>${clock(first.at, days)}</time><span class=${`lvl ${kind}`}><${Icon} name=${icon} kind=${`mk-${icon}`} size=${12} />${word}</span>
    <span class="msg">${pieces(first.text, matched).map(told)}</span>
    <span class="times" title=${times}>${count > 1 ? `×\u202f${digits(count)}` : ""}</span></li>`;
}

const told = ({ text, kind }) => (kind === "match" ? html`<mark>${text}</mark>` : kind === "masked" ? html`<span class="masked">${text}</span>` : text);
const clock = (at, days) => (days ? `${dayOf(at)} ${clockOf(at)}` : clockOf(at));

function Whole({ row, onClose }) {
  const labels = Object.entries(row.labels ?? {});
  return html`<div class="detail" role="region" aria-label="The chosen line"><dl class="facts"><dt>Time</dt><dd>${row.at}</dd><dt>Line</dt><dd class="mono">${row.text}</dd>
    ${labels.map(([key, value]) => html`<dt>${key}</dt><dd class="mono">${String(value)}</dd>`)}</dl>
    <button type="button" class="btn quiet small icon-only" aria-label="Close the line" onClick=${onClose}><${Icon} name="x" size=${14} /></button></div>`;
}
