// The rows that a part left out, fetched from the large result that its execution kept.
import { get } from "../api.js";
import { html, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { digits } from "../words.js";
import { artifactPath, sourcesOf } from "./evidence.js";

const PAGE = 1000, MOST = 50_000;

/** The kept result of a part that was cut, or null. */
export const keptOf = (part, sources) => (part.data.cut ? sourcesOf(part, sources).find((each) => each.artifact_id)?.artifact_id ?? null : null);

/** How many there are in all, as the part says; null where it does not. */
export function totalOf(part, sources) {
  const own = sourcesOf(part, sources), told = [part.data.cut, own.length === 1 ? own[0].cut : null];
  for (const text of told.filter(Boolean)) {
    const found = /^([\d,]+) of ([\d,]+) \w+/.exec(text);
    if (found && (text === part.data.cut || amount(found[1]) === part.data.rows.length)) return amount(found[2]);
  }
  return null;
}

const amount = (text) => Number(text.replaceAll(",", ""));

/** Of the result's lists the one whose rows have these keys; null where none has. */
async function pathOf(id, keys) {
  const longest = await get(`${artifactPath(id)}/rows`, { limit: 1 });
  const fits = (row) => row && typeof row === "object" && keys.filter((key) => key in row).length * 2 >= keys.length;
  if (fits(longest.rows[0])) return longest.path;
  for (const path of Object.keys(longest.lists)) {
    if (path === longest.path) continue;
    const { rows } = await get(`${artifactPath(id)}/rows`, { path, limit: 1 });
    if (fits(rows[0])) return path;
  }
  return null;
}

/**
 * Every row, page by page. @param {(rows: object[], total: number) => void} onPage called with all rows so far
 * @returns {Promise<boolean>} false when the result has no list of such rows
 */
export async function allRows(id, keys, onPage) {
  const path = await pathOf(id, keys);
  if (path === null) return false;
  const rows = [];
  for (let total = 1; rows.length < Math.min(total, MOST); ) {
    const page = await get(`${artifactPath(id)}/rows`, { path, offset: rows.length, limit: PAGE });
    if (!page.rows.length) break;
    rows.push(...page.rows);
    total = page.total;
    onPage(rows.slice(), total);
  }
  return true;
}

/**
 * What was left out, and the way to it. @param {{part: object, sources: object[], keys: string[], onRows: (rows: object[]) => void, isWhole: boolean}} props
 */
export function Rest({ part, sources, keys, onRows, isWhole }) {
  const state = useSignal({ kind: "closed", text: "" }), id = keptOf(part, sources);
  if (!part.data.cut || isWhole) return null;
  const load = async () => {
    state.value = { kind: "loading", text: "Reading\u2026" };
    try {
      const found = await allRows(id, keys, (rows, total) => {
        onRows(rows);
        state.value = { kind: "loading", text: `${digits(rows.length)} of ${digits(total)} read` };
      });
      state.value = { kind: "closed", text: found ? "" : "The whole result has no such rows; download it instead." };
    } catch (error) {
      state.value = { kind: "closed", text: `The rest was not read: ${error.message}` };
    }
  };
  return html`<footer class="rest"><span role="status">${state.value.text || `Shown: ${part.data.cut}.`}</span>
    ${id && html`<span class="acts"><button type="button" class="btn quiet small" disabled=${state.value.kind === "loading"} onClick=${load}>All rows</button>
      <a class="btn quiet small" href=${artifactPath(id)} download><${Icon} name="dl" size=${14} />Whole result</a></span>`}</footer>`;
}
