// One question about an alert: the verdict, causes as hypotheses, commands to look for oneself, and what waits for approval.
import Card from "../approvals/card.js";
import { Answer, Streaming } from "../ask/answer.js";
import { Steps } from "../ask/steps.js";
import { hasEnded } from "../ask/turn.js";
import { Icon } from "../icons.js";
import { html } from "../lib.js";
import { Failed } from "../shell/states.js";
import { clock } from "../store.js";
import { stamp } from "../words.js";
import { Commands } from "./commands.js";
import { Hypotheses } from "./hypotheses.js";
import { besides } from "./knowing.js";

/** @param {{turn: object, onAsk: (question: string) => void}} props */
export function Turn({ turn, onAsk }) {
  return html`<article class="turn" id=${turn.run_id ?? turn.id} aria-label=${turn.question}>
    <div class="asked"><h2>${turn.question}</h2><div class="meta"><span>You</span><time datetime=${turn.asked_at}>${stamp(turn.asked_at, clock.peek())}</time></div></div>
    <${Steps} turn=${turn} isOpen=${false} />
    ${turn.answer ? html`<${Answered} turn=${turn} onAsk=${onAsk} />` : turn.text && html`<${Streaming} turn=${{ ...turn, text: turn.text.split("\n")[0].replace(/ \(\d+ %\)/g, "") }} />`}
    ${turn.cards.map((card) => html`<div class="decides" key=${card.confirmation_id}>${!hasEnded(turn) && html`<div class="answer"><p>Nothing is run until this is approved.</p></div>`}<${Card} confirmation=${card} /></div>`)}
    ${turn.error && !turn.answer && turn.text && html`<div class="note refused" role="note"><${Icon} name="slash" kind="mk-unknown" /><div><b class="t">Not done</b><p>${turn.error.message} ${turn.error.alternative ?? ""}</p>
      <div class="acts"><button type="button" class="btn small" onClick=${() => onAsk(turn.question)}><${Icon} name="retry" size=${14} />Ask again</button></div></div></div>`}
    ${turn.error && !turn.answer && !turn.text && html`<${Failed} error=${{ ...turn.error, status: turn.error.http ?? 0 }} what=${turn.question} onRetry=${() => onAsk(turn.question)} />`}
  </article>`;
}

function Answered({ turn, onAsk }) {
  const { answer } = turn, { summary, findings, hasCauses } = besides(answer), sources = answer.evidence ?? [];
  return html`<${Answer} turn=${{ ...turn, answer: { ...answer, summary, findings } }} onAsk=${onAsk}>
    ${hasCauses && html`<${Hypotheses} diagnosis=${answer.data.diagnosis} sources=${sources} />`}
    <${Commands} commands=${answer.data?.commands ?? []} /></${Answer}>`;
}
