// What charts are made of: ticks, thinning, lines, gaps, words. Run by tests/page/test_page_words.py: `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { timeAxis, valueAxis, inView } from "../../web/page/data/axes.js";
import { placed } from "../../web/page/data/labels.js";
import { chartOf, worst } from "../../web/page/data/lines.js";
import { display, tickText, ticks, timeText, timeTicks } from "../../web/page/data/scales.js";
import { sentence } from "../../web/page/data/sentence.js";
import { nearest, places } from "../../web/page/data/thin.js";

const BEGIN = Date.parse("2026-11-19T00:00:00Z") / 1000;
const minutes = (values, from = 0) => values.map((value, at) => [BEGIN + 60 * (from + at), value]);
const part = (data) => ({ title: "Error ratio", data, executions: ["x"] });
const plain = (text) => text.replaceAll("\u202f", "_").replaceAll("\u00a0", "~");

test("ticks are round, four or five, and hold what is measured", () => {
  const rows = [[0, 4.8, [0, 2, 4, 6]], [0, 100, [0, 25, 50, 75, 100]], [0, 21, [0, 10, 20, 30]], [-3, 7, [-5, 0, 5, 10]], [97.2, 100, [97, 98, 99, 100]], [0, 1e-5, [0, 2.5e-6, 5e-6, 7.5e-6, 1e-5]]];
  for (const [least, most, wanted] of rows) assert.deepEqual(ticks(least, most), wanted);
  for (let most = 0.013; most < 5e6; most *= 1.7) {
    const found = ticks(0, most);
    assert.ok(found.length >= 4 && found.length <= 5 && found[0] === 0 && found.at(-1) >= most, `${most}: ${found}`);
  }
});

test("the unit stands at the top tick only, and is that of the whole axis", () => {
  assert.deepEqual([0, 2, 4, 6].map((tick, at) => plain(tickText(tick, "%", at === 3))), ["0", "2", "4", "6_%"]);
  assert.deepEqual([["percentunit", 0.05], ["s", 0.2], ["s", 4], ["s", 900], ["bytes", 3e6], ["Bps", 3e3], ["reqps", 9], ["short", 2e6], ["alerts", 4]].map(([unit, most]) => display(unit, most).suffix), ["%", "ms", "s", "min", "MiB", "KiB/s", "req/s", "M", "alerts"]);
});

test("times are round in UTC; midnight at the end is 24:00", () => {
  const { times, step } = timeTicks(BEGIN, BEGIN + 86_400, 6);
  assert.deepEqual(times.map((at) => timeText(at, step, at === BEGIN + 86_400)), ["00:00", "06:00", "12:00", "18:00", "24:00"]);
  assert.deepEqual(timeAxis([BEGIN + 61, BEGIN + 100], 400).times.map((at) => timeText(at, 10)), ["00:01:10", "00:01:20", "00:01:30", "00:01:40"]);
});

test("thinning keeps the least and the most of every stretch, and a hole", () => {
  const values = Array.from({ length: 100_000 }, (_, at) => Math.sin(at / 500));
  values[77_777] = 40;
  values[12_345] = -40;
  values[50_001] = null;
  const kept = places(values, 2000);
  assert.ok(kept.length <= 2001, String(kept.length));
  for (const at of [0, 12_345, 50_001, 77_777, 99_999]) assert.ok(kept.includes(at), String(at));
  assert.deepEqual([...kept].sort((a, b) => a - b), kept);
  assert.deepEqual(places(values, 10, 5, 9), [5, 6, 7, 8]);
});

test("zoomed in, points come back that were thinned away", () => {
  const line = { times: Array.from({ length: 100_000 }, (_, at) => at), values: Array.from({ length: 100_000 }, (_, at) => at % 7) };
  assert.deepEqual([inView([line], [0, 100_000], 600).isThinned, inView([line], [500, 900], 600).isThinned], [true, false]);
  assert.equal(inView([line], [500, 900], 600).lines[0].times.length, 403);
});

test("the nearest point is one that was measured", () => {
  assert.deepEqual([[0, 4], [5, 4], [11, 4], [99, 4]].map(([at]) => nearest([0, 4, 8, 12], [1, null, 3, null], at)), [0, 2, 2, 2]);
  assert.equal(nearest([1, 2], [null, null], 1), -1);
});

test("six lines have a colour, the others have none", () => {
  const chart = chartOf(part({ unit: "reqps", series: Array.from({ length: 9 }, (_, at) => ({ name: `pod-${at}`, points: minutes([at, at]) })) }));
  assert.deepEqual(chart.lines.map(({ role }) => role), [...Array(6).fill("line"), ...Array(3).fill("other")]);
});

test("an earlier time of the same length lies over the newest as the same hours before", () => {
  const chart = chartOf(part({ unit: "short", series: [{ name: "today", points: minutes([1, 2, 3], 1440) }, { name: "yesterday", points: minutes([4, 5, 6]) }] }));
  assert.deepEqual(chart.lines.map(({ name, role, shift, times }) => [name, role, shift, times[0]]), [["today", "line", 0, BEGIN + 86_400], ["yesterday", "before", 86_400, BEGIN + 86_400]]);
});

