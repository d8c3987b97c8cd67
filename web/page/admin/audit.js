// Audit: whether the log is whole, who did what on whose approval, and every entry of the append-only log.
import { html, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { clock } from "../store.js";
import { Empty } from "../shell/states.js";
import { ago, day, digits, duration, time } from "../words.js";
import { Frame, chain, verifyChain } from "./frame.js";
import { Loaded, Note } from "./parts.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/ai/audit", PER_PAGE = 50;
const STATUSES = ["success", "error", "blocked", "pending_approval", "running", "unknown"];
const SAID = { success: "done", error: "failed", blocked: "refused", pending_approval: "waits for approval", running: "running", unknown: "unknown" };
const MARKS = { success: ["ok", "mk-ok"], error: ["critical", "mk-critical"], blocked: ["slash", "mk-unknown"], pending_approval: ["hand", "mk-warning"], running: ["spin", "spin"], unknown: ["unknown", "mk-unknown"] };

/** @param {{route: {query: Record<string, string>}}} props the filters stand in the address */
export default function Audit({ route }) {
  const { view = "deeds", page = "1", ...filters } = route.query, is_log = view === "log";
  const load = useLoad(() => get(is_log ? `${PATH}/log` : PATH, { ...sent(filters, is_log), page, per_page: PER_PAGE }), [JSON.stringify(route.query)]);
  const go = (change) => navigate(address({ view, ...filters, page: "1", ...change }));
  const views = html`<div class="seg" role="group" aria-label="Show">${[["deeds", "Deeds"], ["log", "Log"]].map(([name, word]) => html`<button type="button" key=${name} aria-pressed=${String(view === name)} onClick=${() => go({ view: name })}>${word}</button>`)}</div>`;
  return html`<${Frame} tab="audit" actions=${views}>
    <${Chain} />
    <${Filters} key=${view} isLog=${is_log} filters=${filters} onGo=${go} />
    <${Loaded} load=${load} what="Audit">${(told) => {
      const rows = is_log ? told.entries : told.deeds;
      if (!rows) return null;
      if (!rows.length) return html`<${Empty} title="Nothing is on record that fits" />`;
      return html`<div class="card">${is_log ? html`<${Entries} entries=${rows} />` : html`<${Deeds} deeds=${rows} />`}</div><${Pages} told=${told} shown=${rows.length} onGo=${go} />`;
    }}</${Loaded}>
  </${Frame}>`;
}

const address = (query) => `/admin/audit?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`;
function sent({ user, tool, status, action, since, until }, is_log) {
  const at = (text, is_end) => text && (/^\d{4}-\d\d-\d\d$/.test(text) ? new Date(Date.parse(`${text}T00:00:00Z`) + (is_end ? 86_400_000 : 0)).toISOString() : text);
  return { user, tool, since: at(since, false), until: at(until, true), ...(is_log ? { action } : { status }) };
}

/** Whether every entry is as it was recorded, and who vouches for it. */
function Chain() {
  const told = chain.value, busy = useSignal(false);
  const again = async () => { busy.value = true; await verifyChain(); busy.value = false; };
  const button = html`<span class="acts"><button type="button" class="btn small" disabled=${busy.value} onClick=${again}><${Icon} name="retry" size=${14} kind=${busy.value ? "spin" : ""} />Verify now</button></span>`;
  if (!told) return html`<p class="muted" role="status">Verifying the log…</p>`;
  if (told.failed) return html`<div class="note unknown inline" role="note"><${Icon} name="unknown" kind="mk-unknown" /><div><b class="t">Not verified</b><p>The server did not say whether the log is whole.</p>${button}</div></div>`;
  if (!told.is_intact) {
    const place = [told.sequence !== null && `at ${digits(told.sequence)} of the chain`, told.entry_id !== null && `audit entry ${told.entry_id}`].filter(Boolean).join(", ");
    return html`<div class="note critical inline" role="alert"><${Icon} name="critical" kind="mk-critical" /><div><b class="t">The audit log is broken${place && ` ${place}`}: ${told.problem.replaceAll("_", " ")}</b><p>${told.explanation} The ${digits(told.entries)} entries before it are as they were recorded.</p>${button}</div></div>`;
  }
  const vouched = told.anchor_problem || `The anchor file, last written ${ago(told.anchored_at, clock.value)}, vouches for the first ${digits(told.anchored)}.`;
  return html`<div class="note inline" role="note"><${Icon} name="ok" kind="mk-ok" /><div class="chain-row"><div><b class="t">The audit log is intact: ${digits(told.entries)} entries</b><p>${vouched} Verified at ${time(told.checked_at)} UTC.</p></div>${button}</div></div>`;
}

function Filters({ isLog, filters, onGo }) {
  const now = useSignal({ ...filters });
  const field = (name, label, kind = "text") => html`<div class="field"><label for=${`audit-${name}`}>${label}</label><input id=${`audit-${name}`} class="input" type=${kind} value=${now.value[name] ?? ""} onInput=${(event) => { now.value = { ...now.value, [name]: event.target.value }; }} /></div>`;
  const clear = Object.fromEntries(["user", "tool", "status", "action", "since", "until"].map((name) => [name, ""]));
  return html`<form class="filters" role="search" aria-label="Filter the audit" onSubmit=${(event) => { event.preventDefault(); onGo(now.value); }}>
    ${field("user", "Person")}${field("tool", "Tool")}
    ${isLog ? field("action", "Action") : html`<div class="field"><label for="audit-status">Result</label><select id="audit-status" class="input" value=${now.value.status ?? ""} onChange=${(event) => { now.value = { ...now.value, status: event.target.value }; }}><option value="">any</option>${STATUSES.map((status) => html`<option key=${status} value=${status} selected=${status === now.value.status}>${SAID[status]}</option>`)}</select></div>`}
    ${field("since", "From (UTC)", "date")}${field("until", "Until (UTC)", "date")}
    <button type="submit" class="btn">Filter</button>${Object.values(filters).some(Boolean) && html`<button type="button" class="btn quiet" onClick=${() => { now.value = {}; onGo(clear); }}>Clear</button>`}</form>`;
}

function Deeds({ deeds }) {
  const open = useSignal(null);
  return html`<div class="table-wrap"><table class="grid-table"><thead><tr><th>When (UTC)</th><th>Who</th><th>Did</th><th>Result</th><th class="opt">Approved by</th><th class="opt">Took</th></tr></thead>
    <tbody>${deeds.map((deed) => html`<${Opening} key=${deed.id} at=${deed.at} isOpen=${open.value === deed.id} onOpen=${() => { open.value = open.value === deed.id ? null : deed.id; }} columns=${6} inside=${deed}>
      <td>${deed.requester}</td><td class="mono">${deed.tool}</td><td class="wrap"><${Result} deed=${deed} /></td><td class="opt">${approved(deed)}</td><td class="opt">${deed.milliseconds === null ? "–" : duration(deed.milliseconds / 1000)}</td></${Opening}>`)}</tbody></table></div>`;
}

const approved = (deed) => deed.decided_by ?? (deed.mode === "policy" ? "policy" : deed.confirmation_id ? deed.standing : "–");

function Result({ deed }) {
  const [icon, kind] = MARKS[deed.status] ?? MARKS.unknown;
  return html`<span class="cell"><${Icon} name=${icon} kind=${kind} size=${14} />${SAID[deed.status] ?? deed.status}</span>${["error", "blocked", "unknown"].includes(deed.status) && deed.summary && html`<br /><small>${deed.summary}</small>`}`;
}

function Entries({ entries }) {
  const open = useSignal(null);
  return html`<div class="table-wrap"><table class="grid-table"><thead><tr><th>When (UTC)</th><th class="n">Place</th><th>Who</th><th>Action</th><th>Target</th><th class="opt">Through</th></tr></thead>
    <tbody>${entries.map((entry) => html`<${Opening} key=${entry.id} at=${entry.at} isOpen=${open.value === entry.id} onOpen=${() => { open.value = open.value === entry.id ? null : entry.id; }} columns=${6} inside=${entry}>
      <td class="n">${entry.sequence ?? html`<span class="cell"><${Icon} name="warning" kind="mk-warning" size=${14} />outside the chain</span>`}</td><td>${entry.user ?? "Trivium"}</td><td class="mono">${entry.action}</td><td class="wrap">${entry.target || entry.tool || "–"}</td><td class="opt">${entry.entrance}</td></${Opening}>`)}</tbody></table></div>`;
}

/** A row that opens to the whole record. */
function Opening({ at, isOpen, onOpen, columns, inside, children }) {
  return html`<tr class="opens" data-row onClick=${onOpen}><td><button type="button" aria-expanded=${String(isOpen)} onClick=${(event) => { event.stopPropagation(); onOpen(); }}>${day(at, true)} ${time(at)}</button></td>${children}</tr>
    ${isOpen && html`<tr class="inside"><td colspan=${columns}><pre class="details-json">${JSON.stringify(inside, null, 2)}</pre></td></tr>`}`;
}

function Pages({ told, shown, onGo }) {
  const from = (told.page - 1) * told.per_page + 1, has_more = told.has_more ?? from + shown - 1 < told.total;
  const total = told.total === undefined ? "" : ` of ${digits(told.total)}`;
  return html`<nav class="pages" aria-label="Pages"><span>${digits(from)}–${digits(from + shown - 1)}${total}, newest first</span>
    <button type="button" class="btn small" disabled=${told.page <= 1} onClick=${() => onGo({ page: String(told.page - 1) })}>Newer</button><button type="button" class="btn small" disabled=${!has_more} onClick=${() => onGo({ page: String(told.page + 1) })}>Older</button></nav>`;
}
