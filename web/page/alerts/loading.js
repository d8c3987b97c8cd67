// The alerts of a time, all pages of them, and again every half minute while somebody looks.
import { ApiError, get } from "../api.js";
import { batch, useEffect, useSignal } from "../lib.js";
import { joined } from "./rows.js";

const PER_PAGE = 1000, MOST_PAGES = 20, AGAIN_MS = 30_000, DAY_MS = 86_400_000;
export const SPANS = { firing: "Firing", 1: "Last 24 h", 7: "Last 7 days", 30: "Last 30 days" };

function asked(span) {
  if (span === "firing") return { status: "firing" };
  const end = new Date();
  return { start: new Date(end.getTime() - Number(span) * DAY_MS).toISOString(), end: end.toISOString() };
}

/** Signals: `alerts` (null until they came), `about` (what the reply says of itself), `error`, `is_partial`; and `reload`. */
export function useAlerts(span) {
  const alerts = useSignal(null), about = useSignal(null), error = useSignal(null), is_partial = useSignal(false), turn = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer;
    const load = async () => {
      try {
        if (!document.hidden) await read(span, { alerts, about, is_partial, stop: stop.signal });
        if (!document.hidden) error.value = null;
      } catch (fault) {
        if (fault.name === "AbortError") return;
        if (!(fault instanceof ApiError)) throw fault;
        error.value = fault;
      }
      if (!stop.signal.aborted) timer = setTimeout(load, AGAIN_MS);
    };
    const back = () => { if (!document.hidden) { clearTimeout(timer); load(); } };
    document.addEventListener("visibilitychange", back);
    load();
    return () => { stop.abort(); clearTimeout(timer); document.removeEventListener("visibilitychange", back); };
  }, [span, turn.value]);
  useEffect(() => { alerts.value = null; }, [span]);
  return { alerts, about, error, is_partial, reload: () => { turn.value += 1; } };
}

async function read(span, { alerts, about, is_partial, stop }) {
  const query = { ...asked(span), per_page: PER_PAGE }, pages = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { alerts: rows, ...rest } = await get("/api/v1/alerts", { ...query, page }, { signal: stop });
    pages.push(rows);
    const is_last = page * PER_PAGE >= rest.pagination.total || rows.length === 0;
    if (is_last || alerts.value === null || page === 1 && !alerts.value.length) {
      batch(() => { alerts.value = joined(pages); about.value = rest; is_partial.value = !is_last; });
    }
    if (is_last) return;
  }
}
