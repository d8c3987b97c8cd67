// One run as its record and its events tell it, followed to its end.
import { ApiError, get, post, stream } from "../api.js";
import { after, hasEnded, recorded } from "../ask/turn.js";
import { batch, signal } from "../lib.js";

/**
 * Signals: `turn` (null until it came), `run` its record, `context` parts of an alert's context in the order they came,
 * `error`; verbs: `begin`, `leave`, `cancel`.
 * @param {string} id
 */
export function following(id) {
  const turn = signal(null), run = signal(null), error = signal(null);
  let stop = new AbortController();

  async function read() {
    const found = await get(`/api/v1/runs/${id}`, undefined, { signal: stop.signal });
    batch(() => {
      run.value = found;
      const told = recorded(found);
      turn.value = turn.value ? { ...turn.value, status: told.status, answer: told.answer ?? turn.value.answer, error: told.error ?? turn.value.error, finished_at: told.finished_at, parts: told.answer ? told.parts : turn.value.parts } : told;
    });
  }

  const onEvent = (type, data) => {
    const { answer, error: failed, finished_at, status, parts } = turn.value, was_over = hasEnded(turn.value);
    const next = after(turn.value, type, data, was_over ? null : Date.now());
    turn.value = was_over ? { ...next, answer, error: failed, finished_at, status, parts } : next;
  };

  async function begin() {
    stop = new AbortController();
    error.value = null;
    try {
      await read();
      await stream(`/api/v1/runs/${id}/events`, { runId: id, onEvent, onCut: (is_cut) => { turn.value = { ...turn.value, is_cut }; }, signal: stop.signal });
      await read();
    } catch (fault) {
      if (fault.name === "AbortError") return;
      if (!(fault instanceof ApiError)) throw fault;
      error.value = fault;
    }
  }

  return {
    turn, run, error, begin, leave: () => stop.abort(),
    cancel: async () => {
      turn.value = { ...turn.value, status: "stopping" };
      try {
        await post(`/api/v1/runs/${id}/cancel`);
      } catch (fault) {
        if (!(fault instanceof ApiError)) throw fault;
        error.value = fault;
        await read().catch(() => {});
      }
    },
  };
}
