// Causes in their order: what speaks for each, what against it, what would settle it.
import { classes, html } from "../lib.js";
import { Evidence } from "../ask/evidence.js";
import { openQuestions, standingOf } from "./knowing.js";

/** @param {{diagnosis: object, sources: object[]}} props */
export function Hypotheses({ diagnosis, sources }) {
  return html`<div class="hyps">${diagnosis.hypotheses.map((each, at) => html`<${Hypothesis} key=${each.id + each.title} hypothesis=${each} sources=${sources}
    standing=${standingOf(each, diagnosis.verdict, at)} isFirst=${at === 0} />`)}</div>`;
}

function Hypothesis({ hypothesis, standing, sources, isFirst }) {
  const open = openQuestions(hypothesis);
  return html`<details class=${classes("hyp", isFirst && "lead")} open=${isFirst}>
    <summary><${Pie} standing=${standing} /><b>${hypothesis.title}</b><span class=${classes("chip", standing === "likely" && "accent")}>${standing}</span></summary>
    <div class="sides">
      <${Side} title="For" sign="+" kind="for" items=${hypothesis.for} sources=${sources} />
      <${Side} title="Against" sign="−" kind="against" items=${hypothesis.against} sources=${sources} />
      <${Side} title="Would settle it" sign="?" kind="open" items=${open.map((text) => ({ text }))} sources=${sources} />
      ${hypothesis.advice && html`<p class="soft">${hypothesis.advice}</p>`}
    </div></details>`;
}

function Side({ title, sign, kind, items, sources }) {
  if (!items.length) return null;
  return html`<div><h4>${title}</h4><ul>${items.map(({ text, execution }) => html`<li data-says><span class=${`sign ${kind}`} aria-hidden="true">${sign}</span>
    <span>${text}${execution && html`<${Evidence} executions=${[execution]} sources=${sources} />`}</span></li>`)}</ul></div>`;
}

const SLICES = { likely: "M8 8V3.5A4.5 4.5 0 1 1 3.5 8z", possible: "M8 8V3.5A4.5 4.5 0 0 1 8 12.5z", unlikely: "M8 8V3.5A4.5 4.5 0 0 1 12.5 8z" };

const Pie = ({ standing }) => html`<svg class="pie" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><circle class="ground" cx="8" cy="8" r="6.3" stroke-width="1.5" />
  ${SLICES[standing] ? html`<path class="slice" d=${SLICES[standing]} />` : html`<path class="ground" d="m4.5 11.5 7-7" stroke-width="1.5" />`}</svg>`;
