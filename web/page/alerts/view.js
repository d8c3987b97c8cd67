// The list of alerts: what fires now or fired in a time, filtered and sorted; one opens into its troubleshooting view.
import { Icon } from "../icons.js";
import { get } from "../api.js";
import { classes, html, useEffect, useMemo, useState } from "../lib.js";
import { navigate } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Bones, Empty, Failed } from "../shell/states.js";
import { clock, me } from "../store.js";
import { ago, plural, stamp, time } from "../words.js";
import { SPANS, useAlerts } from "./loading.js";
import { counted, kept, sorted } from "./rows.js";
import { Alerts } from "./table.js";

const SEVERITIES = ["critical", "warning", "info"];

/** @param {{route: {query: object}}} props */
export default function View({ route }) {
  const { query } = route, span = query.span in SPANS ? query.span : "firing";
  const { alerts, about, error, is_partial, reload } = useAlerts(span);
  const sort = { key: query.sort ?? "starts_at", is_down: query.down ? query.down === "1" : true };
  const set = (change) => navigate(`/alerts${written({ ...query, ...change })}`, { replace: true });
  const filter = { severity: query.severity, service: query.service, teams: query.mine ? (me.value?.teams ?? []) : null, words: query.q };
  const shown = useMemo(() => sorted(kept(alerts.value ?? [], filter), sort, Date.now()), [alerts.value, JSON.stringify(query), me.value]);
  const onSort = (key) => set({ sort: key, down: sort.key === key ? (sort.is_down ? "0" : "1") : key === "severity" || key === "name" || key === "service" || key === "team" || key === "summary" ? "0" : "1" });
  return html`<${Bar} title="Alerts" chip=${alerts.value && span === "firing" ? html`<${Counts} alerts=${alerts.value} />` : null}>
      <button type="button" class="btn quiet small" onClick=${reload}><${Icon} name="retry" size=${14} />Refresh</button></${Bar}>
    <div class="fill alerts">
      <${Tools} query=${query} span=${span} alerts=${alerts.value ?? []} set=${set} />
      ${error.value && html`<div class="said"><${Failed} error=${error.value} onRetry=${reload} what="The alerts" />${alerts.value && html`<p class="soft">Below is what was read at ${time(about.value?.as_of)} UTC; it is not followed any more.</p>`}</div>`}
      ${alerts.value === null ? !error.value && html`<div class="said"><${Bones} lines=${8} label="Alerts are read" /></div>`
        : shown.length ? html`<p class="told" role="status">${told(shown, about.value, is_partial.value)}</p>
          <${Alerts} alerts=${shown} sort=${sort} onSort=${onSort} label=${`Alerts, ${SPANS[span].toLowerCase()}`} view=${JSON.stringify(query)} />`
        : html`<div class="said"><${None} about=${about.value} span=${span} isFiltered=${alerts.value.length > 0} onAll=${() => set({ severity: "", service: "", mine: "", q: "" })} /></div>`}
    </div>`;
}

const written = (query) => {
  const pairs = Object.entries(query).filter(([, value]) => value);
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};

function told(shown, about, is_partial) {
  const total = about.pagination.total, all = shown.length === total ? plural(total, "alert") : `${plural(shown.length, "alert")} of ${plural(total, "alert").split(" ")[0]}`;
  return `${all}, as of ${time(about.as_of)} UTC${is_partial ? "; more are being read" : ""}${about.stale ? "; stale" : ""}${narrowed(about)}`;
}

/** What a role does not see is said; that a page has only a part of the rows is not: all pages are read. */
const narrowed = (about) => { const told = (about.cut ?? "").split("; ").filter((text) => text && !text.includes("are listed")); return told.length ? `; ${told.join("; ")}` : ""; };

const Counts = ({ alerts }) => counted(alerts, "severity").filter(([severity]) => SEVERITIES.includes(severity)).sort((a, b) => SEVERITIES.indexOf(a[0]) - SEVERITIES.indexOf(b[0]))
  .map(([severity, count]) => html`<span class=${classes("chip", severity, severity !== "critical" && "hide-phone")}><${Icon} name=${severity} size=${12} />${count} ${severity}</span>`);

function Tools({ query, span, alerts, set }) {
  const services = counted(alerts, "service");
  const known = services.some(([service]) => service === query.service) || !query.service ? services : [[query.service, 0], ...services];
  return html`<div class="tools-row" role="group" aria-label="Filter">
    <div class="seg" role="group" aria-label="Time">${Object.entries(SPANS).sort(([a], [b]) => (b === "firing") - (a === "firing") || a - b).map(([key, name]) => html`<button type="button" key=${key} aria-pressed=${String(key === span)} onClick=${() => set({ span: key === "firing" ? "" : key })}>${name}</button>`)}</div>
    <div class="seg" role="group" aria-label="Severity">${["", ...SEVERITIES].map((each) => html`<button type="button" key=${each} aria-pressed=${String((query.severity ?? "") === each)} onClick=${() => set({ severity: each })}>${each ? html`<${Icon} name=${each} size=${12} kind=${`mk-${each}`} />${each}` : "All"}</button>`)}</div>
    <label class="choose"><span class="sr">Service</span><select class="input" value=${query.service ?? ""} onChange=${(event) => set({ service: event.currentTarget.value })}>
      <option value="">All services</option>${known.map(([service, count]) => html`<option key=${service} value=${service}>${service} (${count})</option>`)}</select></label>
    ${me.value?.teams.length > 0 && html`<label class="check"><input type="checkbox" checked=${Boolean(query.mine)} onChange=${(event) => set({ mine: event.currentTarget.checked ? "1" : "" })} />Of my teams</label>`}
    <label class="search"><${Icon} name="search" size=${14} /><span class="sr">Words in an alert</span><input type="search" placeholder="Find" value=${query.q ?? ""} onInput=${(event) => set({ q: event.currentTarget.value })} /></label>
  </div>`;
}

/** A zero that is real: who said so and when; or a filter that keeps nothing. */
function None({ about, span, isFiltered, onAll }) {
  const [last, setLast] = useState(null);
  useEffect(() => {
    if (isFiltered || span !== "firing") return;
    get("/api/v1/alerts", { per_page: 1 }).then((found) => setLast(found.alerts[0] ?? "none"), () => {});
  }, [span, isFiltered]);
  if (isFiltered) return html`<${Empty} title="No alert fits this filter"><span>${plural(about.pagination.total, "alert")} of this time do not. </span><button type="button" class="btn small" onClick=${onAll}>Show them all</button></${Empty}>`;
  const where = span === "firing" ? "No alert is firing" : `No alert fired in the ${SPANS[span].toLowerCase()}`;
  return html`<${Empty} title=${where} icon="ok">The record of alerts answered at ${time(about.as_of)} UTC, so this is a real zero of what Alertmanager and Grafana have sent${narrowed(about)}.
    ${last && last !== "none" && ` The last one was ${last.name} on ${last.service}, ${stamp(last.starts_at)} UTC (${ago(last.starts_at, clock.value)}).`}
    ${last === "none" && " None came in the last 24 hours."}</${Empty}>`;
}
