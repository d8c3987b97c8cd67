// Runbooks live in their own view; here is what is known besides them: documents that answers are looked up in.
import { html, useSignal } from "../lib.js";
import { del, get, post } from "../api.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { Dialog } from "../shell/dialog.js";
import { Empty } from "../shell/states.js";
import { plural } from "../words.js";
import { Field, Form, useForm, words } from "./form.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Sure } from "./parts.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/knowledge";
const CATEGORIES = [["common_issues", "common issues"], ["best_practices", "best practices"], ["setup", "setup"], ["runbook", "runbook"], ["postmortem", "postmortem"], ["other", "other"]];
const NEW = { source: "", category: "common_issues", url: "", tags: "", text: "" };

export default function Runbooks() {
  const load = useLoad(() => get(PATH)), form = useSignal(false), gone = useSignal(null);
  const done = () => { form.value = false; gone.value = null; return load.again(); };
  const actions = html`<a class="btn quiet small hide-phone" ...${to("/runbooks")}><${Icon} name="book" size=${14} />Runbooks</a>
    <button type="button" class="btn small" onClick=${() => { form.value = true; }}><${Icon} name="plus" size=${14} />Import a document</button>`;
  return html`<${Frame} tab="runbooks" actions=${actions}>
    <${Head}>Runbooks are read and run under <a class="link" ...${to("/runbooks")}>Runbooks</a>. These documents are looked up beside them when somebody asks.</${Head}>
    <${Loaded} load=${load} what="Documents">${({ documents }) => (documents.length ? html`<div class="card"><header><h3>${plural(documents.length, "document")}</h3></header><div class="table-wrap"><table class="grid-table stacks">
      <thead><tr><th>Title</th><th>Category</th><th class="opt">Source</th><th class="n">Passages</th><th><span class="sr">Deeds</span></th></tr></thead>
      <tbody>${documents.map((one) => html`<tr key=${one.source} data-row><td class="wrap"><b>${one.title}</b></td><td>${said(one.category)}</td><td class="opt wrap mono">${one.source}</td><td class="n" data-name="passages:">${one.passages}</td>
        <td class="right"><button type="button" class="btn quiet small icon-only" aria-label=${`Remove ${one.title}`} onClick=${() => { gone.value = one; }}><${Icon} name="trash" size=${14} /></button></td></tr>`)}</tbody></table></div></div>`
      : html`<${Empty} title="No document was imported">Runbooks and postmortems are looked up all the same.</${Empty}>`)}</${Loaded}>
    ${form.value && html`<${Import} onClose=${() => { form.value = false; }} onSaved=${done} />`}
    ${gone.value && html`<${Sure} title=${`Remove ${gone.value.title}?`} deed="Remove document" onClose=${() => { gone.value = null; }} onDo=${async () => { await del(`${PATH}/${gone.value.source.split("/").map(encodeURIComponent).join("/")}`); await done(); }}>
      It is not found any more. Import it again to have it back.</${Sure}>`}
  </${Frame}>`;
}

const said = (category) => CATEGORIES.find(([name]) => name === category)?.[1] ?? category;

function Import({ onClose, onSaved }) {
  const form = useForm("document", NEW);
  const save = () => form.submit(async (now) => {
    await post(PATH, { source: now.source.trim(), category: now.category, url: now.url.trim(), tags: words(now.tags), text: now.text });
    await onSaved();
  });
  const take = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    form.set("text", await file.text());
    if (!form.values.source) form.set("source", file.name);
  };
  const footer = html`<button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="document-form" class="btn primary" disabled=${form.is_busy}>Import document</button>`;
  return html`<${Dialog} title="Import a document" onClose=${onClose} footer=${footer} kind="wide"><${Form} form=${form} id="document-form" onSubmit=${save}>
    <div class="field"><label for="document-file">A Markdown file</label><input id="document-file" class="input" type="file" accept=".md,.markdown,text/markdown,text/plain" onChange=${take} /><small>Or paste it below. Secrets in it are masked.</small></div>
    <div class="pair"><${Field} form=${form} name="source" label="Source" is_mono placeholder="runbooks/checkout.md" hint="It is known by this; the same source replaces it" /><${Field} form=${form} name="category" label="Category" kind="select" options=${CATEGORIES} /></div>
    <div class="pair"><${Field} form=${form} name="url" label="Where people read it" kind="url" /><${Field} form=${form} name="tags" label="Tags" hint="Separated by commas" /></div>
    <${Field} form=${form} name="text" label="Text, Markdown" kind="area" rows=${10} is_mono />
  </${Form}></${Dialog}>`;
}
