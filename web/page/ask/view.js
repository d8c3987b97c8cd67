// The Ask view: a conversation at the left, the data of its answers at the right.
import { computed, html, useEffect, useLayoutEffect, useRef, useSignal } from "../lib.js";
import { reach } from "../api.js";
import { Icon } from "../icons.js";
import { useKeys } from "../keys.js";
import { navigate } from "../router.js";
import { Bar } from "../shell/bar.js";
import { Split } from "../shell/split.js";
import { Bones, Failed } from "../shell/states.js";
import { pillar, range, stamp } from "../words.js";
import { Composer, narrowed, options, question } from "./composer.js";
import { CopyButton } from "./copying.js";
import { goBack, opened, toEvidence } from "./evidence.js";
import { One } from "./one.js";
import { Start } from "./start.js";
import * as talk from "./talk.js";
import { hasEnded, windowOf } from "./turn.js";

const TOP = 20;

/** @param {{route: object}} props `/` is a new question, /ask/{session_id} a conversation, /revive one that changes something. */
export default function Ask({ route }) {
  const id = route.params.session_id ?? null, tab = useSignal("talk");
  useEffect(() => {
    if (id) talk.open(id);
    else if (talk.session.value) talk.clear();
    if (!id) narrowed.value = { ...narrowed.value, mode: route.name === "revive" ? "revive" : narrowed.value.mode === "revive" ? "auto" : narrowed.value.mode };
    opened.value = null;
  }, [id, route.name]);
  const is_typing = question.value !== "";
  useEffect(() => { if (is_typing) loadPanel().catch(() => {}); }, [is_typing]); // on its way before the answer is; what failed is said where it is shown
  const ask = (text, mode) => { tab.value = "talk"; talk.ask(text, mode && mode !== "auto" ? { mode } : options()); };
  useKeys({ e: toEvidence, Escape: () => goBack() || talk.stop() });
  const turns = talk.turns.value;
  if (turns?.length === 0 && !talk.failure.value) return html`<${Bar} title=${route.name === "revive" ? "New change" : "New question"} /><${Start} onAsk=${ask} />`;
  const title = turns?.[0]?.question ?? "Conversation";
  return html`
    <${Bar} crumb="Ask" title=${title} chip=${html`<${Standing} />`}>
      ${talk.session.value && html`<${CopyButton} text=${() => `${location.origin}/ask/${talk.session.value}`} label="Link" icon="link" said="Link copied" kind="btn small hide-phone" />`}
      <button type="button" class="btn quiet icon-only phone-only" aria-label="New question" onClick=${() => navigate("/")}><${Icon} name="plus" /></button>
    </${Bar}>
    <${Split} talk=${html`<${Talk} turns=${turns} onAsk=${ask} />`} data=${html`<${Data} />`} count=${talk.current.value?.parts.length} at=${tab} />`;
}

function Standing() {
  const turn = talk.running.value, name = talk.graph.value;
  if (turn?.status === "waiting") return html`<span class="chip warning"><${Icon} name="hand" size=${12} />waiting for you</span>`;
  if (turn) return html`<span class="chip accent"><${Icon} name="spin" kind="spin" size=${12} />${turn.status === "stopping" ? "stopping" : "running"}</span>`;
  return name ? html`<span class="chip info hide-phone">${pillar(name)}</span>` : null;
}

function Talk({ turns, onAsk }) {
  const scroll = useRef(null), count = turns?.length ?? 0, last = useRef({ count: 0, session: null });
  useLayoutEffect(() => {
    const before = last.current, target = location.hash.slice(1) && document.getElementById(location.hash.slice(1));
    if (count > before.count && scroll.current) {
      const turn = (before.count === 0 && target) || scroll.current.querySelector(".turn:last-of-type");
      if (turn) scroll.current.scrollTop = turn.querySelector(".asked").offsetTop - TOP;
    }
    last.current = { count };
  }, [count]);
  const waits = turns?.at(-1)?.status === "waiting";
  return html`
    <div class="scroll" ref=${scroll} tabindex="0" role="log" aria-live="polite" aria-label="Conversation">
      ${turns === null && html`<${Loading} />`}
      ${talk.failure.value && html`<${Failed} error=${talk.failure.value} what="Conversation" onRetry=${() => { const id = talk.session.value; talk.clear(); talk.open(id); }} />`}
      ${turns?.map((turn, place) => html`<${One} key=${turn.id} turn=${turn} onAsk=${onAsk} isLast=${place === turns.length - 1} isShown=${talk.current.value?.id === turn.id} onShow=${() => { talk.shown.value = turn.id; }} />`)}
    </div>
    <${Composer} onAsk=${onAsk} placeholder=${waits ? "A new message withdraws this request" : "Ask a follow-up"} />`;
}

const Loading = () => html`<div class="asked"><div class="bone b-16 w-60"></div></div><div class="card pad"><${Bones} lines=${4} label="Loading the conversation" /></div><div class="gap"><${Bones} lines=${4} label="" /></div>`;

const seen = computed(() => {
  const turn = talk.current.value;
  if (!turn) return null;
  const window = windowOf(turn), sources = turn.answer?.evidence ?? [], times = sources.map((each) => each.as_of).filter(Boolean).sort();
  const subtitle = [window && range(window.start, window.end), times.length ? `as of ${stamp(times.at(-1))}${window ? "" : " UTC"}` : null].filter(Boolean).join(" · ");
  return { title: subject(turn.answer?.understood) || "Data", subtitle, parts: turn.parts, sources, timeline: turn.answer?.timeline ?? [], is_waiting: turn.status === "waiting" && !turn.parts.length, loading: !hasEnded(turn) && !turn.parts.length && turn.status !== "waiting" };
});

/** What the data is of: how the question was read, without its time, which stands beside it. Pure. */
const subject = (understood = "") => understood.split(/,? (?:in the )?(?:last|this|since|from|between|yesterday|today|over) |, \d| \(/)[0];

const loadPanel = () => import("../data/panel.js");

function Data() {
  const panel = useSignal(null), failed = useSignal(false), told = seen.value;
  const load = () => loadPanel().then((module) => { panel.value = { Panel: module.default }; failed.value = false; }, () => { failed.value = true; });
  useEffect(() => { if (!panel.value && reach.value === "ok") load(); }, [reach.value]);
  if (failed.value) return html`<div class="data-head"><h2>Data</h2></div><${Failed} error=${{ error: "offline", message: "The data panel could not be loaded." }} onRetry=${load} />`;
  if (!panel.value || !told) return html`<div class="data-head"></div><div class="card pad"><${Bones} lines=${4} label="Loading the data" /></div>`;
  if (told.is_waiting) return html`<div class="data-head"><h2>Data</h2></div><div class="card"><p class="muted pad">Nothing has been read yet: it waits for your decision.</p></div>`;
  return html`<${panel.value.Panel} ...${told} />`;
}
