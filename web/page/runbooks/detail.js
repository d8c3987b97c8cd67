// One runbook: what it is for, what it does step by step, how to ask for it, and what it did before.
import { ApiError, get } from "../api.js";
import { Icon } from "../icons.js";
import { html, useEffect, useSignal } from "../lib.js";
import { to } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Bones, Failed } from "../shell/states.js";
import { number, plural, stamp } from "../words.js";
import { Executions } from "./executions.js";
import { Markdown } from "./markdown.js";
import { Run } from "./run.js";

/** @param {{id: string}} props */
export function Runbook({ id }) {
  const told = useSignal(null), error = useSignal(null), turn = useSignal(0);
  useEffect(() => {
    get(`/api/v1/runbooks/${id}`).then((found) => { told.value = found; error.value = null; }, (fault) => { if (fault instanceof ApiError) error.value = fault; });
  }, [id, turn.value]);
  const runbook = told.value?.runbook;
  return html`<${Bar} crumb="Runbooks" title=${runbook ? runbook.title || runbook.name : "Runbook"} chip=${runbook && !runbook.is_enabled ? html`<span class="chip">switched off</span>` : null}>
      <a class="btn quiet small" ...${to("/runbooks")}><${Icon} name="back" size=${14} />All runbooks</a></${Bar}>
    <div class="sheet runbook">
      ${error.value ? html`<${Failed} error=${error.value} onRetry=${() => { turn.value += 1; }} what="The runbook" />`
        : runbook ? html`<${Whole} runbook=${runbook} turn=${turn.value} onDone=${() => { turn.value += 1; }} />` : html`<${Bones} lines=${8} label="The runbook is read" />`}
    </div>`;
}

function Whole({ runbook, turn, onDone }) {
  return html`<div class="two">
    <div class="stack">
      ${runbook.description && html`<${Markdown} text=${runbook.description} />`}
      ${runbook.warnings.map((text) => html`<div class="note warning inline" role="note"><${Icon} name="warning" kind="mk-warning" /><div><p>${text}</p></div></div>`)}
      <${Steps} title=${plural(runbook.steps.length, "step")} steps=${runbook.steps} words=${spoken(runbook, "Step")} />
      ${runbook.rollback.length > 0 && html`<${Steps} title="When one fails: rolled back by" steps=${runbook.rollback} words=${spoken(runbook, "Rollback")} />`}
      <${Executions} runbook=${runbook.name} turn=${turn} />
    </div>
    <div class="stack">
      <${Run} runbook=${runbook} onDone=${onDone} />
      <section class="card" aria-label="About it"><dl class="facts">
        <dt>Name</dt><dd><code>${runbook.name}</code></dd><dt>Version</dt><dd>${runbook.version}, ${stamp(runbook.updated_at)} UTC</dd>
        <dt>Service</dt><dd>${runbook.service || "any"}</dd>
        ${servers(runbook).length > 0 && html`<dt>Servers</dt><dd>${servers(runbook).join(", ")}</dd>`}
        ${runbook.alert_names.length > 0 && html`<dt>For alerts</dt><dd>${runbook.alert_names.join(", ")}</dd>`}
        ${runbook.tags.length > 0 && html`<dt>Tags</dt><dd>${runbook.tags.join(", ")}</dd>`}
        ${runbook.takes.length > 0 && html`<dt>Takes</dt><dd><ul>${runbook.takes.map((text) => html`<li>${text}</li>`)}</ul></dd>`}
        ${runbook.cost && html`<dt>Cost</dt><dd>${number(runbook.cost.hourly ?? null)} ${runbook.cost.currency ?? ""} an hour, as its table says</dd>`}
      </dl></section>
    </div></div>`;
}

/** The servers that its steps name; `{host}` is asked for. */
const servers = (runbook) => [...new Set(runbook.steps.flatMap((step) => [step.server, ...(step.servers ?? []), step.ssh?.server]).filter(Boolean))];

const spoken = (runbook, word) => runbook.in_words.filter((line) => line.startsWith(`${word} `)).map((line) => line.replace(/^\w+ \d+, /, ""));

function Steps({ title, steps, words }) {
  return html`<section class="card" aria-label=${title}><header><h3>${title}</h3></header><ol class="steps-of">${steps.map((step, at) => html`<li key=${at}>
    <span class="nr" aria-hidden="true">${at + 1}</span><div><b>${step.name}</b> <span class="chip">${step.kind}</span>
      <p>${words[at]?.slice(step.name.length + 2) ?? ""}</p>
      ${command(step) && html`<pre class="mono" tabindex="0" aria-label=${`Command of ${step.name}`}>${command(step)}</pre>`}
</div></li>`)}</ol></section>`;
}

/** A command of several lines, as it stands; shorter ones are in the words beside it. */
const command = (step) => {
  const given = step.command ?? step.ssh?.command;
  return typeof given === "string" && given.includes("\n") ? given : "";
};
