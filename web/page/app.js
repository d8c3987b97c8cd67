// The page: its frame, the view of the address, what floats above, and what keeps it fresh.
import { html, render, useEffect, useErrorBoundary, useSignal } from "./lib.js";
import { get, reach } from "./api.js";
import { listen, step, useKeys } from "./keys.js";
import { navigate } from "./router.js";
import { confirmations, loadCounts, loadMe, me, notice, route, signedOut, spoken } from "./store.js";
import { Bar } from "./shell/bar.js";
import { close, door, open, wish } from "./shell/doors.js";
import { Dialog } from "./shell/dialog.js";
import { Rail, Tabbar } from "./shell/rail.js";
import { codeOf, Gate, SignIn } from "./shell/signin.js";
import { hide } from "./shell/split.js";
import { Empty, Failed } from "./shell/states.js";
import { Icon } from "./icons.js";

const VIEWS = {
  ask: () => import("./ask/view.js"), revive: () => import("./ask/view.js"),
  alerts: () => import("./alerts/view.js"), alert: () => import("./alerts/detail.js"),
  runs: () => import("./runs/view.js"), runbooks: () => import("./runbooks/view.js"), admin: () => import("./admin/view.js"),
};
const DOORS = { palette: () => import("./shell/palette.js").then((module) => module.Palette), help: () => import("./shell/help.js").then((module) => module.Help) };
const COUNT_SECONDS = 15, REACH_SECONDS = 5;

function App() {
  if (!me.value && signedOut.value) return html`<${Gate} />`;
  return html`
    <a class="skip" href="#main">Skip to the ${route.value.name === "ask" ? "conversation" : "page"}</a>
    <${Rail} />
    <main class="main" id="main" tabindex="-1"><${Reach} /><${View} key=${keyOf(route.value)} /></main>
    <${Tabbar} />
    <${Door} />
    ${signedOut.value && html`<${Dialog} title="Sign in again" onClose=${() => {}}><p class="soft">Your sign-in has ended. What you typed is still here.</p><div class="gap"><${SignIn} /></div></${Dialog}>`}
    <p class="sr" role="status" aria-live="polite">${spoken.value}</p>
    <${Keys} />`;
}

/** A view lives as long as its kind of address does; what is shown inside it is its own business. */
const keyOf = ({ name }) => (name === "ask" || name === "revive" ? "ask" : name);

function View() {
  const found = useSignal(null), failed = useSignal(null), name = route.value.name;
  const [broken, mend] = useErrorBoundary((error) => console.error(error));
  const load = () => {
    failed.value = null;
    VIEWS[name]?.().then((module) => { found.value = () => module.default; }, () => { failed.value = { error: "offline", message: "This part of the page could not be loaded." }; });
  };
  useEffect(() => { load(); }, [name]);
  if (broken) return html`<${Bar} title="This view failed" /><div class="sheet"><${Failed} error=${{ error: "internal_error", message: String(broken.message ?? broken) }} onRetry=${mend} /></div>`;
  if (failed.value) return html`<${Bar} title="Not loaded" /><div class="sheet"><${Failed} error=${failed.value} onRetry=${load} /></div>`;
  if (name === "login") return html`<${Bar} title="Signed in" /><div class="sheet"><${Empty} title=${`Signed in as ${me.value?.name ?? "somebody"}`}>Go on with a question, or sign out in the menu behind your initials.</${Empty}></div>`;
  if (!VIEWS[name]) return html`<${Bar} title="Not found" /><div class="sheet"><${Empty} title="There is nothing at this address">${route.value.path}</${Empty}></div>`;
  const Shown = found.value?.();
  return Shown ? html`<${Shown} route=${route.value} />` : html`<${Bar} title="" />`;
}

const REACHED = {
  offline: "The server does not answer. What is shown is from before; the page goes on by itself.",
  unavailable: "Trivium's database does not answer. Questions cannot be taken now; the page goes on by itself.",
};

function Reach() {
  const text = REACHED[reach.value] ?? notice.value?.text;
  useEffect(() => {
    if (reach.value === "ok") return undefined;
    const timer = setInterval(() => { get("/api/v1/health/ready").catch(() => {}); }, REACH_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [reach.value]);
  if (!text) return null;
  const kind = reach.value === "ok" ? notice.value.kind : "warning";
  return html`<div class=${`banner ${kind}`} role="status"><${Icon} name=${kind} kind=${`mk-${kind}`} /><span>${text}</span></div>`;
}

function Door() {
  const found = useSignal(null);
  useEffect(() => {
    found.value = null;
    if (door.value) DOORS[door.value]().then((shown) => { found.value = { shown }; });
  }, [door.value]);
  return door.value && found.value ? html`<${found.value.shown} />` : null;
}

function Keys() {
  useKeys({
    "mod+k": () => open("palette"), "?": () => open("help"), n: () => { wish.value = "new question"; navigate("/"); }, "/": toQuestion,
    j: () => step(1), k: () => step(-1), "[": () => hide("talk"), "]": () => hide("data"), a: toApproval,
    Escape: () => (door.value ? close() : false),
  });
  return null;
}

function toQuestion() {
  wish.value = "question";
  if (!document.getElementById("question")) navigate("/");
}

/** The focus goes to the oldest card that waits here, else to the run that holds it; nothing is pressed. */
function toApproval() {
  const card = document.querySelector(".confirm[data-confirm]");
  if (card) { card.tabIndex = -1; card.focus(); card.scrollIntoView({ block: "nearest" }); return true; }
  const oldest = confirmations.value[0];
  if (!oldest) return false;
  navigate(oldest.run_id && oldest.requester === me.value?.name ? `/runs/${oldest.run_id}` : "/runs"); // a run is its requester's alone
  return true;
}

function keepFresh() {
  const count = () => { if (me.value && !document.hidden && reach.value === "ok") loadCounts(); };
  setInterval(count, COUNT_SECONDS * 1000);
  document.addEventListener("visibilitychange", count);
  count();
}

async function begin() {
  const root = document.getElementById("app");
  VIEWS[route.value.name]?.().catch(() => {}); // on its way while it is asked who is here
  if (route.value.name === "login" && codeOf(location.hash)) signedOut.value = true; // the link says who, whoever is here
  else await loadMe().catch(() => {});
  listen();
  root.replaceChildren();
  render(html`<${App} />`, root);
  keepFresh();
}

begin();
