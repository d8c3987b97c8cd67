// The conversation that is open: its turns, and what is asked, followed, stopped and read back. It lives on while other views are shown.
import { ApiError, get, post, stream } from "../api.js";
import { batch, computed, signal } from "../lib.js";
import { navigate, route } from "../router.js";
import { loadCounts, loadRecents, spoken } from "../store.js";
import { after, begun, hasEnded, recorded } from "./turn.js";

const MOST_TURNS = 30;

/** Turns, oldest first; null while a conversation is read back. */
export const turns = signal([]);
export const session = signal(null);
/** Why the conversation could not be read back, or null. */
export const failure = signal(null);
/** The turn whose data is shown: its id, or null for the last. */
export const shown = signal(null);
export const running = computed(() => turns.value?.find((turn) => !hasEnded(turn)) ?? null);
export const current = computed(() => turns.value?.find((turn) => turn.id === shown.value) ?? turns.value?.at(-1) ?? null);
export const graph = computed(() => turns.value?.find((turn) => turn.graph)?.graph ?? null);

const following = new Map();
const change = (id, make) => { turns.value = turns.value?.map((turn) => (turn.id === id ? make(turn) : turn)) ?? null; };

/** An empty conversation; what runs elsewhere runs on. */
export function clear() {
  leave();
  batch(() => { turns.value = []; session.value = null; failure.value = null; shown.value = null; });
}

function leave() {
  for (const stop of following.values()) stop.abort();
  following.clear();
}

/** The conversation `id`, read back from its runs; what still runs is followed. */
export async function open(id) {
  if (session.value === id && turns.value?.length) return;
  leave();
  batch(() => { turns.value = null; session.value = id; failure.value = null; shown.value = null; });
  try {
    const found = await readBack(id);
    if (session.value !== id) return;
    turns.value = found;
    for (const turn of found) if (!hasEnded(turn)) follow(turn.id, `/api/v1/runs/${turn.run_id}/events`, undefined, true);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (session.value === id) batch(() => { turns.value = []; failure.value = error; });
  }
}

async function readBack(id) {
  const { runs } = await get("/api/v1/runs", { session_id: id, limit: MOST_TURNS });
  if (!runs.length) return fromMessages(id, []);
  const told = await Promise.all(runs.toReversed().map((run) => get(`/api/v1/runs/${run.id}`)));
  return told.map(recorded);
}

/** Runs are forgotten sooner than messages: what was said then is shown as it was written. */
async function fromMessages(id) {
  const { messages } = await get(`/api/v1/inquiry/sessions/${id}/messages`, { per_page: 100 }).catch((error) => {
    if (error.status !== 404) throw error;
    return get(`/api/v1/revive/sessions/${id}/messages`, { per_page: 100 });
  });
  const made = [];
  for (const message of messages) {
    if (message.role === "user") made.push(begun(`m${made.length}`, message.content, message.created_at, { status: "completed" }));
    else if (made.length) made[made.length - 1] = { ...made.at(-1), text: message.content };
  }
  return made;
}

/**
 * Ask. `options` = {mode: "auto"|"inquiry"|"troubleshooting"|"revive", time_range, services, preview}; what only the inquiry
 * takes (a time, services, a preview) sends the question there.
 */
export function ask(question, options = {}) {
  const id = crypto.randomUUID(), [path, body] = request(question, options, session.value);
  const turn = begun(id, question, new Date().toISOString(), { options });
  batch(() => { turns.value = [...(turns.value ?? []), turn]; shown.value = null; failure.value = null; });
  follow(id, path, body, false);
  return id;
}

/** The path and the body of a question. */
export function request(question, { mode = "auto", time_range = null, services = [], preview = false } = {}, session_id = null) {
  const continues = session_id ? { session_id } : {};
  if (mode === "revive") return ["/api/v1/revive/message", { message: question, ...continues }];
  const is_narrowed = time_range || services.length > 0 || preview;
  if (mode === "inquiry" || (mode === "auto" && is_narrowed)) {
    const context = { ...(time_range ? { time_range } : {}), ...(services.length ? { services } : {}) };
    return ["/api/v1/inquiry/query", { query: question, context, preview, ...continues }];
  }
  return ["/api/v1/chat", { message: question, pillar: mode, ...continues }];
}

async function follow(id, path, body, is_read_back) {
  const stop = new AbortController();
  following.set(id, stop);
  let behind = is_read_back;
  const timer = behind ? setTimeout(() => { behind = false; }, 500) : 0;
  const onEvent = (type, data) => {
    change(id, (turn) => after(turn, type, data, behind ? null : Date.now()));
    if (type === "run") opened(id, data);
    if (type === "confirmation_required") { loadCounts(); spoken.value = `Waiting for approval: ${data.action.title}`; }
  };
  const onCut = (is_cut) => change(id, (turn) => ({ ...turn, is_cut }));
  try {
    await stream(path, { body, runId: is_read_back ? id : null, onEvent, onCut, signal: stop.signal });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof ApiError)) throw error;
    change(id, (turn) => after(turn, "error", problem(error), Date.now()));
  } finally {
    clearTimeout(timer);
    if (following.get(id) === stop) following.delete(id);
  }
  ended(id);
}

const problem = ({ status: http, error, message, alternative, required_permission, details }) => ({ http, error, message, alternative, required_permission, details });

/** The run has a name now: its conversation's address takes the place of the empty page's. */
function opened(id, { session_id, run_id }) {
  if (session.value !== session_id) {
    session.value = session_id;
    if (["ask", "revive"].includes(route.value.name)) navigate(`/ask/${session_id}`, { replace: true });
  }
  if (turns.value?.find((turn) => turn.id === id)?.status === "stopping") cancel(id, run_id);
  get(`/api/v1/runs/${run_id}`).then((run) => change(id, (turn) => ({ ...turn, graph: run.graph })), () => {});
}

function ended(id) {
  const turn = turns.value?.find((each) => each.id === id);
  if (turn?.answer) spoken.value = turn.answer.summary;
  else if (turn?.error) spoken.value = turn.error.message;
  loadRecents();
  loadCounts();
}

/** The run that goes on stops, one that has no name yet as soon as it has; what it told stays. False when none goes on. */
export function stop() {
  const turn = running.value;
  if (!turn || turn.status === "stopping") return false;
  change(turn.id, (each) => ({ ...each, status: "stopping" }));
  if (turn.run_id) cancel(turn.id, turn.run_id);
  return true;
}

function cancel(id, run_id) {
  post(`/api/v1/runs/${run_id}/cancel`).catch((error) => {
    if (!(error instanceof ApiError)) throw error;
    change(id, (each) => (hasEnded(each) ? each : { ...each, status: "running" }));
    spoken.value = error.message;
  });
}
