// What is left of the time to decide: shown each second, spoken twice.
import { html, useEffect, useRef } from "../lib.js";
import { clock, spoken } from "../store.js";
import { countdown } from "../words.js";

const VALID = 300, SOON = 60, SPOKEN = [60, 10];

/** Seconds until `until` (milliseconds), by the page's clock. */
export const left = (until) => Math.max(0, Math.ceil((until - clock.value) / 1000));

/** @param {{until: number, whole?: number, onOver: () => void}} props */
export function Timer({ until, whole = VALID, onOver }) {
  const seconds = left(until), before = useRef(seconds);
  useEffect(() => {
    const has_passed = SPOKEN.some((mark) => before.current > mark && seconds <= mark);
    if (has_passed && seconds > 0) spoken.value = `${seconds} seconds left to approve.`;
    if (before.current > 0 && seconds === 0) onOver();
    before.current = seconds;
  }, [seconds]);
  return html`<div class=${`timer${seconds <= SOON ? " soon" : ""}`} role="timer" aria-live="off" aria-label=${`Expires in ${inWords(seconds)}`}>
    <span><b>${countdown(seconds)}</b>left</span>
    <svg width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
      <circle class="rail-c" cx="16" cy="16" r="13" fill="none" stroke-width="3" />
      <circle class="left-c" cx="16" cy="16" r="13" fill="none" stroke-width="3" pathLength="100" stroke-dasharray=${`${Math.min(100, (100 * seconds) / whole).toFixed(1)} 100`} />
    </svg>
  </div>`;
}

function inWords(seconds) {
  const minutes = Math.floor(seconds / 60), rest = seconds % 60;
  return [minutes && `${minutes} minute${minutes === 1 ? "" : "s"}`, (rest || !minutes) && `${rest} second${rest === 1 ? "" : "s"}`].filter(Boolean).join(" ");
}
