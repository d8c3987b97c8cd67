// A query before it runs: read it in plain words, change it, run it, or leave it out.
import { html, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { useConfirmation } from "../approvals/following.js";
import { range, said } from "../words.js";
import { Coloured } from "./query.js";

/** @param {{card: object, isOver: boolean}} props `card` is the confirmation that the run waits for. */
export function Preview({ card, isOver }) {
  const following = useConfirmation(card, () => {}), shown = following.told.value ?? card, problem = following.problem.value;
  const is_open = shown.status === "pending" && !isOver;
  const window = shown.details.arguments?.time_range, queries = shown.details.queries ?? [], edited = useSignal(null);
  if (!is_open) return html`<p class="preview-done soft"><${Icon} name=${shown.status === "approved" ? "check" : "x"} size=${14} />${shown.title}: ${shown.status === "approved" ? "run as shown" : said(shown.status)}.</p>`;
  const run = async () => {
    const changed = edited.value && edited.value.some((text, place) => text !== queries[place].query);
    if (changed && !(await following.edit({ ...shown.details.arguments, queries: edited.value }))) return;
    edited.value = null;
    await following.approve();
  };
  const is_busy = following.busy.value !== null || !following.told.value;
  return html`<section class="card before" data-confirm=${shown.confirmation_id} tabindex="-1" aria-label=${shown.title}>
    <header><${Icon} name="eye" kind="mk-accent" /><h3>${shown.title}</h3></header>
    <div class="pad stack">${queries.map((query, place) => html`<${One} key=${place} query=${query} text=${edited.value?.[place] ?? null} onInput=${(text) => { edited.value = edited.value.with(place, text); }} />`)}
      ${window?.start && html`<p class="muted">Over ${range(window.start, window.end)}</p>`}
      ${shown.warnings.map((warning) => html`<p class="soft" key=${warning}><${Icon} name="info" size=${14} kind="mk-info" />${warning}</p>`)}
      ${problem && html`<div class="note warning inline" role="alert"><${Icon} name="warning" kind="mk-warning" /><div><b class="t">${problem.title}</b><p>${problem.text}</p></div></div>`}
    </div>
    <footer>
      <button type="button" class="btn small primary" disabled=${is_busy} onClick=${run}><${Icon} name="play" size=${14} />${queries.length > 1 ? `Run ${queries.length} queries` : "Run query"}</button>
      ${edited.value
        ? html`<button type="button" class="btn small" onClick=${() => { edited.value = null; }}>Undo changes</button>`
        : html`<button type="button" class="btn small" disabled=${is_busy} onClick=${() => { edited.value = queries.map((query) => query.query); }}><${Icon} name="edit" size=${14} />Edit</button>`}
      <span class="spacer"></span><button type="button" class="btn quiet small" disabled=${is_busy} onClick=${() => following.reject("not wanted")}>Leave it out</button>
    </footer></section>`;
}

function One({ query, text, onInput }) {
  return html`<div><p>${query.title ? html`<b>${query.title}</b>: ` : null}${query.plain}</p>
    <div class="query">${text === null ? html`<pre tabindex="0" aria-label="Query"><${Coloured} query=${query.query} /></pre>`
      : html`<textarea class="input mono" rows="3" aria-label=${`Query, ${query.title ?? ""}`} spellcheck="false" value=${text} onInput=${(event) => onInput(event.target.value)}></textarea>`}</div></div>`;
}
