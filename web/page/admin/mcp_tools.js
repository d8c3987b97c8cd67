// The tools of one MCP server, what it says of each, and the decision on it: a risk and the pillars, or denied.
import { html, useSignal } from "../lib.js";
import { put } from "../api.js";
import { Icon } from "../icons.js";
import { Empty, Failed } from "../shell/states.js";
import { plural } from "../words.js";
import { Dialog } from "../shell/dialog.js";
import { Note } from "./parts.js";
import { bare } from "./effects.js";

const STANDINGS = {
  allowed: ["ok", "mk-ok", "allowed"], denied: ["slash", "mk-unknown", "denied"], undecided: ["unknown", "mk-unknown", "waits for a decision"],
  changed: ["warning", "mk-warning", "changed since the decision"], gone: ["x", "mk-unknown", "no longer listed"],
};
const RISKS = [["read", "reads"], ["create", "creates"], ["update", "updates"], ["delete", "deletes"], ["execute", "executes"]];
const PILLARS = [["inquiry", "Inquiry"], ["troubleshooting", "Troubleshooting"], ["revive", "Revive"]];

/** @param {{server: object, tools: object[], onDecided: () => Promise<void>}} props */
export function McpTools({ server, tools, onDecided }) {
  const chosen = useSignal(null), waiting = tools.filter((tool) => ["undecided", "changed"].includes(tool.standing)).length;
  const tool = tools.find((each) => each.name === chosen.value);
  if (!tools.length) return html`<${Empty} title="No tools yet">It has listed none so far. Check it now, or read its tools.</${Empty}>`;
  return html`<div class="card"><header><h3>${plural(tools.length, "tool")}</h3><span class="sub">${waiting ? `${waiting} wait for a decision; until then nobody may use them` : "all decided"}</span></header>
    <div class="table-wrap"><table class="grid-table"><thead><tr><th>Tool</th><th>Stands</th><th>Risk</th><th class="opt">Pillars</th><th class="opt">What the server says of it</th></tr></thead>
      <tbody>${tools.map((each) => html`<${Row} key=${each.name} tool=${each} onOpen=${() => { chosen.value = each.name; }} />`)}</tbody></table></div></div>
    ${tool && html`<${Decision} key=${tool.fingerprint} server=${server} tool=${tool} onClose=${() => { chosen.value = null; }} onDecided=${async () => { chosen.value = null; await onDecided(); }} />`}`;
}

function Row({ tool, onOpen }) {
  const [icon, kind, word] = STANDINGS[tool.standing] ?? STANDINGS.undecided;
  return html`<tr class="opens" data-row onClick=${onOpen}><td><button type="button" class="mono link" onClick=${onOpen}>${tool.name}</button></td>
    <td><span class="cell"><${Icon} name=${icon} kind=${kind} size=${14} />${word}</span></td><td>${RISKS.find(([risk]) => risk === tool.risk)?.[1] ?? "–"}</td>
    <td class="opt">${tool.pillars.join(", ") || "–"}</td><td class="grow opt" title=${bare(tool.description)}>${bare(tool.description)}</td></tr>`;
}

function Decision({ server, tool, onClose, onDecided }) {
  const risk = useSignal(tool.risk ?? suggested(tool)), pillars = useSignal(tool.pillars.length ? tool.pillars : []), failed = useSignal(null), busy = useSignal(false);
  const send = async (decided) => {
    busy.value = true;
    failed.value = null;
    try {
      await put(`/api/v1/admin/mcp-servers/${server.id}/tools/${encodeURIComponent(tool.name)}`, { fingerprint: tool.fingerprint, ...decided });
      await onDecided();
    } catch (error) { failed.value = error; }
    busy.value = false;
  };
  const flip = (pillar) => { pillars.value = pillars.value.includes(pillar) ? pillars.value.filter((each) => each !== pillar) : [...pillars.value, pillar]; };
  const footer = html`<button type="button" class="btn" disabled=${busy.value} onClick=${() => send({ risk: null, pillars: [] })}>Deny ${tool.name}</button>
    <button type="button" class="btn primary" disabled=${busy.value || !risk.value || !pillars.value.length} onClick=${() => send({ risk: risk.value, pillars: pillars.value })}>Allow ${tool.name}</button>`;
  return html`<${Dialog} title=${tool.called} onClose=${onClose} footer=${footer} kind="wide"><div class="form">
    ${failed.value && html`<${Failed} error=${failed.value} />`}
    ${tool.problem && html`<${Note} kind="warning" title="It cannot be used whatever is decided">${tool.problem}</${Note}>`}
    ${tool.standing === "changed" && html`<${Note} kind="warning" title="The server says something else of it than when it was decided">Read it again; what was decided does not hold.</${Note}>`}
    <div class="field"><span>The server's own words, which decide nothing</span><pre class="details-json">${bare(tool.description)}</pre></div>
    <details><summary>Arguments and hints</summary><pre class="details-json">${bare(JSON.stringify({ arguments: tool.input_schema, hints: tool.hints }, null, 2))}</pre></details>
    <div class="pair"><div class="field"><label for="tool-risk">What it does</label><select id="tool-risk" class="input" value=${risk.value ?? ""} onChange=${(event) => { risk.value = event.target.value || null; }}>
      <option value="" selected=${!risk.value}>choose</option>${RISKS.map(([name, word]) => html`<option key=${name} value=${name} selected=${name === risk.value}>${word}</option>`)}</select><small>Everything but reading asks a person first.</small></div>
      <div class="field"><span id="tool-pillars">Where it may be used</span><div class="checks" role="group" aria-labelledby="tool-pillars">${PILLARS.map(([name, word]) => html`<label class="check" key=${name}><input type="checkbox" checked=${pillars.value.includes(name)} onChange=${() => flip(name)} />${word} </label>`)}</div><small>Who may is decided under Permissions.</small></div></div>
    ${tool.decided_by && html`<p class="muted">Decided by ${tool.decided_by}.</p>`}
  </div></${Dialog}>`;
}

/** Only a read is suggested, where the server says that it reads; a person chooses everything else. */
const suggested = (tool) => (tool.hints?.readOnlyHint === true ? "read" : null);
