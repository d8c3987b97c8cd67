// Who changed which permission when, from the audit log.
import { html } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { Dialog } from "../shell/dialog.js";
import { Empty } from "../shell/states.js";
import { day, time } from "../words.js";
import { Effect } from "./cell.js";
import { Loaded } from "./parts.js";
import { useLoad } from "./load.js";

const LOG = "/api/v1/admin/ai/audit/log", SHOWN = 60;

async function read() {
  const of = (action) => get(LOG, { action, per_page: SHOWN });
  const [changed, removed] = await Promise.all([of("permission_changed"), of("permission_removed")]);
  const entries = [...changed.entries, ...removed.entries].sort((a, b) => b.id - a.id).slice(0, SHOWN);
  return { entries, total: changed.total + removed.total };
}

/** @param {{onClose: () => void}} props */
export function History({ onClose }) {
  const load = useLoad(read);
  return html`<${Dialog} title="History of permissions" onClose=${onClose} kind="wide"><${Loaded} load=${load} what="History">${({ entries, total }) => (entries.length
    ? html`<ol class="history">${entries.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} />`)}</ol>${total > entries.length && html`<p class="muted">The newest ${entries.length} of ${total}; all are under Audit.</p>`}`
    : html`<${Empty} title="Nothing was changed">The policy is as it was set up.</${Empty}>`)}</${Loaded}></${Dialog}>`;
}

function Entry({ entry }) {
  const { before, after } = entry.details;
  return html`<li><p class="when">${day(entry.at, true)} ${time(entry.at, true)} UTC<span>${entry.user ?? "Trivium"}</span></p>
    <p class="path">${entry.target}</p>
    <div class="flow">${told(before)}<${Icon} name="chev" size=${12} kind="muted" />${told(after)}</div></li>`;
}

const told = (rule) => (rule ? html`<${Effect} cell=${{ effect: rule.permission, scope: rule.scope }} />` : html`<span class="eff deny">no row of its own</span>`);
