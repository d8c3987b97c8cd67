// The staged changes and what they would do: who gains or loses what, who used it, which runs it bites; then all at once.
import { classes, html } from "../lib.js";
import { Icon } from "../icons.js";
import { plural } from "../words.js";
import { Bones, Failed } from "../shell/states.js";
import { Effect } from "./cell.js";
import { Note } from "./parts.js";
import { differs, headline, idle, meaning, named, usage } from "./effects.js";

/** @param {{weighing: object, changes: object[], matrix: object | null, isOpen: boolean, onClose: () => void, onDrop: (change: object) => void, onDiscard: () => void}} props */
export function Preview({ weighing, changes, matrix, isOpen, onClose, onDrop, onDiscard }) {
  const count = changes.length, { told, error, is_busy: busy } = weighing;
  return html`<aside class=${classes("preview", isOpen && "is-open")} aria-label="Preview of changes">
    <header><h2>${count ? `${plural(count, "change")}, not applied` : "No change staged"}</h2>
      <p>${count ? `On policy ${matrix?.version ?? "…"}. Nobody is affected yet.` : matrix && `Policy ${matrix.version}`}</p>
      <button type="button" class="btn quiet small icon-only narrow-only" aria-label="Back to the matrix" onClick=${onClose}><${Icon} name="x" size=${14} /></button></header>
    <div class="body">
      ${error && html`<${Failed} error=${error} what="Preview" />`}
      ${!count && html`<${Idle} done=${weighing.done} />`}
      ${count > 0 && !told && !error && html`<${Bones} lines=${4} label="Weighing the changes" />`}
      ${count > 0 && told && changes.map((change) => html`<${Change} key=${`${change.role} ${change.pillar} ${change.tool}`} change=${change} effect=${of(told, change)} onDrop=${() => onDrop(change)} />`)}
      ${count > 0 && told && html`<${Bites} runs=${told.runs} effects=${told.effects} />`}
      ${matrix && html`<${Second} levels=${matrix.second_person} />`}
    </div>
    ${count > 0 && html`<footer><button type="button" class="btn primary" disabled=${busy || !told} onClick=${weighing.apply}>${busy ? "Applying…" : `Apply ${plural(count, "change")}`}</button><button type="button" class="btn" disabled=${busy} onClick=${() => { weighing.clear(); onDiscard(); }}>Discard</button></footer>`}
  </aside>`;
}

const of = (told, change) => told.effects.find((each) => each.role === change.role && each.pillar === change.pillar && each.tool === change.tool);

function Idle({ done }) {
  if (done) return html`<${Note} kind="info" icon="ok" title="Done" role="status">${done}</${Note}>`;
  return html`<p class="soft">Choose a cell to stage a change. Here you see who gains or loses what before anything holds; then all of it is applied at once.</p>`;
}

function Change({ change, effect, onDrop }) {
  if (!effect) return null;
  const used = usage(effect), nobody = idle(effect);
  return html`<section class="change">
    <h3>${headline(effect)}<button type="button" class="btn quiet small icon-only" aria-label=${`Undo this change: ${change.tool}, ${change.role}`} onClick=${onDrop}><${Icon} name="x" size=${14} /></button></h3>
    <p class="path">${effect.tool}</p>
    <div class="flow"><${Effect} cell=${effect.before} /><${Icon} name="chev" size=${12} kind="muted" /><${Effect} cell=${effect.after} /></div>
    <p>${meaning(effect)}</p>
    ${nobody && html`<p>${nobody}</p>`}
    <${Who} effect=${effect} />
    ${used && html`<p>${used}</p>`}
    ${differs(effect, change) && html`<p>Of other servers' tools, every change asks a person first, whatever a row allows.</p>`}
  </section>`;
}

const LISTS = [["gain", "Gain"], ["lose", "Lose"], ["looser", "Asked less"], ["tighter", "Held closer"], ["same", "Notice nothing"]];

/** Everybody by name, folded when there are many. */
function Who({ effect }) {
  const lists = LISTS.filter(([key]) => effect[key].length && !(key === "same" && headline(effect) === "Nobody is affected"));
  if (!lists.length) return null;
  return html`<div class="who-list">${lists.map(([key, word]) => (effect[key].length > 6
    ? html`<details key=${key}><summary>${word}: ${named(effect[key], 4)}</summary><p>${effect[key].join(", ")}</p></details>`
    : html`<p key=${key}>${word}: ${named(effect[key])}</p>`))}</div>`;
}

function Bites({ runs, effects }) {
  if (!runs.length) return null;
  const roleOf = (run) => effects.find((each) => each.tool === run.tool && each.pillar === run.pillar)?.role;
  const text = runs.slice(0, 5).map((run) => `${run.user}, ${run.tool} as ${roleOf(run)}`).join("; ");
  const more = runs.length > 5 ? ` and ${runs.length - 5} more` : "";
  return html`<${Note} kind="warning" title="Bites at the next tool call">${plural(runs.length, "run")} in progress: ${text}${more}. ${runs.length === 1 ? "Its next call" : "Their next call of it"} is refused, with the reason.</${Note}>`;
}

function Second({ levels }) {
  const text = levels.length ? `Nobody may approve their own request at ${levels.join(" and ")} risk, whatever stands here.`
    : "Whoever asks may approve their own request: no risk level needs a second person here. APPROVAL_FOUR_EYES sets that.";
  return html`<${Note} kind="info">${text}</${Note}>`;
}
