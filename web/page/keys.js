// The keyboard: who wants which key now. The part that asked last is asked first; single letters rest while somebody types.
import { useEffect, useRef } from "./lib.js";
import { prefs } from "./store.js";
import { door } from "./shell/doors.js";

/** What "?" shows: [keys, what they do], in this order. */
export const TABLE = [
  [["/"], "to the question"], [["Enter"], "ask"], [["Shift", "Enter"], "new line"], [["N"], "new question"],
  [["Ctrl", "K"], "search everything"], [["Esc"], "stop the run, close, leave the field"],
  [["A"], "to the oldest waiting approval"], [["J"], "next row"], [["K"], "previous row"], [["Enter"], "open the row"],
  [["E"], "to the evidence of this sentence, Esc back"], [["["], "hide or show the conversation"], [["]"], "hide or show the data"],
  [["←", "→"], "on the divider: 24 px; Home, End: extremes"], [["+", "−"], "on a chart: zoom; ← → move the cursor by one point"],
  [["?"], "this list"],
];

const asked = [];

/** While a part is shown, `keys` maps a key ("n", "Escape", "mod+k") to what it does; one that gives false was not meant. */
export function useKeys(keys) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    asked.unshift(now);
    return () => { asked.splice(asked.indexOf(now), 1); };
  }, []);
}

const TYPED = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";
const name = (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key;
};
const is_letter = (key) => key.length === 1;

export function listen() {
  addEventListener("keydown", (event) => {
    const key = name(event), is_typing = event.target.closest?.(TYPED);
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    if (is_letter(key) && (is_typing || !prefs.value.letters || door.value || document.querySelector("dialog[open]"))) return;
    if (asked.some(({ current }) => current[key] && current[key](event) !== false)) event.preventDefault();
    else if (key === "Escape" && is_typing && !door.value) is_typing.blur();
  });
}

/** J and K: the focus goes to the next or previous `[data-row]` of the view; Enter then opens it, being a link or button. */
export function step(by) {
  const rows = [...document.querySelectorAll("#main [data-row]")].filter((row) => row.checkVisibility());
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))];
  if (!row) return false;
  const target = row.matches("a, button, [tabindex]") ? row : (row.querySelector("a, button, [tabindex]") ?? row);
  target.focus();
  target.scrollIntoView({ block: "nearest" });
  return true;
}
