// One alert: what it is, the conversation about it, and what is known around it.
import { ApiError, get } from "../api.js";
import { hasEnded } from "../ask/turn.js";
import { Next } from "../ask/answer.js";
import { goBack, toEvidence } from "../ask/evidence.js";
import { Icon, Status } from "../icons.js";
import { useKeys } from "../keys.js";
import { classes, html, useEffect, useLayoutEffect, useMemo, useRef, useSignal } from "../lib.js";
import { navigate, to } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Split } from "../shell/split.js";
import { Bones, Failed } from "../shell/states.js";
import { clock } from "../store.js";
import { digits, duration, said, stamp } from "../words.js";
import { Composer } from "./composer.js";
import { Panel } from "./panel.js";
import { conversation } from "./talk.js";
import { Turn } from "./turn.js";

const FIRST = "What is causing this?", AGAIN_MS = 30_000, NEAR = 80;

/** @param {{route: {params: {id: string}}}} props */
export default function View({ route }) {
  return html`<${One} key=${route.params.id} id=${route.params.id} />`;
}

function One({ id }) {
  const { record, error, reload } = useRecord(id), talk = useMemo(() => conversation(id), [id]), tab = useSignal("talk");
  useEffect(() => { talk.begin(); return talk.leave; }, [talk]);
  useKeys({ e: () => toEvidence(), Escape: () => goBack() || (talk.turns.value?.some((turn) => !hasEnded(turn)) ? talk.stop() : false) });
  const turns = talk.turns.value ?? [], running = turns.find((turn) => !hasEnded(turn)), context = talk.context();
  const numbers = new Map(turns.flatMap((turn) => (turn.answer?.evidence ?? []).map((source, at) => [source.execution, at + 1]))), alert = record.value?.alert ?? context.alert?.data?.alert;
  if (error.value && !record.value) return html`<${Bar} crumb="Alerts" title="Alert" /><div class="sheet"><${Failed} error=${error.value} onRetry=${reload} what="The alert" /><p><a ...${to("/alerts")}>All alerts</a></p></div>`;
  const panel = html`<${Panel} record=${record.value} context=${context} isGathering=${Boolean(running)} isFirst=${turns.length <= 1 || running?.question === FIRST} numbers=${numbers}
    onGather=${() => { tab.value = "talk"; talk.ask(FIRST); }} onRun=${(name) => { tab.value = "talk"; talk.ask(`Run the runbook ${name}`); }} />`;
  return html`<${Head} alert=${alert} />
    <${Strip} record=${record.value} />
    <${Split} at=${tab} dataName="Context" count=${context.parts.length || null} talk=${html`<${Talk} talk=${talk} turns=${talk.turns.value} running=${running} />`} data=${panel} />`;
}

/** The alert with all that is on record, again each half minute while it fires. */
function useRecord(id) {
  const record = useSignal(null), error = useSignal(null), turn = useSignal(0);
  useEffect(() => {
    let timer, is_over = false;
    const load = async () => {
      try {
        if (!document.hidden || !record.value) record.value = await get(`/api/v1/alerts/${id}`);
        error.value = null;
      } catch (fault) {
        if (!(fault instanceof ApiError)) throw fault;
        error.value = fault;
      }
      if (!is_over && record.value?.alert.status !== "resolved") timer = setTimeout(load, AGAIN_MS);
    };
    load();
    return () => { is_over = true; clearTimeout(timer); };
  }, [id, turn.value]);
  return { record, error, reload: () => { turn.value += 1; } };
}

const age = (alert) => (alert.ends_at ? duration(alert.duration_seconds) : duration(Math.max(60, Math.floor((clock.value - Date.parse(alert.starts_at)) / 60_000) * 60)));

function Head({ alert }) {
  if (!alert) return html`<${Bar} crumb="Alerts" title="Alert" />`;
  const chips = html`<span class=${classes("chip", alert.severity)}><${Icon} name=${alert.severity} size=${12} />${alert.severity}</span><span class="chip hide-phone">${said(alert.status)} ${age(alert)}</span>`;
  return html`<${Bar} crumb="Alerts" title=${alert.name} chip=${chips}>
    ${alert.generator_url?.startsWith("http") && html`<a class="btn small hide-phone" href=${alert.generator_url} target="_blank" rel="noopener noreferrer"><${Icon} name="out" size=${14} />Open in Grafana</a>`}
    <button type="button" class="btn quiet small hide-phone" onClick=${() => navigate("/alerts")}><${Icon} name="back" size=${14} />All alerts</button></${Bar}>`;
}

