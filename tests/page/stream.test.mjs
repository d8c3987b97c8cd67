// Following a run over a line that breaks, before a real server that breaks it. Run by tests/page/test_page_words.py: `node --test`.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { ApiError, stream } from "../../web/page/api.js";

const frame = (id, event, data) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const RUN = frame(1, "run", { run_id: "r1", session_id: "s1", attempt: 1 });
const chunk = (id, content) => frame(id, "chunk", { content });
const END = frame(9, "complete", { run_id: "r1", answer: {} });

/** Follows a run of which each connection tells one of `answers`: text, torn off when it ends in "✂"; a number is a status. */
async function followed(answers, options = { body: { message: "?" } }) {
  const asked = [], told = [], cuts = [];
  const server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers["last-event-id"] ?? null]);
    const answer = answers.shift() ?? END;
    if (typeof answer === "number") return response.writeHead(answer, { "Content-Type": "application/json" }).end(JSON.stringify({ error: "not_found", message: "There is no run r1 of yours." }));
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (!answer.endsWith("✂")) return response.end(answer);
    response.write(answer.slice(0, -1), () => setTimeout(() => response.destroy(), 20));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const real = globalThis.fetch;
  globalThis.fetch = (path, given) => real(`http://127.0.0.1:${server.address().port}${path}`, given);
  try {
    const ended = stream("/api/v1/chat", { ...options, onEvent: (type, data, id) => told.push(data.content ?? `${type} ${id}`), onCut: (is_cut) => cuts.push(is_cut) });
    return { error: await ended.then(() => null, (error) => error), asked, told, cuts };
  } finally {
    globalThis.fetch = real;
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

test("a line that is cut within a frame is taken up behind the last whole one, and nothing is told twice", async () => {
  const { error, asked, told } = await followed([`${RUN}${chunk(2, "one ")}id: 3\nevent: chunk\ndata: {"cont✂`, `${chunk(2, "one ")}${chunk(3, "two ")}✂`, `${chunk(4, "three")}${END}`]);
  assert.equal(error, null);
  assert.deepEqual(told, ["run 1", "one ", "two ", "three", "complete 9"]);
  assert.deepEqual(asked, [["POST", "/api/v1/chat", null], ["GET", "/api/v1/runs/r1/events", "2"], ["GET", "/api/v1/runs/r1/events", "3"]]);
});

test("a stream that ends while the run waits for a person is waited on", async () => {
  const { error, told } = await followed([`${RUN}${frame(2, "confirmation_required", { run_id: "r1", confirmation_id: "c" })}`, `${chunk(3, "done")}${END}`]);
  assert.deepEqual([error, told], [null, ["run 1", "confirmation_required 2", "done", "complete 9"]]);
});

test("a server that is away for a moment is asked again, and the page is told of the cut", async () => {
  const { error, told, cuts } = await followed([`${RUN}✂`, 503, `${chunk(2, "back")}${END}`]);
  assert.deepEqual([error, told, cuts], [null, ["run 1", "back", "complete 9"], [true, false]]);
});

test("a run that is gone, and a line that broke before it began, end with what is known", async () => {
  const gone = await followed([`${RUN}✂`, 404]), early = await followed(["✂"]);
  assert.deepEqual([gone.error instanceof ApiError, gone.error.error, gone.error.status], [true, "not_found", 404]);
  assert.deepEqual([early.error.error, early.asked.length], ["cut", 1]);
});

test("a question that is refused is not asked again", async () => {
  const { error, asked } = await followed([404]);
  assert.deepEqual([error.error, error.message, asked.length], ["not_found", "There is no run r1 of yours.", 1]);
});

test("a run that is read back begins behind what is known", async () => {
  const { told, asked } = await followed([`${chunk(6, "rest")}${END}`], { runId: "r1", after: 5 });
  assert.deepEqual([told, asked], [["rest", "complete 9"], [["GET", "/api/v1/chat", "5"]]]);
});
