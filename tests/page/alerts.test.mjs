// Alerts as rows, and what is known around one. Run by tests/page/test_page_words.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { awaited, besides, learned, merged, openQuestions, progress, progressWords, relative, standingOf } from "../../web/page/alerts/knowing.js";
import { anchored, counted, joined, kept, sorted, windowed } from "../../web/page/alerts/rows.js";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const alert = (id, more = {}) => ({ id, name: "High", service: "checkout", severity: "warning", status: "firing", starts_at: `2026-11-20T09:0${id}:00Z`, duration_seconds: null, summary: "", instance: "", environment: "prod", team: "shop", ...more });
const ids = (alerts) => alerts.map((each) => each.id).join("");

test("alerts are sorted by severity as people rank it, and equal ones stay newest first", () => {
  const all = [alert("1"), alert("2", { severity: "info" }), alert("3", { severity: "critical" }), alert("4")];
  assert.equal(ids(sorted(all, { key: "severity", is_down: false }, NOW)), "3412");
  assert.equal(ids(sorted(all, { key: "starts_at", is_down: true }, NOW)), "4321");
  assert.equal(ids(sorted([alert("1"), alert("2", { duration_seconds: 9e9 })], { key: "duration", is_down: true }, NOW)), "21");
});

test("filters are all kept to, and words are looked for everywhere", () => {
  const all = [alert("1"), alert("2", { service: "cart" }), alert("3", { severity: "critical", summary: "pool is exhausted" }), alert("4", { team: "db" })];
  assert.equal(ids(kept(all, { severity: "critical" })), "3");
  assert.equal(ids(kept(all, { service: "checkout", teams: ["shop"] })), "13");
  assert.equal(ids(kept(all, { words: "POOL checkout" })), "3");
  assert.equal(ids(kept(all, { teams: [] })), "");
  assert.deepEqual(counted(all, "service"), [["checkout", 3], ["cart", 1]]);
});

test("of ten thousand rows only those in sight are drawn", () => {
  assert.deepEqual(windowed(10_000, { top: 32_000, height: 640, row: 32 }), { from: 988, to: 1032 });
  assert.deepEqual(windowed(3, { top: 0, height: 640, row: 32 }), { from: 0, to: 3 });
});

test("rows that come in above do not move what is read", () => {
  const before = ["1", "2", "3", "4"].map((id) => alert(id)), after = [alert("8"), alert("9"), ...before.slice(1)];
  assert.equal(anchored(before, after, { top: 40, row: 20 }), 60);
  assert.equal(anchored(before, after, { top: 0, row: 20 }), 0);
  assert.equal(anchored(before, [alert("9")], { top: 40, row: 20 }), 40);
  assert.equal(ids(joined([[alert("1"), alert("2")], [alert("2"), alert("3")]])), "123");
});

const part = (key, status = "ok") => ["context", { part: key, title: key, status, data: { of: key } }];
const known = (...events) => events.reduce((found, [type, data]) => learned(found, type, data, 1), {});

test("the context is what each run learned, the newest of each part, the diagnosis of the widest look", () => {
  const first = known(part("alert"), part("errors", "late"), part("runbooks"), part("oncall"), part("diagnosis"));
  const second = known(part("runbooks", "empty"), ["context", { part: "diagnosis", title: "", status: "ok", data: { of: "second" } }]);
  const found = merged([first, second]);
  assert.deepEqual(found.parts.map((each) => [each.part, each.status]), [["errors", "late"], ["oncall", "ok"], ["runbooks", "empty"]]);
  assert.deepEqual(found.diagnosis, { of: "diagnosis" });
  const waits = awaited(found.parts);
  assert.deepEqual(waits.map((each) => each.part), ["impact", "changes", "similar", "slow"]);
  assert.equal(progressWords(progress(found.parts, waits)), "2 of 7 arrived, 4 on the way, 1 unknown");
});

test("a worker that took over learns everything anew", () => {
  assert.deepEqual(known(part("errors"), ["run", { attempt: 2 }]), {});
});

test("hypotheses are likely, possible, unlikely or ruled out, never a percentage", () => {
  const one = (confidence, against = []) => ({ confidence, against });
  assert.deepEqual(
    [standingOf(one(0.8), "likely", 0), standingOf(one(0.8), "possible", 0), standingOf(one(0.7), "likely", 1), standingOf(one(0.4), "possible", 0), standingOf(one(0.2), "likely", 1), standingOf(one(0, [1]), "likely", 1), standingOf(one(0), "likely", 1)],
    ["likely", "possible", "possible", "possible", "unlikely", "ruled out", "unlikely"],
  );
  assert.deepEqual(
    openQuestions({ unknown: ["errors: No Loki is connected.", "dependency:orders-db: late", "https://x: y"] }),
    ["Error lines: No Loki is connected.", "Metrics of orders-db: late", "https://x: y"],
  );
});

test("an answer does not say twice what its causes and commands say", () => {
  const answer = {
    summary: "Likely cause of X: the pool (72 %).", timeline: [{}],
    data: { diagnosis: { hypotheses: [{ title: "the pool" }] }, commands: [{ command: "uptime" }] },
    findings: [{ text: "the pool (72 %): 3 lines." }, { text: "Against the pool: cart is well." }, { text: "To see for yourself: `uptime` on web-1" }, { text: "Ann is on call." }],
  };
  assert.deepEqual(besides(answer), { summary: "Likely cause of X: the pool.", findings: [{ text: "Ann is on call." }], hasCauses: true });
});

test("times around the start are said relative to it", () => {
  const start = "2026-11-20T09:00:00Z", fixed = (text) => text.replace(" ", "\u00a0");
  assert.deepEqual([relative("2026-11-20T08:58:00Z", start), relative("2026-11-20T12:00:00Z", start), relative(start, start), relative("2026-11-17T09:00:00Z", start)], [fixed("2 min before"), fixed("3 h after"), "at the start", fixed("3 d before")]);
});
