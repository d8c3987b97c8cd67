// Auto-analyze rules: which alerts are analysed by themselves, what each rule caught, and switching one on or off.
import { html, useSignal } from "../lib.js";
import { get, put } from "../api.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { write } from "../ask/composer.js";
import { clock } from "../store.js";
import { Empty, Failed } from "../shell/states.js";
import { ago, digits } from "../words.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Toggle } from "./parts.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/auto-analyze-rules";
const ASK = "Create an auto-analyze rule for critical alerts of checkout";

/** The words stand in the composer; nothing is asked before somebody sends them. */
function begin() {
  write(ASK);
  navigate("/revive");
}

export default function Rules() {
  const load = useLoad(() => get(PATH)), busy = useSignal(null), failed = useSignal(null);
  const change = async (rule, body) => {
    busy.value = rule.id;
    failed.value = null;
    try {
      const told = await put(`${PATH}/${rule.id}`, body);
      load.put({ rules: load.value.rules.map((each) => (each.id === told.id ? told : each)) });
    } catch (error) { failed.value = error; }
    busy.value = null;
  };
  const actions = html`<button type="button" class="btn small" onClick=${begin}><${Icon} name="plus" size=${14} />New rule</button>`;
  return html`<${Frame} tab="rules" actions=${actions}>
    <${Head}>Alerts that fit a rule are analysed as soon as they fire, in the name of whoever made the rule. A new rule is made in a conversation, with an approval.</${Head}>
    ${failed.value && html`<${Failed} error=${failed.value} />`}
    <${Loaded} load=${load} what="Rules">${({ rules }) => (rules.length ? html`<div class="card"><div class="table-wrap"><table class="grid-table stacks">
      <thead><tr><th>Rule</th><th>Fits</th><th class="n">Alerts in 7 days</th><th>Analyses</th><th class="opt">Made by</th><th class="opt">Annotates</th><th>On</th></tr></thead>
      <tbody>${rules.map((rule) => html`<${Row} key=${rule.id} rule=${rule} isBusy=${busy.value === rule.id} onChange=${(body) => change(rule, body)} />`)}</tbody></table></div></div>`
      : html`<${Empty} title="There is no rule">No alert is analysed by itself. Ask for a rule in a conversation: “${ASK}”.</${Empty}>`)}</${Loaded}>
  </${Frame}>`;
}

function Row({ rule, isBusy, onChange }) {
  return html`<tr class=${rule.is_enabled ? "" : "off"}><td><b>${rule.name}</b></td><td class="wrap">${fits(rule)}</td><td class="n" data-name="alerts in 7 days:">${digits(rule.matched)}</td>
    <td data-name="analyses:">${analyses(rule.analyses)}${rule.analyses.last_at && html`<br /><small>${rule.analyses.last_alert}, ${ago(rule.analyses.last_at, clock.value)}</small>`}</td><td class="opt">${rule.created_by}</td>
    <td class="opt"><${Toggle} label=${`${rule.name} writes annotations to Grafana`} is_on=${rule.annotate} is_busy=${isBusy} onChange=${(is_on) => onChange({ annotate: is_on })} /></td>
    <td><${Toggle} label=${`${rule.name} is on`} is_on=${rule.is_enabled} is_busy=${isBusy} onChange=${(is_on) => onChange({ is_enabled: is_on })} /></td></tr>`;
}

function fits(rule) {
  const labels = Object.entries(rule.labels).map(([name, value]) => `${name}=${value}`);
  const parts = [rule.alert_name === "*" ? "any alert" : rule.alert_name, rule.service === "*" ? "of any service" : `of ${rule.service}`];
  return [parts.join(" "), rule.severities.length === 3 ? "any severity" : rule.severities.join(" or "), ...labels].join(", ");
}

const WORDS = { done: "done", running: "running", waiting: "waiting", failed: "failed", dropped: "dropped" };
const analyses = (counts) => Object.entries(WORDS).filter(([key]) => counts[key]).map(([key, word]) => `${counts[key]} ${word}`).join(", ") || "none yet";
