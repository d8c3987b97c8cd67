// The context of an alert: parts as they arrive, the timeline, and what is on record.
import { Icon, Status } from "../icons.js";
import { classes, html } from "../lib.js";
import { to } from "../router.js";
import { Bones } from "../shell/states.js";
import { duration, plural, stamp, time } from "../words.js";
import { awaited, progress, progressWords, relative } from "./knowing.js";
import { Part } from "./parts.js";

/** @param {{record: object|null, context: object, isGathering: boolean, isFirst: boolean, numbers: Map<string, number>, onGather: () => void, onRun: (name: string) => void}} props */
export function Panel({ record, context, isGathering, isFirst, numbers, onGather, onRun }) {
  const waits = isGathering && isFirst ? awaited(context.parts) : [], start = record?.alert.starts_at;
  const is_known = context.parts.length > 0 || waits.length > 0;
  return html`<div class="data-head"><h2>Context</h2>
      ${is_known && html`<span class="sub"><${Progress} parts=${context.parts} waits=${waits} /></span>`}
      ${!is_known && html`<span class="sub">what is on record</span>`}
      <button type="button" class="btn quiet small" disabled=${isGathering} onClick=${onGather}><${Icon} name="retry" size=${14} />${is_known ? "Gather again" : "Gather"}</button></div>
    <div class="parts">
      ${[...context.parts, ...waits].map((part) => html`<${Part} key=${part.part} part=${part} start=${start} number=${numbers.get(part.execution_id) ?? null} onRun=${onRun} />`)}
      ${context.diagnosis && html`<${Timeline} diagnosis=${context.diagnosis} />`}
      ${record ? html`<${Record} record=${record} />` : html`<section class="part wide"><${Bones} lines=${4} label="The alert is read" /></section>`}
    </div>`;
}

function Progress({ parts, waits }) {
  const found = progress(parts, waits), kinds = [...Array(found.arrived).fill(""), ...Array(found.arriving).fill("now"), ...Array(found.unknown).fill("un")];
  return html`<span class="progress" aria-hidden="true">${kinds.map((kind, at) => html`<i key=${at} class=${kind}></i>`)}</span> ${progressWords(found)}`;
}

const MARKS = { change: "deploy", alert: "bell", metric: "trend", log: "log", onset: "warning" };

function Timeline({ diagnosis }) {
  const rows = diagnosis.timeline ?? [];
  if (!rows.length) return null;
  return html`<section class="part wide" aria-label="Timeline"><header><${Icon} name="past" /><h3>Timeline</h3><span class="ms">UTC, onset ${time(diagnosis.onset, true)}</span></header>
    <ol class="timeline">${rows.map((row, at) => html`<li key=${at} class=${classes(row.kind === "onset" && "onset")}><time datetime=${row.at}>${stamp(row.at)}</time>
      <${Icon} name=${MARKS[row.kind] ?? "info"} size=${14} kind=${row.kind === "onset" ? "mk-warning" : "mk-unknown"} label=${row.kind} /><span>${row.text}</span><span class="muted hide-phone">${relative(row.at, diagnosis.onset)}</span></li>`)}</ol></section>`;
}

/** What the record has of the alert, whoever asks: how often, with what, in which incident. */
function Record({ record }) {
  const { alert, incident, history, related, profile, analyses } = record;
  const last = history.last?.[0];
  return html`<section class="part" aria-label="On record"><header><${Icon} name="book" /><h3>On record</h3></header>
      <p class="big">${plural(history.count_30d, "time")} in 30 days${history.flapping ? ", flapping" : ""}</p>
      ${last && html`<p>Last before: ${stamp(last.starts_at)}, ${duration(last.duration_seconds)}.</p>`}
      ${incident && html`<p>${incident.number} ${incident.title}, ${incident.status} since ${stamp(incident.opened_at)}.</p>`}
      ${profile?.slos && html`<p>Depends on ${listed(profile.depends_on)}; ${listed(profile.dependents)} ${profile.dependents?.length === 1 ? "depends" : "depend"} on it.</p>`}
      ${analyses.map((each) => html`<p key=${each.id ?? each.at}>${each.summary ?? ""}</p>`)}
      <details><summary>Labels</summary><dl class="facts labels">${Object.entries(alert.labels).map(([key, value]) => html`<dt>${key}</dt><dd>${value}</dd>`)}</dl></details></section>
    <section class="part" aria-label="Alerts around the start"><header><${Icon} name="bell" /><h3>Alerts around the start</h3></header>
      ${related.length ? html`<ul>${related.slice(0, 6).map((each) => html`<li key=${each.id}><${Status} status=${each.status === "firing" ? each.severity : "resolved"} label=${`${each.severity}, ${each.status}`} size=${14} />
        <a ...${to(`/alerts/${each.id}`)}>${each.name}, ${each.service}</a><span class="end">${relative(each.starts_at, alert.starts_at)}</span></li>`)}</ul>
        ${related.length > 6 && html`<p class="muted">6 of ${related.length} are shown.</p>`}` : html`<p>None. The record was asked, so this is a real zero.</p>`}</section>`;
}

const listed = (names) => (names?.length ? names.join(", ") : "nothing on record");
