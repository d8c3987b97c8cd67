// Two panels side by side: conversation and data, with a divider between; one at a time behind tabs where it is narrow.
import { classes, html, useLayoutEffect, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { choose, prefs } from "../store.js";

const LEAST = 360, LEAST_DATA = 420, STEP = 24;

/**
 * @param {{talk: any, data: any, count?: number, talkName?: string, dataName?: string, at?: object}} props
 * `talk` are the children of the conversation, `data` those of the data panel; `count` says how many parts the data has;
 * `at` is a signal of the tab that is shown where it is narrow, "talk" or "data".
 */
export function Split({ talk, data, count, talkName = "Conversation", dataName = "Data", at: given }) {
  const own = useSignal("talk"), at = given ?? own, box = useRef(null), hidden = prefs.value.hidden;
  useLayoutEffect(() => { box.current.style.setProperty("--split", `${prefs.value.split}px`); }, [prefs.value.split]);
  return html`
    <${Tabs} at=${at} count=${count} talkName=${talkName} dataName=${dataName} />
    <div ref=${box} class=${classes("split", hidden && `hide-${hidden}`, at.value === "data" && "at-data")}>
      <section class="talk" aria-label=${talkName}>${talk}</section>
      <${Divider} box=${box} />
      <aside class="data" aria-label=${dataName} tabindex="-1">${data}</aside>
      ${hidden && html`<button type="button" class="btn small unhide" onClick=${() => choose({ hidden: null })}><${Icon} name="pane" size=${14} />${hidden === "data" ? `Show ${dataName.toLowerCase()}` : `Show ${talkName.toLowerCase()}`}</button>`}
    </div>`;
}

/** "[" hides the conversation, "]" the data; the same key again shows it. */
export const hide = (panel) => choose({ hidden: prefs.value.hidden === panel ? null : panel });

function Tabs({ at, count, talkName, dataName }) {
  const tab = (view, name) => html`<button type="button" role="tab" aria-selected=${String(at.value === view)} onClick=${() => { at.value = view; }}>${name}${view === "data" && count ? html` <span class="chip count">${count}</span>` : null}</button>`;
  const onKeyDown = (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    at.value = at.value === "data" ? "talk" : "data";
    event.currentTarget.querySelector('[aria-selected="false"]')?.focus();
  };
  return html`<div class="phone-tabs" role="tablist" aria-label="View" onKeyDown=${onKeyDown}>${tab("talk", talkName)}${tab("data", dataName)}</div>`;
}

function Divider({ box }) {
  const line = useRef(null), room = () => box.current.clientWidth, share = (width) => Math.round((100 * width) / Math.max(1, room()));
  const set = (width) => choose({ split: Math.round(Math.max(LEAST, Math.min(width, room() - LEAST_DATA))) });
  const now = () => box.current.firstElementChild.clientWidth;
  const onKeyDown = (event) => {
    const width = { ArrowLeft: now() - STEP, ArrowRight: now() + STEP, Home: 0, End: Infinity }[event.key];
    if (width === undefined) return;
    event.preventDefault();
    set(width);
  };
  const onPointerDown = (event) => { line.current.setPointerCapture(event.pointerId); event.preventDefault(); line.current.focus(); };
  const onPointerMove = (event) => { if (line.current.hasPointerCapture(event.pointerId)) set(event.clientX - box.current.getBoundingClientRect().left); };
  const value = box.current ? share(prefs.value.split) : 40;
  return html`<div ref=${line} class="divider" role="separator" aria-orientation="vertical" aria-label="Width of the conversation" tabindex="0"
    aria-valuenow=${value} aria-valuemin="25" aria-valuemax="65" onKeyDown=${onKeyDown} onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onDblClick=${() => choose({ split: 488 })}></div>`;
}
