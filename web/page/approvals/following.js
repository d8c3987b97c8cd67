// One confirmation, kept as it stands: asked again while it waits or is carried out, and what is said about it sent once.
import { ApiError, get, post } from "../api.js";
import { batch, signal, useEffect, useRef, useSignal } from "../lib.js";
import { standingOf } from "./reading.js";

/**
 * Which card of the page shows which confirmation: the first one that does. An edit is shown in the place of what it
 * replaces, unless it has a card already; that card then has to be read before it can be approved (`unread`).
 */
const drawn = signal(new Map()), unread = signal(new Set());
const WAITING_MS = 4000, RUNNING_MS = 1500;
const UNHEARD = "Whether the answer arrived is not known. The card shows how it stands as soon as the server answers.";
export const pathOf = (id) => `/api/v1/revive/confirmations/${id}`;

/**
 * Signals of one confirmation: `told` as it stands (null until the server said so once), `busy` the deed under way,
 * `problem` what did not work, `changed` {seen, is_own} when an edit took the place of the one first drawn, and the verbs.
 * `isElsewhere`: another card shows it already.
 * @param {{confirmation_id: string}} first what a stream told of it
 * @param {(told: object, next?: object) => void} onChanged
 */
export function useConfirmation(first, onChanged = () => {}) {
  const id = useSignal(first.confirmation_id), told = useSignal("decided_by" in first ? first : null);
  const until = useSignal(told.value ? Date.now() + first.seconds_left * 1000 : 0);
  const busy = useSignal(null), problem = useSignal(null), changed = useSignal(null);
  const take = (found, next) => batch(() => {
    const is_news = !told.value || standingOf(told.value) !== standingOf(found) || told.value.confirmation_id !== found.confirmation_id;
    until.value = Date.now() + found.seconds_left * 1000;
    told.value = found;
    if (is_news || next) onChanged(found, next);
  });
  const look = async () => {
    const found = await get(pathOf(id.value));
    return found.superseded_by ? follow(found) : take(found);
  };
  const follow = async (old) => {
    let found = old;
    while (found.superseded_by) {
      if (drawn.value.has(found.superseded_by)) {
        if (busy.value !== "edit") unread.value = new Set([...unread.value, found.superseded_by]);
        return take(old);
      }
      found = await get(pathOf(found.superseded_by));
    }
    return batch(() => {
      draw(found.confirmation_id, me);
      id.value = found.confirmation_id;
      changed.value = { seen: false, is_own: busy.value === "edit" };
      take(found);
    });
  };
  const me = useRef({}).current, isElsewhere = ![undefined, me].includes(drawn.value.get(id.value));
  useEffect(() => {
    draw(first.confirmation_id, me);
    return () => { drawn.value = new Map([...drawn.value].filter(([, card]) => card !== me)); };
  }, [first.confirmation_id]);
  useEffect(() => { if (unread.value.has(id.value) && !changed.value) changed.value = { seen: false, is_own: false }; }, [unread.value, id.value]);
  useFollowing(id.value, told, busy, problem, look);
  return { id, told, until, busy, problem, changed, isElsewhere, look: () => guarded(problem, look), ...verbs({ id, told, busy, problem, changed, take, look }) };
}

function draw(id, card) {
  if (!drawn.value.has(id)) drawn.value = new Map([...drawn.value, [id, card]]);
}

/** Asks at once, then again for as long as something can still happen and somebody looks. */
function useFollowing(id, told, busy, problem, look) {
  useEffect(() => {
    let timer, is_over = false;
    const turn = async () => {
      if (!document.hidden && !busy.value) await guarded(problem, look);
      const standing = told.value && standingOf(told.value);
      const wait = { pending: WAITING_MS, executing: RUNNING_MS, not_begun: RUNNING_MS }[standing] ?? (told.value ? 0 : WAITING_MS);
      if (!is_over && wait) timer = setTimeout(turn, wait);
    };
    turn();
    return () => { is_over = true; clearTimeout(timer); };
  }, [id, told.value && standingOf(told.value)]);
}

async function guarded(problem, work) {
  try {
    await work();
    if (problem.value?.is_passing) problem.value = null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    problem.value = inWords(error);
  }
}

/** What a refusal means here: {title, text, is_passing}. */
export function inWords(error) {
  const text = [error.alternative].filter(Boolean).join(" ");
  if (error.status === 404) return { title: "This request is not yours to see any more.", text: "It was deleted with its conversation, or your role has changed.", is_gone: true };
  if (error.status === 409) return { title: sentence(error.message), text };
  if (error.status === 410) return { title: "The time for it is over; nothing was changed.", text: text || "Ask again." };
  if (error.status === 0 || error.status >= 500) return { title: error.message, text: error.status ? text : "", is_passing: true };
  return { title: sentence(error.message), text: [text, ...error.details.map((each) => `${each.field}: ${each.message}.`)].filter(Boolean).join(" ") };
}

const sentence = (text) => (text.endsWith(".") ? text : `${text}.`);

function verbs({ id, told, busy, problem, changed, take, look }) {
  const say = async (action, more = {}) => {
    if (busy.value) return null;
    batch(() => { busy.value = action; problem.value = null; });
    try {
      return await post(`/api/v1/revive/confirm/${id.value}`, { action, arguments_sha256: told.value.arguments_sha256, ...more });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.status === 0 ? { title: error.message, text: UNHEARD, is_passing: true } : inWords(error);
      return null;
    } finally {
      busy.value = null;
    }
  };
  const decide = async (action, more) => {
    const reply = await say(action, more);
    const found = await get(pathOf(id.value)).catch(() => null);
    if (found) take(found, reply?.next);
  };
  return {
    approve: () => decide("approve"),
    reject: (reason) => decide("reject", { reason }),
    seen: () => { changed.value = { ...changed.value, seen: true }; },
    edit: async (given) => {
      const reply = await say("edit", { arguments: given });
      if (!reply) return false;
      busy.value = "edit";
      await look().catch(() => {});
      batch(() => { busy.value = null; if (changed.value) changed.value = { seen: true, is_own: true }; });
      return true;
    },
  };
}
