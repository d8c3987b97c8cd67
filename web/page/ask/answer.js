// An answer: the verdict, facts with their evidence, what could not be established, who answered, what to ask next.
import { classes, html } from "../lib.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { isAdmin } from "../store.js";
import { duration, plural } from "../words.js";
import { answerText, CopyButton } from "./copying.js";
import { Evidence } from "./evidence.js";
import { hasEnded, streamed } from "./turn.js";

/** The mark of a fact, by the words it says of itself. Pure. */
export function markOf({ text, confidence }) {
  if (/: done\b/.test(text)) return "ok";
  if (/\b(resolved|recovered|within (its|the) (limit|objective)|met)\b/i.test(text)) return "ok";
  if (/\bcritical\b/i.test(text)) return "critical";
  if (/\b(warning|above|over) (its|the) |\(warning\)|\bbreach/i.test(text)) return "warning";
  return confidence === "certain" ? "info" : "unknown";
}

/** The text as it comes: the verdict, then its facts, with a caret at the end. */
export function Streaming({ turn }) {
  const { summary, lines } = streamed(turn.text), is_over = hasEnded(turn), caret = is_over ? null : html`<span class="caret"></span>`;
  return html`<div class="answer" aria-busy=${String(!is_over)}><h3>${summary}${lines.length ? null : caret}</h3>
    ${lines.length > 0 && html`<ul class="points">${lines.map((line, place) => html`<li key=${place}><${Mark} finding=${{ text: line, confidence: "certain" }} /><span>${line}${place === lines.length - 1 ? caret : null}</span></li>`)}</ul>`}</div>`;
}

const Mark = ({ finding }) => html`<${Icon} name=${markOf(finding)} kind=${`mk-${markOf(finding)}`} />`;

/** @param {{turn: object, onAsk: (question: string) => void, children?: any}} props `children` stand behind the facts. */
export function Answer({ turn, onAsk, children }) {
  const { answer } = turn, sources = answer.evidence;
  return html`
    <div class="answer">
      <h3>${answer.summary}${answer.findings.length ? null : html`<${Evidence} executions=${shownBy(answer)} sources=${sources} />`}</h3>
      ${answer.findings.length > 0 && html`<ul class="points">${answer.findings.map((finding, place) => html`<li key=${place} data-says data-row tabindex="-1"><${Mark} finding=${finding} />
        <span>${finding.text}<${Evidence} executions=${finding.executions} sources=${sources} />${finding.confidence !== "certain" && html` <span class="chip unknown">${finding.confidence}</span>`}</span></li>`)}</ul>`}
    </div>
    ${children}
    ${answer.unknown.length > 0 && html`<${Unknown} unknown=${answer.unknown} onAgain=${() => onAsk(turn.question)} />`}
    <${Byline} turn=${turn} />
    <${Next} questions=${answer.suggestions} onAsk=${onAsk} />`;
}

/** A verdict without facts is shown by what its numbers were made from. */
const shownBy = (answer) => [...new Set(answer.parts.filter((part) => part.kind === "stat").flatMap((part) => part.executions))].slice(0, 4);

function Unknown({ unknown, onAgain }) {
  const is_unset = unknown.every((item) => /datasource|_URL\b|not configured|is connected/i.test(item.why));
  const again = html`<button type="button" class="btn small" onClick=${onAgain}><${Icon} name="retry" size=${14} />Try again</button>`;
  return html`<div class="note unknown" role="note"><${Icon} name="unknown" kind="mk-unknown" /><div><b class="t">Could not establish</b>
    ${unknown.map((item, place) => html`<p key=${place}><${Told} text=${sentences(item)} /></p>`)}
    <div class="acts">${!is_unset ? again : isAdmin.value ? html`<a class="btn small" ...${to("/admin/datasources")}><${Icon} name="sliders" size=${14} />Connect a datasource</a>` : null}</div></div></div>`;
}

/** Words of the house, in which `a command` stands between backticks. */
const Told = ({ text }) => text.split(/`([^`]+)`/).map((piece, place) => (place % 2 ? html`<code>${piece}</code>` : piece));

const sentences = ({ what, why, settle }) => [what, why, settle].filter(Boolean).map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");

const BRAINS = { rules: "Answered by rules, no model", model: "Answered by a model, checked by rules" };

function Byline({ turn }) {
  const { answer } = turn, seconds = turn.finished_at ? (Date.parse(turn.finished_at) - Date.parse(turn.asked_at)) / 1000 : null;
  const link = () => `${location.origin}/ask/${turn.session_id}#${turn.run_id}`;
  return html`
    ${answer.notes.length > 0 && html`<ul class="remarks">${answer.notes.map((note, place) => html`<li key=${place}><${Told} text=${note} /></li>`)}</ul>`}
    <div class="byline"><span>${BRAINS[answer.brain] ?? answer.brain}</span>
      ${seconds !== null && seconds >= 0 && html`<span class="sep">·</span><span>${duration(seconds)}</span>`}
      ${answer.tokens_used > 0 && html`<span class="sep">·</span><span>${plural(answer.tokens_used, "token")}</span>`}
      <${CopyButton} text=${() => answerText(turn.question, answer)} label="Copy" said="Answer copied" />
      ${turn.session_id && html`<${CopyButton} text=${link} label="Link" icon="link" said="Link copied" />`}</div>`;
}

/** Questions to go on with. @param {{questions: string[], onAsk: (question: string) => void, title?: string}} props */
export function Next({ questions, onAsk, title = "Next" }) {
  if (!questions.length) return null;
  return html`<div class="next"><b class="t">${title}</b><ul>${questions.slice(0, 5).map((question) => html`<li key=${question}><button type="button" class=${classes("pill")} onClick=${() => onAsk(question)}>${question}</button></li>`)}</ul></div>`;
}
