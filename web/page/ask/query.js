// A query as it was sent: coloured lightly, copied, or changed and run again.
import { classes, html, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { copyText } from "./copying.js";

const TOKENS = [
  ["str", /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y],
  ["fn", /\b(?:select|from|where|and|or|group by|order by|limit|with|as|join|left|on|union all|case|when|then|end|count|sum|avg|min|max|coalesce|rate|irate|increase|histogram_quantile|topk|bottomk|by|without|offset|json|logfmt|line_format|unwrap|[a-z_]+(?=\s*\())\b/y],
  ["n", /\b\d+(?:\.\d+)?(?:ms|[smhdwy])?\b/y],
  ["lbl", /\b[a-zA-Z_]\w*(?=\s*(?:=~|!~|!=|=))/y],
];

/** Pieces of a query as {text, kind}; kinds are those of css. Pure. */
export function tokens(query) {
  const found = [];
  let plain = "";
  for (let place = 0; place < query.length; ) {
    const hit = TOKENS.map(([kind, pattern]) => { pattern.lastIndex = place; return [kind, pattern.exec(query)?.[0]]; }).find(([, text]) => text);
    if (!hit) {
      const word = /\w+|[^]/y;
      word.lastIndex = place;
      const text = word.exec(query)[0];
      plain += text;
      place += text.length;
      continue;
    }
    if (plain) found.push({ text: plain, kind: "" });
    plain = "";
    found.push({ text: hit[1], kind: hit[0] });
    place += hit[1].length;
  }
  return plain ? [...found, { text: plain, kind: "" }] : found;
}

const LONGEST_COLOURED = 6000;
export const Coloured = ({ query }) => (query.length > LONGEST_COLOURED ? query : tokens(query).map(({ text, kind }) => (kind ? html`<span class=${kind}>${text}</span>` : text)));

const LANGUAGES = { query_prometheus: "prometheus", query_metrics: "prometheus", query_loki: "loki", query_logs: "loki" };
/** Where a person's own query of this kind is sent, or null. */
export const languageOf = (tool) => LANGUAGES[tool] ?? null;

/** @param {{source: {query: string, source: string, window: object, cut: string}, tool: string}} props */
export function Query({ source, tool }) {
  const is_editing = useSignal(false), language = languageOf(tool);
  const edit = language && is_one(source.query);
  if (is_editing.value) return html`<${Editor} source=${source} language=${language} onClose=${() => { is_editing.value = false; }} />`;
  return html`<div class="query"><pre tabindex="0" aria-label="Query">${html`<${Coloured} query=${source.query} />`}</pre>
    <footer><span>${source.source}</span>
      <button type="button" class="btn quiet small" onClick=${() => copyText(source.query, "Query copied")}><${Icon} name="copy" size=${14} />Copy</button>
      ${edit && html`<button type="button" class="btn quiet small" onClick=${() => { is_editing.value = true; }}><${Icon} name="edit" size=${14} />Edit and run</button>`}
    </footer></div>`;
}

/** Several queries of one execution stand one behind the other and cannot be run as one. */
const is_one = (query) => !/;\s|\n\n/.test(query);

function Editor({ source, language, onClose }) {
  const text = useSignal(source.query), found = useSignal(null), is_busy = useSignal(false);
  const run = async () => {
    is_busy.value = true;
    const { runOwn } = await import("./own.js");
    found.value = await runOwn(language, text.value, source.window);
    is_busy.value = false;
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); onClose(); }
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) { event.preventDefault(); run(); }
  };
  return html`<div class="query"><textarea class="input mono" rows="4" aria-label="Query, to be changed" spellcheck="false" value=${text.value} onInput=${(event) => { text.value = event.target.value; }} onKeyDown=${onKeyDown}></textarea>
    <footer><span>${source.source}</span>
      <button type="button" class="btn quiet small" onClick=${onClose}>Cancel</button>
      <button type="button" class="btn small" disabled=${is_busy.value || !text.value.trim()} onClick=${run}><${Icon} name=${is_busy.value ? "spin" : "play"} size=${14} kind=${classes(is_busy.value && "spin")} />Run</button>
    </footer>${found.value}</div>`;
}
