// Permissions: the matrix of tools and roles, changes staged in it, and what they would do before they are made.
import { html, signal, useEffect, useRef, useSignal } from "../lib.js";
import { get, post, put } from "../api.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { spoken } from "../store.js";
import { plural } from "../words.js";
import { Loaded, Note } from "./parts.js";
import { Frame } from "./frame.js";
import { History } from "./history.js";
import { Matrix } from "./matrix.js";
import { Preview } from "./preview.js";
import { TryAs } from "./tryas.js";
import { same } from "./effects.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/ai/permissions";

/** Staged changes by "role pillar tool": kept while one looks elsewhere, thrown away by Discard or Apply. */
const staged = signal(new Map());
const keyOf = ({ role, pillar, tool }) => `${role} ${pillar} ${tool}`;

/** @param {{route: {query: {as?: string}}}} props `as` shows the policy as one user meets it */
export default function Permissions({ route }) {
  const as = route.query.as ?? "", matrix = useLoad(() => get(`${PATH}/matrix`, { user: as }), [as]);
  const dialog = useSignal(null), weighing = useWeighing(matrix), is_open = useSignal(false);
  const stage = (row, role, cell) => {
    const next = new Map(staged.value), change = { role, pillar: row.pillar, tool: row.tool, ...cell };
    if (cell.effect !== null && same(cell, row.cells[role])) next.delete(keyOf(change));
    else next.set(keyOf(change), change);
    staged.value = next;
  };
  const drop = (change) => { const next = new Map(staged.value); next.delete(keyOf(change)); staged.value = next; };
  const side = html`<${Preview} weighing=${weighing} changes=${[...staged.value.values()]} matrix=${matrix.value} isOpen=${is_open.value} onClose=${() => { is_open.value = false; }}
    onDrop=${drop} onDiscard=${() => { staged.value = new Map(); is_open.value = false; }} />`;
  const actions = html`<button type="button" class="btn quiet small hide-phone" onClick=${() => { dialog.value = "history"; }}><${Icon} name="past" size=${14} />History</button>
    <button type="button" class="btn small" onClick=${() => { dialog.value = "as"; }}><${Icon} name="people" size=${14} />Try as…</button>`;
  return html`<${Frame} tab="permissions" kind="matrix-side" chips=${html`<${Chips} matrix=${matrix.value} />`} actions=${actions} side=${side}>
    ${as && html`<${Person} person=${matrix.value?.person} name=${as} />`}
    ${matrix.value ? html`<${Matrix} matrix=${matrix.value} staged=${staged.value} onStage=${stage} />` : html`<div class="pad"><${Loaded} load=${matrix} what="Permissions">${() => null}</${Loaded}></div>`}
    ${staged.value.size > 0 && html`<div class="review"><span>${plural(staged.value.size, "change")}, not applied</span><button type="button" class="btn primary small" onClick=${() => { is_open.value = true; }}>Review</button></div>`}
    ${dialog.value === "history" && html`<${History} onClose=${() => { dialog.value = null; }} />`}
    ${dialog.value === "as" && html`<${TryAs} onClose=${() => { dialog.value = null; }} />`}
  </${Frame}>`;
}

function Chips({ matrix }) {
  if (!matrix) return null;
  const tools = new Set(matrix.rows.map((row) => row.tool)).size;
  return html`<span class="chip">policy ${matrix.version}</span><span class="chip hide-phone">${plural(tools, "tool")}, ${plural(matrix.roles.length, "role")}</span>`;
}

function Person({ person, name }) {
  const roles = person ? person.roles.join(", ") || "no role" : "";
  return html`<div class="pad"><${Note} title=${`As ${name}${roles && ` (${roles})`}`} icon="people">${person?.is_disabled ? "Disabled: nothing is open, whatever stands here. " : ""}The first column is what holds for this person, over all of their roles. <button type="button" class="link" onClick=${() => navigate("/admin/permissions")}>Stop trying</button></${Note}></div>`;
}

/** What the staged changes would do, asked anew whenever they change; and making them, all at once. */
function useWeighing(matrix) {
  const told = useSignal(null), error = useSignal(null), busy = useSignal(false), turn = useRef(0), done = useSignal(null);
  const body = () => ({ version: matrix.value.version, changes: [...staged.value.values()] });
  const weigh = async () => {
    const mine = ++turn.current;
    if (!staged.value.size || !matrix.value) { told.value = null; return; }
    try {
      const found = await post(`${PATH}/preview`, body());
      if (mine !== turn.current) return;
      told.value = found;
      error.value = error.value?.error === "policy_moved" ? error.value : null;
      if (found.version !== matrix.value.version) matrix.again();
    } catch (failed) {
      if (mine === turn.current) { told.value = null; error.value = failed; }
    }
  };
  useEffect(() => { if (staged.value.size) done.value = null; weigh(); }, [staged.value, matrix.value?.version]);
  const apply = async () => {
    busy.value = true;
    try {
      const { version, changed } = await put(`${PATH}/matrix`, body());
      staged.value = new Map();
      error.value = null;
      done.value = spoken.value = `${plural(changed, "change")} applied. Policy ${version} holds from the next call on.`;
      await matrix.again();
    } catch (failed) {
      error.value = failed;
      if (failed.error === "policy_moved") await matrix.again();
    }
    busy.value = false;
  };
  return { told: told.value, error: error.value, is_busy: busy.value, done: done.value, apply, clear: () => { error.value = null; } };
}
