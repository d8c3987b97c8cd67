// A profile's editor: a field for each part, or the whole as one piece of JSON; errors stand at the field they are about.
import { html, useEffect, useSignal } from "../lib.js";
import { get, post, put } from "../api.js";
import { Dialog } from "../shell/dialog.js";
import { Field, Form, Unreadable, pretty, readAll, readJson, useForm, words } from "./form.js";

const PATH = "/api/applications";
const KEYS = ["name", "description", "architecture_info", "service_mappings", "default_metrics", "slos", "datasource_id"];
const NEW = { as: "fields", name: "", description: "", architecture_info: "", service_mappings: "", default_metrics: "", slos: "", datasource_id: "", whole: "" };
const MAPPING = '{"web": {"metrics_prefix": "shop_web_", "log_label": "app=shop-web"}}';

/** @param {{profile: object | null, onClose: () => void, onSaved: () => void}} props without `profile` a new one */
export function ApplicationForm({ profile, onClose, onSaved }) {
  const form = useForm(`application ${profile?.id ?? "new"}`, profile ? standing(profile) : NEW), sources = useSignal([]), is_whole = form.values.as === "whole";
  useEffect(() => { get("/api/grafana/datasources").then((told) => { sources.value = told.datasources; }, () => {}); }, []);
  const turn = (as) => {
    if (as === form.values.as) return;
    if (as === "whole") form.set("whole", JSON.stringify(safely(() => body(form.values)) ?? {}, null, 2));
    else spread(form);
    form.set("as", as);
  };
  const save = () => form.submit(async (now) => {
    const sent = now.as === "whole" ? parsed(now.whole) : body(now);
    await (profile ? put(`${PATH}/${profile.id}`, sent) : post(PATH, sent));
    await onSaved();
  });
  const footer = html`<div class="seg" role="group" aria-label="Edit as">${[["fields", "Fields"], ["whole", "JSON"]].map(([as, word]) => html`<button type="button" key=${as} aria-pressed=${String(form.values.as === as)} onClick=${() => turn(as)}>${word}</button>`)}</div>
    <button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="application-form" class="btn primary" disabled=${form.is_busy}>${profile ? "Save changes" : "Add profile"}</button>`;
  return html`<${Dialog} title=${profile ? `Change ${profile.name}` : "Add an application profile"} onClose=${onClose} footer=${footer} kind="wide"><${Form} form=${form} id="application-form" onSubmit=${save}>
    ${is_whole ? html`<${Field} form=${form} name="whole" label="The whole profile as JSON" kind="area" rows=${20} is_mono hint=${`Keys: ${KEYS.join(", ")}`} />` : html`<${Fields} form=${form} sources=${sources.value} />`}
  </${Form}></${Dialog}>`;
}

function Fields({ form, sources }) {
  const places = [["", "the default"], ...sources.filter((one) => one.type === "prometheus").map((one) => [one.id, one.name])];
  return html`<div class="pair"><${Field} form=${form} name="name" label="Name" /><${Field} form=${form} name="datasource_id" label="Where its metrics are" kind="select" options=${places} /></div>
    <${Field} form=${form} name="description" label="Description" />
    <${Field} form=${form} name="service_mappings" label="Parts and how telemetry names them, as JSON" kind="area" rows=${5} is_mono placeholder=${MAPPING} />
    <div class="pair"><${Field} form=${form} name="slos" label="Objectives, as JSON" kind="area" rows=${5} is_mono placeholder='{"availability": 0.999, "error_rate": 0.02, "p95_latency_ms": 500}' />
      <${Field} form=${form} name="default_metrics" label="Default metrics, one per line" kind="area" rows=${5} is_mono /></div>
    <${Field} form=${form} name="architecture_info" label="Architecture, as JSON" kind="area" rows=${5} is_mono />`;
}

const standing = (profile) => ({
  ...NEW, name: profile.name, description: profile.description, datasource_id: profile.datasource_id ?? "", slos: pretty(profile.slos),
  architecture_info: pretty(profile.architecture_info), service_mappings: pretty(profile.service_mappings), default_metrics: profile.default_metrics.join("\n"),
});

/** What is sent. Raises Unreadable with every field that is no JSON. */
function body(now) {
  const read = readAll({ architecture_info: [now.architecture_info, {}], service_mappings: [now.service_mappings, {}], slos: [now.slos, {}] });
  return { name: now.name.trim(), description: now.description, ...read, default_metrics: words(now.default_metrics), datasource_id: now.datasource_id || null };
}

/** The whole as it was written; keys that a profile also tells but nobody sets are left out. */
function parsed(text) {
  try {
    const { id: _, sample: __, created_at: ___, updated_at: ____, ...made } = readJson(text);
    return made;
  } catch (error) {
    throw new Unreadable({ whole: error.message });
  }
}

const safely = (work) => { try { return work(); } catch { return null; } };

/** The JSON's keys go into their fields; what cannot be read leaves them as they were. */
function spread(form) {
  const made = safely(() => parsed(form.values.whole));
  if (!made) return;
  const texts = standing({ name: "", description: "", slos: {}, architecture_info: {}, service_mappings: {}, default_metrics: [], datasource_id: null, ...made });
  for (const key of KEYS) form.set(key, texts[key]);
}
