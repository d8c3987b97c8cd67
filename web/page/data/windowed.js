// Of many rows only those in sight are in the page; what is above and below them is empty room of the same height.
import { useLayoutEffect, useRef, useSignal } from "../lib.js";
import { MOST_PRINTED, printing } from "./printing.js";

const FEW = 120, BEYOND = 10;

/**
 * @param {number} count how many rows there are @param {string} row selector of one row in the scrolled box
 * @returns {{box: object, onScroll: () => void, first: number, last: number, above: number, below: number, isWindowed: boolean, unprinted: number}}
 */
export function useWindow(count, row) {
  const box = useRef(null), top = useSignal(0), size = useSignal({ high: 32, sight: 420 });
  const isWindowed = count > FEW && !printing.value;
  useLayoutEffect(() => {
    const one = box.current?.querySelector(row);
    if (!one || !isWindowed) return;
    const next = { high: one.getBoundingClientRect().height || 32, sight: box.current.clientHeight || 420 };
    if (Math.abs(next.high - size.value.high) > 0.5 || Math.abs(next.sight - size.value.sight) > 1) size.value = next;
  });
  const { high, sight } = size.value;
  const first = isWindowed ? Math.max(0, Math.min(count - 1, Math.floor(top.value / high)) - BEYOND) : 0;
  const last = isWindowed ? Math.min(count, Math.ceil((top.value + sight) / high) + BEYOND) : Math.min(count, printing.value ? MOST_PRINTED : count);
  return {
    box, first, last, isWindowed, unprinted: printing.value ? count - last : 0,
    above: first * high, below: Math.max(0, count - last) * (isWindowed ? high : 0),
    onScroll: () => { if (isWindowed) top.value = box.current.scrollTop; },
  };
}

/** Up and down go from row to row, each of which can have the focus. */
export function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key], next = step && event.target[step];
  if (!event.target.hasAttribute("data-row") || !next?.hasAttribute("data-row")) return;
  event.preventDefault();
  next.focus();
}
