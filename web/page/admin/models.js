// Language models: which is asked first, which stand in and in what order, how each is, and what it was used for.
import { classes, html, useSignal } from "../lib.js";
import { del, get, post, put } from "../api.js";
import { Icon } from "../icons.js";
import { clock, spoken } from "../store.js";
import { Empty, Failed } from "../shell/states.js";
import { ago, digits, number, plural } from "../words.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Note, State, Sure, Toggle } from "./parts.js";
import { ModelForm } from "./model_form.js";
import { moved, ordered, placed } from "./order.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/llm-models", ENVIRONMENTS = ["LAB", "NONPROD", "PROD"];

export default function Models() {
  const load = useLoad(() => get(PATH)), form = useSignal(null), gone = useSignal(null), busy = useSignal(null), failed = useSignal(null);
  const act = async (key, work, said) => {
    busy.value = key;
    failed.value = null;
    try { await work(); if (said) spoken.value = said; } catch (error) { failed.value = error; }
    await load.again();
    busy.value = null;
  };
  const deeds = {
    change: (model, body) => act(model.id, () => put(`${PATH}/${model.id}`, body)),
    check: (model) => act(`check ${model.id}`, () => post(`${PATH}/${model.id}/check`)),
    order: (models, model, to) => act(model.id, async () => { for (const [id, place] of placed(moved(models, model, to))) await put(`${PATH}/${id}`, { fallback_order: place }); }, `${model.name} stands in as number ${to + 1}`),
    edit: (model) => { form.value = model; }, remove: (model) => { gone.value = model; },
  };
  const done = () => { form.value = gone.value = null; return load.again(); };
  const actions = html`<button type="button" class="btn small" onClick=${() => { form.value = {}; }}><${Icon} name="plus" size=${14} />Add a model</button>`;
  return html`<${Frame} tab="models" actions=${actions}>
    <${Loaded} load=${load} what="Models">${(told) => html`
      <${Asked} told=${told} />
      ${failed.value && html`<${Failed} error=${failed.value} />`}
      ${ENVIRONMENTS.map((environment) => html`<${Place} key=${environment} environment=${environment} isHere=${environment === told.environment} models=${told.models.filter((each) => each.environment === environment)} busy=${busy.value} deeds=${deeds} />`)}
      ${told.from_variables && html`<${Variables} told=${told.from_variables} />`}
      ${form.value && html`<${ModelForm} key=${form.value.id ?? "new"} model=${form.value.id ? form.value : null} environment=${told.environment} onClose=${() => { form.value = null; }} onSaved=${done} />`}
      ${gone.value && html`<${Sure} title=${`Remove ${gone.value.name}?`} deed=${`Remove ${gone.value.name}`} onClose=${() => { gone.value = null; }} onDo=${async () => { await del(`${PATH}/${gone.value.id}`); await done(); }}>
        Runs that begin from now on do not ask it. What it was used for stays on record. It cannot be undone.</${Sure}>`}`}</${Loaded}>
  </${Frame}>`;
}

/** Who is asked here, in order. */
function Asked({ told }) {
  if (!told.asked.length && !told.from_variables) return html`<${Empty} title="No model is asked here">Answers are written by rules. A default model of the environment ${told.environment} is asked as soon as there is one.</${Empty}>`;
  const names = [...told.asked, ...(told.from_variables ? [`${told.from_variables.model} (from variables)`] : [])];
  return html`<${Head}>Asked here, in ${told.environment}: ${names.join(", then ")}${names.length > 1 ? " when the one before gives nothing" : ""}. When none answers, rules do.</${Head}>`;
}

function Place({ environment, isHere, models, busy, deeds }) {
  const over = useSignal(null), held = useSignal(null);
  if (!models.length) return null;
  const stand = ordered(models), rows = [...models.filter((each) => each.is_default), ...stand, ...models.filter((each) => !each.is_default && each.fallback_order === null)];
  const drop = (model) => { const from = held.value; held.value = over.value = null; if (from && from.id !== model.id) deeds.order(stand, from, stand.findIndex((each) => each.id === model.id)); };
  return html`<div class="card"><header><h3>${environment}</h3><span class="sub">${plural(models.length, "model")}${isHere ? ", the environment of this process" : ", not asked here"}</span></header><div class="table-wrap"><table class="grid-table stacks">
    <thead><tr><th>Asked</th><th>Model</th><th>State</th><th class="opt">Use</th><th>On</th><th><span class="sr">Deeds</span></th></tr></thead>
    <tbody>${rows.map((model) => { const at = stand.indexOf(model), drag = at < 0 ? {} : {
      draggable: true, onDragStart: (event) => { held.value = model; event.dataTransfer.effectAllowed = "move"; }, onDragEnd: () => { held.value = over.value = null; },
      onDragOver: (event) => { if (held.value) { event.preventDefault(); over.value = model.id; } }, onDrop: (event) => { event.preventDefault(); drop(model); } };
      return html`<${Row} key=${model.id} model=${model} at=${at} stand=${stand} busy=${busy} deeds=${deeds} drag=${drag} isOver=${over.value === model.id} />`; })}</tbody></table></div></div>`;
}

