// What a number means: against its limit, by severity, or nothing at all when its source gave none.
import { digits, number, time } from "../words.js";
import { isFailed, sourcesOf } from "./evidence.js";

const TICK = 0.8;
const NONE = { Alerts: "None", Incidents: "None" };

/**
 * @typedef {{kind: "ok"|"critical"|"warning"|"unknown"|"stale"|"plain", word: string, rest: string,
 *            meter: ?{fills: {kind: string, from: number, share: number}[], tick: ?number}}} Verdict
 * @param {object} part a stat @param {object[]} parts all of the answer @param {object[]} sources
 * @returns {Verdict}
 */
export function judged(part, parts, sources) {
  const { value } = part.data, own = sourcesOf(part, sources), limit = limitOf(part, parts);
  const stale = own.find((each) => each.stale);
  if (value === null || value === undefined) return { kind: "unknown", word: "Unknown,", rest: own.find(isFailed) ? "no answer" : "not measured", meter: meterOf(null, limit) };
  if (stale) return { kind: "stale", word: "Stale,", rest: stale.as_of ? `from ${time(stale.as_of, true)}` : "age unknown", meter: meterOf(value, limit) };
  const counts = countsOf(part, parts);
  if (value === 0 && part.data.name in NONE) return { kind: "ok", word: "None,", rest: "a real zero", meter: { fills: [], tick: null } };
  if (counts) return severities(counts, value);
  return limit ? against(value, limit, part.data.unit) : { kind: "plain", word: "", rest: own[0]?.source ?? "", meter: null };
}

/** The stat's own limit, or that of the chart of the same measure and execution. */
function limitOf(part, parts) {
  if (typeof part.data.limit === "number") return { value: part.data.limit, side: part.data.side ?? "above" };
  const chart = parts.find((each) => each.kind === "series" && each.title === part.title && each.executions.some((id) => part.executions.includes(id)));
  return chart?.data.thresholds?.length === 1 ? chart.data.thresholds[0] : null;
}

function against(value, limit, unit) {
  const isBroken = limit.side === "below" ? value < limit.value : value > limit.value;
  const rest = `limit ${number(limit.value, unit)}`;
  return { kind: isBroken ? "critical" : "ok", word: isBroken ? "Breached," : "Met,", rest, meter: meterOf(value, limit, isBroken) };
}

/** The limit stands at four fifths of the meter; where less is worse, what is missing is measured. */
function meterOf(value, limit, isBroken = false) {
  if (!limit) return null;
  const [used, allowed] = limit.side === "below" ? [1 - (value ?? 1), 1 - limit.value] : [value ?? 0, limit.value];
  const share = value === null ? 0 : Math.max(0, Math.min(1, allowed > 0 ? (used / allowed) * TICK : used > 0 ? 1 : 0));
  return { fills: share ? [{ kind: isBroken ? "critical" : "", from: 0, share }] : [], tick: TICK };
}

/** How many of each severity, from the stat itself or from a whole table of the same rows. */
function countsOf(part, parts) {
  if (part.data.counts) return part.data.counts;
  const table = parts.find((each) => each.kind === "table" && !each.data.cut && each.data.rows.length === part.data.value
    && each.executions.some((id) => part.executions.includes(id)) && each.data.columns.some(({ key }) => key === "severity"));
  if (!table || !part.data.value) return null;
  const counts = {};
  for (const row of table.data.rows) counts[row.severity] = (counts[row.severity] ?? 0) + 1;
  return counts;
}

function severities(counts, total) {
  const told = ["critical", "warning", "info"].filter((each) => counts[each] > 0);
  const fills = [];
  let from = 0;
  for (const each of told) {
    const share = counts[each] / total;
    fills.push({ kind: each, from, share: Math.max(0, share - (each === told.at(-1) ? 0 : 0.01)) });
    from += share;
  }
  const [first, ...others] = told.map((each) => `${digits(counts[each])} ${each}`);
  const kind = told[0] === "info" ? "info" : told[0] ?? "plain";
  return { kind, word: others.length ? `${first},` : first ?? "", rest: others.join(", "), meter: { fills, tick: null } };
}
