// Tables, log lines, numbers and files. Run by tests/page/test_page_words.py: `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cameBy, cellText, columnsOf, filtered, severalDays, sorted, targetOf } from "../../web/page/data/columns.js";
import { csvOf, fileName, jsonOf, safe } from "../../web/page/data/export.js";
import { folded, matcher, oldestFirst, pattern, pieces } from "../../web/page/data/folding.js";
import { judged } from "../../web/page/data/judging.js";

const COLUMNS = [{ key: "at", title: "Started (UTC)" }, { key: "severity", title: "Severity" }, { key: "name", title: "Alert" }, { key: "lasted", title: "Lasted", unit: "s" }, { key: "share", title: "Share" }];
const ROWS = [
  { at: "2026-11-19T14:00:00Z", severity: "warning", name: "Ten", lasted: 90, share: "9\u202f%" },
  { at: "2026-11-19T15:00:00Z", severity: "critical", name: "nine", lasted: null, share: "75\u202f%" },
  { at: "2026-11-19T16:00:00Z", severity: "info", name: "Alert 10", lasted: 4000, share: "100\u202f%" },
];
const columns = columnsOf(COLUMNS, ROWS);
const by = (key, is_down = false) => sorted(ROWS, columns, { key, is_down }).map((row) => row.name);

test("columns are known by what they hold", () => {
  assert.deepEqual(columns.map(({ kind }) => kind), ["time", "severity", "text", "span", "number"]);
  assert.deepEqual(columns.map(({ is_long }) => is_long), [false, false, true, false, false]);
});

test("rows sort by what is meant: severity by weight, amounts with their unit, null last either way", () => {
  assert.deepEqual([by("severity"), by("severity", true)], [["Alert 10", "Ten", "nine"], ["nine", "Ten", "Alert 10"]]);
  assert.deepEqual([by("lasted"), by("lasted", true)], [["Ten", "Alert 10", "nine"], ["Alert 10", "Ten", "nine"]]);
  assert.deepEqual(by("share"), ["Ten", "nine", "Alert 10"]);
  assert.deepEqual(sorted(["9 alerts", "10 alerts"].map((name) => ({ name })), [{ key: "name", kind: "text" }], { key: "name", is_down: false }).map((row) => row.name), ["9 alerts", "10 alerts"]);
  assert.deepEqual(sorted([{ v: "1.5\u00a0min" }, { v: "250\u202fms" }, { v: "2\u202fs" }], [{ key: "v", kind: "number" }], { key: "v", is_down: false }).map((row) => row.v), ["250\u202fms", "2\u202fs", "1.5\u00a0min"]);
});

test("whether an objective was met is a state with its sign, not a word among others", () => {
  const [met] = columnsOf([{ key: "met", title: "Met" }], [{ met: "yes" }, { met: "no" }, { met: "" }]);
  assert.deepEqual([met.kind, cellText("no", met), cellText("", met)], ["severity", "no", "–"]);
});

test("rows that come in order of time are shown so", () => {
  assert.deepEqual(cameBy(ROWS, columns), { key: "at", is_down: false });
  assert.equal(cameBy([...ROWS].reverse(), columns), null);
});

test("cells say units once, days where there are several, and a dash for nothing", () => {
  assert.deepEqual(columns.map((column) => cellText(ROWS[0][column.key], column).replace(/[\u202f\u00a0]/g, " ")), ["14:00:00", "warning", "Ten", "1 min 30 s", "9 %"]);
  assert.equal(cellText(null, columns[3]), "–");
  assert.equal(cellText("2026-11-19T14:00:00.250Z", columns[0], true), "19 Nov 14:00:00.250");
  assert.deepEqual([severalDays(ROWS, columns[0]), severalDays([...ROWS, { at: "2026-11-20T00:00:00Z" }], columns[0])], [false, true]);
});

test("a filter finds every word as it is shown", () => {
  assert.deepEqual([["CRIT 75 %"], ["min"], ["nobody"]].map(([words]) => filtered(ROWS, columns, words).map((row) => row.name)), [["nine"], ["Ten", "Alert 10"], []]);
});

test("wide tables keep what differs between rows", () => {
  const many = ["a", "b", "c", "d", "e", "f", "g"].map((key) => ({ key, title: key }));
  const rows = [1, 2].map((n) => Object.fromEntries(many.map(({ key }) => [key, key === "c" ? "same" : `${key} differs in row ${n}`])));
  const found = columnsOf(many, rows);
  assert.equal(found.find(({ key }) => key === "c").level, 3);
  assert.equal(found[0].level, 0);
});

test("where there is little room, the widest text goes before the numbers", () => {
  const given = [["title", "Measure"], ["series", "Series"], ["before", "Before (median)"], ["during", "During (median)"], ["worst", "Most during"]].map(([key, title]) => ({ key, title }));
  const rows = [1, 2].map((n) => ({ title: `Network received and sent ${n}`, series: `instance=server-0${n}`, before: n, during: 2 * n, worst: 3 * n }));
  const [title, series, before, ...numbers] = columnsOf(given, rows).map(({ level }) => level);
  assert.deepEqual([title, before], [0, 0]);
  assert.ok(numbers.every((level) => level > 0 && level < series), `${numbers} before ${series}`);
});

test("a row leads where its target is, and never to a script", () => {
  assert.deepEqual([{ alert_id: "a/b" }, { href: "/runs/1" }, { href: "//evil" }, { url: "https://x.example" }, { url: "javascript:alert(1)" }, {}].map(targetOf), [{ path: "/alerts/a%2Fb" }, { path: "/runs/1" }, null, { address: "https://x.example" }, null, null]);
});

