// The question about an alert: one field; Enter asks, Shift Enter makes a new line, Escape stops.
import { Icon } from "../icons.js";
import { html, useLayoutEffect, useRef, useState } from "../lib.js";

const TALLEST = 160;

/** @param {{placeholder: string, isRunning: boolean, onAsk: (question: string) => void, onStop: () => void}} props */
export function Composer({ placeholder, isRunning, onAsk, onStop }) {
  const [text, setText] = useState(""), field = useRef(null);
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(TALLEST, field.current.scrollHeight)}px`;
  }, [text]);
  const send = (event) => {
    event?.preventDefault();
    if (!text.trim() || isRunning) return;
    onAsk(text.trim());
    setText("");
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    if (event.key === "Escape" && isRunning) { event.stopPropagation(); onStop(); }
  };
  return html`<form class="composer" aria-label="Ask about this alert" onSubmit=${send}><div class="box compact">
    <label class="sr" for="question">Your question</label>
    <textarea id="question" ref=${field} rows="1" placeholder=${placeholder} value=${text} onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${onKeyDown}></textarea>
    <div class="under"><span class="spacer"></span>${isRunning
      ? html`<button type="button" class="btn small icon-only" aria-label="Stop, Escape" onClick=${onStop}><${Icon} name="stop" size=${14} /></button>`
      : html`<button type="submit" class="btn small primary icon-only" aria-label="Ask, Enter" disabled=${!text.trim()}><${Icon} name="send" size=${14} /></button>`}</div></div></form>`;
}
