// What a runbook did: each execution, and each step of one with its exit code and output.
import { ApiError, get } from "../api.js";
import { Icon } from "../icons.js";
import { html, useEffect, useSignal } from "../lib.js";
import { Bones, Failed } from "../shell/states.js";
import { duration, plural, said, stamp } from "../words.js";

const MOST = 20, AGAIN_MS = 3000;
const MARKS = {
  succeeded: ["ok", "mk-ok"], failed: ["critical", "mk-critical"], rolled_back: ["back", "mk-warning"], timed_out: ["clock", "mk-critical"],
  cancelled: ["slash", "mk-unknown"], running: ["spin", "spin mk-accent"], not_run: ["slash", "mk-unknown"],
};
const WORDS = { rolled_back: "failed, rolled back", timed_out: "took too long", not_run: "not run" };
const word = (status) => WORDS[status] ?? said(status);

export function Mark({ status }) {
  const [name, kind] = MARKS[status] ?? ["unknown", "mk-unknown"];
  return html`<${Icon} name=${name} kind=${kind} />`;
}

/** @param {{runbook: string, turn: number}} props */
export function Executions({ runbook, turn }) {
  const told = useSignal(null), error = useSignal(null), is_running = told.value?.executions.some((each) => each.status === "running");
  useEffect(() => {
    let timer;
    const load = () => get("/api/v1/executions", { runbook, limit: MOST }).then((found) => {
      told.value = found;
      if (found.executions.some((each) => each.status === "running")) timer = setTimeout(load, AGAIN_MS);
    }, (fault) => { if (fault instanceof ApiError) error.value = fault; });
    load();
    return () => clearTimeout(timer);
  }, [runbook, turn]);
  return html`<section class="card" aria-label="Last executions" aria-busy=${is_running ? "true" : undefined}><header><h3>Last executions</h3><span class="sub">${told.value ? plural(told.value.total, "execution") : ""}</span></header>
    ${error.value ? html`<div class="pad"><${Failed} error=${error.value} what="Its executions" /></div>` : !told.value ? html`<div class="pad"><${Bones} lines=${3} label="Its executions are read" /></div>`
      : told.value.executions.length ? html`<ul class="executions">${told.value.executions.map((each) => html`<${Execution} key=${each.id} execution=${each} />`)}</ul>`
      : html`<p class="pad muted">It has not been run yet. The record was asked, so this is a real zero.</p>`}</section>`;
}

function Execution({ execution }) {
  const steps = useSignal(null), error = useSignal(null);
  const open = (event) => {
    if (!event.currentTarget.open) return;
    get(`/api/v1/executions/${execution.id}`).then((found) => { steps.value = found.execution.steps; }, (fault) => { if (fault instanceof ApiError) error.value = fault; });
  };
  const by = execution.approved_by && execution.approved_by !== execution.user ? `${execution.user}, approved by ${execution.approved_by}` : execution.user;
  return html`<li><details onToggle=${open}><summary><${Mark} status=${execution.status} /><span><b>${word(execution.status)}</b> ${execution.reason}</span><span class="muted">${by}</span><time datetime=${execution.started_at}>${stamp(execution.started_at)}</time><span class="muted">${execution.seconds === null ? "" : duration(execution.seconds)}</span></summary>
    ${error.value && html`<${Failed} error=${error.value} what="Its steps" />`}
    ${steps.value?.map((step, at) => html`<${Step} key=${at} step=${step} />`)}</details></li>`;
}

function Step({ step }) {
  const results = step.results ?? step.servers ?? [step];
  return html`<div class="done-step"><p><${Mark} status=${step.status} /><b>${step.name}</b> <span class="muted">${word(step.status)}${step.seconds === undefined || step.seconds === null ? "" : `, ${duration(step.seconds)}`}</span></p>
    ${(Array.isArray(results) ? results : []).map((each) => html`<${Output} result=${each} />`)}</div>`;
}

function Output({ result }) {
  const text = [result.output, result.stdout, result.stderr, result.error].filter(Boolean).join("\n");
  const code = result.exit_code ?? result.status_code;
  if (!text && (code === undefined || code === null)) return null;
  return html`<div class="output"><small class="muted">${[result.server, code === undefined || code === null ? "" : `exit ${code}`].filter(Boolean).join(", ")}</small>${text && html`<pre class="mono" tabindex="0" aria-label="Output">${text}</pre>`}</div>`;
}
