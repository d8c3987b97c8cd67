// What each part of an alert's context shows of itself.
import { Icon } from "../icons.js";
import { html, useEffect, useState } from "../lib.js";
import { to } from "../router.js";
import { day, digits, number, plural, stamp } from "../words.js";
import { relative } from "./knowing.js";

/** Parts that take the whole width when they have a chart. */
export const WIDE = new Set(["impact", "dependency"]);
const STATES = { new: "new", more: "more than before", same: "as before", gone: "gone" };

function Impact({ data, part }) {
  const Drawn = useDrawing();
  return html`${data.changed?.length ? html`<ul>${data.changed.map((each) => html`<li><span>${each.title}</span><span class="end">${number(each.before, each.unit)} → ${number(each.after, each.unit)}</span></li>`)}</ul>`
      : html`<p>No measure moved with it. They were asked and answered.</p>`}
    ${Drawn && data.charts?.map((chart) => html`<${Drawn} key=${chart.title} part=${{ kind: "series", title: chart.title, data: chart, executions: part.execution_id ? [part.execution_id] : [] }} sources=${[]} />`)}`;
}

/** The drawing of charts, fetched when the first one is there. */
function useDrawing() {
  const [found, setFound] = useState(null);
  useEffect(() => { import("../data/part.js").then((module) => setFound(() => module.Part), () => {}); }, []);
  return found;
}

const Errors = ({ data }) => html`<p class="big">${plural(data.errors ?? 0, "error line")}, ${digits(data.errors_before ?? 0)} before</p>
  <ul>${data.patterns?.map((each) => html`<li><span class="mono" title=${each.pattern}>${each.pattern}</span><span class="end">× ${digits(each.count)}, ${STATES[each.state] ?? each.state}</span></li>`)}</ul>`;

const Slow = ({ data }) => html`<ul>${data.percentiles?.map((each) => html`<li><span>${each.title}</span><span class="end">${number(each.before, each.unit)} → ${number(each.after, each.unit)}</span></li>`)}</ul>`;

const names = (users) => users.map((user) => user.name ?? user.username).join(", ") || "nobody";
const OnCall = ({ data }) => (data.schedules?.length ? html`<ul>${data.schedules.map((each) => html`<li><span class="big">${names(each.on_call ?? [])}</span><span class="end">${each.team ?? each.name}</span></li>`)}</ul>` : html`<p>No schedule names this team.</p>`);

const Similar = ({ data }) => html`<ul>${data.incidents?.map((each) => html`<li class="similar"><details><summary title=${each.title}><span>${each.number} ${each.title}</span><span class="end">${day(each.opened_at, true)}</span></summary>
  <p>${each.why?.join(", ")}.</p>${each.root_cause && html`<p><b>Cause:</b> ${each.root_cause}</p>`}${each.resolution && html`<p><b>Ended by:</b> ${each.resolution}</p>`}
  ${!each.root_cause && html`<p>Its cause was not written down.</p>`}</details></li>`)}</ul>`;

const Changes = ({ data, start }) => html`<ul>${data.changes?.map((each) => html`<li>${each.url?.startsWith("http") ? html`<a href=${each.url} target="_blank" rel="noopener noreferrer" title=${each.summary}>${each.summary}</a>` : html`<span title=${`${each.summary} (${each.author || "unknown"})`}>${each.summary}</span>`}
  <span class="end">${stamp(each.occurred_at, start)}, ${relative(each.occurred_at, start)}</span></li>`)}</ul>
  ${data.total > (data.changes?.length ?? 0) && html`<p class="muted">${data.changes.length} of ${data.total} are shown, the likeliest first.</p>`}`;

const Runbooks = ({ data, onRun }) => html`<ul>${data.runbooks?.map((each) => html`<li><${Book} book=${each} /><span class="end">${each.source === "runbook"
  ? html`<${RunIt} book=${each} onRun=${onRun} />` : each.source === "document" ? "to read" : "link"}</span></li>`)}</ul>
  <p class="muted">${data.runbooks?.[0]?.why?.length ? `The first fits because: ${data.runbooks[0].why.join(", ")}.` : ""}</p>`;

/** One that has to be told something first is asked for where there is a form for it. */
function RunIt({ book, onRun }) {
  const is_asked = Object.values(book.parameters ?? {}).some((each) => each.default === undefined || each.default === null);
  return is_asked ? html`<a class="btn small" ...${to(`/runbooks/${book.id}`)}><${Icon} name="edit" size=${14} />Fill in and run</a>`
    : html`<button type="button" class="btn small" onClick=${() => onRun(book.name)}><${Icon} name="hand" size=${14} />Run it</button>`;
}

function Book({ book }) {
  const title = book.title || book.name;
  if (book.source === "runbook") return html`<a ...${to(`/runbooks/${book.id}`)} title=${title}>${title}</a>`;
  if (book.url?.startsWith("http")) return html`<a href=${book.url} target="_blank" rel="noopener noreferrer" title=${title}>${title}</a>`;
  return html`<a ...${to(`/runbooks?${new URLSearchParams({ q: title })}`)} title=${title}>${title}</a>`;
}

export const BODIES = { impact: Impact, dependency: Impact, errors: Errors, slow: Slow, oncall: OnCall, similar: Similar, changes: Changes, runbooks: Runbooks };
