// Adding a datasource or changing one: by its own address or through Grafana; its key goes in and never comes out.
import { html } from "../lib.js";
import { post, put } from "../api.js";
import { Dialog } from "../shell/dialog.js";
import { Check, Field, Form, pretty, readAll, useForm, words } from "./form.js";

const PATH = "/api/grafana/datasources";
const TYPES = ["prometheus", "loki", "tempo", "influxdb", "custom"];
const NEW = { name: "", type: "prometheus", through: "direct", url: "", grafana_uid: "", api_key: "", takes_key: "keep", is_default: false, is_enabled: true, allowed_roles: "", config_json: "" };
const CONFIG = '{"tenant": "shop", "fallback_url": "http://…", "enforced": [{"label": "namespace", "values": ["shop"], "roles": ["viewer"]}]}';

/** @param {{source: object | null, onClose: () => void, onSaved: () => void}} props without `source` a new one */
export function DatasourceForm({ source, onClose, onSaved }) {
  const initial = source ? { ...NEW, ...source, api_key: "", allowed_roles: source.allowed_roles.join(", "), config_json: pretty(source.config_json) } : NEW;
  const form = useForm(`datasource ${source?.id ?? "new"}`, initial), { values } = form, is_direct = values.through === "direct";
  const save = () => form.submit(async (now) => {
    const { config_json: config } = readAll({ config_json: [now.config_json, {}] });
    await (source ? put(`${PATH}/${source.id}`, body(now, config, source)) : post(PATH, body(now, config, null)));
    await onSaved();
  });
  const footer = html`<button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="datasource-form" class="btn primary" disabled=${form.is_busy}>${source ? "Save changes" : "Add datasource"}</button>`;
  return html`<${Dialog} title=${source ? `Change ${source.name}` : "Add a datasource"} onClose=${onClose} footer=${footer} kind="wide"><${Form} form=${form} id="datasource-form" onSubmit=${save}>
    <div class="pair"><${Field} form=${form} name="name" label="Name" /><${Field} form=${form} name="type" label="Type" kind="select" options=${TYPES.map((type) => [type, type])} /></div>
    <div class="pair"><${Field} form=${form} name="through" label="How it is reached" kind="select" options=${[["direct", "directly"], ["grafana", "through Grafana"]]} />
      ${is_direct ? null : html`<${Field} form=${form} name="grafana_uid" label="Its uid in Grafana" is_mono />`}</div>
    <${Field} form=${form} name="url" label=${is_direct ? "URL" : "Another Grafana's MCP server"} kind="url" is_mono placeholder="http://prometheus:9090" hint=${is_direct ? null : "Empty: the one of MCP_GRAFANA_URL"} />
    <fieldset class="group"><legend>Key</legend>
      ${source?.has_api_key && html`<${Field} form=${form} name="takes_key" label="The key that is kept" kind="select" options=${[["keep", "stays"], ["new", "is replaced"], ["none", "is taken away"]]} />`}
      ${(!source?.has_api_key || values.takes_key === "new") && html`<${Field} form=${form} name="api_key" label="Key or password" kind="secret" hint="Kept sealed; it never comes out again" />`}</fieldset>
    <${Field} form=${form} name="allowed_roles" label="Open to the roles" hint="Separated by commas; empty: everybody" />
    <${Field} form=${form} name="config_json" label="More, as JSON" kind="area" rows=${5} is_mono placeholder=${CONFIG} hint="username, tenant, fallback_url, and enforced labels that queries are held to" />
    <div class="pair"><${Check} form=${form} name="is_default" label="Default of its type" /><${Check} form=${form} name="is_enabled" label="Switched on" /></div>
  </${Form}></${Dialog}>`;
}

function body(now, config, source) {
  const is_direct = now.through === "direct";
  const made = {
    name: now.name.trim(), type: now.type, through: now.through, url: now.url.trim(), grafana_uid: is_direct ? "" : now.grafana_uid.trim(),
    is_default: now.is_default, is_enabled: now.is_enabled, allowed_roles: words(now.allowed_roles), config_json: config,
  };
  if (now.api_key) made.api_key = now.api_key;
  else if (source && now.takes_key === "none") made.api_key = null;
  return made;
}
