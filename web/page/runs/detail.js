// One run: what was asked, what it read, what it answered or changed, and everything that was decided about it.
import { ask } from "../ask/talk.js";
import { goBack, toEvidence } from "../ask/evidence.js";
import { One } from "../ask/one.js";
import { hasEnded, windowOf } from "../ask/turn.js";
import { Turn as AlertTurn } from "../alerts/turn.js";
import { Icon } from "../icons.js";
import { useKeys } from "../keys.js";
import { html, useEffect, useMemo, useSignal } from "../lib.js";
import { navigate, to } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Split } from "../shell/split.js";
import { Bones, Failed } from "../shell/states.js";
import { duration, pillar, plural, range, said, stamp } from "../words.js";
import { following } from "./following.js";
import { RunMark } from "./marks.js";

/** @param {{id: string}} props */
export function Run({ id }) {
  const run = useMemo(() => following(id), [id]), tab = useSignal("talk"), turn = run.turn.value;
  useEffect(() => { run.begin(); return run.leave; }, [run]);
  useKeys({ e: () => toEvidence(), Escape: () => goBack() });
  if (!turn) return html`<${Bar} crumb="Runs" title="Run" /><div class="sheet">${run.error.value ? html`<${Failed} error=${run.error.value} onRetry=${run.begin} what="The run" /><p><a ...${to("/runs")}>All runs</a></p>` : html`<${Bones} lines=${6} label="The run is read" />`}</div>`;
  const is_over = hasEnded(turn), told = run.run.value, again = (question) => { ask(question); navigate("/"); };
  const Shown = told?.graph === "troubleshooting" ? AlertTurn : One;
  const body = html`${run.error.value && html`<${Failed} error=${run.error.value} what="This run" />`}
    <${Shown} turn=${turn} onAsk=${again} isShown isLast onShow=${() => {}} />${told && html`<${Record} run=${told} />`}`;
  return html`<${Bar} crumb="Runs" title=${turn.question} chip=${html`<span class="chip"><${RunMark} status=${is_over ? turn.status : told?.status ?? "running"} size=${12} />${said(is_over ? turn.status : turn.status === "waiting" ? "awaiting_confirmation" : turn.status)}</span>`}>
      ${!is_over && html`<button type="button" class="btn small" disabled=${turn.status === "stopping"} onClick=${run.cancel}><${Icon} name="stop" size=${14} />Stop</button>`}
      <${Whole} run=${told} /></${Bar}>
    ${turn.parts.length
      ? html`<${Split} at=${tab} count=${turn.parts.length || null} data=${html`<${Data} turn=${turn} />`} talk=${html`<div class="scroll" tabindex="0" role="log" aria-live="polite" aria-label="The run">${body}</div><span></span>`} />`
      : html`<div class="sheet run"><div class="column" role="log" aria-live="polite" aria-label="The run">${body}</div></div>`}`;
}

/** The conversation that the run belongs to. */
function Whole({ run }) {
  const alert = run?.answer?.data?.alert?.id;
  const path = run?.graph === "troubleshooting" ? alert && `/alerts/${alert}` : run && `/${run.graph === "revive" ? "revive" : "ask"}/${run.session_id}`;
  return path ? html`<a class="btn quiet small hide-phone" ...${to(path)}><${Icon} name="ask" size=${14} />${alert ? "Open the alert" : "Open the conversation"}</a>` : null;
}

function Record({ run }) {
  const lasted = run.finished_at ? (Date.parse(run.finished_at) - Date.parse(run.created_at)) / 1000 : null;
  return html`<section class="card gap" aria-label="The record of this run"><dl class="facts">
    <dt>Kind</dt><dd>${pillar(run.graph)}</dd><dt>Begun</dt><dd>${stamp(run.created_at)} UTC</dd>
    <dt>Ended</dt><dd>${run.finished_at ? `${stamp(run.finished_at)} UTC, after ${duration(lasted)}` : "not yet"}</dd>
    ${run.tokens_used > 0 && html`<dt>Tokens</dt><dd>${plural(run.tokens_used, "token")}</dd>`}
    ${run.attempt > 1 && html`<dt>Attempts</dt><dd>${run.attempt}: a worker that died was taken over</dd>`}
    <dt>Run</dt><dd><code>${run.id}</code></dd></dl></section>`;
}

function Data({ turn }) {
  const found = useSignal(null);
  useEffect(() => { import("../data/panel.js").then((module) => { found.value = { Panel: module.default }; }, (error) => console.error(error)); }, []);
  const sources = turn.answer?.evidence ?? [], window = windowOf(turn);
  if (!found.value) return html`<div class="data-head"></div><div class="card pad"><${Bones} lines=${4} label="Loading the data" /></div>`;
  return html`<${found.value.Panel} title=${turn.answer?.understood || "Data"} subtitle=${window ? range(window.start, window.end) : ""} parts=${turn.parts} sources=${sources}
    timeline=${turn.answer?.timeline ?? []} loading=${!hasEnded(turn) && !turn.parts.length && turn.status !== "waiting"} />`;
}
