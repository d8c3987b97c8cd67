// How the page writes numbers, times and states. Run by tests/page/test_page_words.py: `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as words from "../../web/page/words.js";

const table = (name, make, rows) => test(name, () => { for (const [given, wanted] of rows) assert.equal(make(...[given].flat()).replaceAll("\u202f", "_").replaceAll("\u00a0", "~"), wanted, JSON.stringify(given)); });

table("a number and its unit keep together and have three digits", words.number, [
  [[0.048, "percentunit"], "4.8_%"], [[0.9993, "percentunit"], "99.93_%"], [[0.99999, "percentunit"], "99.99_%"], [[1, "percentunit"], "100_%"], [[99.93, "percent"], "99.93_%"],
  [[0.2123, "s"], "212_ms"], [[212, "ms"], "212_ms"], [[1.5, "s"], "1.5_s"], [[0, "s"], "0_s"], [[900, "s"], "15~min"], [[0.00002, "s"], "20_µs"],
  [[1536, "bytes"], "1.5_KiB"], [[3 * 1024 ** 3, "bytes"], "3_GiB"], [[12.345, "reqps"], "12.3_req/s"], [[11, ""], "11"], [[1234567, ""], "1.23_M"], [[863, "short"], "863"], [[-4.2, ""], "−4.2"],
]);

test("what was not measured is a dash and never a zero", () => {
  for (const nothing of [null, undefined, "", NaN, "NaN"]) assert.deepEqual(words.measured(nothing, "ms"), { value: "–", unit: "" });
  assert.deepEqual([words.duration(null), words.time(null), words.day("no time"), words.range(null, 1), words.ago(undefined, 0)], ["–", "–", "–", "–", "–"]);
});

table("durations are said in at most two units", words.duration, [
  [0, "0_s"], [0.005, "5_ms"], [0.18, "0.18_s"], [8.2, "8.2_s"], [42.4, "42_s"], [75, "1~min 15~s"], [900, "15~min"], [4500, "1~h 15~min"], [7200, "2~h"], [200_000, "2~d 8~h"],
]);

table("times are in UTC", words.time, [["2026-11-19T14:28:03Z", "14:28:03"], [["2026-11-19T15:28:03+01:00", true], "14:28"], [1_763_562_483, "14:28:03"]]);

table("a window names its day once, and both where they differ", ([start, end]) => words.range(start, end), [
  [[["2026-11-19T14:00:00Z", "2026-11-19T15:00:00Z"]], "Thu 19 Nov, 14:00–15:00~UTC"], [[["2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"]], "Thu 19 Nov, 00:00–24:00~UTC"],
  [[["2026-11-19T22:00:00Z", "2026-11-20T01:00:00Z"]], "Thu 19 Nov 22:00–Fri 20 Nov 01:00~UTC"], [[["2000-01-01T00:00:00Z", "2026-11-20T19:50:00Z"]], "until Fri 20 Nov 2026 19:50~UTC"],
]);

table("how long ago is said in one unit", words.ago, [
  [["2026-11-20T09:00:00Z", "2026-11-20T09:00:20Z"], "just now"], [["2026-11-20T09:00:00Z", "2026-11-20T09:05:00Z"], "5~min ago"], [["2026-11-20T09:03:00Z", "2026-11-20T09:00:00Z"], "in 3~min"],
  [["2026-11-20T06:00:00Z", "2026-11-20T09:00:00Z"], "3~h ago"], [["2026-11-17T09:00:00Z", "2026-11-20T09:00:00Z"], "3~d ago"],
]);

table("one is one, and others are many", words.plural, [[[1, "source"], "1 source"], [[0, "source"], "0 sources"], [[3, "query", "queries"], "3 queries"], [[12_000, "row"], "12,000 rows"]]);

test("a countdown never goes below zero", () => assert.deepEqual([271, 59.2, 0, -3].map(words.countdown), ["4:31", "1:00", "0:00", "0:00"]));
test("a status nobody knows is still a word", () => assert.deepEqual(["empty", "awaiting_confirmation", "odd_state", null].map(words.said), ["answered, nothing there", "waiting for approval", "odd state", "unknown"]));
test("initials are at most two letters", () => assert.deepEqual(["Maya Lindqvist", "ann", "", "jean-luc p. d."].map(words.initials), ["ML", "A", "", "JL"]));
