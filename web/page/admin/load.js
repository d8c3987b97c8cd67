// What a tab reads from the server: kept while it is read again, with what went wrong and a way to try once more.
import { useCallback, useEffect, useRef, useSignal } from "../lib.js";

/**
 * @template T
 * @param {() => Promise<T>} read
 * @param {any[]} keys reading begins anew when one of these changes
 * @returns {{value: T | null, error: object | null, is_loading: boolean, again: () => Promise<void>, put: (value: T) => void}}
 */
export function useLoad(read, keys = []) {
  const state = useSignal({ value: null, error: null, is_loading: true }), turn = useRef(0);
  const again = useCallback(async () => {
    const mine = ++turn.current;
    state.value = { ...state.value, is_loading: true };
    let next;
    try {
      next = { value: await read(), error: null };
    } catch (error) {
      next = { value: state.value.value, error };
    }
    if (mine === turn.current) state.value = { ...next, is_loading: false };
  }, keys);
  useEffect(() => { again(); return () => { turn.current += 1; }; }, [again]);
  return { ...state.value, again, put: (value) => { state.value = { value, error: null, is_loading: false }; } };
}

/** Every page of a list, one after the other. @param {(page: number) => Promise<{items: any[], total: number}>} page */
export async function whole(page, most = 50) {
  const found = [];
  for (let at = 1; at <= most; at += 1) {
    const { items, total } = await page(at);
    found.push(...items);
    if (!items.length || found.length >= total) break;
  }
  return found;
}
