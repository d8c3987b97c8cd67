// The arguments of a change as a form; what is sent makes a new confirmation, the old one can no longer be approved.
import { html, useEffect, useId, useRef, useState } from "../lib.js";
import { Icon } from "../icons.js";

const LONG = 60;
const kindOf = (value) => (value === null ? "json" : Array.isArray(value) ? (value.every((each) => typeof each === "string") ? "lines" : "json")
  : { string: "text", number: "number", boolean: "check" }[typeof value] ?? "json");
const shown = (value, kind) => (kind === "json" ? JSON.stringify(value, null, 2) : kind === "lines" ? value.join("\n") : value);

/** What the person wrote, as the argument it stands for. Raises SyntaxError with what to write. */
export function read(text, kind, before) {
  switch (kind) {
    case "check": return text;
    case "lines": return text.split("\n").map((line) => line.trim()).filter(Boolean);
    case "number": return number(text, before);
    case "json": return json(text);
    default: return text;
  }
}

function number(text, before) {
  const value = Number(text);
  if (String(text).trim() === "" || !Number.isFinite(value)) throw new SyntaxError("is not a number");
  if (Number.isInteger(before) && !Number.isInteger(value)) throw new SyntaxError("must be a whole number");
  return value;
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`is not JSON: ${error.message}`, { cause: error });
  }
}

/** @param {{arguments: object, busy: boolean, onSend: (given: object) => void, onCancel: () => void}} props */
export function EditForm({ arguments: given, busy, onSend, onCancel }) {
  const [draft, setDraft] = useState(() => Object.fromEntries(Object.entries(given).map(([key, value]) => [key, shown(value, kindOf(value))])));
  const [faults, setFaults] = useState({});
  const form = useRef(null);
  useEffect(() => form.current.querySelector("input, textarea")?.focus(), []);
  const change = (key, value) => setDraft((before) => ({ ...before, [key]: value }));
  const send = (event) => {
    event.preventDefault();
    const made = {}, wrong = {};
    for (const [key, before] of Object.entries(given)) {
      try {
        made[key] = read(draft[key], kindOf(before), before);
      } catch (error) {
        wrong[key] = error.message;
      }
    }
    setFaults(wrong);
    if (!Object.keys(wrong).length) onSend(made);
  };
  return html`<form class="edit" ref=${form} aria-label="Edit the change" onSubmit=${send} onKeyDown=${(event) => { if (event.key === "Escape") { event.stopPropagation(); onCancel(); } }}>
    ${Object.entries(given).map(([key, value]) => html`<${Field} key=${key} name=${key} kind=${kindOf(value)} value=${draft[key]} fault=${faults[key]} onChange=${(next) => change(key, next)} />`)}
    <p class="seal">Sending makes a new request in the place of this one. Nothing is changed until that one is approved.</p>
    <footer><button type="submit" class="btn primary" disabled=${busy}><${Icon} name="check" />Make the new request</button>
      <button type="button" class="btn quiet" onClick=${onCancel}>Keep it as it was</button></footer>
  </form>`;
}

function Field({ name, kind, value, fault, onChange }) {
  const id = `${useId()}-${name}`, about = fault ? `${id}-fault` : undefined;
  const shared = { id, name, "aria-invalid": fault ? "true" : undefined, "aria-describedby": about };
  const hint = { lines: "one each line", json: "JSON" }[kind];
  return html`<div class=${`field${kind === "check" ? " check" : ""}`}>
    <label for=${id}>${name.replaceAll("_", " ")}${hint && html`<small>${hint}</small>`}</label>
    ${kind === "check"
      ? html`<input type="checkbox" ...${shared} checked=${value} onChange=${(event) => onChange(event.currentTarget.checked)} />`
      : kind === "text" && String(value).length < LONG && !String(value).includes("\n")
        ? html`<input type="text" ...${shared} value=${value} onInput=${(event) => onChange(event.currentTarget.value)} autocomplete="off" spellcheck=${false} />`
        : kind === "number"
          ? html`<input type="text" inputmode="decimal" ...${shared} value=${value} onInput=${(event) => onChange(event.currentTarget.value)} autocomplete="off" />`
          : html`<textarea ...${shared} class="mono" rows=${Math.min(12, String(value).split("\n").length + 1)} spellcheck=${false} value=${value} onInput=${(event) => onChange(event.currentTarget.value)} />`}
    ${fault && html`<p class="fault" id=${about}><${Icon} name="warning" size=${14} />It ${fault}.</p>`}
  </div>`;
}
