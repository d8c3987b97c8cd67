// The conversation about one alert: asked, followed, stopped and read back, with what each run learned of the alert.
import { ApiError, get, post, stream } from "../api.js";
import { after, begun, hasEnded, recorded } from "../ask/turn.js";
import { batch, signal } from "../lib.js";
import { loadCounts, spoken } from "../store.js";
import { learned, merged } from "./knowing.js";

const MOST_TURNS = 20;

/**
 * Signals: `turns` oldest first (null while read back), `known` by turn id, `session`, `sessions` newest first, `failure`;
 * verbs: `open`, `fresh`, `ask`, `stop`, `leave`.
 * @param {string} alert
 */
export function conversation(alert) {
  const path = `/api/v1/alerts/${alert}/chat`;
  const turns = signal(null), known = signal({}), session = signal(null), sessions = signal([]), failure = signal(null), following = new Map();
  const change = (id, make) => { turns.value = turns.value?.map((turn) => (turn.id === id ? make(turn) : turn)) ?? null; };
  const learn = (id, type, data, took) => { known.value = { ...known.value, [id]: learned(known.value[id] ?? {}, type, data, took) }; };
  const leave = () => { for (const stop of following.values()) stop.abort(); following.clear(); };

  async function follow(id, address, body, runId) {
    const stop = new AbortController(), began = performance.now(), is_read_back = runId !== null;
    following.set(id, stop);
    const onEvent = (type, data) => batch(() => {
      const turn = turns.value?.find((each) => each.id === id);
      learn(id, type, data, is_read_back ? null : (performance.now() - began) / 1000);
      if (!turn?.answer || !is_read_back) change(id, (each) => after(each, type, data, is_read_back ? null : Date.now()));
      else if (type === "confirmation_required") change(id, (each) => ({ ...each, cards: [...each.cards.filter((card) => card.confirmation_id !== data.confirmation_id), data.action] }));
      if (type === "run") session.value = data.session_id;
      if (type === "confirmation_required" && !is_read_back) { loadCounts(); spoken.value = `Waiting for approval: ${data.action.title}`; }
    });
    try {
      await stream(address, { body, runId, onEvent, onCut: (is_cut) => change(id, (turn) => ({ ...turn, is_cut })), signal: stop.signal });
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      change(id, (turn) => (hasEnded(turn) ? turn : after(turn, "error", { http: error.status, error: error.error, message: error.message, alternative: error.alternative, required_permission: error.required_permission, details: error.details }, Date.now())));
    } finally {
      if (following.get(id) === stop) following.delete(id);
    }
    ended(id, is_read_back);
  }

  function ended(id, is_read_back) {
    const turn = turns.value?.find((each) => each.id === id);
    if (!is_read_back) spoken.value = turn?.answer?.summary ?? turn?.error?.message ?? "";
    loadCounts();
    list();
  }

  const list = () => get(`${path}/sessions`, { per_page: 20 }).then((found) => { sessions.value = found.sessions; return found.sessions; });

  async function open(id) {
    leave();
    batch(() => { turns.value = null; known.value = {}; session.value = id; failure.value = null; });
    try {
      const { runs } = await get("/api/v1/runs", { session_id: id, limit: MOST_TURNS });
      const told = await Promise.all(runs.toReversed().map((run) => get(`/api/v1/runs/${run.id}`)));
      if (session.value !== id) return;
      turns.value = told.map(recorded);
      for (const turn of turns.value) follow(turn.id, `/api/v1/runs/${turn.id}/events`, undefined, turn.id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      batch(() => { turns.value = []; failure.value = error; });
    }
  }

  /** The newest conversation about the alert, or an empty one. */
  async function begin() {
    try {
      const [newest] = await list();
      if (turns.value !== null) return; // something was asked in the meantime
      if (newest) await open(newest.id);
      else turns.value = [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      batch(() => { turns.value ??= []; failure.value = error; });
    }
  }

  return {
    turns, known, session, sessions, failure, leave, open, begin,
    fresh: () => { leave(); batch(() => { turns.value = []; known.value = {}; session.value = null; failure.value = null; }); },
    ask: (question) => {
      const id = crypto.randomUUID(), body = { message: question, ...(session.value ? { session_id: session.value } : {}) };
      turns.value = [...(turns.value ?? []), begun(id, question, new Date().toISOString(), { graph: "troubleshooting" })];
      follow(id, `${path}/message`, body, null);
    },
    stop: () => {
      const turn = turns.value?.find((each) => !hasEnded(each));
      if (!turn?.run_id) return false;
      change(turn.id, (each) => ({ ...each, status: "stopping" }));
      post(`/api/v1/runs/${turn.run_id}/cancel`).catch((error) => { if (!(error instanceof ApiError)) throw error; spoken.value = error.message; });
      return true;
    },
    context: () => merged((turns.value ?? []).map((turn) => known.value[turn.id] ?? {})),
  };
}
