// Putting text on the clipboard, and saying so.
import { html, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { spoken } from "../store.js";
import { gaveNothing } from "./turn.js";

/** True when it is on the clipboard. Without a secure context there is no clipboard: an own selection does it. */
export async function copyText(text, said = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!selected(text)) { spoken.value = "The browser refused to copy."; return false; }
  }
  spoken.value = said;
  return true;
}

function selected(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  const is_done = document.execCommand("copy");
  field.remove();
  return is_done;
}

/** A button that says for two seconds that it has copied. @param {{text: () => string, label: string, icon: string, said: string, kind?: string}} props */
export function CopyButton({ text, label, icon = "copy", said, kind = "btn quiet small" }) {
  const is_done = useSignal(false);
  const copy = async () => {
    if (!(await copyText(text(), said))) return;
    is_done.value = true;
    setTimeout(() => { is_done.value = false; }, 2000);
  };
  return html`<button type="button" class=${kind} onClick=${copy}><${Icon} name=${is_done.value ? "check" : icon} size=${14} />${is_done.value ? "Copied" : label}</button>`;
}

/** An answer as plain text, its evidence by number and each query beneath. Pure. */
export function answerText(question, answer) {
  const number = new Map(answer.evidence.map((source, place) => [source.execution, `e${place + 1}${gaveNothing(source.status) ? "?" : ""}`]));
  const shows = (executions) => { const names = executions.map((each) => number.get(each)).filter(Boolean); return names.length ? ` [${names.join(", ")}]` : ""; };
  return [
    question, "", answer.summary, ...answer.findings.map((finding) => `- ${finding.text}${shows(finding.executions)}`),
    ...answer.unknown.map((item) => `Could not establish: ${[item.what, item.why, item.settle].filter(Boolean).map((part) => `${part.replace(/\.$/, "")}.`).join(" ")}`),
    ...answer.notes, "", ...answer.evidence.map((source, place) => `e${place + 1} ${source.source}: ${source.query}`),
  ].join("\n").trim();
}
