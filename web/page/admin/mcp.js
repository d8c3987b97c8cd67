// MCP servers: how each is, in words; registering one, looking at it now, maintenance, and deciding on its tools.
import { html, useSignal } from "../lib.js";
import { del, get, post, put } from "../api.js";
import { Icon } from "../icons.js";
import { navigate, to } from "../router.js";
import { clock } from "../store.js";
import { Empty, Failed } from "../shell/states.js";
import { ago } from "../words.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Note, State, Sure, Toggle } from "./parts.js";
import { McpForm } from "./mcp_form.js";
import { McpTools } from "./mcp_tools.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/mcp-servers", ADMIN = "/admin/mcp-servers";

/** @param {{route: {query: {server?: string}}}} props `server` is the id of the one that is looked at */
export default function McpServers({ route }) {
  return route.query.server ? html`<${Server} key=${route.query.server} id=${route.query.server} />` : html`<${List} />`;
}

function List() {
  const load = useLoad(() => get(PATH)), form = useSignal(false);
  const actions = html`<button type="button" class="btn small" onClick=${() => { form.value = true; }}><${Icon} name="plus" size=${14} />Register a server</button>`;
  return html`<${Frame} tab="mcp-servers" actions=${actions}>
    <${Head}>Tools of other MCP servers. None of them can be used before you have decided on it.</${Head}>
    <${Loaded} load=${load} what="MCP servers">${({ servers }) => (servers.length
      ? html`<div class="card"><div class="table-wrap"><table class="grid-table stacks"><thead><tr><th>Server</th><th>State</th><th>Where</th><th class="opt">Family</th><th>Looked at</th></tr></thead>
        <tbody>${servers.map((each) => html`<${Row} key=${each.id} server=${each} />`)}</tbody></table></div></div>`
      : html`<${Empty} title="No MCP server is registered">A server is a URL or a program that speaks MCP; its tools appear here for a decision each.</${Empty}>`)}</${Loaded}>
    ${form.value && html`<${McpForm} onClose=${() => { form.value = false; }} onSaved=${(made) => { form.value = false; navigate(`${ADMIN}?server=${made.id}`); }} />`}
  </${Frame}>`;
}

function Row({ server }) {
  const address = `${ADMIN}?server=${server.id}`;
  return html`<tr class="opens" data-row onClick=${() => navigate(address)}>
    <td><a ...${to(address)}><b>${server.name}</b></a></td><td><${State} state=${stateOf(server)} word=${saidOf(server)} /></td>
    <td class="wrap mono">${server.url || server.command.join(" ")}</td><td class="opt">${server.family}</td>
    <td data-name="looked at:" title=${server.last_error}>${server.last_checked_at ? ago(server.last_checked_at, clock.value) : "not yet"}</td></tr>`;
}

const stateOf = (server) => (!server.is_enabled ? "disabled" : server.status === "unhealthy" && !server.last_checked_at ? "unknown" : server.status);
function saidOf(server) {
  if (!server.is_enabled) return "switched off";
  if (server.status === "maintenance") return server.consecutive_failures ? `in maintenance after ${server.consecutive_failures} failures` : "in maintenance";
  if (!server.last_checked_at) return "not looked at yet";
  if (server.status === "healthy") return server.consecutive_failures ? `answers, ${server.consecutive_failures} failures since` : "answers";
  return `no answer, ${server.consecutive_failures} in a row`;
}

/** One server: facts, what can be done with it, its tools. */
function Server({ id }) {
  const path = `${PATH}/${id}`, load = useLoad(() => get(`${path}/tools`), [id]), busy = useSignal(""), failed = useSignal(null), dialog = useSignal(null);
  const act = (name, work) => async () => {
    busy.value = name;
    failed.value = null;
    try { await work(); } catch (error) { failed.value = error; }
    await load.again();
    busy.value = "";
  };
  const server = load.value?.server, change = (name, body) => act(name, () => put(path, body));
  const button = (name, word, work, icon) => html`<button type="button" class="btn small" disabled=${Boolean(busy.value)} onClick=${act(name, work)}><${Icon} name=${icon} size=${14} kind=${busy.value === name ? "spin" : ""} />${word}</button>`;
  const actions = server && html`${button("check", "Check now", () => post(`${path}/check`), "retry")}${button("refresh", "Read its tools", () => post(`${path}/refresh`), "dl")}`;
  return html`<${Frame} tab="mcp-servers" title=${server?.name ?? "MCP server"} crumb="Admin / MCP servers" actions=${actions}>
    <p><a class="link" ...${to(ADMIN)}>All MCP servers</a></p>
    ${failed.value && html`<${Failed} error=${failed.value} />`}
    <${Loaded} load=${load} what="MCP server">${({ tools }) => html`
      <div class="card"><header><h3>${server.name}</h3><span class="sub">${server.description}</span><div class="acts">
        <button type="button" class="btn quiet small" onClick=${() => { dialog.value = "edit"; }}><${Icon} name="edit" size=${14} />Change</button>
        <button type="button" class="btn quiet small" onClick=${() => { dialog.value = "remove"; }}><${Icon} name="trash" size=${14} />Remove</button></div></header>
        <${Facts} server=${server} />
        <footer><label class="check"><${Toggle} label="Switched on" is_on=${server.is_enabled} is_busy=${Boolean(busy.value)} onChange=${(is_on) => change("on", { is_enabled: is_on })()} />Switched on</label>
          <label class="check"><${Toggle} label="In maintenance" is_on=${server.status === "maintenance"} is_busy=${Boolean(busy.value)} onChange=${(is_on) => change("rest", { in_maintenance: is_on })()} />In maintenance: neither used nor checked</label></footer></div>
      ${server.last_error && html`<${Note} kind="warning" title="The last look failed">${server.last_error}</${Note}>`}
      <${McpTools} server=${server} tools=${tools} onDecided=${load.again} />`}</${Loaded}>
    ${dialog.value === "edit" && html`<${McpForm} server=${server} onClose=${() => { dialog.value = null; }} onSaved=${() => { dialog.value = null; load.again(); }} />`}
    ${dialog.value === "remove" && html`<${Sure} title=${`Remove ${server.name}?`} deed=${`Remove ${server.name}`} onClose=${() => { dialog.value = null; }} onDo=${async () => { await del(path); navigate(ADMIN); }}>
      Its tools, the decisions about them and its secret are gone; runs that use them are refused at the next call. It cannot be undone.</${Sure}>`}
  </${Frame}>`;
}

function Facts({ server }) {
  const { credential } = server, now = clock.value;
  const kept = credential.kind === "none" ? "none" : `${credential.kind}${credential.name ? ` ${credential.name}` : ""}, ${credential.kept === "sealed" ? "kept sealed" : `read from ${credential.kept ?? "nowhere"}`}`;
  const rows = [
    ["State", html`<${State} state=${stateOf(server)} word=${saidOf(server)} />`],
    ["Where", html`<span class="mono">${server.url || server.command.join(" ")}</span> <span class="muted">${server.transport}, ${server.kind}</span>`],
    ["Family", `${server.family}: tools are called ${server.family}__name`], ["Secret", kept],
    ["Looked at", server.last_checked_at ? `${ago(server.last_checked_at, now)}${server.last_healthy_at ? `, last well ${ago(server.last_healthy_at, now)}` : ", never well yet"}` : "not yet"],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
