// A person's own query, run once beside the answer: what came of it, drawn like any part.
import { ApiError, post } from "../api.js";
import { html } from "../lib.js";
import { Failed } from "../shell/states.js";
import { partsOf } from "./drawn.js";

/** What to show beneath the query. `window` is that of the execution it began from. */
export async function runOwn(language, query, window) {
  const between = window?.start && window?.end ? { start: window.start, end: window.end } : {};
  try {
    const [told, { Part }] = await Promise.all([post(`/api/grafana/query/${language}`, { query, ...between }), import("../data/part.js")]);
    if (told.status === "error" || told.status === "forbidden") return html`<p class="pad soft">It was not answered: ${told.error}</p>`;
    const parts = partsOf(told, language);
    if (!parts.length) return html`<p class="pad soft">It was answered: there is nothing. A real zero.</p>`;
    const source = { execution: told.execution_id, tool: `query_${language}`, source: told.source, status: told.status, query: told.query, window, as_of: told.as_of, stale: told.stale, cut: told.cut, error: told.error };
    return html`<div class="own">${parts.map((part) => html`<${Part} part=${part} sources=${[source]} />`)}</div>`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return html`<div class="pad"><${Failed} error=${error} /></div>`;
  }
}
