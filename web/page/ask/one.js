// One turn of the conversation: question, sources, answer or why there is none, and what waits for a decision.
import { html, useEffect, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { Failed } from "../shell/states.js";
import { clock } from "../store.js";
import { stamp } from "../words.js";
import { Answer, Streaming } from "./answer.js";
import { Preview } from "./preview.js";
import { Steps } from "./steps.js";
import { hasEnded } from "./turn.js";

/** @param {{turn: object, onAsk: (question: string) => void, isShown: boolean, isLast: boolean, onShow: () => void}} props */
export function One({ turn, onAsk, isShown, isLast, onShow }) {
  return html`<article class="turn" id=${turn.run_id ?? turn.id} aria-label=${turn.question}>
    <div class="asked"><h2>${turn.question}</h2><div class="meta"><span>You</span><time datetime=${turn.asked_at}>${stamp(turn.asked_at, clock.peek())}</time>
      ${!isLast && turn.parts.length > 0 && html`<button type="button" class="btn quiet small" aria-pressed=${String(isShown)} onClick=${onShow}><${Icon} name="pane" size=${14} />${isShown ? "Data shown" : "Show data"}</button>`}</div></div>
    <${Steps} turn=${turn} />
    ${turn.answer ? html`<${Answer} turn=${turn} onAsk=${onAsk} />` : says(turn) && html`<${Streaming} turn=${turn} />`}
    ${turn.cards.map((card) => html`<${Waiting} key=${card.confirmation_id} card=${card} turn=${turn} />`)}
    ${turn.error && !turn.answer && html`<${Ended} turn=${turn} onAsk=${onAsk} />`}
  </article>`;
}

/** Whether the text says more than the error beneath it will. */
const says = ({ text, error }) => text !== "" && !(error?.message && text.includes(error.message));

function Ended({ turn, onAsk }) {
  const error = { ...turn.error, status: turn.error.http ?? 0 };
  if (turn.status === "cancelled" || error.error === "cancelled") {
    return html`<div class="note inline" role="note"><${Icon} name="stop" kind="mk-unknown" /><div><b class="t">Stopped</b><p>${turn.parts.length || turn.text ? "What had been read until then is shown." : "Nothing had been answered yet."}</p>
      <div class="acts"><button type="button" class="btn small" onClick=${() => onAsk(turn.question)}><${Icon} name="retry" size=${14} />Ask again</button></div></div></div>`;
  }
  return html`<${Failed} error=${error} what=${turn.question} onRetry=${() => onAsk(turn.question)} />`;
}

/** What waits for a person: a query before it runs, or a change; each looks after itself. */
function Waiting({ card, turn }) {
  const is_query = Array.isArray(card.details?.queries) && ["inquiry", null].includes(turn.graph);
  if (is_query) return html`<${Preview} card=${card} isOver=${hasEnded(turn)} />`;
  return html`<${Change} card=${card} sources=${turn.answer?.evidence ?? []} />`;
}

function Change({ card, sources }) {
  const found = useSignal(null);
  useEffect(() => { import("../approvals/card.js").then((module) => { found.value = { Card: module.default }; }); }, []);
  if (!found.value) return html`<div class="card pad" aria-busy="true"><div class="bone b-24 w-60"></div></div>`;
  return html`<div class="decides"><${found.value.Card} confirmation=${card} sources=${sources} /></div>`;
}
