// What the whole page knows: who is here, what waits, how the sources are, what this person chose.
import { ApiError, get, post, signedIn, signedOut } from "./api.js";
import { computed, effect, signal } from "./lib.js";

export { route } from "./router.js";
export { reach, signedOut } from "./api.js";

/** {id, name, roles, teams, scopes, is_admin}, null until known. */
export const me = signal(null);
/** How many confirmations wait for me, and how many alerts fire; null until known. */
export const waiting = signal(null), firing = signal(null);
/** The confirmations themselves, oldest first. */
export const confirmations = signal([]);
/** Sources as {name, type, state, reason, milliseconds}, null until known. */
export const sources = signal(null);
/** Conversations of all pillars, newest first: {id, pillar, title, started_at, last_query}. */
export const recents = signal(null);
/** Milliseconds since 1970, each second, while somebody looks. */
export const clock = signal(Date.now());
/** One sentence beneath the bar, or null: {kind: "info" | "warning" | "critical", text}. */
export const notice = signal(null);
/** What a screen reader is told at once. */
export const spoken = signal("");

const KEPT = "trivium.prefs";
const CHOSEN = { theme: "system", split: 488, letters: true, hidden: null, rail: true };

function kept() {
  try {
    return { ...CHOSEN, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { ...CHOSEN };
  }
}

/** What this person chose, kept in this browser: theme, split (px), letters (single-letter keys), hidden ("talk" | "data" | null). */
export const prefs = signal(kept());
export const theme = computed(() => prefs.value.theme);

/** Choose; what is not named stays. */
export function choose(change) {
  prefs.value = { ...prefs.value, ...change };
}

effect(() => {
  const { theme: chosen } = prefs.value;
  try {
    localStorage.setItem(KEPT, JSON.stringify(prefs.value));
  } catch { /* a browser that keeps nothing still shows the page */ }
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
});

setInterval(() => { if (!document.hidden) clock.value = Date.now(); }, 1000);

/** Whether one of my roles is the admin's. */
export const isAdmin = computed(() => Boolean(me.value?.is_admin));

/** Whether single alerts are open to me: a viewer sees how many there are, by the answers to questions. */
export const seesAlerts = computed(() => Boolean(me.value?.roles?.some((role) => role !== "viewer")));

/** Who I am; null, with `signedOut` set, when nobody is signed in. */
export async function loadMe() {
  try {
    me.value = await get("/api/v1/users/me");
    signedOut.value = false;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    me.value = null;
  }
  return me.value;
}

/** Signed in by a one-time code or a token. Raises ApiError when it is not taken. */
export async function signIn(proof) {
  await post("/api/v1/session", proof);
  signedIn();
  return loadMe();
}

const EMPTY = { me: null, waiting: null, firing: null, confirmations: [], sources: null, recents: null };

export async function signOut() {
  await fetch("/api/v1/session", { method: "DELETE", headers: { "X-Trivium-Page": "1" } });
  me.value = EMPTY.me;
  waiting.value = firing.value = sources.value = recents.value = null;
  confirmations.value = EMPTY.confirmations;
  signedOut.value = true;
}

const quiet = async (work) => { try { await work(); } catch (error) { if (!(error instanceof ApiError)) throw error; } };

/** The rail's numbers: what waits for me, and what fires. The changes themselves are fetched when their number moved. */
export const loadCounts = () => quiet(async () => {
  const told = await get("/api/v1/users/me/attention");
  firing.value = told.firing;
  if (told.confirmations || confirmations.value.length) await loadConfirmations();
  waiting.value = told.confirmations && confirmations.value.length;
});

async function loadConfirmations() {
  const told = await get("/api/v1/revive/confirmations");
  const open = told.confirmations.filter((each) => each.status === "pending");
  confirmations.value = open.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** The newest conversations of every pillar: those on file, and those about an alert as their runs tell of them. */
export async function loadRecents() {
  const of = (pillar) => get(`/api/v1/${pillar}/sessions`, { per_page: 10 }).then((told) => told.sessions.map((each) => ({ ...each, pillar })), () => []);
  const about = get("/api/v1/runs", { limit: 60 }).then(({ runs }) => aboutAlerts(runs), () => []);
  const found = await Promise.all([...["inquiry", "revive"].filter((pillar) => me.value?.scopes?.includes(pillar)).map(of), about]);
  recents.value = found.flat().sort((a, b) => b.started_at.localeCompare(a.started_at)).slice(0, 12);
}

function aboutAlerts(runs) {
  const first = new Map();
  for (const run of runs) if (run.graph === "troubleshooting") first.set(run.session_id, run);
  return [...first].map(([id, run]) => ({ id, pillar: "troubleshooting", title: run.question, last_query: run.question, started_at: run.created_at }));
}

/** Each source, and whether it answers: an admin sees the datasources, others what the house stands on. */
export const loadSources = () => quiet(async () => { sources.value = await (isAdmin.value ? askDatasources().then((found) => (found.length ? found : askParts())) : askParts()); });

const PARTS = { postgres: "Database", mcp_servers: "MCP servers" };

async function askParts() {
  const { parts } = await get("/api/v1/health/ready");
  return Object.entries(parts).map(([name, state]) => ({
    name: PARTS[name] ?? name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase()), type: name, state: state === "ok" ? "healthy" : "unhealthy", reason: "", milliseconds: null,
  }));
}

async function askDatasources() {
  const told = await get("/api/grafana/datasources/health");
  return told.datasources.map(({ name, type, state, reason, ways }) => {
    const way = ways.find((each) => each.is_healthy);
    return { name, type, state, reason, milliseconds: way ? way.milliseconds : null };
  });
}
