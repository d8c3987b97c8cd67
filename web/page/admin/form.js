// Forms: what was typed is kept until it is taken or thrown away, and each error stands at its field.
import { classes, html, useEffect, useId, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";

/** Drafts by key, for as long as the page lives: a dialog that was closed by mistake opens with what was typed. */
const drafts = new Map();

const SECRETS = /secret|password|api_key/;
const kept = (values) => Object.fromEntries(Object.entries(values).filter(([name]) => !SECRETS.test(name)));

/**
 * @param {string} key of the draft
 * @param {Record<string, any>} initial values by field
 */
export function useForm(key, initial) {
  const box = useRef(null), names = useRef(new Set());
  const values = useSignal({ ...initial, ...drafts.get(key) }), errors = useSignal({}), failure = useSignal(null), busy = useSignal(false);
  names.current.clear();
  const set = (name, value) => {
    values.value = { ...values.value, [name]: value };
    drafts.set(key, kept(values.value));
    if (errors.value[name]) errors.value = { ...errors.value, [name]: undefined };
  };
  const fail = (error) => {
    errors.value = Object.fromEntries((error.details ?? []).map((each) => [each.field, each.message]));
    failure.value = error;
    requestAnimationFrame(() => box.current?.querySelector('[aria-invalid="true"]')?.focus());
  };
  const submit = async (work) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    errors.value = {};
    try {
      await work(values.value);
      drafts.delete(key);
    } catch (error) {
      if (error.status === undefined && !error.details) throw error;
      fail(error);
    } finally {
      busy.value = false;
    }
  };
  const discard = () => { drafts.delete(key); values.value = { ...initial }; errors.value = {}; failure.value = null; };
  return { box, names: names.current, values: values.value, errors: errors.value, failure: failure.value, is_busy: busy.value, is_draft: drafts.has(key), set, submit, discard };
}

/** Values that cannot be sent, told like the server tells its own. @param {Record<string, string>} fields */
export class Unreadable extends Error {
  constructor(fields) {
    super("Some fields cannot be read");
    this.details = Object.entries(fields).map(([field, message]) => ({ field, message }));
  }
}

/** The form itself; Enter in a field sends it. */
export function Form({ form, onSubmit, children, id }) {
  return html`<form ref=${form.box} id=${id} class="form" novalidate onSubmit=${(event) => { event.preventDefault(); onSubmit(); }}>${children}<${Problems} form=${form} /></form>`;
}

/**
 * @param {{form: object, name: string, label: string, hint?: any, kind?: string, options?: Array<[string, string]>, rows?: number, placeholder?: string, is_mono?: boolean, is_locked?: boolean}} props
 */
export function Field({ form, name, label, hint, kind = "text", options = [], rows = 4, placeholder, is_mono, is_locked }) {
  const id = useId(), error = worded(errorOf(form, name), hint), value = form.values[name] ?? "";
  form.names.add(name);
  const told = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
  const props = {
    id, name, value, disabled: is_locked, placeholder, "aria-invalid": error ? "true" : undefined, "aria-describedby": told, spellcheck: false,
    class: classes("input", is_mono && "mono"), onInput: (event) => form.set(name, event.target.value),
  };
  const input = {
    area: () => html`<textarea ...${props} rows=${rows}></textarea>`,
    select: () => html`<select ...${props}>${options.map(([each, said]) => html`<option key=${each} value=${each} selected=${each === value}>${said}</option>`)}</select>`,
    secret: () => html`<input ...${props} type="password" autocomplete="new-password" />`,
  }[kind] ?? (() => html`<input ...${props} type=${kind} autocomplete="off" />`);
  return html`<div class="field"><label for=${id}>${label}</label>${input()}
    ${error && html`<small class="wrong" id=${`${id}-error`}><${Icon} name="warning" size=${12} kind="mk-warning" />${error}</small>`}
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}</div>`;
}

/** What a pattern means to people is what the field's hint says. */
const worded = (error, hint) => (error?.includes("should match pattern") ? `this cannot stand here${typeof hint === "string" ? "; it takes what is said below" : ""}` : error);

/** The error of a field, or of something inside it: `changes[0].tool` stands at `changes`. */
function errorOf(form, name) {
  if (form.errors[name]) return form.errors[name];
  const inside = Object.entries(form.errors).find(([key, text]) => text && inner(key, name));
  return inside && `${inside[0].slice(name.length).replace(/^\./, "")}: ${inside[1]}`;
}
const inner = (key, name) => key.startsWith(`${name}.`) || key.startsWith(`${name}[`);

export function Check({ form, name, label, hint }) {
  form.names.add(name);
  return html`<div class="field"><label class="check"><input type="checkbox" name=${name} checked=${Boolean(form.values[name])} onChange=${(event) => form.set(name, event.target.checked)} />${label}</label>${hint && html`<small>${hint}</small>`}</div>`;
}

/** What is wrong with none of the fields in particular. */
function Problems({ form }) {
  const at = useRef(null);
  useEffect(() => { if (form.failure) at.current?.scrollIntoView({ block: "nearest" }); }, [form.failure]);
  if (!form.failure) return null;
  const details = form.failure.details ?? [], shown = (field) => [...form.names].some((name) => field === name || inner(field, name));
  const loose = details.filter((each) => !shown(each.field)), is_told = details.length > loose.length;
  const text = loose.length ? loose.map((each) => (each.field === "body" ? each.message : `${each.field}: ${each.message}`)).join("; ") : is_told ? "" : form.failure.message;
  if (!text && !form.failure.alternative) return html`<p class="sr" role="alert">Not saved: ${details.map((each) => each.field).join(", ")}</p>`;
  return html`<div ref=${at} class="note inline warning" role="alert"><${Icon} name="warning" kind="mk-warning" /><div><b class="t">Not saved</b><p>${[text, form.failure.alternative].filter(Boolean).join(" ")}</p></div></div>`;
}

/** JSON of a text, {} when empty. Raises with the line where it breaks. */
export function readJson(text, empty = {}) {
  if (!text.trim()) return empty;
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = /position (\d+)/.exec(error.message), line = at ? text.slice(0, Number(at[1])).split("\n").length : null;
    throw new Error(`this is no JSON${line ? `, look at line ${line}` : ""}: ${error.message.replace(/ in JSON at position.*| \(line.*\)/, "")}`);
  }
}

/** Several JSON fields at once; those that cannot be read are told together. @param {Record<string, [string, any]>} texts */
export function readAll(texts) {
  const values = {}, wrong = {};
  for (const [name, [text, empty]] of Object.entries(texts)) {
    try { values[name] = readJson(text, empty); } catch (error) { wrong[name] = error.message; }
  }
  if (Object.keys(wrong).length) throw new Unreadable(wrong);
  return values;
}

export const words = (text) => text.split(/[\n,]/).map((word) => word.trim()).filter(Boolean);
export const pretty = (value) => (value && Object.keys(value).length ? JSON.stringify(value, null, 2) : "");
