// The matrix: tools by pillar down, roles across; one cell has the focus, and the arrow keys move it.
import { classes, html, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { plural } from "../words.js";
import { Cell, Effect } from "./cell.js";
import { grouped } from "./effects.js";

const VIEWS = [["all", "All"], ["changing", "Changes things"], ["edited", "Edited"]];

/** @param {{matrix: object, staged: Map<string, object>, onStage: (row: object, role: string, cell: object) => void}} props */
export function Matrix({ matrix, staged, onStage }) {
  const words = useSignal(""), view = useSignal("all"), at = useSignal({ row: 0, column: 0 }), table = useRef(null);
  const stagedOf = (row, role) => staged.get(`${role} ${row.pillar} ${row.tool}`);
  const is_edited = (row) => matrix.roles.some((role) => stagedOf(row, role.name));
  const wanted = (row) => (view.value === "all" || (view.value === "changing" ? row.risk !== "read" : is_edited(row))) && fits(row, words.value);
  const rows = matrix.rows.filter(wanted), groups = grouped(rows), order = new Map(groups.flatMap((group) => group.rows).map((row, place) => [row, place]));
  const onKeyDown = (event) => {
    const next = moved(event, at.value, rows.length, matrix.roles.length);
    if (!next) return;
    event.preventDefault();
    at.value = next;
    table.current.querySelector(`[data-at="${next.row}:${next.column}"]`)?.focus();
  };
  const here = { row: Math.min(at.value.row, Math.max(0, rows.length - 1)), column: at.value.column };
  const columns = matrix.roles.length + 1 + (matrix.person ? 1 : 0);
  return html`
    <div class="tools-bar">
      <label class="search"><${Icon} name="search" size=${14} /><input type="search" placeholder="Filter tools" aria-label="Filter tools" value=${words.value} onInput=${(event) => { words.value = event.target.value; }} /></label>
      <div class="seg" role="group" aria-label="Show">${VIEWS.map(([name, said]) => html`<button type="button" key=${name} aria-pressed=${String(view.value === name)} onClick=${() => { view.value = name; }}>${said}</button>`)}</div>
      <span class="muted">No rule means deny</span>
    </div>
    <table ref=${table} class=${classes("matrix", matrix.person && "has-person")} role="grid" aria-label="Permissions by tool and role" onKeyDown=${onKeyDown}>
      <colgroup><col class="tool" />${Array.from({ length: columns - 1 }, (_, place) => html`<col key=${place} />`)}</colgroup>
      <thead><tr><th scope="col">Tool</th>${matrix.person && html`<th scope="col" class="person">${matrix.person.name}<small>this person</small></th>`}
        ${matrix.roles.map((role) => html`<th scope="col" key=${role.name} title=${role.description}>${role.name}<small>${plural(role.people, "person", "people")}</small></th>`)}</tr></thead>
      ${groups.map((group) => html`<tbody key=${group.key}>
        <tr class="group"><th scope="rowgroup" colspan=${columns}><span>${group.name}<small>${group.about}</small></span></th></tr>
        ${group.rows.map((row) => html`<tr key=${`${row.pillar} ${row.tool}`}>
          <th scope="row" title=${`${row.title} (${row.permission})`}>${row.tool}<small>${row.risk}</small></th>
          ${matrix.person && html`<td class="person"><${Effect} cell=${row.person} /></td>`}
          ${matrix.roles.map((role, column) => html`<${Cell} key=${role.name} row=${row} role=${role.name} change=${stagedOf(row, role.name)} place=${`${order.get(row)}:${column}`}
            isHere=${order.get(row) === here.row && column === here.column} onHere=${() => { at.value = { row: order.get(row), column }; }} onStage=${(cell) => onStage(row, role.name, cell)} />`)}
        </tr>`)}</tbody>`)}
    </table>
    ${!rows.length && html`<p class="pad soft">${nothing(view.value, words.value)}</p>`}`;
}

const fits = (row, words) => words.toLowerCase().split(/\s+/).every((word) => `${row.tool} ${row.title} ${row.risk}`.toLowerCase().includes(word));
const nothing = (view, words) => (words ? `No tool fits “${words}”.` : view === "edited" ? "No cell is edited. Choose one to stage a change." : "No tool is here.");

/** Where the focus goes, null when the key is not one of the matrix's. */
function moved(event, { row, column }, rows, columns) {
  if (event.target.getAttribute("role") === "option" || event.altKey) return null;
  const last = { row: rows - 1, column: columns - 1 }, is_far = event.ctrlKey || event.metaKey;
  const step = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    Home: [is_far ? 0 : row, 0], End: [is_far ? last.row : row, last.column], PageUp: [row - 10, column], PageDown: [row + 10, column],
  }[event.key];
  if (!step || rows === 0) return null;
  const within = (value, most) => Math.max(0, Math.min(value, most));
  return { row: within(step[0], last.row), column: within(step[1], last.column) };
}
