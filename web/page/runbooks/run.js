// Asking for a runbook to be run: a form becomes a request, the request becomes a card; nothing runs before a yes.
import Card from "../approvals/card.js";
import { ApiError, post } from "../api.js";
import { Icon } from "../icons.js";
import { html, useId, useState } from "../lib.js";
import { to } from "../router.js";
import { Failed } from "../shell/states.js";
import { loadCounts } from "../store.js";
import { missing, request } from "./asking.js";

const LEAST_REASON = 3;

/** @param {{runbook: object, onDone: () => void}} props */
export function Run({ runbook, onDone }) {
  const [values, setValues] = useState({}), [reason, setReason] = useState(""), [busy, setBusy] = useState(null);
  const [told, setTold] = useState(null), [error, setError] = useState(null), why = useId(), lacking = useId();
  const absent = missing(runbook, values), is_short = reason.trim().length < LEAST_REASON;
  const ask = async () => {
    setBusy("run");
    setError(null);
    try {
      setTold(await post("/api/v1/revive/message", { message: request(runbook, values, reason) }));
      loadCounts();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      setError(fault);
    } finally {
      setBusy(null);
    }
  };
  const held = absent.length ? `Say ${absent.join(", ")} first.` : is_short ? "Say why first: the reason is kept on the audit log." : "";
  const send = (event) => { event.preventDefault(); if (!held) ask(); };
  return html`<form class="card ask-run" aria-label="Run this runbook" onSubmit=${send}><header><h3>Run it</h3><span class="sub">nothing runs before it is approved</span></header>
    <div class="pad">
      ${runbook.parameters.map((each) => html`<${Parameter} key=${each.name} parameter=${each} value=${values[each.name] ?? ""} onChange=${(value) => setValues({ ...values, [each.name]: value })} />`)}
      <div class="field"><label for=${why}>Reason</label><input class="input" id=${why} value=${reason} maxlength="500" placeholder="One sentence, kept on the audit log" onInput=${(event) => setReason(event.currentTarget.value)} autocomplete="off" /></div>
      <button type="submit" class="btn primary" disabled=${Boolean(held) || busy !== null || !runbook.is_enabled} aria-describedby=${held ? lacking : undefined}><${Icon} name=${busy === "run" ? "spin" : "hand"} kind=${busy === "run" ? "spin" : ""} />Ask to run</button>
      <p class="muted">The exact commands are shown first, with what each server would run.</p>
      ${held && html`<p class="muted" id=${lacking}>${held}</p>`}
      ${!runbook.is_enabled && html`<p class="muted">It is switched off and cannot be run.</p>`}
      ${error && html`<${Failed} error=${error} what="The request" />`}
      ${told && html`<${Asked} told=${told} onDone=${onDone} />`}
    </div></form>`;
}

function Parameter({ parameter, value, onChange }) {
  const id = useId(), has_default = parameter.default !== undefined && parameter.default !== null;
  const set = (event) => onChange(event.currentTarget.value);
  const hint = [parameter.description, parameter.type === "secret" ? "the name of a stored credential" : parameter.type === "server" ? "a server by its name" : ""].filter(Boolean).join("; ");
  const choices = parameter.type === "boolean" ? ["true", "false"] : (parameter.choices ?? []);
  return html`<div class="field"><label for=${id}>${parameter.name}${!has_default && html`<span class="sr"> (needed)</span>`}</label>
    ${choices.length ? html`<select class="input" id=${id} value=${value} onChange=${set}><option value="">${has_default ? `default: ${parameter.default}` : "choose"}</option>${choices.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select>`
      : html`<input class="input" id=${id} value=${value} placeholder=${has_default ? `default: ${parameter.default}` : ""} onInput=${set} autocomplete="off" spellcheck=${false} />`}
    ${hint && html`<small>${hint}</small>`}</div>`;
}

/** What came of asking: a card to decide, or an answer. */
function Asked({ told, onDone }) {
  const [next, setNext] = useState(null), { action_required: card, content, answer } = told.response;
  const shown = [card, next].filter(Boolean);
  return html`<div class="asked-run" role="status">
    ${!card && html`<p>${content}</p>${answer?.data?.actions?.length > 0 && html`<pre class="mono">${answer.findings.map((each) => each.text).join("\n")}</pre>`}`}
    ${told.error && html`<p class="soft">${told.error.message} ${told.error.alternative ?? ""}</p>`}
    ${shown.map((each) => html`<${Card} key=${each.confirmation_id} confirmation=${each} onChanged=${(_found, following) => { if (following) setNext(following); onDone(); loadCounts(); }} />`)}
    <p><a ...${to(`/revive/${told.session_id}`)}>Open the conversation</a></p></div>`;
}
