// What is known besides the record: runbooks to read, guides, postmortems, found by words.
import { ApiError, get } from "../api.js";
import { Icon } from "../icons.js";
import { html, useEffect, useSignal } from "../lib.js";
import { Bones, Empty, Failed } from "../shell/states.js";
import { plural } from "../words.js";
import { Markdown } from "./markdown.js";

const MOST = 5;

/** @param {{words: string}} props */
export function Documents({ words }) {
  const found = useSignal(null), error = useSignal(null);
  useEffect(() => {
    if (!words) { found.value = null; error.value = null; return undefined; }
    const stop = new AbortController();
    get("/api/v1/knowledge/search", { q: words, limit: MOST }, { signal: stop.signal }).then((told) => { found.value = told; error.value = null; }, (fault) => {
      if (fault instanceof ApiError) error.value = fault;
    });
    return () => stop.abort();
  }, [words]);
  if (!words) return html`<p class="muted">Search to find runbooks, guides and postmortems that are written to be read.</p>`;
  if (error.value) return html`<${Failed} error=${error.value} what="What is known" />`;
  if (!found.value) return html`<${Bones} lines=${4} label="Searched" />`;
  if (!found.value.documents.length) return html`<${Empty} title=${`Nothing that is known has “${words}”`}>All documents were searched, so this is a real zero.</${Empty}>`;
  return html`<p class="soft" role="status">${plural(found.value.total, "document")} have some of the words; ${found.value.documents.length < found.value.total ? `the best ${found.value.documents.length} are here` : "all are here"}.</p>
    ${found.value.documents.map((each) => html`<${Document} key=${`${each.reference} ${each.section}`} document=${each} />`)}`;
}

const KINDS = { runbook: "runbook to run", postmortem: "postmortem" };

function Document({ document }) {
  const kind = document.kind === "document" ? document.category.replaceAll("_", " ") : KINDS[document.kind] ?? document.kind;
  const where = [kind[0].toUpperCase() + kind.slice(1), document.section && document.section !== document.title ? document.section : ""].filter(Boolean).join(", ");
  return html`<details class="card document" data-row><summary tabindex="0"><${Icon} name="chev" kind="turn-v" /><span><b>${document.title}</b><small>${where}</small></span></summary>
    <div class="pad"><${Markdown} text=${document.text || document.highlight} />
      <p class="muted"><code>${document.reference}</code>${document.url?.startsWith("http") && html` <a href=${document.url} target="_blank" rel="noopener noreferrer">Open the original<${Icon} name="out" size=${12} /></a>`}</p></div></details>`;
}
