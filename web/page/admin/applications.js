// Application profiles: what an application consists of, how telemetry names its parts, what it promises.
import { html, useSignal } from "../lib.js";
import { del, get } from "../api.js";
import { Icon } from "../icons.js";
import { Empty } from "../shell/states.js";
import { number, plural } from "../words.js";
import { ApplicationForm } from "./application_form.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Sure } from "./parts.js";
import { useLoad, whole } from "./load.js";

const PATH = "/api/applications";

const read = () => whole(async (page) => {
  const { applications, pagination } = await get(PATH, { page, per_page: 100 });
  return { items: applications, total: pagination.total };
});

export default function Applications() {
  const load = useLoad(read), form = useSignal(null), gone = useSignal(null);
  const done = () => { form.value = gone.value = null; return load.again(); };
  const actions = html`<button type="button" class="btn small" onClick=${() => { form.value = {}; }}><${Icon} name="plus" size=${14} />Add a profile</button>`;
  return html`<${Frame} tab="applications" actions=${actions}>
    <${Head}>A profile says which series and logs are an application's, and against which objectives its health is judged.</${Head}>
    <${Loaded} load=${load} what="Applications">${(profiles) => (profiles.length ? html`<div class="card"><div class="table-wrap"><table class="grid-table stacks">
      <thead><tr><th>Application</th><th class="opt">Parts</th><th>Objectives</th><th class="opt">Metrics</th><th><span class="sr">Deeds</span></th></tr></thead>
      <tbody>${profiles.map((one) => html`<tr key=${one.id} data-row><td><b>${one.name}</b>${one.sample && html` <span class="chip">sample</span>`}<br /><small>${one.description}</small></td>
        <td class="opt wrap">${Object.keys(one.service_mappings).join(", ") || "–"}</td><td class="wrap">${objectives(one.slos)}</td><td class="opt">${plural(one.default_metrics.length, "metric")}</td>
        <td class="right"><span class="acts"><button type="button" class="btn quiet small" aria-label=${`Change ${one.name}`} onClick=${() => { form.value = one; }}><${Icon} name="edit" size=${14} />Change</button><button type="button" class="btn quiet small icon-only" aria-label=${`Remove ${one.name}`} onClick=${() => { gone.value = one; }}><${Icon} name="trash" size=${14} /></button></span></td></tr>`)}</tbody></table></div></div>`
      : html`<${Empty} title="No application has a profile">Without one, an application is known by its alerts alone.</${Empty}>`)}</${Loaded}>
    ${form.value && html`<${ApplicationForm} key=${form.value.id ?? "new"} profile=${form.value.id ? form.value : null} onClose=${() => { form.value = null; }} onSaved=${done} />`}
    ${gone.value && html`<${Sure} title=${`Remove the profile of ${gone.value.name}?`} deed=${`Remove ${gone.value.name}`} onClose=${() => { gone.value = null; }} onDo=${async () => { await del(`${PATH}/${gone.value.id}`); await done(); }}>
      Its objectives and the names of its parts are gone; alerts and incidents stay. It cannot be undone.</${Sure}>`}
  </${Frame}>`;
}

const said = (name) => name.replaceAll("_", " ");
const objectives = (slos) => Object.entries(slos).map(([name, value]) => name.endsWith("_ms") ? `${said(name.slice(0, -3))} ${number(value, "ms")}` : `${said(name)} ${value}`).join(", ") || "none";
