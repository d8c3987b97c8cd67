// Runbooks: what can be run, and what is written to be read; one opens with its steps and what it did.
import { ApiError, get } from "../api.js";
import { Icon } from "../icons.js";
import { html, useEffect, useSignal } from "../lib.js";
import { navigate, to } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Bones, Empty, Failed } from "../shell/states.js";
import { plural } from "../words.js";
import { Runbook } from "./detail.js";
import { Documents } from "./documents.js";

const PAUSE_MS = 250;

/** @param {{route: {params: {id?: string}, query: object}}} props */
export default function View({ route }) {
  return route.params.id ? html`<${Runbook} key=${route.params.id} id=${route.params.id} />` : html`<${Runbooks} words=${route.query.q ?? ""} />`;
}

function Runbooks({ words }) {
  const settled = useSettled(words), { found, error, reload } = useFound(settled);
  const search = (event) => navigate(`/runbooks${event.currentTarget.value ? `?${new URLSearchParams({ q: event.currentTarget.value })}` : ""}`, { replace: true });
  return html`<${Bar} title="Runbooks" />
    <div class="sheet runbooks">
      <label class="search whole"><${Icon} name="search" /><span class="sr">Search runbooks and what is known</span><input type="search" placeholder="A symptom, the name of an alert, or words" value=${words} onInput=${search} /></label>
      <section aria-labelledby="runnable"><h2 id="runnable">To run</h2>
        ${error.value ? html`<${Failed} error=${error.value} onRetry=${reload} what="Runbooks" />` : found.value ? html`<${List} found=${found.value} words=${settled} />` : html`<${Bones} lines=${5} label="Runbooks are read" />`}
      </section>
      <section aria-labelledby="readable"><h2 id="readable">To read</h2><${Documents} words=${settled} /></section>
    </div>`;
}

/** The words once nobody has typed for a moment. */
export function useSettled(words) {
  const settled = useSignal(words);
  useEffect(() => {
    const timer = setTimeout(() => { settled.value = words.trim(); }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return settled.value;
}

function useFound(words) {
  const found = useSignal(null), error = useSignal(null), turn = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    get("/api/v1/runbooks", { search: words }, { signal: stop.signal }).then((told) => { found.value = told; error.value = null; }, (fault) => {
      if (fault instanceof ApiError) error.value = fault;
    });
    return () => stop.abort();
  }, [words, turn.value]);
  return { found, error, reload: () => { turn.value += 1; } };
}

function List({ found, words }) {
  if (!found.runbooks.length) {
    return words
      ? html`<${Empty} title=${`No runbook to run has “${words}”`}>${"Those that are written to be read are below."}</${Empty}>`
      : html`<${Empty} title="There is no runbook that can be run yet"><span>Say what one should do, and it is proposed: “create a runbook” with its steps. </span><a ...${to("/revive")}>Propose one</a></${Empty}>`;
  }
  return html`<div class="card"><div class="table-wrap"><table class="grid-table" aria-label="Runbooks that can be run">
    <thead><tr><th scope="col">Runbook</th><th scope="col" class="hide-phone">What it does</th><th scope="col" class="hide-phone">Service</th><th scope="col" class="n">Steps</th><th scope="col" class="n hide-phone">Version</th></tr></thead>
    <tbody>${found.runbooks.map((each) => html`<${Row} key=${each.id} runbook=${each} />`)}</tbody></table></div>
    <footer><span>${plural(found.runbooks.length, "runbook")}${found.cut ? `, ${found.cut}` : ""}</span></footer></div>`;
}

function Row({ runbook }) {
  const path = `/runbooks/${runbook.id}`, open = (event) => { if (!event.target.closest("a")) navigate(path); };
  return html`<tr class="opens" data-row onClick=${open}>
    <td><span class="cell"><${Icon} name=${runbook.kind === "runbook" ? "play" : "deploy"} /><a ...${to(path)}>${runbook.title || runbook.name}</a>
      ${!runbook.is_enabled && html`<span class="chip">switched off</span>`}${runbook.sample && html`<span class="chip">sample</span>`}</span></td>
    <td class="grow hide-phone" title=${runbook.description}>${runbook.description || runbook.name}</td>
    <td class="hide-phone">${runbook.service || "any"}</td><td class="n">${runbook.steps}</td><td class="n hide-phone">${runbook.version}</td></tr>`;
}
