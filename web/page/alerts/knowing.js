// What is known around an alert, put together from the events of its runs. Pure; tested by `node --test`.

/** Parts that a first look brings, in the order they are shown; others follow in the order they came. */
export const EXPECTED = [
  ["impact", "Metrics around the start"], ["errors", "Error lines"], ["changes", "Changes before it"], ["similar", "Similar incidents"],
  ["oncall", "Who is on call"], ["runbooks", "Runbooks"], ["slow", "Slow requests"],
];
const TITLES = new Map([...EXPECTED, ["alert", "The alert"]]);
const PLACE = new Map(EXPECTED.map(([part], place) => [part, place]));
const LIKELY = 0.6, POSSIBLE = 0.4;
const ARRIVED = new Set(["ok", "empty"]);
const PERCENT = / \(\d+ %\)/g;

/** The title of a part by its key; "dependency:orders-db" is "Metrics of orders-db". */
export const titleOf = (part) => TITLES.get(part) ?? (part.startsWith("dependency:") ? `Metrics of ${part.slice(11)}` : part);

/** Context of one run after one of its events; `took` in seconds, null where it is read back. */
export function learned(known, type, data, took) {
  if (type === "run") return data.attempt > 1 ? {} : known;
  if (type !== "context") return known;
  return { ...known, [data.part]: { ...data, took } };
}

/** The parts of several runs, oldest first, as one: each as the newest run told it. The diagnosis is that of the run that looked at most. */
export function merged(contexts) {
  const all = Object.assign({}, ...contexts), { diagnosis: _latest, alert, ...parts } = all;
  const widest = [...contexts].reverse().filter((each) => each.diagnosis).sort((a, b) => Object.keys(b).length - Object.keys(a).length)[0];
  const shown = Object.values(parts).sort((a, b) => place(a.part) - place(b.part));
  return { diagnosis: widest?.diagnosis.data ?? null, alert: alert ?? null, parts: shown };
}

const place = (part) => PLACE.get(part) ?? (part.startsWith("dependency:") ? 0.5 : 99);

/** Parts that a first look has still to bring. */
export const awaited = (parts) => EXPECTED.filter(([key]) => !parts.some((each) => each.part === key)).map(([part, title]) => ({ part, title, status: "arriving" }));

/** How far it is: {arrived, unknown, arriving, all}. */
export function progress(parts, waits) {
  const arrived = parts.filter((each) => ARRIVED.has(each.status)).length;
  return { arrived, unknown: parts.length - arrived, arriving: waits.length, all: parts.length + waits.length };
}

/** "5 of 7 arrived, 1 on the way, 1 unknown". */
export function progressWords({ arrived, unknown, arriving, all }) {
  return [`${arrived} of ${all} arrived`, arriving && `${arriving} on the way`, unknown && `${unknown} unknown`].filter(Boolean).join(", ");
}

/** likely | possible | unlikely | ruled out, as the diagnosis ranks it. */
export function standingOf(hypothesis, verdict, at) {
  if (hypothesis.confidence === 0) return hypothesis.against.length ? "ruled out" : "unlikely";
  if (hypothesis.confidence >= LIKELY) return verdict === "likely" && at === 0 ? "likely" : "possible";
  return hypothesis.confidence >= POSSIBLE ? "possible" : "unlikely";
}

/** What would settle it: what could not be looked at, in words. */
export function openQuestions(hypothesis) {
  return hypothesis.unknown.map((text) => {
    const at = text.indexOf(": "), part = text.slice(0, at);
    return at > 0 && (TITLES.has(part) || part.startsWith("dependency:")) ? `${titleOf(part)}: ${text.slice(at + 2)}` : text;
  });
}

/** The answer without what the hypotheses and commands beside it say already: {summary, findings, hasCauses}. */
export function besides(answer) {
  const causes = answer.data?.diagnosis?.hypotheses ?? [], commands = answer.data?.commands ?? [];
  const is_cause = (text) => causes.some((each) => text.startsWith(`${each.title} (`) || text.startsWith(`Against ${each.title}:`));
  const is_command = (text) => commands.some((each) => text.includes(`\`${each.command}\``));
  const findings = answer.findings.filter(({ text }) => !is_cause(text) && !is_command(text));
  const hasCauses = answer.findings.some(({ text }) => is_cause(text)) || answer.timeline?.length > 0;
  return { summary: answer.summary.replace(PERCENT, ""), findings, hasCauses: hasCauses && causes.length > 0 };
}

/** Minutes between a change and the start, in words: "2 min before", "5 min after". */
export function relative(at, start) {
  const minutes = Math.round((Date.parse(at) - Date.parse(start)) / 60_000), size = Math.abs(minutes);
  const text = size < 120 ? `${size}\u00a0min` : size < 2880 ? `${Math.round(size / 60)}\u00a0h` : `${Math.round(size / 1440)}\u00a0d`;
  return minutes === 0 ? "at the start" : `${text} ${minutes < 0 ? "before" : "after"}`;
}
