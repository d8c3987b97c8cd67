// Commands for the person's own terminal: checked, explained, never run from here.
import { html, useState } from "../lib.js";
import { Icon } from "../icons.js";
import { spoken } from "../store.js";

const COPIED_MS = 2000;

/** @param {{commands: {command: string, server: string|null, explanation: string, class: string, reasons: string[]}[]}} props */
export function Commands({ commands }) {
  if (!commands.length) return null;
  return html`<div class="cmds"><b class="t">To see for yourself; nothing of this is run from here</b>${commands.map((each) => html`<${Command} key=${each.command + each.server} command=${each} />`)}</div>`;
}

function Command({ command }) {
  const [is_copied, setCopied] = useState(false), is_reading = command.class === "read_only";
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command.command);
      spoken.value = "Copied.";
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_MS);
    } catch {
      spoken.value = "The browser does not let this page copy; mark the command and copy it.";
    }
  };
  return html`<div class="cmd"><pre tabindex="0" aria-label="Command">${command.command}</pre>
    <footer><span>${command.server ? `${command.server}: ` : ""}${command.explanation}</span>
      <span class=${is_reading ? "chip" : "chip warning"}><${Icon} name=${is_reading ? "eye" : "warning"} size=${12} />${is_reading ? "only reads" : "changes something"}</span>
      <button type="button" class="btn quiet small" onClick=${copy}><${Icon} name=${is_copied ? "check" : "copy"} size=${14} />${is_copied ? "Copied" : "Copy"}</button></footer></div>`;
}
