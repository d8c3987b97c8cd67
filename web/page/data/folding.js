// Log lines as they are read: newest last, those that say the same folded into one, the words asked for marked.

const VARIES = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "\u0001"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?/g, "\u0002"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, "\u0003"],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b/gi, "\u0004"],
  [/\d+/g, "\u0005"],
];
const FILTERS = /\|([=~])\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g;
const MASKED = "[masked]";

/** What two lines share that differ only in numbers, times, addresses and ids. */
export const pattern = (text) => VARIES.reduce((left, [found, sign]) => left.replace(found, sign), text);

/**
 * @param {{at: string, level: string, text: string, labels?: object}[]} rows newest first, as they come
 * @returns {{first: object, last: object, count: number, rows: object[]}[]} by the time of the first, newest last
 */
export function folded(rows) {
  const found = new Map();
  for (const row of oldestFirst(rows)) {
    const key = `${row.level} ${pattern(row.text)}`;
    const known = found.get(key);
    if (known) { known.last = row; known.count += 1; known.rows.push(row); }
    else found.set(key, { first: row, last: row, count: 1, rows: [row] });
  }
  return [...found.values()];
}

/** Newest last; lines of one time stay in the order in which they were written. */
export const oldestFirst = (rows) => rows.map((row, at) => [row, at]).sort(([a, i], [b, j]) => (a.at < b.at ? -1 : a.at > b.at ? 1 : j - i)).map(([row]) => row);

/** The words or patterns that LogQL queries looked for in a line. @returns {RegExp|null} */
export function matcher(queries) {
  const wanted = queries.flatMap((query) => [...query.matchAll(FILTERS)].map(([, sign, quoted, raw]) => {
    const text = raw ?? unquoted(quoted);
    return sign === "=" ? escaped(text) : text.replace(/^\(\?i\)/, "");
  }));
  const usable = wanted.filter((each) => each && isRegular(each));
  return usable.length ? new RegExp(usable.map((each) => `(?:${each})`).join("|"), "gi") : null;
}

const unquoted = (text) => { try { return JSON.parse(`"${text}"`); } catch { return text; } };
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const isRegular = (text) => { try { new RegExp(text, "gi"); return true; } catch { return false; } };

/** The line in pieces: {text, kind: "plain" | "match" | "masked"}; joined they are the line. */
export function pieces(text, found) {
  const spans = [];
  for (let at = text.indexOf(MASKED); at >= 0; at = text.indexOf(MASKED, at + 1)) spans.push([at, at + MASKED.length, "masked"]);
  if (found) {
    for (const match of text.matchAll(found)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (end > start && !spans.some(([from, to]) => start < to && from < end)) spans.push([start, end, "match"]);
    }
  }
  return cut(text, spans.sort((a, b) => a[0] - b[0]));
}

function cut(text, spans) {
  const told = [];
  let at = 0;
  for (const [start, end, kind] of spans) {
    if (start > at) told.push({ text: text.slice(at, start), kind: "plain" });
    told.push({ text: text.slice(start, end), kind });
    at = end;
  }
  if (at < text.length) told.push({ text: text.slice(at), kind: "plain" });
  return told;
}
