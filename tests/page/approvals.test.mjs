// What a confirmation says in the page's words, and what a request to run a runbook is. Run by tests/page/test_page_words.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterwards, approveWords, argumentLines, borrowedTexts, deedOf, diffLines, holdsMask, riskOf, standingOf, underlined, valueAt, warningsOf, whereOf,
} from "../../web/page/approvals/reading.js";
import { missing, request, written } from "../../web/page/runbooks/asking.js";

const card = (more = {}, details = {}) => ({
  type: "update_dashboard", title: "Change it", risk_level: "high", status: "pending", warnings: [], result: null, decided_by: null,
  expires_at: "2026-11-20T09:09:12Z", details: { lines: [], diff: "", arguments: {}, ...details }, ...more,
});
const took = (seconds) => `${seconds} s`;

test("the button names its deed", () => {
  const said = (type, details) => approveWords(card({ type }, details));
  assert.deepEqual(
    [said("create_dashboard"), said("update_alert_rule"), said("delete_dashboard"), said("add_server"), said("shop__refund_order"), said("query_prometheus"),
      said("execute_runbook", { servers: ["a", "b", "c"] }), said("execute_runbook", { servers: ["web-1"] }), said("execute_runbook", { servers: ["a"], arguments: { dry_run: true } })],
    ["Approve creation", "Approve update", "Approve deletion", "Approve creation", "Approve run", "Run this query", "Run on 3 servers", "Run on web-1", "Show the commands"],
  );
  assert.deepEqual(["shop__delete_user", "rename_folder", "get_x"].map(deedOf), ["delete", "update", "ask"]);
});

test("risk and place are said in words", () => {
  assert.deepEqual(riskOf(card()), { bars: 3, is_high: true, text: "High risk, update" });
  assert.deepEqual(
    [whereOf(card({}, { folder: "Services", arguments: { version: 6 } })), whereOf(card({ type: "execute_runbook" }, { servers: ["web-1", "web-2"] })), whereOf(card({ type: "create_auto_analyze_rule" })), whereOf(card({ type: "shop__refund" }, { server: "shop" }))],
    ["Grafana, folder Services, version 6 → 7", "web-1, web-2", "Trivium", "MCP server shop"],
  );
});

test("words that came from an answer are found by their path and underlined wherever they stand", () => {
  const told = card({ warnings: ["`panels[0].title` is not from your words: it came from the result of query_loki.", "Nobody is told any more."] }, { arguments: { panels: [{ title: 'slots are\n"reserved"' }] } });
  assert.deepEqual(warningsOf(told).map(({ path, from }) => [path, from]), [["panels[0].title", "the result of query_loki"], [undefined, undefined]]);
  assert.equal(valueAt({ a: [{ b: 1 }] }, "a[0].b"), 1);
  assert.equal(valueAt({ a: null }, "a.b.c"), undefined);
  const texts = borrowedTexts(told);
  assert.deepEqual(texts, ['\\"reserved\\"', '"reserved"', "slots are"]);
  assert.deepEqual(underlined('title: slots are "reserved", slots are', texts), [["title: ", false], ["slots are", true], [" ", false], ['"reserved"', true], [", ", false], ["slots are", true]]);
  assert.deepEqual(underlined("", texts), []);
});

test("a unified diff is told line by line, without its two file lines", () => {
  const lines = diffLines("--- now\n+++ then\n@@ -12,2 +12,2 @@\n same\n-old\n+new\n--- not a file line");
  assert.deepEqual(lines, [{ kind: "hunk", text: "line 12" }, { kind: "same", text: "same" }, { kind: "del", text: "old" }, { kind: "add", text: "new" }, { kind: "del", text: "-- not a file line" }]);
  assert.deepEqual(diffLines(""), []);
});

test("arguments are shown whole, as they will be sent", () => {
  const lines = argumentLines({ name: "x", none: null, empty: "", list: ["a", { b: 1, c: [2] }], text: "one\ntwo", nothing: [], off: false });
  assert.deepEqual(lines, ["name: x", "none: not set", 'empty: ""', "list:", "  - a", "  - b: 1", "    c:", "      - 2", "text:", "  one", "  two", "nothing: (none)", "off: false"]);
  assert.deepEqual([holdsMask({ a: ["[masked]"] }), holdsMask({ a: "x" })], [true, false]);
});

test("what came of it is said in the page's words", () => {
  const by = { decided_by: "maya", decided_at: "2026-11-20T09:05:40Z" };
  const approved = (outcome, more = {}) => card({ status: "approved", ...by, result: { outcome, resource: null, ...more.result }, ...more.top }, { title: "Checkout", folder: "Services" });
  assert.deepEqual(afterwards(approved("succeeded", { top: { finished_at: "2026-11-20T09:05:41Z" } }), took), { kind: "ok", title: "Approved by maya 09:05:40, done in 1 s", text: "" });
  assert.deepEqual(afterwards(approved("failed", { result: { error: "Grafana said no." } }), took), { kind: "critical", title: "Approved by maya 09:05:40, and it failed", text: "Grafana said no." });
  assert.deepEqual(afterwards(approved("unknown"), took), { kind: "unknown", title: "Approved by maya 09:05:40; whether it was done is not known", text: "The worker stopped while writing. Check Checkout in Grafana; it will not be tried again." });
  assert.deepEqual(afterwards(card({ status: "expired" }), took), { kind: "refused", title: "Expired at 09:09:12, nothing was changed", text: "Ask again." });
  assert.deepEqual(afterwards(card({ status: "rejected", ...by, reason: "not today" }), took), { kind: "refused", title: "Rejected by maya 09:05:40, nothing was changed", text: "Reason: not today" });
  assert.equal(standingOf(card({ status: "approved" })), "not_begun");
});

test("a form becomes one request, with quotes where a value needs them", () => {
  const runbook = { name: "restart-api", kind: "runbook", parameters: [{ name: "host" }, { name: "unit", default: "api" }] };
  assert.equal(request(runbook, { host: "web-1", unit: "" }, "it hangs"), "run restart-api with host=web-1 because it hangs");
  assert.equal(request({ ...runbook, kind: "service_template" }, { host: 'a "b" c' }), "provision restart-api with host=\"a 'b' c\"");
  assert.deepEqual([written("a;b"), written(3)], ['"a;b"', "3"]);
  assert.deepEqual([missing(runbook, {}), missing(runbook, { host: " " }), missing(runbook, { host: "x" })], [["host"], ["host"], []]);
});
