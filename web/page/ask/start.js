// The page before the first question: what can be asked here, and what this person may do.
import { html, useEffect, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { me, seesAlerts } from "../store.js";
import { Composer } from "./composer.js";

/** Questions on file, dealt to the three columns by what they are for. */
const COLUMNS = [
  ["trend", "Ask", "reads only", "inquiry"], ["bell", "Troubleshoot", "reads, suggests", "troubleshooting"], ["hand", "Change", "after approval", "revive"],
];
const MOST = 3;
const is_now = (question) => /firing|right now|why|healthy|impact|on call|what changed/i.test(question);
const CHANGES = [["create_dashboard", "Make a dashboard for"], ["create_runbook", "Write a runbook for"], ["execute_runbook", "Which runbooks are there?"]];

/** @param {{onAsk: (question: string, mode?: string) => void}} props */
export function Start({ onAsk }) {
  const questions = useSignal([]), able = useSignal(null), alerts = useSignal([]);
  useEffect(() => {
    get("/api/v1/inquiry/suggestions").then((told) => { questions.value = told.suggestions; }, () => {});
    if (seesAlerts.value) get("/api/v1/alerts", { status: "firing", per_page: 20 }).then((told) => { alerts.value = told.alerts; }, () => {});
    if (me.value?.scopes?.includes("revive") ?? true) get("/api/v1/revive/capabilities").then((told) => { able.value = told; }, () => {});
  }, []);
  return html`<div class="center start">
    <div><h2>Ask about your systems</h2><p>Answers come from your alerts, metrics, logs and traces, and show where every number is from.</p></div>
    <${Composer} onAsk=${onAsk} isNew placeholder="For example: was checkout healthy yesterday?" />
    <${Starters} questions=${questions.value} able=${able.value} alerts=${alerts.value} onAsk=${onAsk} />
    ${able.value && html`<${Able} told=${able.value} />`}
  </div>`;
}

function Starters({ questions, able, alerts, onAsk }) {
  if (!questions.length) return null;
  const now = questions.filter(is_now), past = shortest(questions.filter((question) => !is_now(question)));
  const dealt = { inquiry: past, troubleshooting: now.slice(0, MOST - worst(alerts).length), revive: changes(able, questions) };
  const asks = (question, pillar) => html`<button type="button" data-row key=${question} onClick=${() => onAsk(question, pillar === "revive" ? "revive" : "auto")}>${question}</button>`;
  return html`<div class="starters">${COLUMNS.filter(([, , , pillar]) => dealt[pillar].length).map(([icon, title, note, pillar]) => html`<div key=${pillar}><h3><${Icon} name=${icon} kind="mk-accent" />${title} <small>${note}</small></h3>
    ${dealt[pillar].slice(0, MOST).map((question) => asks(question, pillar))}
    ${pillar === "troubleshooting" && worst(alerts).map((alert) => html`<a data-row key=${alert.id} ...${to(`/alerts/${alert.id}`)}>${alert.name} on ${alert.service}</a>`)}</div>`)}</div>`;
}

const shortest = (questions) => questions.toSorted((a, b) => a.length - b.length).slice(0, MOST);
const SEVERITIES = ["critical", "warning", "info"];
const worst = (alerts) => alerts.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)).slice(0, 2);

/** Changes that this person may ask for, about a service that the suggestions know. */
function changes(able, questions) {
  if (!able) return [];
  const service = questions.map((question) => /\b(?:for|on) ([\w-]+)/.exec(question)?.[1]).find(Boolean);
  const open = new Set(every(able).filter((each) => each.permission !== "deny").map((each) => each.name));
  return CHANGES.filter(([tool, text]) => open.has(tool) && (service || text.endsWith("?"))).map(([, text]) => (text.endsWith("?") ? text : `${text} ${service}`));
}

const every = (told) => Object.values(told.modes).flatMap((mode) => mode.capabilities);
const listed = (names) => names.slice(0, 3).map((name) => name.replaceAll("_", " ")).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");

function Able({ told }) {
  const of = (effect) => every(told).filter((each) => each.permission === effect);
  const free = of("allow").length + of("audit").length, asked = of("confirm").map((each) => each.name), closed = of("deny");
  const whom = closed.find((each) => each.alternative)?.alternative;
  return html`<ul class="able" aria-label=${`What you may do, as ${told.user_role}`}>
    <li><${Icon} name="check" kind="mk-ok" />As ${told.user_role} you may use ${free} ${free === 1 ? "tool" : "tools"} at once.</li>
    ${asked.length > 0 && html`<li><${Icon} name="hand" kind="mk-warning" /><span>Waiting for an approval: ${listed(asked)}.</span></li>`}
    ${closed.length > 0 && html`<li><${Icon} name="slash" kind="mk-unknown" /><span>Not open to you: ${listed(closed.map((each) => each.name))}.${whom ? ` ${whom}` : ""}</span></li>`}
  </ul>`;
}
