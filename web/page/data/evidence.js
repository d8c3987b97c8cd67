// Evidence: the chips that name an execution, and the list of what was asked, of whom, for when, and how it went.
import { html } from "../lib.js";
import { Icon, Status } from "../icons.js";
import { plural, range, said, stamp, time } from "../words.js";

const FAILED = new Set(["error", "late", "forbidden", "refused", "unknown"]);

/** Executions by their number in the answer: e1 is the first source. @returns {Map<string, {name: string, source: object}>} */
export const numbered = (sources = []) => new Map(sources.map((source, at) => [source.execution, { name: `e${at + 1}`, source }]));

/** The sources that a part was made from, in their order. */
export const sourcesOf = (part, sources = []) => sources.filter((each) => (part.executions ?? []).includes(each.execution));

export const isFailed = (source) => FAILED.has(source.status);

/** The tool's name as words, without the verb that most begin with: "Application health". */
export function spoken({ tool }) {
  const words = tool.replace(/^(get|query|search|detect|list)_/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}


/** @param {{part: object, sources: object[]}} props */
export function Chips({ part, sources }) {
  const known = numbered(sources);
  return (part.executions ?? []).map((id) => known.get(id)).filter(Boolean).map(({ name, source }) => html`<${Chip} key=${name} name=${name} source=${source} />`);
}

function Chip({ name, source }) {
  const failed = isFailed(source), label = `Evidence ${name}, ${spoken(source).toLowerCase()}, ${said(source.status)}`;
  const onClick = (event) => {
    event.preventDefault();
    show(source.execution, event.currentTarget);
  };
  return html`<a class=${failed ? "ev failed" : "ev"} href=${`#evidence-${source.execution}`} aria-label=${label} onClick=${onClick}>${name}${failed ? "?" : ""}</a>`;
}

/** To the execution in the list of the panel, or in the conversation; Escape goes back to the chip. */
function show(execution, from) {
  const target = document.getElementById(`evidence-${execution}`) ?? document.querySelector(`[data-evidence="${CSS.escape(execution)}"]`);
  if (!target) return;
  target.closest("details")?.setAttribute("open", "");
  target.scrollIntoView({ block: "nearest" });
  (target.hasAttribute("tabindex") ? target : target.querySelector("button"))?.focus();
  const back = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    from.focus();
  };
  target.addEventListener("keydown", back, { once: true });
}

/** All executions of an answer, closed until asked for. @param {{sources: object[]}} props */
export function Evidence({ sources }) {
  if (!sources.length) return null;
  const failed = sources.filter(isFailed).length;
  return html`<details class="card evidence"><summary><${Icon} name="chev" kind="turn-v" size=${14} /><h3>Evidence</h3>
    <span class="sub">${plural(sources.length, "execution")}${failed ? `, ${failed} gave no answer` : ""}</span></summary>
    <ol>${sources.map((source, at) => html`<${Execution} key=${source.execution} source=${source} name=${`e${at + 1}`} />`)}</ol></details>`;
}

function Execution({ source, name }) {
  return html`<li id=${`evidence-${source.execution}`} tabindex="-1">
    <header><${Status} status=${FAILED.has(source.status) ? "unknown" : source.stale ? "stale" : "ok"} /><b>${spoken(source)}</b>
      <span class=${isFailed(source) ? "ev failed" : "ev"}>${name}${isFailed(source) ? "?" : ""}</span><span class="end">${source.source}</span></header>
    <dl class="facts">
      <dt>Status</dt><dd>${said(source.status)}${source.stale ? ", stale: the last value received" : ""}</dd>
      <dt>Window</dt><dd>${source.window ? range(source.window.start, source.window.end) : "none: as of one moment"}</dd>
      <dt>As of</dt><dd>${source.as_of ? `${stamp(source.as_of)}:${time(source.as_of).slice(-2)} UTC` : "not known"}</dd>
      ${source.cut && html`<dt>Left out</dt><dd>${source.cut}</dd>`}
      ${source.error && html`<dt>Error</dt><dd>${source.error}</dd>`}
      <dt>Execution</dt><dd class="mono">${source.execution}</dd>
      ${source.artifact_id && html`<dt>Whole result</dt><dd><a href=${artifactPath(source.artifact_id)} download><${Icon} name="dl" size=${14} />Download (JSON)</a></dd>`}
    </dl>
    ${source.query && html`<div class="query"><pre tabindex="0" aria-label=${`Query of ${name}`}>${source.query}</pre></div>`}</li>`;
}

export const artifactPath = (id) => `/api/v1/artifacts/${encodeURIComponent(id)}`;

/** "stale, 08:47" of what a part was made from, or null. */
export function staleness(part, sources) {
  const stale = sourcesOf(part, sources).filter((each) => each.stale);
  if (!stale.length) return null;
  const oldest = stale.map((each) => each.as_of).filter(Boolean).sort()[0];
  return oldest ? time(oldest, true) : "some time ago";
}