function Row({ model, at, stand, busy, deeds, drag, isOver }) {
  const { usage } = model, is_busy = busy !== null;
  return html`<tr data-row class=${classes(!model.is_enabled && "off", at >= 0 && "drags", isOver && "is-over")} ...${drag}>
    <td><${Turn} model=${model} at=${at} stand=${stand} isBusy=${is_busy} deeds=${deeds} /></td>
    <td class="wrap"><b>${model.name}</b><br /><small class="mono">${model.model} at ${model.base_url}${model.secret_ref && `, key ${model.secret_ref}`}</small></td>
    <td class="wrap"><${State} state=${model.is_enabled ? model.status : "disabled"} word=${model.status === "healthy" && model.checked_at ? `answered ${ago(model.checked_at, clock.value)}` : undefined} />${model.last_error && html`<br /><small>${model.last_error}</small>`}</td>
    <td class="opt">${plural(usage.calls, "call")}${usage.failures > 0 && `, ${digits(usage.failures)} failed`}<br /><small>${digits(usage.tokens_in)} tokens in, ${digits(usage.tokens_out)} out${usage.seconds_p50 !== null && `, half within ${number(usage.seconds_p50, "s")}`}</small></td>
    <td><${Toggle} label=${`${model.name} is on`} is_on=${model.is_enabled} is_busy=${is_busy} onChange=${(is_on) => deeds.change(model, { is_enabled: is_on })} /></td>
    <td class="right"><span class="acts"><button type="button" class="btn quiet small" disabled=${is_busy} aria-label=${`Check ${model.name} now`} onClick=${() => deeds.check(model)}><${Icon} name="retry" size=${14} kind=${busy === `check ${model.id}` ? "spin" : ""} />Check</button>
      <button type="button" class="btn quiet small icon-only" aria-label=${`Change ${model.name}`} onClick=${() => deeds.edit(model)}><${Icon} name="edit" size=${14} /></button>
      <button type="button" class="btn quiet small icon-only" aria-label=${`Remove ${model.name}`} onClick=${() => deeds.remove(model)}><${Icon} name="trash" size=${14} /></button></span></td></tr>`;
}

/** When it is asked: first, as which stand-in, or never; and how to change that without a mouse. */
function Turn({ model, at, stand, isBusy, deeds }) {
  if (model.is_default) return html`<span class="chip accent">default</span>`;
  const first = html`<button type="button" class="btn quiet small" disabled=${isBusy} aria-label=${`Make default: ${model.name}`} onClick=${() => deeds.change(model, { is_default: true })}>Make default</button>`;
  if (at < 0) return html`<span class="acts"><button type="button" class="btn quiet small" disabled=${isBusy} aria-label=${`Stand in: ${model.name}`} onClick=${() => deeds.change(model, { fallback_order: (stand.at(-1)?.fallback_order ?? 0) + 1 })}>Stand in</button>${first}</span>`;
  const step = (to, icon, word) => html`<button type="button" class=${classes("btn quiet small icon-only", icon === "up" && "is-up")} disabled=${isBusy || to < 0 || to >= stand.length} aria-label=${`Ask ${model.name} ${word}`} onClick=${() => deeds.order(stand, model, to)}><${Icon} name="down" size=${14} /></button>`;
  return html`<span class="acts"><span class="chip">${at + 1}</span>${step(at - 1, "up", "earlier")}${step(at + 1, "down", "later")}${first}
    <button type="button" class="btn quiet small icon-only" disabled=${isBusy} aria-label=${`${model.name} stands in no more`} onClick=${() => deeds.change(model, { fallback_order: null })}><${Icon} name="x" size=${14} /></button></span>`;
}

function Variables({ told }) {
  return html`<${Note} icon="term" title=${`${told.model}, from variables`}>LLM_BASE_URL, LLM_MODEL and LLM_API_KEY name it${told.base_url ? ` at ${told.base_url}` : ""}; it is asked after those of the table. ${plural(told.usage.calls, "call")}, ${digits(told.usage.failures)} failed.</${Note}>`;
}
