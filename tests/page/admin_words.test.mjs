// What the policy's words mean to people, and the order in which models stand in for each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bare, choices, grouped, headline, idle, meaning, named, shown, usage } from "../../web/page/admin/effects.js";
import { moved, ordered, placed } from "../../web/page/admin/order.js";

const LISTS = { gain: [], lose: [], looser: [], tighter: [], same: [], used: [] };
const CLOSED = { effect: "deny", scope: null, rule: null };
const change = (more) => ({ role: "engineer", pillar: "revive", tool: "create_annotation", title: "Annotate a graph", risk: "create", risk_level: "medium", before: CLOSED, after: { effect: "confirm", scope: null }, approval_mode: "self", ...LISTS, ...more });

test("a cell says its effect, and what narrows it", () => {
  const words = [["allow", null], ["allow", "own_alerts"], ["allow", "aggregated_only"], ["confirm", "own_alerts"], ["deny", "own_alerts"], ["audit_only", null]].map(([effect, scope]) => shown({ effect, scope }).word);
  assert.deepEqual(words, ["allow", "own alerts", "aggregates", "confirm, own alerts", "deny", "audit only"]);
});

test("the headline counts people and names nobody who notices nothing", () => {
  assert.equal(headline(change({ gain: ["a", "b"] })), "2 engineers gain");
  assert.equal(headline(change({ lose: ["a"], same: ["b"] })), "1 engineer loses");
  assert.equal(headline(change({ gain: ["a"], tighter: ["b", "c"] })), "1 engineer gains, 2 engineers are held closer");
  assert.equal(headline(change({ same: ["b"] })), "Nobody is affected");
});

test("a change that affects nobody says why", () => {
  assert.equal(idle(change({ gain: ["a"] })), "");
  assert.equal(idle(change({})), "Nobody has the role engineer.");
  assert.equal(idle(change({ same: ["max"] })), "max: another role decides, or nothing changes.");
});

test("use of late is told with names and times, and its absence where something is lost", () => {
  assert.equal(usage(change({ lose: ["a", "b"], used: [{ user: "a", times: 14 }, { user: "b", times: 1 }] })), "2 of them used it in the last 30 days: a (14 times) and b (once).");
  assert.equal(usage(change({ lose: ["a"] })), "None of them used it in the last 30 days.");
  assert.equal(usage(change({ gain: ["a"] })), "");
});

test("what holds afterwards is said in words, with the second person where one is needed", () => {
  assert.equal(meaning(change({})), "Annotate a graph: open, each time after a confirmation.");
  assert.equal(meaning(change({ approval_mode: "four_eyes", risk: "delete", risk_level: "high" })), "Annotate a graph: open, each time after a confirmation. Risk is delete (high): needs a second person, by the setting for high risk.");
  assert.equal(meaning(change({ after: { effect: "allow", scope: "own_alerts" } })), "Annotate a graph: open, only for own alerts.");
  assert.equal(meaning(change({ after: CLOSED })), "Annotate a graph: closed.");
});

test("of many names the first are told", () => {
  assert.equal(named(["a", "b", "c"]), "a, b and c");
  assert.equal(named(["a", "b", "c", "d"], 2), "a, b and 2 more");
});

test("rows stand by pillar, and in revive by what they act on", () => {
  const rows = [{ pillar: "revive", category: "aiops" }, { pillar: "inquiry", category: "inquiry" }, { pillar: "revive", category: "grafana" }];
  assert.deepEqual(grouped(rows).map((group) => group.name), ["Inquiry", "Revive, Grafana", "Revive, platform"]);
});

test("only a reading tool can be narrowed", () => {
  assert.deepEqual(choices({ risk: "create", pillar: "revive" }).map((each) => each.scope), [null, null, null, null]);
  assert.deepEqual(choices({ risk: "read", pillar: "inquiry" }).slice(4), [{ effect: "allow", scope: "aggregated_only" }, { effect: "allow", scope: "own_alerts" }]);
});

test("characters that hide or turn text are made visible", () => {
  assert.equal(bare("a\u202eb\u200bc\nd"), "a[U+202E]b[U+200B]c\nd");
});

test("moving one model gives each a place, and tells only those that changed", () => {
  const models = [{ id: 1, name: "a", fallback_order: 2 }, { id: 2, name: "b", fallback_order: 5 }, { id: 3, name: "c", fallback_order: null }, { id: 4, name: "d", fallback_order: 1, is_default: true }];
  const stand = ordered(models);
  assert.deepEqual(stand.map((each) => each.id), [1, 2]);
  assert.deepEqual(placed(moved(stand, stand[1], 0)), [[2, 1]]);
  assert.deepEqual(placed(stand), [[1, 1], [2, 2]]);
});
