// A change that waits for a person: who, where, what exactly, for how long; and afterwards what came of it.
import { Icon } from "../icons.js";
import { classes, html, useId, useMemo, useState } from "../lib.js";
import { me } from "../store.js";
import { duration } from "../words.js";
import { Diff } from "./diff.js";
import { EditForm } from "./edit.js";
import { Facts } from "./facts.js";
import { Footer } from "./footer.js";
import { useConfirmation } from "./following.js";
import { afterwards, argumentLines, borrowedTexts, deedOf, diffLines, holdsMask, riskOf, standingOf, warningsOf } from "./reading.js";
import { Timer } from "./timer.js";

/**
 * One confirmation, wherever it is shown. It looks after itself: it asks how it stands, counts down, and tells what
 * came of it; `onChanged(confirmation, next)` is called when it stands otherwise, `next` when its run waits again.
 * @param {{confirmation: object, onChanged?: (confirmation: object, next?: object) => void, isOpen?: boolean}} props
 */
export default function Card({ confirmation, onChanged, isOpen = false }) {
  const following = useConfirmation(confirmation, onChanged);
  const shown = following.told.value ?? confirmation;
  const standing = following.told.value ? standingOf(shown) : shown.status;
  if (following.isElsewhere) return null;
  if (following.problem.value?.is_gone) return html`<${Gone} confirmation=${shown} problem=${following.problem.value} />`;
  if (standing !== "pending") return html`<${After} confirmation=${shown} isOpen=${isOpen} />`;
  return html`<${Waiting} confirmation=${shown} following=${following} key=${shown.confirmation_id} />`;
}

function Waiting({ confirmation, following }) {
  const title = useId(), [mode, setMode] = useState("read"), [isRead, setRead] = useState(false);
  const is_mine = me.value?.name === confirmation.requester;
  const { busy, changed, problem, told, until } = following;
  const risk = riskOf(confirmation), send = async (given) => { if (await following.edit(given)) setMode("read"); };
  return html`<article class="confirm" aria-labelledby=${title} data-confirm=${confirmation.confirmation_id} tabindex="-1">
    <header>
      <div class="eyebrow"><${Icon} name="hand" kind="mk-warning" />${needs(confirmation, is_mine)}<span class="sep">·</span><${Risk} risk=${risk} /></div>
      <h3 id=${title}>${confirmation.title}</h3>
      ${told.value && html`<${Timer} until=${until.value} onOver=${following.look} />`}
    </header>
    ${changed.value && html`<${Changed} changed=${changed.value} onSeen=${following.seen} />`}
    <${Facts} confirmation=${confirmation} isMine=${is_mine} />
    ${mode === "edit"
      ? html`<${EditForm} arguments=${confirmation.details.arguments} busy=${busy.value !== null} onSend=${send} onCancel=${() => setMode("read")} />`
      : html`<${Exactly} confirmation=${confirmation} onRead=${() => setRead(true)} />`}
    <${Inside} confirmation=${confirmation} problem=${problem.value} />
    ${mode !== "edit" && html`<${Footer} confirmation=${confirmation} following=${following} isMine=${is_mine} isRead=${isRead}
      canEdit=${is_mine && !holdsMask(confirmation.details.arguments)} mode=${mode} setMode=${setMode} />`}
  </article>`;
}

const needs = (confirmation, is_mine) => (confirmation.approval_mode !== "four_eyes" ? "Waiting for approval"
  : is_mine ? "Waiting for a second person" : "Waiting for you, the second person");

export const Risk = ({ risk }) => html`<span class=${classes("risk", risk.is_high && "high")}>
  <svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">
    ${[[0, 7, 5], [6, 4, 8], [12, 0, 12]].map(([x, y, height], at) => html`<rect class=${at < risk.bars ? "on" : "off"} x=${x} y=${y} width="4" height=${height} rx="1" />`)}
  </svg>${risk.text}</span>`;

const Changed = ({ changed, onSeen }) => html`<div class="inside changed"><div class="note info" role=${changed.is_own ? "note" : "alert"}>
  <${Icon} name="info" kind="mk-info" /><div><b class="t">${changed.is_own ? "This is your edit" : "This is not the request that was drawn before"}</b>
  <p>${changed.is_own ? "The request before it can no longer be approved." : "It was edited in the meantime. Read it again: what you saw can no longer be approved."}</p>
  ${!changed.seen && html`<div class="acts"><button type="button" class="btn small" onClick=${onSeen}>I have read it</button></div>`}</div></div></div>`;

