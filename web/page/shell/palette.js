// Search everything: conversations, alerts, runs, runbooks, parts of the page, and what a person can set; by Ctrl K.
import { html, useEffect, useMemo, useRef, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { choose, isAdmin, me, recents, seesAlerts, signOut } from "../store.js";
import { plural, said, stamp } from "../words.js";
import { THEMES } from "./account.js";
import { close, open } from "./doors.js";

const MOST_OF_A_KIND = 5;
const TABS = ["permissions", "models", "mcp-servers", "datasources", "applications", "rules", "runbooks", "usage", "audit", "users", "knowledge"];
const words = (name) => name.replaceAll("-", " ").replace(/^mcp/, "MCP").replace(/^./, (first) => first.toUpperCase());
const to = (path) => () => { close({ is_moving: true }); navigate(path); };

const PLACES = [["New question", "/", "plus"], ["Alerts", "/alerts", "bell"], ["Runs & approvals", "/runs", "runs"], ["Runbooks", "/runbooks", "book"]];

/** What can be gone to or done without asking the server. */
function fixed() {
  const places = PLACES.map(([text, path, icon]) => ({ kind: "Go to", text, icon, go: to(path) }));
  const tabs = isAdmin.value ? TABS.map((tab) => ({ kind: "Admin", text: words(tab), icon: "sliders", go: to(`/admin/${tab}`) })) : [];
  const settings = [
    ...THEMES.map(([name, label, icon]) => ({ kind: "Settings", text: `Theme: ${label}`, icon, go: () => { choose({ theme: name }); close(); } })),
    { kind: "Settings", text: "Keyboard", icon: "term", go: () => open("help") },
    { kind: "Settings", text: `Sign out ${me.value?.name ?? ""}`, icon: "leave", go: () => { close(); signOut(); } },
  ];
  return [...places, ...tabs, ...settings];
}

const FETCHED = [
  ["/api/v1/alerts", { status: "firing", per_page: 100 }, (told) => told.alerts.map((each) => ({ kind: "Alerts", text: `${each.name} on ${each.service}`, note: each.severity, icon: "bell", go: to(`/alerts/${each.id}`) }))],
  ["/api/v1/runs", { limit: 60 }, (told) => told.runs.filter((each) => each.graph !== "inquiry" || each.status !== "completed").map((each) => ({ kind: "Runs", text: each.question, note: `${said(each.status)}, ${stamp(each.created_at)}`, icon: "runs", go: to(`/runs/${each.id}`) }))],
  ["/api/v1/runbooks", {}, (told) => told.runbooks.map((each) => ({ kind: "Runbooks", text: each.title || each.name, note: each.service, icon: "book", go: to(`/runbooks/${each.id}`) }))],
];

const talks = () => (recents.value ?? []).map((each) => ({ kind: "Conversations", text: each.title || each.last_query, note: stamp(each.started_at), icon: "ask", go: to(`/ask/${each.id}`) }));

/** Those whose words all occur, best first: at a word's beginning before in its middle. Pure. */
export function matching(items, text) {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (item) => asked.reduce((sum, word) => { const at = item.text.toLowerCase().indexOf(word); return at < 0 ? NaN : sum + (at === 0 ? 3 : /\W/.test(item.text[at - 1]) ? 2 : 1); }, 0);
  const found = items.map((item) => ({ item, points: score(item) })).filter(({ points }) => !Number.isNaN(points));
  return asked.length ? found.sort((a, b) => b.points - a.points).map(({ item }) => item) : found.map(({ item }) => item);
}

/** [[kind, items], …] with at most five of a kind, kinds in the order of their best. Pure. */
export function byKind(items) {
  const kinds = new Map();
  for (const item of items) {
    const of = kinds.get(item.kind) ?? [];
    if (of.length < MOST_OF_A_KIND) kinds.set(item.kind, [...of, item]);
  }
  return [...kinds];
}

export function Palette() {
  const text = useSignal(""), at = useSignal(0), fetched = useSignal([]), box = useRef(null);
  useEffect(() => {
    box.current.showModal();
    for (const [path, query, read] of FETCHED) if (seesAlerts.value || path !== "/api/v1/alerts") get(path, query).then((told) => { fetched.value = [...fetched.value, ...read(told)]; }, () => {});
  }, []);
  const groups = useMemo(() => byKind(matching([...talks(), ...fetched.value, ...fixed()], text.value)), [text.value, fetched.value, recents.value]);
  const flat = groups.flatMap(([, items]) => items), chosen = Math.min(at.value, flat.length - 1);
  const ask = { kind: "Ask", text: text.value.trim(), go: async () => { const { ask: send } = await import("../ask/asking.js"); close({ is_moving: true }); send(text.value.trim()); } };
  const onKeyDown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) { event.preventDefault(); at.value = flat.length ? (chosen + by + flat.length) % flat.length : 0; requestAnimationFrame(() => box.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" })); }
    if (event.key === "Enter") { event.preventDefault(); (flat[chosen] ?? (ask.text ? ask : null))?.go(); }
  };
  return html`<dialog ref=${box} class="palette" aria-label="Search" onCancel=${(event) => { event.preventDefault(); close(); }} onClick=${(event) => { if (event.target === box.current) close(); }}>
    <label class="search"><${Icon} name="search" /><span class="sr">Search</span><input type="text" role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant=${flat.length ? `found-${chosen}` : undefined} aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="Conversations, alerts, runs, runbooks" value=${text.value} onInput=${(event) => { text.value = event.target.value; at.value = 0; }} onKeyDown=${onKeyDown} autofocus /></label>
    <div class="found" id="found" role="listbox" aria-label="Found" tabindex="-1">
      ${groups.map(([kind, items]) => html`<div key=${kind} role="group" aria-label=${kind}><h3 aria-hidden="true">${kind}</h3>${items.map((item) => { const place = flat.indexOf(item); return html`<div key=${place} id=${`found-${place}`} role="option" aria-selected=${String(place === chosen)} onClick=${item.go} onMouseMove=${() => { at.value = place; }}><${Icon} name=${item.icon} /><span>${item.text}</span>${item.note && html`<span class="end">${item.note}</span>`}</div>`; })}</div>`)}
      ${!flat.length && html`<p>${text.value.trim() ? "Nothing is called that. Enter asks it as a question." : "Nothing here yet."}</p>`}
    </div>
    <p class="sr" role="status">${plural(flat.length, "result")}</p></dialog>`;
}
