// What events make of a turn, and frames of a stream however it is cut. Run by tests/page/test_page_words.py: `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { framesOf } from "../../web/page/frames.js";
import { after, begun, recorded, rows, streamed, titled } from "../../web/page/ask/turn.js";

const told = (...events) => events.reduce((turn, [type, data], place) => after(turn, type, data, 1000 + place * 100), begun("t", "is it up?", "2026-11-20T09:00:00Z"));
const RUN = ["run", { run_id: "r", session_id: "s", attempt: 1 }];
const use = (tool, status, execution_id = null, label = "") => ["tool_use", { tool, status, label, execution_id }];
const source = (execution, tool, status = "ok") => ({ execution, tool, status, source: "db", query: "select 1", window: null });
const answer = (...evidence) => ({ summary: "Yes.", findings: [], parts: [], evidence, unknown: [], notes: [], suggestions: [] });

test("text that streams is added once and its lines are facts", () => {
  const turn = told(RUN, ["chunk", { content: "Yes." }], ["chunk", { content: "\nFirst.\n- Sec" }], ["chunk", { content: "ond." }]);
  assert.deepEqual(streamed(turn.text), { summary: "Yes.", lines: ["First.", "Second."] });
});

test("a worker that took over tells everything anew", () => {
  const turn = told(RUN, use("query_alerts", "executing"), ["chunk", { content: "Half" }], ["run", { run_id: "r", session_id: "s", attempt: 2 }], ["chunk", { content: "Whole." }]);
  assert.deepEqual([turn.text, turn.steps, turn.parts], ["Whole.", [], []]);
});

test("each end of a call belongs to the call of the same tool and label", () => {
  const turn = told(RUN, use("query_incidents", "executing"), use("query_incidents", "executing", null, "around it"), use("query_incidents", "ok", "x2", "around it"), use("query_incidents", "error", "x1"));
  assert.deepEqual(turn.steps.map(({ label, status, execution, began, ended }) => ({ label, status, execution, began, ended })), [
    { label: "", status: "error", execution: "x1", began: 1100, ended: 1400 }, { label: "around it", status: "ok", execution: "x2", began: 1200, ended: 1300 },
  ]);
});

test("evidence is numbered as the answer has it, and what left no execution has no number", () => {
  const turn = told(RUN, use("b", "executing"), use("a", "executing"), use("b", "ok", "xb"), use("a", "ok", "xa"), use("c", "executing"), ["complete", { answer: answer(source("xa", "a"), source("xb", "b")) }]);
  assert.deepEqual(rows(turn).map(({ tool, number, status }) => [tool, number, status]), [["a", 1, "ok"], ["b", 2, "ok"], ["c", null, "unknown"]]);
});

test("what waited for a person is one step when it is carried out", () => {
  const turn = told(RUN, use("create_dashboard", "pending_approval", "p"), ["confirmation_required", { run_id: "r", confirmation_id: "c", action: { confirmation_id: "c", title: "Create" } }]);
  assert.equal(turn.status, "waiting");
  const later = after(after(turn, ...use("create_dashboard", "executing"), 2000), ...use("create_dashboard", "ok", "x"), 2100);
  assert.deepEqual([later.status, later.steps.map(({ status, execution }) => [status, execution]), later.cards.length], ["running", [["ok", "x"]], 1]);
});

test("a run on record is a turn with its answer, or one that goes on", () => {
  const run = { id: "r", session_id: "s", graph: "inquiry", question: "q", created_at: "t", finished_at: null, error: null, answer: null };
  assert.deepEqual(["running", "awaiting_confirmation", "queued", "cancelled"].map((status) => recorded({ ...run, status }).status), ["running", "waiting", "running", "cancelled"]);
});

test("a tool's name is said in words", () => assert.deepEqual([["query_alerts_history", ""], ["mcp__grafana__list_incidents", ""], ["query_incidents", "around the incident"], ["query_metrics", "error ratio of checkout, 5-minute windows"]].map(([tool, label]) => titled({ tool, label })), ["Alerts history", "List incidents", "Incidents, around the incident", "Error ratio of checkout, 5-minute windows"]));

const STREAM = 'id: 1\nevent: run\ndata: {"a":1}\n\n: ping\n\nid: 2\r\nevent: chunk\r\ndata: {"content":"é\\n"}\r\n\r\nid: 3\nevent: chunk\ndata: {"cut';
test("frames are the same however the bytes are cut, and the torn one is not given out", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const found = [];
    async function* pieces() { for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size); }
    for await (const frame of framesOf(pieces())) found.push(frame);
    assert.deepEqual(found, [{ event: "run", data: '{"a":1}', id: "1" }, { event: "chunk", data: '{"content":"é\\n"}', id: "2" }], `pieces of ${size}`);
  }
});
