// Datasources: how each is now in every way that leads to it, and adding, changing or removing one.
import { html, useSignal } from "../lib.js";
import { del, get } from "../api.js";
import { Icon } from "../icons.js";
import { loadSources } from "../store.js";
import { Empty } from "../shell/states.js";
import { number } from "../words.js";
import { DatasourceForm } from "./datasource_form.js";
import { Frame } from "./frame.js";
import { Head, Loaded, State, Sure } from "./parts.js";
import { useLoad } from "./load.js";

const PATH = "/api/grafana/datasources";

export default function Datasources() {
  const list = useLoad(() => get(PATH)), health = useLoad(() => get(`${PATH}/health`)), form = useSignal(null), gone = useSignal(null);
  const done = () => { form.value = gone.value = null; loadSources(); health.again(); return list.again(); };
  const actions = html`<button type="button" class="btn quiet small" disabled=${health.is_loading} onClick=${health.again}><${Icon} name="retry" size=${14} kind=${health.is_loading ? "spin" : ""} />Ask them now</button>
    <button type="button" class="btn small" onClick=${() => { form.value = {}; }}><${Icon} name="plus" size=${14} />Add</button>`;
  return html`<${Frame} tab="datasources" actions=${actions}>
    <${Head}>What is kept here of datasources. Grafana's own are used as they are, through its MCP server, and are only listed.</${Head}>
    <${Loaded} load=${list} what="Datasources">${({ datasources }) => html`
      ${datasources.length ? html`<${Kept} sources=${datasources} health=${health.value?.datasources ?? []} onEdit=${(one) => { form.value = one; }} onRemove=${(one) => { gone.value = one; }} />` : html`<${Empty} title="None is kept here">Questions go to the datasources that Grafana has.</${Empty}>`}
      <${Listed} health=${health} names=${datasources.map((each) => each.name)} />`}</${Loaded}>
    ${form.value && html`<${DatasourceForm} key=${form.value.id ?? "new"} source=${form.value.id ? form.value : null} onClose=${() => { form.value = null; }} onSaved=${done} />`}
    ${gone.value && html`<${Sure} title=${`Remove ${gone.value.name}?`} deed=${`Remove ${gone.value.name}`} onClose=${() => { gone.value = null; }} onDo=${async () => { await del(`${PATH}/${gone.value.id}`); await done(); }}>
      Its key and its kept answers are gone. Questions about it are answered by the default of its type, or by none. It cannot be undone.</${Sure}>`}
  </${Frame}>`;
}

function Kept({ sources, health, onEdit, onRemove }) {
  return html`<div class="card"><div class="table-wrap"><table class="grid-table stacks"><thead><tr><th>Name</th><th>Type</th><th>State</th><th class="opt">Through</th><th class="opt">Open to</th><th class="opt">Key</th><th><span class="sr">Deeds</span></th></tr></thead>
    <tbody>${sources.map((one) => { const found = health.find((each) => each.name === one.name); return html`<tr key=${one.id} class=${one.is_enabled ? "" : "off"} data-row>
      <td><b>${one.name}</b>${one.is_default && html` <span class="chip">default</span>`}</td><td>${one.type}</td><td class="wrap"><${Health} found=${one.is_enabled ? found : { state: "disabled", ways: [], reason: "" }} /></td>
      <td class="opt" title=${one.url}>${one.through === "direct" ? one.url : `Grafana, ${one.grafana_uid}`}</td><td class="opt">${one.allowed_roles.join(", ") || "everybody"}</td><td class="opt">${one.has_api_key ? "kept sealed" : "none"}</td>
      <td class="right"><span class="acts"><button type="button" class="btn quiet small" aria-label=${`Change ${one.name}`} onClick=${() => onEdit(one)}><${Icon} name="edit" size=${14} />Change</button><button type="button" class="btn quiet small icon-only" aria-label=${`Remove ${one.name}`} onClick=${() => onRemove(one)}><${Icon} name="trash" size=${14} /></button></span></td></tr>`; })}</tbody></table></div></div>`;
}

/** A state with its reason, or how fast the first way answered. */
function Health({ found }) {
  if (!found) return html`<${State} state="unknown" word="not asked" />`;
  const way = found.ways.find((each) => each.is_healthy);
  return html`<${State} state=${found.state} word=${way ? `answers in ${number(way.milliseconds, "ms")}` : undefined} />${found.reason && html`<br /><small>${found.reason}</small>`}`;
}

function Listed({ health, names }) {
  const others = (health.value?.datasources ?? []).filter((each) => !names.includes(each.name));
  if (!others.length) return health.is_loading ? html`<p class="muted" role="status">Asking every datasource…</p>` : null;
  return html`<div class="card"><header><h3>In Grafana</h3><span class="sub">as its MCP server lists them</span></header><div class="table-wrap"><table class="grid-table stacks"><thead><tr><th>Name</th><th>Type</th><th>State</th></tr></thead>
    <tbody>${others.map((each) => html`<tr key=${each.name}><td><b>${each.name}</b></td><td>${each.type}</td><td class="wrap"><${Health} found=${each} /></td></tr>`)}</tbody></table></div></div>`;
}
