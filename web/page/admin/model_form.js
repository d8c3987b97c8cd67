// Adding a language model or changing one: an OpenAI-compatible endpoint, its key by reference alone.
import { html } from "../lib.js";
import { post, put } from "../api.js";
import { Dialog } from "../shell/dialog.js";
import { Check, Field, Form, Unreadable, useForm } from "./form.js";

const PATH = "/api/v1/admin/llm-models";
const NEW = { name: "", environment: "LAB", base_url: "", model: "", secret_ref: "", is_default: false, is_enabled: true, timeout_seconds: "60" };

/** @param {{model: object | null, environment: string, onClose: () => void, onSaved: () => void}} props without `model` a new one */
export function ModelForm({ model, environment, onClose, onSaved }) {
  const form = useForm(`model ${model?.id ?? "new"}`, model ? { ...NEW, ...model, secret_ref: model.secret_ref ?? "", timeout_seconds: String(model.timeout_seconds) } : { ...NEW, environment });
  const save = () => form.submit(async (now) => {
    const sent = body(now);
    await (model ? put(`${PATH}/${model.id}`, sent) : post(PATH, sent));
    await onSaved();
  });
  const footer = html`<button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="model-form" class="btn primary" disabled=${form.is_busy}>${model ? "Save changes" : "Add model"}</button>`;
  return html`<${Dialog} title=${model ? `Change ${model.name}` : "Add a model"} onClose=${onClose} footer=${footer} kind="wide"><${Form} form=${form} id="model-form" onSubmit=${save}>
    <div class="pair"><${Field} form=${form} name="name" label="Name" hint="Small letters, digits, . _ and -" /><${Field} form=${form} name="environment" label="Environment" kind="select" options=${["LAB", "NONPROD", "PROD"].map((each) => [each, each])} hint=${`This process asks those of ${environment}`} /></div>
    <${Field} form=${form} name="base_url" label="Base URL" kind="url" is_mono placeholder="https://llm.example.org/v1" hint="OpenAI-compatible: chat completions with tools" />
    <div class="pair"><${Field} form=${form} name="model" label="Name of the model there" is_mono /><${Field} form=${form} name="timeout_seconds" label="Seconds it may take" kind="number" /></div>
    <${Field} form=${form} name="secret_ref" label="Where its key is" is_mono placeholder="env:NAME or file:/path" hint="Read where Trivium runs; the key itself is never kept. Empty: it asks for none" />
    <div class="pair"><${Check} form=${form} name="is_default" label="Asked first in its environment" hint="Takes the place of the default it has" /><${Check} form=${form} name="is_enabled" label="Switched on" /></div>
  </${Form}></${Dialog}>`;
}

function body(now) {
  const seconds = Number(now.timeout_seconds);
  if (!Number.isFinite(seconds) || !String(now.timeout_seconds).trim()) throw new Unreadable({ timeout_seconds: "it is no number" });
  return { name: now.name.trim(), environment: now.environment, base_url: now.base_url.trim(), model: now.model.trim(), secret_ref: now.secret_ref.trim() || null, is_default: now.is_default, is_enabled: now.is_enabled, timeout_seconds: seconds };
}
