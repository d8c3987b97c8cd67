// Runs and approvals: what waits for me first, then my runs; one opens with all that it asked, found and changed.
import Card from "../approvals/card.js";
import { ApiError, get } from "../api.js";
import { Icon } from "../icons.js";
import { html, useEffect, useMemo, useSignal } from "../lib.js";
import { navigate, to } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Bones, Empty, Failed } from "../shell/states.js";
import { clock, confirmations, loadCounts, me, waiting } from "../store.js";
import { duration, plural, said, stamp } from "../words.js";
import { Run } from "./detail.js";
import { RunMark, standings } from "./marks.js";

const AGAIN_MS = 5_000, MOST = 100;
const KINDS = { inquiry: "question", troubleshooting: "alert", revive: "change" };

/** @param {{route: {params: {id?: string}, query: object}}} props */
export default function View({ route }) {
  return route.params.id ? html`<${Run} key=${route.params.id} id=${route.params.id} />` : html`<${Runs} query=${route.query} />`;
}

function Runs({ query }) {
  const { runs, error, reload } = useRuns();
  useEffect(() => { loadCounts(); }, []);
  return html`<${Bar} title="Runs & approvals" />
    <div class="sheet runs">
      <section aria-labelledby="waits"><h2 id="waits">Waits for you</h2><${Waits} onDecided=${() => { loadCounts(); reload(); }} /></section>
      <section aria-labelledby="yours"><h2 id="yours">Your runs</h2>
        ${error.value && html`<${Failed} error=${error.value} onRetry=${reload} what="Your runs" />`}
        ${runs.value === null ? !error.value && html`<${Bones} lines=${6} label="Your runs are read" />` : html`<${List} runs=${runs.value} query=${query} />`}
      </section>
    </div>`;
}

/** Cards of what waits; one that is decided here stays, with what came of it, until the view is left. */
function Waits({ onDecided }) {
  const shown = useSignal([]);
  useEffect(() => {
    const known = new Map(shown.value.map((each) => [each.confirmation_id, each]));
    for (const each of confirmations.value) known.set(each.confirmation_id, each);
    shown.value = [...known.values()];
  }, [confirmations.value]);
  if (waiting.value === null && !shown.value.length) return html`<${Bones} lines=${3} label="What waits for you is read" />`;
  if (!shown.value.length) return html`<p class="muted zero"><${Icon} name="ok" kind="mk-ok" />Nothing waits for your word.</p>`;
  const others = confirmations.value.filter((each) => each.requester !== me.value?.name).length;
  return html`${others > 0 && html`<p class="soft">${others === 1 ? "One needs" : `${others} need`} you as the second person.</p>`}
    <div class="cards">${shown.value.map((each) => html`<${Card} key=${each.confirmation_id} confirmation=${each} onChanged=${onDecided} />`)}</div>`;
}

function useRuns() {
  const runs = useSignal(null), error = useSignal(null), turn = useSignal(0);
  useEffect(() => {
    let timer, is_over = false;
    const load = async () => {
      try {
        if (!document.hidden || runs.value === null) runs.value = (await get("/api/v1/runs", { limit: MOST })).runs;
        error.value = null;
      } catch (fault) {
        if (!(fault instanceof ApiError)) throw fault;
        error.value = fault;
      }
      if (!is_over) timer = setTimeout(load, AGAIN_MS);
    };
    load();
    return () => { is_over = true; clearTimeout(timer); };
  }, [turn.value]);
  return { runs, error, reload: () => { turn.value += 1; } };
}

function List({ runs, query }) {
  const chosen = query.status ?? "", words = (query.q ?? "").toLowerCase();
  const shown = useMemo(() => runs.filter((run) => (!chosen || standings[chosen].includes(run.status)) && run.question.toLowerCase().includes(words)), [runs, chosen, words]);
  const set = (change) => {
    const pairs = Object.entries({ ...query, ...change }).filter(([, value]) => value);
    navigate(`/runs${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`, { replace: true });
  };
  if (!runs.length) return html`<${Empty} title="You have not asked for anything yet">Every question, alert and change that you ask for is kept here with its evidence.</${Empty}>`;
  return html`<div class="tools-row" role="group" aria-label="Filter">
      <div class="seg" role="group" aria-label="Status">${["", ...Object.keys(standings)].map((each) => html`<button type="button" key=${each} aria-pressed=${String(chosen === each)} onClick=${() => set({ status: each })}>${each || "All"}</button>`)}</div>
      <label class="search"><${Icon} name="search" size=${14} /><span class="sr">Words in a question</span><input type="search" placeholder="Find" value=${query.q ?? ""} onInput=${(event) => set({ q: event.currentTarget.value })} /></label>
      <p class="told" role="status">${shown.length === runs.length ? plural(runs.length, "run") : `${shown.length} of ${plural(runs.length, "run")}`}${runs.length === MOST ? ", the newest" : ""}</p>
    </div>
    ${shown.length ? html`<div class="card"><div class="table-wrap"><table class="grid-table" aria-label="Your runs">
      <thead><tr><th scope="col">Status</th><th scope="col">Asked</th><th scope="col" class="hide-phone">Kind</th><th scope="col">Begun</th><th scope="col" class="n hide-phone">Took</th></tr></thead>
      <tbody>${shown.map((run) => html`<${Row} key=${run.id} run=${run} />`)}</tbody></table></div></div>`
    : html`<${Empty} title="No run fits this filter"><button type="button" class="btn small" onClick=${() => set({ status: "", q: "" })}>Show them all</button></${Empty}>`}`;
}

function Row({ run }) {
  const path = `/runs/${run.id}`, open = (event) => { if (!event.target.closest("a")) navigate(path); };
  const until = run.finished_at ? Date.parse(run.finished_at) : clock.value;
  return html`<tr class="opens" data-row onClick=${open}>
    <td><span class="cell"><${RunMark} status=${run.status} /><span class="word">${said(run.status)}</span></span></td>
    <td class="grow"><a ...${to(path)}>${run.question}</a></td>
    <td class="hide-phone">${KINDS[run.graph] ?? run.graph}</td>
    <td><time datetime=${run.created_at}>${stamp(run.created_at, clock.value)}</time></td>
    <td class="n hide-phone">${run.finished_at || run.status === "running" ? duration(Math.max(0, (until - Date.parse(run.created_at)) / 1000)) : "–"}</td></tr>`;
}
