// One question and what came of it, as the events tell it: a plain value, and what each event makes of it. Pure.

/**
 * @typedef {{tool: string, label: string, status: string, execution: string|null, began: number|null, ended: number|null, output: string[]}} Step
 * @typedef {{id: string, question: string, asked_at: string, run_id: string|null, session_id: string|null, graph: string|null,
 *   status: "asking"|"running"|"waiting"|"stopping"|"completed"|"failed"|"cancelled"|"rejected"|"expired", is_cut: boolean, text: string,
 *   steps: Step[], parts: object[], cards: object[], answer: object|null, error: object|null, finished_at: string|null}} Turn
 */

const ENDED = new Set(["completed", "failed", "cancelled", "rejected", "expired"]);
export const hasEnded = (turn) => ENDED.has(turn.status);
const AT_ONCE_MS = 5;

/** A turn before its first event. */
export const begun = (id, question, asked_at, more = {}) => ({
  id, question, asked_at, run_id: null, session_id: null, graph: null, status: "asking", is_cut: false, text: "", steps: [], parts: [],
  cards: [], answer: null, error: null, finished_at: null, ...more,
});

/** A turn read back from its run's record. */
export function recorded(run) {
  const status = ENDED.has(run.status) ? run.status : run.status === "awaiting_confirmation" ? "waiting" : "running";
  return begun(run.id, run.question, run.created_at, {
    run_id: run.id, session_id: run.session_id, graph: run.graph, status, answer: run.answer ?? null,
    error: run.error ?? null, finished_at: run.finished_at, parts: run.answer?.parts ?? [],
  });
}

/** The turn after one event; `now` in milliseconds is null where events are read back, whose times nobody measured. */
export function after(turn, type, data, now) {
  switch (type) {
    case "run": return started(turn, data);
    case "tool_use": return used(running(turn), data, now);
    case "chunk": return { ...running(turn), text: turn.text + data.content };
    case "data": return { ...running(turn), parts: [...turn.parts, data.part] };
    case "confirmation_required": return { ...turn, status: "waiting", cards: [...turn.cards.filter((each) => each.confirmation_id !== data.confirmation_id), data.action] };
    case "complete": return { ...turn, status: "completed", is_cut: false, answer: data.answer, parts: data.answer.parts ?? turn.parts, finished_at: at(now), steps: settled(turn.steps) };
    case "error": return { ...turn, status: data.status ?? "failed", is_cut: false, error: data, finished_at: at(now), steps: settled(turn.steps, data.status) };
    default: return turn;
  }
}

const at = (now) => (now ? new Date(now).toISOString() : null);
const running = (turn) => (turn.status === "stopping" ? turn : { ...turn, status: "running" });

/** A worker that took over tells everything anew: what came before is void. */
function started(turn, data) {
  const fresh = { ...turn, run_id: data.run_id, session_id: data.session_id, status: turn.status === "stopping" ? "stopping" : "running" };
  return data.attempt > 1 ? { ...fresh, text: "", steps: [], parts: [], cards: [] } : fresh;
}

function used(turn, { tool, status, label, execution_id }, now) {
  if (status === "output") return { ...turn, steps: last(turn.steps, (step) => ({ ...step, output: [...step.output, label].slice(-200) })) };
  if (status === "executing") return { ...turn, steps: [...open(turn.steps, tool), { tool, label, status, execution: null, began: now, ended: null, output: [] }] };
  const place = turn.steps.findIndex((step) => step.tool === tool && step.label === label && step.status === "executing");
  const step = place < 0 ? { tool, label, began: null, output: [] } : turn.steps[place];
  const ended = { ...step, status, execution: execution_id, ended: step.began === null ? null : now };
  return { ...turn, steps: place < 0 ? [...open(turn.steps, tool), ended] : turn.steps.with(place, ended) };
}

/** What waited for a person is the same step when it is then carried out. */
const open = (steps, tool) => steps.filter((step) => !(step.status === "pending_approval" && step.tool === tool));
const last = (steps, change) => (steps.length ? [...steps.slice(0, -1), change(steps.at(-1))] : steps);
/** What still ran when the run ended never told its end. */
const settled = (steps, how) => steps.map((step) => (step.status === "executing" ? { ...step, status: how === "cancelled" ? "cancelled" : "unknown" } : step));

/** How long a step took in seconds, null where it was not watched. */
export const took = (step, now) => (step.began === null ? null : Math.max(AT_ONCE_MS, (step.ended ?? now) - step.began) / 1000);

const FAILED = new Set(["error", "late", "unset", "unknown", "forbidden", "cancelled"]);
export const gaveNothing = (status) => FAILED.has(status);

/**
 * Rows of the list of sources: those of the answer in its order, which is that of e1, e2, …; while it runs the steps in
 * theirs. A step that left no execution has no number.
 */
export function rows(turn) {
  const sources = turn.answer?.evidence ?? [];
  if (!turn.answer) {
    let number = 0;
    return turn.steps.map((step) => ({ ...step, source: null, number: step.execution || step.status === "executing" ? ++number : null }));
  }
  const of = new Map(turn.steps.filter((step) => step.execution).map((step) => [step.execution, step]));
  const read = sources.map((source, place) => {
    const step = of.get(source.execution);
    return { tool: source.tool, label: step?.label ?? "", status: source.status, execution: source.execution, began: step?.began ?? null, ended: step?.ended ?? null, output: step?.output ?? [], source, number: place + 1 };
  });
  const known = new Set(sources.map((source) => source.execution));
  const rest = turn.steps.filter((step) => !known.has(step.execution)).map((step) => ({ ...step, source: null, number: null }));
  return [...read, ...rest];
}

/** The window that most sources covered, or null. */
export function windowOf(turn) {
  const counts = new Map();
  for (const { window } of turn.answer?.evidence ?? []) if (window?.start && window?.end) counts.set(`${window.start} ${window.end}`, (counts.get(`${window.start} ${window.end}`) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a)[0];
  if (!most) return null;
  const [start, end] = most[0].split(" ");
  return { start, end };
}

/** A tool's name as words: "query_alerts_history" is "Alerts history"; what it was asked for stands in front. */
export function titled({ tool, label }) {
  const words = tool.replace(/^.*__|^(query|get|list|read)_/g, "").replaceAll("_", " ").trim();
  const name = words ? words[0].toUpperCase() + words.slice(1) : "A step";
  if (!label) return name;
  return /\s/.test(label) && label.length > 24 ? label[0].toUpperCase() + label.slice(1) : `${name}, ${label}`;
}

/** The text so far: the verdict, and its facts line by line. */
export function streamed(text) {
  const [summary = "", ...lines] = text.split("\n");
  return { summary, lines: lines.map((line) => line.replace(/^[-*] /, "")).filter((line) => line && line !== summary) };
}
