// A card of the data panel: title, what it is of, its evidence, what can be done with it; and the menu behind the dots.
import { html, useEffect, useId, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";

/** @param {{title: string, sub?: string, chips?: any, acts?: any, children?: any, kind?: string}} props */
export function Card({ title, sub, chips, acts, children, kind = "" }) {
  const id = useId();
  return html`<section class=${`card ${kind}`} aria-labelledby=${id}>
    <header><h3 id=${id} title=${title}>${title}</h3>${sub && html`<span class="sub" title=${sub}>${sub}</span>`}${chips}
      ${acts && html`<div class="acts">${acts}</div>`}</header>${children}</section>`;
}

/** @param {{label: string, items: {icon: string, text: string, onClick?: () => void, href?: string}[]}} props */
export function Menu({ label, items }) {
  const isOpen = useSignal(false), box = useRef(null), shown = items.filter(Boolean);
  useEffect(() => {
    if (!isOpen.value) return undefined;
    box.current.querySelector(".menu > *")?.focus();
    const away = (event) => { if (!box.current?.contains(event.target)) isOpen.value = false; };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [isOpen.value]);
  const close = () => { isOpen.value = false; box.current.querySelector("button").focus(); };
  return html`<div class="menu-box" ref=${box} onKeyDown=${(event) => keys(event, box.current, isOpen, close)}>
    <button type="button" class="btn quiet small icon-only" aria-label=${label} aria-haspopup="menu" aria-expanded=${String(isOpen.value)} onClick=${() => { isOpen.value = !isOpen.value; }}><${Icon} name="dots" /></button>
    ${isOpen.value && html`<div class="menu" role="menu" aria-label=${label}>${shown.map((item) => html`<${Item} item=${item} onDone=${close} />`)}</div>`}</div>`;
}

function Item({ item, onDone }) {
  const inside = html`<${Icon} name=${item.icon} size=${14} />${item.text}`;
  if (item.href) return html`<a role="menuitem" href=${item.href} download onClick=${onDone}>${inside}</a>`;
  return html`<button type="button" role="menuitem" onClick=${() => { onDone(); item.onClick(); }}>${inside}</button>`;
}

function keys(event, box, isOpen, close) {
  if (!isOpen.value) return;
  const items = [...box.querySelectorAll(".menu > *")], at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape") close();
  else if (next !== undefined) items[(next + items.length) % items.length].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A word to look for, behind a button. @param {{value: {value: string}, name: string}} props `value` is a signal */
export function Filter({ value, name }) {
  const isOpen = useSignal(false), field = useRef(null);
  useEffect(() => { if (isOpen.value) field.current?.focus(); }, [isOpen.value]);
  if (!isOpen.value && !value.value) {
    return html`<button type="button" class="btn quiet small" onClick=${() => { isOpen.value = true; }}><${Icon} name="search" size=${14} />Filter</button>`;
  }
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    value.value = "";
    isOpen.value = false;
  };
  return html`<label class="search filter"><${Icon} name="search" size=${14} /><span class="sr">Filter ${name}</span>
    <input ref=${field} type="search" placeholder="Filter" value=${value.value} onInput=${(event) => { value.value = event.currentTarget.value; }} onKeyDown=${onKeyDown} /></label>`;
}

/** Put a text on the clipboard; nothing happens where the browser does not allow it. */
export const copy = (text) => navigator.clipboard?.writeText(text).catch(() => {});
