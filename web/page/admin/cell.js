// One cell of the matrix: what holds, what is staged in its place, and the list from which another effect is chosen.
import { classes, html, useEffect, useLayoutEffect, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { choices, same, shown } from "./effects.js";

/** A cell's effect, for reading. */
export function Effect({ cell, children }) {
  const { word, look, icon, is_scoped } = shown(cell);
  return html`<span class=${`eff ${look}`}><${Icon} name=${icon} size=${14} /><span class=${is_scoped ? "scoped" : ""}>${word}</span>${children}</span>`;
}

/**
 * @param {{row: object, role: string, change?: object, place: string, isHere: boolean, onHere: () => void, onStage: (cell: object) => void}} props
 * `change` is what is staged; its effect null gives the cell back to the wider row.
 */
export function Cell({ row, role, change, place, isHere, onHere, onStage }) {
  const is_open = useSignal(false), button = useRef(null), before = row.cells[role];
  const now = change && (change.effect === null ? { effect: "deny", scope: null } : change), told = shown(now ?? before);
  const word = change?.effect === null ? "wider row" : told.word;
  const name = change ? `${row.tool}, ${role}: ${word}, was ${shown(before).word}, not applied` : `${row.tool}, ${role}: ${word}`;
  const close = (is_chosen) => { is_open.value = false; if (is_chosen !== "away") button.current.focus(); };
  return html`<td class=${classes(change && "changed")}>
    ${change && html`<s>${shown(before).word}</s>`}
    <button ref=${button} type="button" class=${`eff ${told.look}`} aria-haspopup="listbox" aria-expanded=${String(is_open.value)} aria-label=${name} title=${reason(before)} data-at=${place}
      tabindex=${isHere ? 0 : -1} onFocus=${onHere} onClick=${() => { is_open.value = !is_open.value; }}>
      <${Icon} name=${told.icon} size=${14} /><span class=${told.is_scoped ? "scoped" : ""}>${word}</span></button>
    ${is_open.value && html`<${Choices} row=${row} role=${role} now=${change ?? before} at=${button} onClose=${close} onChoose=${(cell) => { onStage(cell); close("chosen"); }} />`}
  </td>`;
}

const reason = (cell) => (cell.rule === null ? "No row speaks of it" : cell.rule === "*" ? "By the row for all tools" : `By the row ${cell.rule}`);

function Choices({ row, role, now, at, onChoose, onClose }) {
  const box = useRef(null), options = offered(row, role);
  const is_now = (option) => (option.effect === null ? now.effect === null : now.effect !== null && same(option, now));
  useLayoutEffect(() => {
    const list = box.current, from = at.current.getBoundingClientRect();
    list.showPopover();
    const below = from.bottom + 4 + list.offsetHeight < innerHeight;
    list.style.left = `${Math.max(8, Math.min(from.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = `${below ? from.bottom + 4 : Math.max(8, from.top - list.offsetHeight - 4)}px`;
    (list.querySelector('[aria-selected="true"]') ?? list.firstElementChild).focus();
  }, []);
  useEffect(() => {
    const away = (event) => { if (!box.current?.contains(event.target) && !at.current.contains(event.target)) onClose("away"); };
    const hide = (event) => { if (event.target !== box.current) onClose("away"); };
    addEventListener("pointerdown", away);
    addEventListener("scroll", hide, true);
    return () => { removeEventListener("pointerdown", away); removeEventListener("scroll", hide, true); };
  }, []);
  const onKeyDown = (event) => {
    const all = [...box.current.children], place = all.indexOf(document.activeElement);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[Math.max(0, Math.min(to, all.length - 1))].focus();
    else if (event.key === "Enter" || event.key === " ") onChoose(options[place]);
    else if (event.key === "Escape" || event.key === "Tab") onClose("left");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div ref=${box} popover="manual" class="menu choices" role="listbox" aria-label=${`${row.tool}, ${role}`} onKeyDown=${onKeyDown}>${options.map((option) => {
    const { word, look, icon } = option.effect === null ? { word: "as the wider row says", look: "deny", icon: "back" } : shown(option);
    return html`<div key=${word} role="option" tabindex="-1" aria-selected=${String(is_now(option))} class=${look} onClick=${() => onChoose(option)}><${Icon} name=${icon} size=${14} />${word}</div>`;
  })}</div>`;
}

/** What can be chosen; a cell with a row of its own can also be given back to the wider one. */
function offered(row, role) {
  return row.cells[role].rule === row.tool ? [...choices(row), { effect: null, scope: null }] : choices(row);
}
