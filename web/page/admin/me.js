// What whoever looks may do, in words: what is open, what waits for an approval, what is closed and who can.
import { html, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { plural } from "../words.js";
import { Frame } from "./frame.js";
import { Loaded, Note } from "./parts.js";
import { grouped, shown } from "./effects.js";
import { useLoad } from "./load.js";

const PILLARS = { inquiry: "Ask about what is on record", troubleshooting: "Look into an alert", revive: "Have something changed" };
const PARTS = [["open", "You may", "check", "mk-ok", "open"], ["asked", "Waits for an approval first", "hand", "mk-warning", "after an approval"], ["closed", "Closed to you", "slash", "mk-unknown", "closed"]];
const partOf = (tool) => (tool.effect === "deny" ? "closed" : tool.effect === "confirm" ? "asked" : "open");

export default function Me() {
  const load = useLoad(() => get("/api/v1/users/me/permissions"));
  return html`<${Frame} tab="me"><${Loaded} load=${load} what="What you may do">${(told) => html`
    <${Person} told=${told} />
    ${told.pillars.filter((pillar) => pillar.tools.length).map((pillar) => html`<${Pillar} key=${pillar.pillar} pillar=${pillar} />`)}`}</${Loaded}></${Frame}>`;
}

function Person({ told }) {
  const strict = told.confirmation_level === "strict" ? " You chose to be asked about every change." : "";
  const teams = told.teams.length ? ` Your teams: ${told.teams.join(", ")}; own alerts are theirs and those assigned to you.` : " You are in no team, so your own alerts are those assigned to you.";
  return html`<${Note} title=${`${told.name}: ${told.roles.join(", ") || "no role"}`} icon="people">Policy ${told.version}.${teams}${strict} Nothing is changed before you, or whoever has to, approved exactly what is shown.</${Note}>`;
}

function Pillar({ pillar }) {
  const of = Object.groupBy ? Object.groupBy(pillar.tools, partOf) : pillar.tools.reduce((all, tool) => ({ ...all, [partOf(tool)]: [...(all[partOf(tool)] ?? []), tool] }), {});
  const counts = PARTS.filter(([key]) => of[key]?.length).map(([key, , , , word]) => `${of[key].length} ${word}`).join(", ");
  return html`<div class="card"><header><h3>${PILLARS[pillar.pillar]}</h3><span class="sub">${pillar.is_open ? counts : "closed"}</span></header>
    ${!pillar.is_open && html`<div class="pad"><${Note} kind="refused" icon="slash" title="Your sign-in does not open this pillar">Whatever your roles allow, nothing here can be used with it. Ask an admin for a sign-in with the scope ${pillar.pillar}.</${Note}></div>`}
    ${PARTS.filter(([key]) => of[key]?.length).map(([key, word, icon, kind]) => html`<${Part} key=${key} word=${word} icon=${icon} kind=${kind} tools=${of[key]} pillar=${pillar.pillar} />`)}</div>`;
}

const FEW = 5;

function Part({ word, icon, kind, tools, pillar }) {
  const is_open = useSignal(false), all = grouped(tools.map((tool) => ({ ...tool, pillar }))).flatMap((group) => group.rows), rows = is_open.value ? all : all.slice(0, FEW);
  return html`<ul class="may" aria-label=${word}><li><${Icon} name=${icon} kind=${kind} /><b>${word}</b><span class="chip count">${tools.length}</span></li>
    ${rows.map((tool) => html`<li key=${tool.tool}><span></span><span>${tool.title}</span><span class="tool">${tool.tool}</span>${note(tool) && html`<small>${note(tool)}</small>`}</li>`)}
    ${all.length > FEW && html`<li><span></span><button type="button" class="link" aria-expanded=${String(is_open.value)} onClick=${() => { is_open.value = !is_open.value; }}>${is_open.value ? "Show fewer" : `Show all ${plural(all.length, "tool")}`}</button></li>`}</ul>`;
}

/** What narrows a tool, who has to agree, or who can instead. */
function note(tool) {
  if (tool.effect === "deny") return tool.who_can.length ? `Needs ${tool.required_permission}. Who can: ${tool.who_can.join(", ")}.` : `Needs ${tool.required_permission}. No role may do this here; an admin can change that.`;
  const scope = tool.scope ? `Narrowed to ${shown({ effect: "allow", scope: tool.scope }).word}. ` : "";
  if (tool.effect === "confirm") return `${scope}${tool.approval_mode === "four_eyes" ? `Risk is ${tool.risk_level}: a second person has to approve.` : "You approve it yourself, after you have seen what it does."}`;
  return tool.effect === "audit_only" ? `${scope}Each use is written to the audit log beforehand.` : scope.trim();
}
