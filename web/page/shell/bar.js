// The line above a view: where one is, how it stands, what can be done with it as a whole.
import { classes, html, useEffect } from "../lib.js";
import { Icon } from "../icons.js";
import { open } from "./doors.js";

/**
 * @param {{title: string, crumb?: string, chip?: any, children?: any, plain?: boolean}} props
 * `title` also names the browser's tab; `crumb` is the part of the page it belongs to; `children` are actions at the end.
 */
export function Bar({ title, crumb, chip, children, plain = false }) {
  useEffect(() => { document.title = `${title} · Trivium`; }, [title]);
  return html`<header class=${classes("bar", plain && "plain")}>
    <h1 title=${title}>${crumb && html`<i class="hide-phone">${crumb}</i>`}<span>${title}</span></h1>
    ${chip}<span class="spacer"></span>
    <button type="button" class="btn quiet small hide-phone" onClick=${() => open("palette")} aria-keyshortcuts="Control+K Meta+K"><${Icon} name="search" size=${14} />Search <kbd>${shortcut}</kbd></button>
    ${children}
    <button type="button" class="btn quiet icon-only phone-only" aria-label="Search" onClick=${() => open("palette")}><${Icon} name="search" /></button>
  </header>`;
}

const shortcut = /Mac|iP(hone|ad)/.test(globalThis.navigator?.platform ?? "") ? "⌘K" : "Ctrl K";