test("what was not measured is a gap with its begin; the line is not joined", () => {
  const values = [...Array(20).fill(1), null, null, ...Array(20).fill(1), null, null, null];
  const chart = chartOf(part({ unit: "s", points: minutes(values) }));
  assert.deepEqual(chart.gaps.map(({ start, end, is_open }) => [(start - BEGIN) / 60, (end - BEGIN) / 60, is_open]), [[19, 22, false], [41, 44, true]]);
});

test("samples that stop coming leave a gap, though nobody sent a null", () => {
  const source = { window: { start: "2026-11-19T00:00:00Z", end: "2026-11-19T02:00:00Z" }, as_of: "2026-11-19T01:30:00Z" };
  const chart = chartOf(part({ unit: "s", points: [...minutes(Array(20).fill(1)), ...minutes(Array(20).fill(1), 40)] }), [source]);
  assert.deepEqual(chart.gaps.map(({ start, end, is_open }) => [(start - BEGIN) / 60, (end - BEGIN) / 60, is_open]), [[19, 40, false], [59, 90, true]]);
});

test("of a thinned line a gap is no longer than its missing points prove", () => {
  const points = [[0, 1], [60, 2], [600, null], [1200, null], [2100, 1], [2400, 1]].map(([at, value]) => [BEGIN + at, value]);
  const chart = chartOf(part({ unit: "s", series: [{ name: "a", points, cut: "6 of 400 points are drawn: the least and the most of every 0:10:00" }] }));
  assert.deepEqual(chart.gaps.map(({ start, end }) => [start - BEGIN, end - BEGIN]), [[600, 1800]]);
  assert.equal(chart.cut, "6 of 400 points, least and most kept");
});

test("a window that the points evidently do not begin is not taken for a gap", () => {
  const source = { window: { start: "2026-11-12T00:00:00Z", end: "2026-11-20T00:00:00Z" }, as_of: "2026-11-20T00:00:00Z" };
  const chart = chartOf(part({ unit: "s", points: minutes(Array(60).fill(1)) }), [source]);
  assert.deepEqual([chart.from, chart.to, chart.gaps], [BEGIN, BEGIN + 59 * 60, []]);
});

test("counts of buckets are bars from their begin to the next", () => {
  const data = { unit: "alerts", points: [["2026-11-19T00:00:00Z", 4], ["2026-11-19T01:00:00Z", 0], ["2026-11-19T02:00:00Z", 6]] };
  const chart = chartOf(part(data));
  assert.deepEqual([chart.is_bars, chart.to - chart.from], [true, 3 * 3600]);
  assert.deepEqual(valueAxis(chart, chart.lines).ticks, [0, 2, 4, 6]);
});

test("ratios begin at zero and a limit is on the axis", () => {
  const chart = chartOf(part({ unit: "percentunit", points: minutes([0.004, 0.005]), thresholds: [{ name: "error rate", value: 0.02, side: "above" }] }));
  const { ticks: found, suffix, limits, far } = valueAxis(chart, chart.lines);
  assert.deepEqual([found[0], found.at(-1) >= 2, suffix, limits.length, far.length], [0, true, "%", 1, 0]);
});

test("the sentence says time, worst value, breach and its times", () => {
  const data = {
    unit: "percentunit", series: [{ name: "api", points: minutes([0.001, 0.048, 0.002]) }], thresholds: [{ name: "error rate", value: 0.01, side: "above" }],
    bands: [{ kind: "breach", start: "2026-11-19T00:01:00Z", end: "2026-11-19T00:02:00Z", ended: "recovered" }], marks: [{ kind: "deploy", name: "1.2", at: "2026-11-19T00:00:30Z" }],
  };
  assert.equal(plain(sentence(chartOf(part(data)))), "Error ratio, Thu 19 Nov, 00:00–00:02~UTC. Most 4.8_% at 00:01. Above the 1_% limit of error rate from 00:01 to 00:02. Marked: deploy 1.2 at 00:00.");
  assert.equal(plain(sentence(chartOf(part({ unit: "s", points: minutes([null, null]) })))), "Error ratio, Thu 19 Nov, 00:00–00:01~UTC. Nothing was measured.");
});

test("the worst is the least where a limit is broken below", () => {
  const line = { times: [1, 2, 3], values: [0.99, 0.2, 1] };
  assert.deepEqual([worst(line), worst(line, "below")], [{ at: 3, value: 1 }, { at: 2, value: 0.2 }]);
});

test("words above a plot never lie over each other; the older goes left; what has no room is left out", () => {
  const width = (text) => text.length * 10;
  const found = placed([{ x: 100, texts: ["breach"], rank: 0, lean: "right" }, { x: 95, texts: ["deploy 1.2", "deploy"], rank: 1, lean: "left" }, { x: 120, texts: ["another"], rank: 1, lean: "left" }], width, 0, 160);
  assert.deepEqual(found, [{ text: "breach", start: 100 }, { text: "deploy", start: 27 }, null]);
});
