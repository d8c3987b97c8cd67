// What a result shows: a change that waits for a decision, or an answer with its charts.
const card = document.getElementById("card");
const MOST_CHARTS = 4, MOST_FINDINGS = 8, MOST_LOOKS = 40, WAIT_SECONDS = 30;
let host = { canCall: false };
let ticking = 0;

const text = (name, words, kind = "") => {
  const element = document.createElement(name);
  element.textContent = words;
  if (kind) element.className = kind;
  return element;
};
const list = (rows, kind = "") => {
  const element = document.createElement("ul");
  element.append(...rows.map((row) => text("li", row, kind)));
  return element;
};
const wordsOf = (result) => (result?.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("\n");
const show = (...elements) => { clearInterval(ticking); card.replaceChildren(...elements.filter(Boolean)); };
const call = (name, given) => bridge.ask("tools/call", { name, arguments: given });

const diffOf = (diff) => {
  const block = document.createElement("pre");
  for (const line of diff.split("\n")) {
    const kind = /^(\+\+\+|---)/.test(line) ? "quiet" : line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "";
    block.append(text("span", line || " ", kind));
  }
  return block;
};

const answerOf = (told, result) => {
  const answer = told.answer;
  if (!answer) return [text("h1", told.summary ?? "Result"), text("p", told.next_step ?? wordsOf(result), "quiet")];
  const found = (answer.findings ?? []).slice(0, MOST_FINDINGS);
  const charts = (answer.parts ?? []).filter((part) => part.kind === "series").slice(0, MOST_CHARTS).map(chart.draw);
  const unknown = (answer.unknown ?? []).map((item) => [item.what, item.why].filter(Boolean).join(" "));
  return [
    text("h1", told.summary),
    found.length ? list(found.map((item) => item.text)) : null,
    ...charts,
    unknown.length ? text("h2", "Not established") : null,
    unknown.length ? list(unknown, "quiet") : null,
  ];
};

const outcome = (result) => {
  const told = result?.structuredContent;
  if (!told) return show(text("p", wordsOf(result) || "There is no result.", result?.isError ? "failed" : ""));
  if (told.status === "awaiting_confirmation" && told.confirmation) return asked(told);
  const head = told.status && told.status !== "completed" ? text("p", told.status.replaceAll("_", " "), `badge ${told.status === "failed" ? "failed" : "quiet"}`) : null;
  show(head, ...answerOf(told, result));
};

const left = (ends, line, buttons) => {
  const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
  line.textContent = seconds
    ? `To be decided within ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}.`
    : "The time to decide is over; nothing was done.";
  if (!seconds) { clearInterval(ticking); for (const button of buttons) button.disabled = true; }
};

const asked = (told) => {
  const action = told.confirmation.action, id = told.confirmation.confirmation_id;
  const details = action.details ?? {};
  const time = text("p", "", "quiet"), said = text("p", "", "failed"), reason = document.createElement("input");
  time.id = "time";
  said.setAttribute("role", "status");
  reason.placeholder = "Reason (optional)";
  reason.setAttribute("aria-label", "Reason");
  reason.maxLength = 500;
  const approve = text("button", "Approve", "approve"), reject = text("button", "Reject");
  const isSecond = action.approval_mode === "four_eyes";
  const buttons = isSecond ? [reject] : [approve, reject];
  const decide = async (decision) => {
    for (const button of buttons) button.disabled = true;
    said.textContent = "";
    try {
      const given = { confirmation_id: id, decision, reason: reason.value, arguments_sha256: action.arguments_sha256, wait_seconds: WAIT_SECONDS };
      await concluded(await call("confirm", given), told.run_id);
    } catch (error) {
      said.textContent = error.message;
      for (const button of buttons) button.disabled = performance.now() >= ends;
    }
  };
  approve.addEventListener("click", () => decide("approve"));
  reject.addEventListener("click", () => decide("reject"));
  const row = document.createElement("div");
  row.className = "row";
  row.append(reason, ...buttons);
  const risk = document.createElement("p");
  risk.append(text("span", `risk: ${action.risk_level}`, `badge ${["high", "critical"].includes(action.risk_level) ? "warning" : "quiet"}`));
  risk.append(text("span", ` asked for by ${action.requester}`, "quiet"));
  show(
    text("h1", action.title),
    risk,
    list(details.lines ?? []),
    action.warnings?.length ? list(action.warnings, "warning") : null,
    details.diff ? diffOf(details.diff) : null,
    isSecond ? text("p", "A second person has to approve it, in their own session.", "quiet") : null,
    time,
    host.canCall ? row : text("p", "This host lets no card decide: tell the assistant approve or reject.", "quiet"),
    said,
  );
  const ends = performance.now() + (action.seconds_left ?? 0) * 1000;
  ticking = setInterval(() => left(ends, time, buttons), 1000);
  left(ends, time, buttons);
};

const concluded = async (first, run) => {
  let result = first;
  if (result?.isError && !result.structuredContent) throw new Error(wordsOf(result));
  for (let look = 0; look < MOST_LOOKS && result.structuredContent?.status === "running" && run; look += 1) {
    outcome(result);
    result = await call("get_run", { run_id: run, wait_seconds: WAIT_SECONDS });
  }
  outcome(result);
  const words = wordsOf(result);
  const told = `The person decided on the card. ${words}`;
  bridge.ask("ui/update-model-context", { content: [{ type: "text", text: told }] }).catch(() => {});
};

const dress = ({ theme, styles }) => {
  if (theme) document.documentElement.style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith("--") && value) document.documentElement.style.setProperty(name, value);
  }
};

const measure = () => {
  const { width, height } = card.getBoundingClientRect();
  bridge.tell("ui/notifications/size-changed", { width: Math.ceil(width), height: Math.ceil(height) });
};

bridge.on("ui/notifications/tool-result", outcome);
bridge.on("ui/notifications/tool-input", () => show(text("p", "Working on it.", "quiet")));
bridge.on("ui/notifications/tool-cancelled", () => show(text("p", "The call was cancelled.", "quiet")));
bridge.on("ui/notifications/host-context-changed", dress);
bridge.on("ui/resource-teardown", () => { clearInterval(ticking); });
bridge.on("ping", () => {});

const begin = async () => {
  const known = await bridge.ask("ui/initialize", {
    protocolVersion: "2026-01-26",
    appInfo: { name: "trivium-card", title: "Trivium", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline"] },
  });
  host = { canCall: Boolean(known?.hostCapabilities?.serverTools) };
  dress(known?.hostContext ?? {});
  bridge.tell("ui/notifications/initialized");
  new ResizeObserver(measure).observe(card);
};
begin().catch((error) => show(text("p", `The host did not answer: ${error.message}`, "failed")));
