// The keyboard table, and the switch that turns single letters off.
import { html } from "../lib.js";
import { TABLE } from "../keys.js";
import { choose, prefs } from "../store.js";
import { Dialog } from "./dialog.js";
import { close } from "./doors.js";

export function Help() {
  return html`<${Dialog} title="Keyboard" onClose=${close}>
    <dl class="keys">${TABLE.map(([keys, what]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd>`)}</dl>
    <p class="soft gap">No key approves: Approve is reached with Tab and pressed.</p>
    <label class="check gap"><input type="checkbox" checked=${prefs.value.letters} onChange=${(event) => choose({ letters: event.target.checked })} />Single letters do something outside of text fields</label>
  </${Dialog}>`;
}