/** What exactly will be done: the diff where something exists, else the arguments as they will be sent. */
function Exactly({ confirmation, onRead }) {
  const { diff, arguments: given } = confirmation.details;
  const borrowed = useMemo(() => borrowedTexts(confirmation), [confirmation.confirmation_id]);
  const kind = deedOf(confirmation.type) === "create" && !diff ? "add" : "same"; // all of a new thing is added
  const sent = useMemo(() => argumentLines(given ?? {}).map((text) => ({ kind, text })), [confirmation.confirmation_id]);
  const lines = useMemo(() => diffLines(diff), [diff]);
  if (!lines.length) return html`<${Diff} lines=${sent} borrowed=${borrowed} label="What will be sent, exactly" onRead=${onRead} />`;
  const is_hidden = borrowed.some((text) => !lines.some((line) => line.text.includes(text)) && sent.some((line) => line.text.includes(text)));
  return html`<${Diff} lines=${lines} borrowed=${borrowed} label="What will change" onRead=${onRead} />
    <details class="sent" open=${is_hidden}><summary><${Icon} name="chev" kind="turn-v" />What will be sent, exactly</summary><${Diff} lines=${sent} borrowed=${borrowed} label="What will be sent, exactly" /></details>`;
}

function Inside({ confirmation, problem }) {
  const warnings = warningsOf(confirmation), borrowed = warnings.filter((each) => each.path), plain = warnings.filter((each) => !each.path);
  const undo = confirmation.type.startsWith("delete_") ? " Trivium cannot undo it." : "";
  return html`<div class="inside">
    ${problem && html`<div class="note warning" role="alert"><${Icon} name="warning" kind="mk-warning" /><div><b class="t">${problem.title}</b>${problem.text && html`<p>${problem.text}</p>`}</div></div>`}
    ${borrowed.length > 0 && html`<${Borrowed} borrowed=${borrowed} />`}
    ${plain.map(({ text }) => html`<div class="note warning" role="note"><${Icon} name="warning" kind="mk-warning" /><div><p>${text}</p></div></div>`)}
    <p class="seal">Runs at most once, exactly as shown.${undo} Confirmation ${confirmation.confirmation_id.slice(0, 4)}, arguments ${confirmation.arguments_sha256.slice(0, 8)}.</p>
  </div>`;
}

const Borrowed = ({ borrowed }) => html`<div class="note warning" role="note"><${Icon} name="warning" kind="mk-warning" /><div>
  <b class="t">${borrowed.length === 1 ? "One value is" : `${borrowed.length} values are`} not from the person's words</b>
  <ul>${borrowed.map(({ path, from }) => html`<li><code>${path}</code> came from ${from}.</li>`)}</ul>
  <p>${borrowed.length === 1 ? "It is underlined above. Whoever can write what a system answers can write it: read it before you approve." : "They are underlined above. Whoever can write what a system answers can write them: read them before you approve."}</p></div></div>`;

const MARKS = { ok: ["ok", "mk-ok"], critical: ["critical", "mk-critical"], unknown: ["unknown", "mk-unknown"], running: ["spin", "spin mk-accent"], refused: ["slash", "mk-unknown"] };

/** One line once it is decided; the whole of what was asked opens under it. */
function After({ confirmation, isOpen }) {
  const said = afterwards(confirmation, duration), [name, kind] = MARKS[said.kind], title = useId();
  const resource = confirmation.result?.resource;
  return html`<article class=${classes("confirm", "decided", said.kind === "unknown" && "unknown")} aria-labelledby=${title} data-confirm=${confirmation.confirmation_id} data-standing=${standingOf(confirmation)} tabindex="-1">
    <div class="outcome" role="status"><${Icon} name=${name} kind=${kind} /><div>
      <h3 id=${title}>${confirmation.title}</h3><p><b>${said.title}.</b> ${said.text}</p>
      ${resource && html`<p class="made">${resource.url?.startsWith("http") ? html`<a href=${resource.url} target="_blank" rel="noopener noreferrer">${resource.name ?? resource.uid ?? resource.id}<${Icon} name="out" size=${12} /></a>` : resource.name ?? resource.uid ?? resource.id}<span class="muted">${resource.type.replaceAll("_", " ")}${resource.uid ? `, ${resource.uid}` : ""}</span></p>`}
    </div></div>
    <details class="sent" open=${isOpen}><summary><${Icon} name="chev" kind="turn-v" />What was asked</summary><${Facts} confirmation=${confirmation} isMine=${me.value?.name === confirmation.requester} isOver />
      <${Exactly} confirmation=${confirmation} /></details>
  </article>`;
}

const Gone = ({ confirmation, problem }) => html`<article class="confirm decided" data-confirm=${confirmation.confirmation_id}>
  <div class="outcome"><${Icon} name="slash" kind="mk-unknown" /><div><h3>${confirmation.title}</h3><p><b>${problem.title}</b> ${problem.text}</p></div></div></article>`;