const line = (second, text, level = "error") => ({ at: `2026-11-19T14:30:${String(second).padStart(2, "0")}Z`, level, text });

test("lines that differ only in numbers, times and ids are one, newest last", () => {
  const rows = [line(9, "done"), line(5, "POST 503 after 5003 ms id=4f2a99bc"), line(3, "POST 503 after 12 ms id=0c11de77"), line(1, "pool: 3 of 10")];
  assert.deepEqual(folded(rows).map(({ first, last, count }) => [first.text, last.at.slice(17, 19), count]), [["pool: 3 of 10", "01", 1], ["POST 503 after 12 ms id=0c11de77", "05", 2], ["done", "09", 1]]);
  assert.equal(pattern("at 10.0.0.1 in 3a5b9c1d-0000-4000-8000-123456789abc"), pattern("at 10.9.8.7 in 99999999-0000-4000-8000-123456789abc"));
  assert.deepEqual(oldestFirst([line(2, "b"), line(2, "a")]).map((row) => row.text), ["a", "b"]);
});

test("the words that a query looked for are marked, secrets stay masked, and all pieces are the line", () => {
  const found = matcher(['{app="x"} |= "slots are" |~ "(?i)time ?out"', "select 1"]), text = "Slots ARE gone [masked] <b>timeout</b>";
  assert.deepEqual(pieces(text, found), [
    { text: "Slots ARE", kind: "match" }, { text: " gone ", kind: "plain" }, { text: "[masked]", kind: "masked" }, { text: " <b>", kind: "plain" }, { text: "timeout", kind: "match" }, { text: "</b>", kind: "plain" },
  ]);
  assert.equal(pieces(text, found).map((each) => each.text).join(""), text);
  assert.deepEqual([matcher(['{app="x"} |~ "("']), matcher([])], [null, null]);
});

const SOURCE = { execution: "x", tool: "query_metrics", source: "Prometheus", status: "ok", query: "up\n  by (job)", window: { start: "A", end: "B" }, as_of: "2026-11-19T08:47:00Z", stale: false };
const stat = (data) => ({ kind: "stat", title: "Error ratio", data: { name: "Error ratio", unit: "percentunit", ...data }, executions: ["x"] });
const verdict = (data, parts = [], source = SOURCE) => { const { kind, word, rest } = judged(stat(data), parts, [source]); return [kind, word, rest.replaceAll("\u202f", " ")]; };

test("a number is judged by its limit, from either side", () => {
  assert.deepEqual(verdict({ value: 0.048, limit: 0.01 }), ["critical", "Breached,", "limit 1 %"]);
  assert.deepEqual(verdict({ value: 0.9993, limit: 0.999, side: "below" }), ["ok", "Met,", "limit 99.9 %"]);
  const chart = { kind: "series", title: "Error ratio", executions: ["x"], data: { thresholds: [{ value: 0.05, side: "above" }] } };
  assert.deepEqual(verdict({ value: 0.048 }, [chart]), ["ok", "Met,", "limit 5 %"]);
});

test("what is unknown, stale or a real zero says so", () => {
  assert.deepEqual(verdict({ value: null }, [], { ...SOURCE, status: "error" }), ["unknown", "Unknown,", "no answer"]);
  assert.deepEqual(verdict({ value: 0.1 }, [], { ...SOURCE, stale: true }), ["stale", "Stale,", "from 08:47"]);
  assert.deepEqual(verdict({ name: "Alerts", value: 0, unit: "" }), ["ok", "None,", "a real zero"]);
});

test("severities are counted only in a table that holds every row", () => {
  const rows = [{ severity: "warning" }, { severity: "critical" }, { severity: "warning" }];
  const table = (cut) => ({ kind: "table", title: "Alerts", executions: ["x"], data: { columns: [{ key: "severity" }], rows, ...(cut ? { cut } : {}) } });
  assert.deepEqual(verdict({ name: "Alerts", value: 3, unit: "" }, [table()]), ["critical", "1 critical,", "2 warning"]);
  assert.deepEqual(verdict({ name: "Alerts", value: 3, unit: "" }, [table("3 of 9 rows")]), ["plain", "", "Prometheus"]);
});

test("a file begins with the query and the window, and runs no formula", () => {
  const part = { kind: "table", title: "Top\n\"five\"", executions: ["x"], data: { columns: [{ key: "a", title: "A" }, { key: "b", title: "B" }], rows: [{ a: "=1+1", b: -4 }, { a: 'say "hi", all', b: null }] } };
  assert.equal(csvOf([part, stat({ value: 1 })], [SOURCE]), '# Top "five"\n# query_metrics, A to B, execution x: up by (job)\nA,B\n\'=1+1,-4\n"say ""hi"", all",\n');
  assert.deepEqual(["=x", "+x", "-x", "@x", "\tx", "\rx", "x=", -3, null].map(safe), ["'=x", "'+x", "'-x", "'@x", "'\tx", "'\rx", "x=", -3, null]);
  assert.deepEqual(JSON.parse(jsonOf({ title: "t", parts: [part], sources: [SOURCE] })), { title: "t", parts: [part], timeline: [], sources: [SOURCE] });
  assert.deepEqual([fileName("Was checkout/api healthy?", "csv"), fileName("…", "json")], ["was-checkout-api-healthy.csv", "trivium.json"]);
});
