// The exact change: each line read out as added or removed; words that came from an answer are underlined.
import { html, useEffect, useRef } from "../lib.js";
import { underlined } from "./reading.js";

const SIGNS = { add: "+", del: "−", same: " ", hunk: "" };
const WORDS = { add: "added: ", del: "removed: " };

/** @param {{lines: {kind: string, text: string}[], borrowed: string[], label: string, onRead?: () => void}} props */
export function Diff({ lines, borrowed, label, onRead = () => {} }) {
  const box = useRef(null);
  const look = () => { if (isRead(box.current)) onRead(); };
  useEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [lines]);
  return html`<div class="diff" role="group" aria-label=${label} tabindex="0" ref=${box} onScroll=${look}>
    ${lines.map(({ kind, text }, at) => html`<div key=${at} class=${kind === "same" ? "" : kind}>
      <span aria-hidden="true">${SIGNS[kind]}</span>
      <span>${WORDS[kind] && html`<span class="sr">${WORDS[kind]}</span>`}${underlined(text, borrowed).map(([piece, is_borrowed]) =>
        is_borrowed ? html`<span class="from-telemetry">${piece}</span>` : piece)}</span>
    </div>`)}
  </div>`;
}

/** Whether its end has been in sight; one that fits is. */
const isRead = (box) => box !== null && box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
