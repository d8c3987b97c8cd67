// The house's API from a page: JSON requests, refusals as ApiError, and streams of events that outlive a cut line.
import { signal } from "./lib.js";
import { framesOf } from "./frames.js";

/** Whether the house can be reached: "ok", "offline" (no answer at all) or "unavailable" (it answers 503). */
export const reach = signal("ok");
/** True when a request was answered 401: the page asks for a sign-in and keeps what was typed. */
export const signedOut = signal(false);
let signIns = 0;

/** Somebody signed in: a 401 to what was sent before that says nothing any more. */
export function signedIn() {
  signIns += 1;
}

/** A request that was not served; `status` 0 when nothing answered. Keys are those of the house's refusals. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.message);
    Object.assign(this, {
      name: "ApiError", status, error: body.error, message: body.message, alternative: body.alternative ?? null,
      required_permission: body.required_permission ?? null, details: body.details ?? [], retry_after: body.retry_after ?? null,
    });
  }
}

const FIRST_WAIT = 400, LONGEST_WAIT = 8000, MOST_SILENCE = 45_000, LAST = new Set(["complete", "error"]);
const OFFLINE = { error: "offline", message: "The server did not answer. Check the network; the page tries again by itself." };

function address(path, query) {
  const kept = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const pairs = kept.flatMap(([key, value]) => (Array.isArray(value) ? value.map((each) => [key, each]) : [[key, value]]));
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

async function send(method, path, { body, accept = "application/json", headers = {}, signal: stop } = {}) {
  const asked = signIns, sent = { "Accept": accept, "X-Trivium-Page": "1", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers: sent, signal: stop, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    reach.value = "offline";
    throw new ApiError(0, OFFLINE);
  }
  reach.value = response.status === 503 ? "unavailable" : "ok";
  if (!response.ok) throw await refusal(response, asked);
  return response;
}

async function refusal(response, asked) {
  const told = await response.json().catch(() => null);
  if (response.status === 401 && asked === signIns) signedOut.value = true;
  const plain = { error: `http_${response.status}`, message: `The server answered ${response.status} ${response.statusText}`.trim() + "." };
  return new ApiError(response.status, told?.message ? told : plain);
}

async function json(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

export const get = (path, query, options) => json("GET", address(path, query), options);
export const post = (path, body, options) => json("POST", path, { ...options, body });
export const put = (path, body, options) => json("PUT", path, { ...options, body });
export const del = (path, options) => json("DELETE", path, options);

/**
 * Follow a run to its last event, each event once and in order, over as many connections as it takes.
 * Begins with `body` by POST, or with none by GET (a run's events, from `after` on). A cut is taken up at
 * /api/v1/runs/{run_id}/events behind the last event that came; a run that waits for a person is waited for.
 * @param {string} path
 * @param {{body?: object, method?: string, runId?: string, after?: number, onEvent: (type: string, data: object, id: number) => void,
 *          onCut?: (is_cut: boolean) => void, signal?: AbortSignal}} options
 * @returns {Promise<void>} rejects with ApiError where the first request is refused, or the run cannot be found again
 */
export async function stream(path, { body, method = body === undefined ? "GET" : "POST", runId, after = 0, onEvent, onCut = () => {}, signal: stop }) {
  const reading = { last: after, run: runId ?? null, is_done: false };
  const take = (frame) => {
    const id = Number(frame.id), data = JSON.parse(frame.data);
    if (id && id <= reading.last) return;
    if (id) reading.last = id;
    if (data.run_id) reading.run = data.run_id;
    reading.is_done = LAST.has(frame.event);
    onEvent(frame.event, data, id);
  };
  await read(method, path, body, reading, take, stop);
  for (let wait = FIRST_WAIT; !reading.is_done && !stop?.aborted; ) {
    if (!reading.run) throw new ApiError(0, { error: "cut", message: "The connection broke before the run began. Look into the recent conversations before you ask again." });
    const before = reading.last;
    const is_open = await read("GET", `/api/v1/runs/${reading.run}/events`, undefined, reading, take, stop, () => onCut(false)).catch((error) => {
      if (error.name === "AbortError" || (error.status > 0 && error.status < 500)) throw error;
      return false;
    });
    if (reading.is_done) return;
    wait = is_open && reading.last > before ? FIRST_WAIT : Math.min(wait * 2, LONGEST_WAIT);
    if (!is_open) onCut(true);
    await pause(wait, stop);
  }
}

/** One connection, to its end or its cut; true when it was answered. A line that is silent longer than pings come is cut. */
async function read(method, path, body, reading, take, stop, opened = () => {}) {
  const line = new AbortController(), hang = () => line.abort();
  stop?.addEventListener("abort", hang);
  let silence = 0, bug = null;
  const give = (frame) => { try { take(frame); } catch (error) { bug = error; throw error; } };
  const heard = () => { clearTimeout(silence); silence = setTimeout(hang, MOST_SILENCE); };
  try {
    const headers = reading.last ? { "Last-Event-ID": String(reading.last) } : {};
    const response = await send(method, path, { body, accept: "text/event-stream", headers, signal: line.signal });
    opened();
    heard();
    for await (const frame of framesOf(response.body, heard)) give(frame);
    return true;
  } catch (error) {
    if (error === bug || error instanceof ApiError || stop?.aborted) throw error;
    return reading.last > 0;
  } finally {
    clearTimeout(silence);
    stop?.removeEventListener("abort", hang);
  }
}

const pause = (milliseconds, stop) => new Promise((done) => {
  const timer = setTimeout(done, milliseconds);
  stop?.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
});