function Strip({ record }) {
  if (!record) return html`<div class="strip" aria-busy="true"><div class="bone b-24 w-40"></div></div>`;
  const { alert, profile, incident } = record, is_firing = alert.status === "firing";
  const where = [alert.instance && `on ${alert.instance}`, alert.environment && `in ${alert.environment}`].filter(Boolean).join(" ");
  return html`<div class="strip"><${Status} status=${is_firing ? alert.severity : "resolved"} size=${20} />
    <div><h2>${alert.summary || `${alert.name} on ${alert.service}`}</h2><p>${is_firing ? "Since" : "From"} ${stamp(alert.starts_at, clock.value)}${alert.ends_at ? ` to ${stamp(alert.ends_at, clock.value)}` : ""} UTC ${where}. ${alert.assigned_to ? `Assigned to ${alert.assigned_to}.` : "Assigned to nobody."}</p></div>
    <dl>${alert.value !== null && alert.value !== undefined && html`<div><dt>Value</dt><dd>${digits(alert.value)}</dd></div>`}
      ${incident && html`<div><dt>Incident</dt><dd>${incident.number}, ${incident.status}</dd></div>`}
      ${profile?.depends_on?.length > 0 && html`<div><dt>Depends on</dt><dd title=${profile.depends_on.join(", ")}>${profile.depends_on.join(", ")}</dd></div>`}</dl></div>`;
}

function Talk({ talk, turns, running }) {
  const box = useRef(null), is_near = useRef(true);
  useLayoutEffect(() => { if (is_near.current && box.current && turns?.length) box.current.scrollTop = running ? box.current.scrollHeight : box.current.scrollTop; });
  const onScroll = () => { is_near.current = box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < NEAR; };
  const ask = (question) => { is_near.current = true; talk.ask(question); };
  return html`<div class="scroll" ref=${box} onScroll=${onScroll} tabindex="0" role="log" aria-live="polite" aria-label="Conversation about this alert">
      <${Earlier} talk=${talk} />
      ${talk.failure.value && html`<${Failed} error=${talk.failure.value} what="The conversation" onRetry=${talk.begin} />`}
      ${turns === null ? html`<${Bones} lines=${5} label="The conversation is read back" />`
        : turns.length ? turns.map((turn) => html`<${Turn} key=${turn.id} turn=${turn} onAsk=${ask} />`) : html`<${Begin} onAsk=${ask} />`}
    </div>
    <${Composer} placeholder="Ask about this alert" isRunning=${Boolean(running)} onAsk=${ask} onStop=${talk.stop} />`;
}

/** Earlier conversations about this alert. */
function Earlier({ talk }) {
  const others = talk.sessions.value.filter((each) => each.id !== talk.session.value);
  if (!others.length && !talk.turns.value?.length) return null;
  return html`<div class="sessions-of">${others.length > 0 && html`<details><summary>${others.length === 1 ? "An earlier conversation" : `${others.length} earlier conversations`}</summary>
      <ul>${others.map((each) => html`<li key=${each.id}><button type="button" class="btn quiet small" onClick=${() => talk.open(each.id)}>${stamp(each.started_at)} ${each.title || each.last_query}</button></li>`)}</ul></details>`}
    ${talk.turns.value?.length > 0 && html`<button type="button" class="btn quiet small" onClick=${talk.fresh}><${Icon} name="plus" size=${14} />New conversation</button>`}</div>`;
}

const STARTERS = ["Who is on call?", "What changed before it?", "Has this happened before?", "Which runbook fits?"];

const Begin = ({ onAsk }) => html`<div class="begin"><h2>Nothing was asked about this alert yet.</h2>
  <p class="soft">Its metrics, logs, changes, similar incidents, runbooks and who is on call are gathered at once; nothing is changed.</p>
  <button type="button" class="btn primary" onClick=${() => onAsk(FIRST)}><${Icon} name="search" />Find the cause</button>
  <${Next} questions=${STARTERS} onAsk=${onAsk} title="Or ask" /></div>`;
