// A dialog over the page: the browser's own, so that the focus stays in and Escape closes.
import { classes, html, useEffect, useId, useRef } from "../lib.js";
import { Icon } from "../icons.js";

/** @param {{title: string, onClose: () => void, children?: any, footer?: any, kind?: string}} props */
export function Dialog({ title, onClose, children, footer, kind = "" }) {
  const box = useRef(null), id = useId();
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const outside = (event) => { if (event.target === box.current) onClose(); };
  return html`<dialog ref=${box} class=${classes(kind)} aria-labelledby=${id} onCancel=${(event) => { event.preventDefault(); onClose(); }} onClick=${outside}>
    <header><h2 id=${id}>${title}</h2><button type="button" class="btn quiet small icon-only" aria-label="Close" onClick=${onClose}><${Icon} name="x" /></button></header>
    <div class="inside">${children}</div>
    ${footer && html`<footer>${footer}</footer>`}
  </dialog>`;
}
