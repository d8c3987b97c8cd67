// What a confirmation says, in the page's words. Pure: no page, no clock; tested by `node --test`.
import { digits, plural, time } from "../words.js";

export const MASK = "[masked]";
const BORROWED = /^`([^`]+)` is not from your words: it came from (.+?)\.?$/;
const SHORTEST = 4;
const LEVELS = { low: 1, medium: 2, high: 3, critical: 3 };
const READING = /^(?:query|get|list|search|read)_/;

/** create | update | delete | run | ask: what kind of deed a tool does. */
export function deedOf(tool) {
  const verb = tool.split("__").pop().split("_")[0];
  if (["create", "add", "make", "provision"].includes(verb)) return "create";
  if (["update", "edit", "set", "change", "rename", "move", "patch"].includes(verb)) return "update";
  if (["delete", "remove", "drop"].includes(verb)) return "delete";
  if (READING.test(tool.split("__").pop())) return "ask";
  return "run";
}

/** The button's words: it names the deed. */
export function approveWords(confirmation) {
  const { type, details } = confirmation;
  const servers = Array.isArray(details.servers) ? details.servers : [];
  if (details.arguments?.dry_run) return "Show the commands";
  if (type === "execute_runbook" && details.cost) return "Provision";
  if (servers.length > 1) return `Run on ${plural(servers.length, "server")}`;
  if (servers.length === 1) return `Run on ${servers[0]}`;
  switch (deedOf(type)) {
    case "create": return "Approve creation";
    case "update": return "Approve update";
    case "delete": return "Approve deletion";
    case "ask": return "Run this query";
    default: return "Approve run";
  }
}

/** "Medium risk, update", and how many of three bars are filled. */
export function riskOf(confirmation) {
  const level = confirmation.risk_level, deed = { create: "create", update: "update", delete: "delete", run: "execute", ask: "read" };
  const word = level[0].toUpperCase() + level.slice(1);
  return { bars: LEVELS[level] ?? 3, is_high: level === "high" || level === "critical", text: `${word} risk, ${deed[deedOf(confirmation.type)]}` };
}

/** Where the change lands, from what its preview knows; null where it knows nothing. */
export function whereOf(confirmation) {
  const { details, type } = confirmation, given = details.arguments ?? {};
  if (Array.isArray(details.servers)) return details.servers.length ? details.servers.join(", ") : "No server";
  if (type.includes("__")) return `MCP server ${details.server ?? type.split("__")[0]}`;
  if (details.hostname) return `Trivium, server ${details.hostname}:${details.port ?? 22}`;
  if (/dashboard|alert_rule|annotation|incident/.test(type) && !/auto_analyze/.test(type)) {
    const folder = details.folder ? `, folder ${details.folder}` : "";
    return `Grafana${folder}${given.version ? `, version ${given.version} → ${Number(given.version) + 1}` : ""}`;
  }
  return deedOf(type) === "ask" ? (given.datasource || "The default datasource") : "Trivium";
}

/** Warnings as {path, from} where a value came from an answer and not from a person; the others as {text}. */
export function warningsOf(confirmation) {
  return confirmation.warnings.map((text) => {
    const found = BORROWED.exec(text);
    return found ? { text, path: found[1], from: found[2] } : { text };
  });
}

/** The value at a path as provenance writes it: `annotations.summary`, `panels[0].title`. */
export function valueAt(value, path) {
  const keys = path.replace(/\[(\d+)\]/g, ".$1").split(".").filter(Boolean);
  return keys.reduce((at, key) => (at !== null && typeof at === "object" ? at[key] : undefined), value);
}

/** Texts to underline: each borrowed value line by line, as it stands and as JSON writes it; the longest first. */
export function borrowedTexts(confirmation) {
  const found = new Set();
  for (const { path } of warningsOf(confirmation)) {
    const value = path === undefined ? undefined : valueAt(confirmation.details.arguments, path);
    if (!["string", "number"].includes(typeof value)) continue;
    for (const line of String(value).split("\n").map((each) => each.trim())) {
      if (line.length < SHORTEST && line !== String(value)) continue;
      if (line) found.add(line).add(JSON.stringify(line).slice(1, -1));
    }
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** The line in pieces: [text, is_borrowed][]. */
export function underlined(line, texts) {
  const found = texts.map((text) => [line.indexOf(text), text]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)[0];
  if (!found) return line ? [[line, false]] : [];
  const [at, text] = found;
  return [...(at ? [[line.slice(0, at), false]] : []), [text, true], ...underlined(line.slice(at + text.length), texts)];
}

/** Lines of a unified diff as {kind: "add" | "del" | "same" | "hunk", text}; the two file lines are left out. */
export function diffLines(diff) {
  const lines = diff ? diff.split("\n") : [];
  const body = lines[0]?.startsWith("---") && lines[1]?.startsWith("+++") ? lines.slice(2) : lines;
  return body.map((line) => {
    if (line.startsWith("@@")) return { kind: "hunk", text: hunk(line) };
    if (line.startsWith("+")) return { kind: "add", text: line.slice(1) };
    if (line.startsWith("-")) return { kind: "del", text: line.slice(1) };
    return { kind: "same", text: line.startsWith(" ") ? line.slice(1) : line };
  });
}

function hunk(line) {
  const found = /^@@ -(\d+)/.exec(line);
  return found ? `line ${digits(Number(found[1]))}` : line;
}

/** Arguments as lines that a person reads: `key: value`, nested ones indented. */
export function argumentLines(value, depth = 0) {
  const pad = "  ".repeat(depth);
  if (Array.isArray(value)) return value.length ? value.flatMap((each) => listed(each, depth)) : [`${pad}(none)`];
  if (value === null || typeof value !== "object") return scalar(value).map((line) => pad + line);
  return Object.entries(value).flatMap(([key, each]) => {
    if (each !== null && typeof each === "object" && Object.keys(each).length) return [`${pad}${key}:`, ...argumentLines(each, depth + 1)];
    const [first, ...rest] = each !== null && typeof each === "object" ? ["(none)"] : scalar(each);
    return rest.length ? [`${pad}${key}:`, ...[first, ...rest].map((line) => `${pad}  ${line}`)] : [`${pad}${key}: ${first}`];
  });
}

function listed(each, depth) {
  const lines = argumentLines(each, depth + 1), pad = "  ".repeat(depth);
  return [`${pad}- ${lines[0].slice(pad.length + 2)}`, ...lines.slice(1)];
}

const scalar = (value) => (value === "" ? ['""'] : value === null ? ["not set"] : String(value).split("\n"));

/** Whether a masked secret is among the arguments: such a change cannot be edited where the secret is not seen. */
export const holdsMask = (value) => JSON.stringify(value ?? null).includes(MASK);

/** How it stands for whoever looks: waiting, executing, or how it ended. */
export function standingOf(confirmation) {
  if (confirmation.status !== "approved") return confirmation.status;
  return confirmation.result?.outcome ?? "not_begun";
}

const seconds = (from, to) => (from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null);

/** What is said afterwards: {kind, title, text}. `took` is a function that writes seconds. */
export function afterwards(confirmation, took) {
  const { result, reason } = confirmation;
  const by = confirmation.decided_by ? `Approved by ${confirmation.decided_by} ${time(confirmation.decided_at)}` : "Approved by policy";
  const lasted = seconds(confirmation.decided_at, confirmation.finished_at);
  const because = reason ? ` Reason: ${reason}` : "";
  switch (standingOf(confirmation)) {
    case "succeeded": return { kind: "ok", title: `${by}, done${lasted === null ? "" : ` in ${took(lasted)}`}`, text: because.trim() };
    case "failed": return { kind: "critical", title: `${by}, and it failed`, text: result.error ?? "No reason came with it." };
    case "unknown": return { kind: "unknown", title: `${by}; whether it was done is not known`, text: `The worker stopped while writing. Check ${checked(confirmation)}; it will not be tried again.` };
    case "executing": return { kind: "running", title: `${by}, being carried out`, text: "" };
    case "not_begun": return { kind: "running", title: `${by}, not begun yet`, text: result?.error ?? "" };
    case "rejected": return { kind: "refused", title: `Rejected by ${confirmation.decided_by ?? "somebody"} ${time(confirmation.decided_at)}, nothing was changed`, text: because.trim() };
    case "expired": return { kind: "refused", title: `Expired at ${time(confirmation.expires_at)}, nothing was changed`, text: "Ask again." };
    default: return { kind: "refused", title: confirmation.superseded_by ? "Replaced by an edit, nothing was changed" : "Set aside, nothing was changed", text: because.trim() };
  }
}

/** What a person looks at to know: the thing itself, and where it is. */
function checked(confirmation) {
  const what = confirmation.result?.resource?.name ?? confirmation.details.title ?? confirmation.details.name ?? confirmation.details.runbook;
  const where = whereOf(confirmation);
  return what ? `${what} in ${where.split(",")[0]}` : where;
}
