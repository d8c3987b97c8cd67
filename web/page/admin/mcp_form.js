// Registering an MCP server or changing one: by URL or as a program, its secret by reference or sealed.
import { html, useRef } from "../lib.js";
import { post, put } from "../api.js";
import { Dialog } from "../shell/dialog.js";
import { Field, Form, useForm } from "./form.js";

const PATH = "/api/v1/admin/mcp-servers";
const NEW = { name: "", family: "", description: "", transport: "http", kind: "internal", url: "", command: "", environment: "", "credential.kind": "none", "credential.name": "", "credential.how": "reference", "credential.reference": "", "credential.secret": "" };

/** @param {{server?: object, onClose: () => void, onSaved: (server: object) => void}} props without `server` a new one */
export function McpForm({ server, onClose, onSaved }) {
  const form = useForm(`mcp ${server?.id ?? "new"}`, server ? standing(server) : NEW), { values } = form, sent = useRef(null);
  const is_program = values.transport === "stdio", has_secret = values["credential.kind"] !== "none";
  const save = () => form.submit(async (now) => {
    sent.current = body(now, server);
    onSaved(await (server ? put(`${PATH}/${server.id}`, sent.current) : post(PATH, sent.current)));
  });
  const title = server ? `Change ${server.name}` : "Register an MCP server";
  const footer = html`<button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="mcp-form" class="btn primary" disabled=${form.is_busy}>${server ? "Save changes" : "Register server"}</button>`;
  const kinds = is_program ? [["none", "none"], ["variable", "an environment variable"]] : [["none", "none"], ["bearer", "a bearer token"], ["header", "a header"]];
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer} kind="wide"><${Form} form=${form} id="mcp-form" onSubmit=${save}>
    <div class="pair"><${Field} form=${form} name="name" label="Name" is_locked=${Boolean(server)} hint="Small letters, digits and _; it stays" />
      <${Field} form=${form} name="family" label="Family" hint="Servers of one family stand in for each other. Empty: the name" /></div>
    <${Field} form=${form} name="description" label="What it is for" />
    <div class="pair"><${Field} form=${form} name="transport" label="How it is reached" kind="select" options=${[["http", "streamable HTTP"], ["sse", "SSE"], ["stdio", "a program here (stdio)"]]} />
      <${Field} form=${form} name="kind" label="Where it is" kind="select" options=${[["internal", "in our network"], ["external", "in the open internet"]]} /></div>
    ${is_program ? html`<${Field} form=${form} name="command" label="Program and arguments, one per line" kind="area" rows=${3} is_mono hint="MCP_STDIO_COMMANDS says which may be started" />
      <${Field} form=${form} name="environment" label="Environment, NAME=value per line" kind="area" rows=${2} is_mono hint="No secrets: they go below" />`
      : html`<${Field} form=${form} name="url" label="URL" kind="url" is_mono placeholder="https://mcp.example.org/mcp" />`}
    <fieldset class="group"><legend>Secret</legend>
      <div class="pair"><${Field} form=${form} name="credential.kind" label="It asks for" kind="select" options=${kinds} />
        ${has_secret && values["credential.kind"] !== "bearer" && html`<${Field} form=${form} name="credential.name" label="Its name" is_mono placeholder=${is_program ? "API_TOKEN" : "X-Api-Key"} />`}</div>
      ${has_secret && html`<div class="pair"><${Field} form=${form} name="credential.how" label="Given" kind="select" options=${[["reference", "by reference"], ["secret", "here, kept sealed"], ...(server?.credential.kept ? [["keep", "as it stands"]] : [])]} />
        ${values["credential.how"] === "reference" && html`<${Field} form=${form} name="credential.reference" label="Where it is" is_mono placeholder="env:NAME or file:/path" hint="Read where Trivium runs, at each connection" />`}
        ${values["credential.how"] === "secret" && html`<${Field} form=${form} name="credential.secret" label="The secret" kind="secret" hint="Goes in and never comes out again" />`}</div>`}
    </fieldset>
  </${Form}></${Dialog}>`;
}

function standing(server) {
  const { credential } = server;
  return {
    ...NEW, name: server.name, family: server.family, description: server.description, transport: server.transport, kind: server.kind, url: server.url,
    command: server.command.join("\n"), environment: Object.entries(server.environment).map((pair) => pair.join("=")).join("\n"),
    "credential.kind": credential.kind, "credential.name": credential.name, "credential.how": credential.kept ? "keep" : "reference",
  };
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const pairs = (text) => Object.fromEntries(lines(text).map((line) => { const at = line.indexOf("="); return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)]; }));

/** What is sent: of a change without the name, and without a secret that is to stay. */
function body(now, server) {
  const is_program = now.transport === "stdio";
  const place = { transport: now.transport, kind: now.kind, url: is_program ? "" : now.url.trim(), command: is_program ? lines(now.command) : [], environment: is_program ? pairs(now.environment) : {} };
  const made = { description: now.description, ...place, ...(now.family.trim() ? { family: now.family.trim() } : {}) };
  const secret = credential(now, server);
  if (secret !== undefined) made.credential = secret;
  return server ? made : { name: now.name.trim(), ...made };
}

function credential(now, server) {
  const kind = now["credential.kind"], how = now["credential.how"];
  if (kind === "none") return server?.credential.kind === "none" || !server ? undefined : null;
  if (how === "keep") return undefined;
  const name = kind === "bearer" ? "" : now["credential.name"].trim();
  return how === "secret" ? { kind, name, secret: now["credential.secret"] || null } : { kind, name, reference: now["credential.reference"].trim() || null };
}
