// The rail: where one can go, what waits for this person, recent conversations, the sources' health, and who is here.
import { classes, html, useEffect } from "../lib.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { firing, loadRecents, loadSources, me, recents, route, sources, waiting } from "../store.js";
import { initials, number } from "../words.js";
import { Account, ThemeSwitch } from "./account.js";

const PLACES = [
  ["/", "ask", "Ask", ["ask", "revive"]], ["/alerts", "bell", "Alerts", ["alerts", "alert"]],
  ["/runs", "runs", "Runs & approvals", ["runs"]], ["/runbooks", "book", "Runbooks", ["runbooks"]],
  ["/admin", "sliders", "Admin", ["admin"]],
];
const is_here = (names) => names.includes(route.value.name);
const bubble = (icon) => ({ bell: firing.value, runs: waiting.value })[icon] || 0;
const counted = (icon, count) => (icon === "bell" ? `${count} firing` : `${count} waiting for you`);

export function Rail() {
  return html`<nav class="rail" aria-label="Main">
    <div class="brand"><${Icon} name="mark" size=${18} kind="mark" /><span>Trivium</span></div>
    <div class="nav">
      <a class="new" ...${to("/")} aria-keyshortcuts="n"><${Icon} name="plus" /><span>New question</span><span class="chip count hide-thin" aria-hidden="true">N</span></a>
      ${PLACES.map((place) => html`<${Place} key=${place[0]} place=${place} />`)}
    </div>
    <${Recent} />
    <div class="rail-foot"><${Health} /><${Me} /></div>
  </nav>`;
}

function Place({ place: [path, icon, name, names] }) {
  const count = bubble(icon);
  const chip = count ? html`<span class=${classes("chip count", icon === "bell" ? "critical" : "accent")} aria-label=${counted(icon, count)} role="img">${count}</span>` : null;
  return html`<a ...${to(path)} aria-current=${is_here(names) ? "page" : undefined} title=${name}><${Icon} name=${icon} /><span>${name}</span>${chip}</a>`;
}

function Recent() {
  useEffect(() => { loadRecents(); }, []);
  const found = recents.value?.slice(0, 8) ?? [], here = route.value.params.session_id;
  if (!found.length) return html`<div class="recent"></div>`;
  return html`<div class="recent"><h2>Recent</h2><ul>${found.map((each) => html`<li key=${each.id}>
    <a ...${to(`/ask/${each.id}`)} aria-current=${each.id === here ? "true" : undefined} title=${each.title}>${each.title || each.last_query}</a></li>`)}</ul></div>`;
}

const HEALTH = { healthy: ["ok", "mk-ok", "answers"], unhealthy: ["unknown", "mk-unknown", "no answer"], disabled: ["slash", "mk-unknown", "switched off"], unknown: ["unknown", "mk-unknown", "not asked"] };

function Health() {
  useEffect(() => {
    loadSources();
    const timer = setInterval(() => { if (!document.hidden) loadSources(); }, 60_000);
    return () => clearInterval(timer);
  }, []);
  if (!sources.value?.length) return null;
  return html`<ul class="health" aria-label="Sources">${sources.value.slice(0, 6).map((each) => {
    const [icon, kind, word] = HEALTH[each.state] ?? HEALTH.unknown;
    return html`<li key=${each.name} title=${each.reason}><${Icon} name=${icon} kind=${kind} size=${14} label=${word} /><span>${each.name}</span><span>${each.milliseconds === null ? word : number(each.milliseconds, "ms")}</span></li>`;
  })}</ul>`;
}

function Me() {
  const { name, roles } = me.value ?? { name: "", roles: [] };
  return html`<div class="me"><${Account}><span class="avatar" aria-hidden="true">${initials(name)}</span></${Account}>
    <div><b>${name}</b><small>${roles.join(", ")}</small></div><${ThemeSwitch} /></div>`;
}

/** The same places at the bottom of a phone. */
export function Tabbar() {
  const short = (name) => (name === "Runs & approvals" ? "Runs" : name);
  return html`<nav class="tabbar" aria-label="Main, phone">${PLACES.map(([path, icon, name, names]) => {
    const count = bubble(icon);
    return html`<a key=${path} ...${to(path)} aria-current=${is_here(names) ? "page" : undefined}><${Icon} name=${icon} size=${20} />${short(name)}
      ${count ? html`<span class="bub">${count}<span class="sr"> ${icon === "bell" ? "firing" : "waiting"}</span></span>` : null}</a>`;
  })}</nav>`;
}
