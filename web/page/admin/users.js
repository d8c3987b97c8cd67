// Users: their roles and teams, and shutting somebody out or letting them in again.
import { html, useSignal } from "../lib.js";
import { get, put } from "../api.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { me } from "../store.js";
import { Dialog } from "../shell/dialog.js";
import { plural } from "../words.js";
import { Field, Form, useForm, words } from "./form.js";
import { Frame } from "./frame.js";
import { Head, Loaded, Sure } from "./parts.js";
import { everybody } from "./tryas.js";
import { useLoad } from "./load.js";

const PATH = "/api/v1/admin/users";

async function read() {
  const [users, { roles }] = await Promise.all([everybody(), get("/api/v1/admin/ai/permissions")]);
  return { users, roles };
}

export default function Users() {
  const load = useLoad(read), find = useSignal(""), at = useSignal(null), shut = useSignal(null);
  const fits = (user) => `${user.name} ${user.roles.join(" ")} ${user.teams.join(" ")}`.toLowerCase().includes(find.value.toLowerCase());
  const done = () => { at.value = shut.value = null; return load.again(); };
  return html`<${Frame} tab="users">
    <${Head} acts=${html`<label class="search"><${Icon} name="search" size=${14} /><input type="search" placeholder="Name, role or team" aria-label="Find users" value=${find.value} onInput=${(event) => { find.value = event.target.value; }} /></label>`}>
      People appear with their first token. A change holds from their next request and next tool call on.</${Head}>
    <${Loaded} load=${load} what="Users">${({ users, roles }) => html`<div class="card"><header><h3>${plural(users.length, "person", "people")}</h3></header><div class="table-wrap"><table class="grid-table stacks">
      <thead><tr><th>Name</th><th>Roles</th><th class="opt">Teams</th><th>State</th><th><span class="sr">Deeds</span></th></tr></thead>
      <tbody>${users.filter(fits).map((user) => html`<tr key=${user.id} class=${user.is_disabled ? "off" : ""} data-row><td><b>${user.name}</b>${user.name === me.value?.name && html` <small>you</small>`}</td>
        <td>${user.roles.map((role) => html`<span class="chip" key=${role}>${role}</span> `)}${!user.roles.length && "none"}</td><td class="opt">${user.teams.join(", ") || "–"}</td>
        <td><span class="cell"><${Icon} name=${user.is_disabled ? "slash" : "ok"} kind=${user.is_disabled ? "mk-unknown" : "mk-ok"} size=${14} />${user.is_disabled ? "disabled" : "active"}</span></td>
        <td class="right"><span class="acts"><a class="btn quiet small opt" ...${to(`/admin/permissions?as=${encodeURIComponent(user.name)}`)}>Try as</a>
          <button type="button" class="btn quiet small" aria-label=${`Change ${user.name}`} onClick=${() => { at.value = user; }}><${Icon} name="edit" size=${14} />Change</button>
          <button type="button" class="btn quiet small" aria-label=${`${user.is_disabled ? "Let in" : "Disable"} ${user.name}`} onClick=${() => { shut.value = user; }}>${user.is_disabled ? "Let in" : "Disable"}</button></span></td></tr>`)}</tbody></table></div></div>
      ${at.value && html`<${Change} key=${at.value.id} user=${at.value} roles=${roles} onClose=${() => { at.value = null; }} onSaved=${done} />`}
      ${shut.value && html`<${Shut} user=${shut.value} onClose=${() => { shut.value = null; }} onDone=${done} />`}`}</${Loaded}>
  </${Frame}>`;
}

function Change({ user, roles, onClose, onSaved }) {
  const form = useForm(`user ${user.id}`, { roles: user.roles, teams: user.teams.join(", ") });
  const flip = (role) => form.set("roles", form.values.roles.includes(role) ? form.values.roles.filter((each) => each !== role) : [...form.values.roles, role]);
  const save = () => form.submit(async (now) => { await put(`${PATH}/${user.id}`, { roles: now.roles, teams: words(now.teams) }); await onSaved(); });
  form.names.add("roles");
  const footer = html`<button type="button" class="btn" onClick=${() => { form.discard(); onClose(); }}>Discard</button><button type="submit" form="user-form" class="btn primary" disabled=${form.is_busy}>Save ${user.name}</button>`;
  return html`<${Dialog} title=${`Change ${user.name}`} onClose=${onClose} footer=${footer}><${Form} form=${form} id="user-form" onSubmit=${save}>
    <fieldset class="group"><legend>Roles</legend>${roles.map((role) => html`<div class="field" key=${role.name}><label class="check"><input type="checkbox" checked=${form.values.roles.includes(role.name)} onChange=${() => flip(role.name)} />${role.name}</label><small>${role.description}</small></div>`)}
      ${form.errors.roles && html`<small class="wrong">${form.errors.roles}</small>`}</fieldset>
    <${Field} form=${form} name="teams" label="Teams" hint="Separated by commas. Own alerts are those of a person's teams" />
  </${Form}></${Dialog}>`;
}

function Shut({ user, onClose, onDone }) {
  const act = async () => { await put(`${PATH}/${user.id}`, { is_disabled: !user.is_disabled }); await onDone(); };
  if (user.is_disabled) return html`<${Sure} title=${`Let ${user.name} in again?`} deed=${`Let ${user.name} in`} onClose=${onClose} onDo=${act}>Their roles are as they were: ${user.roles.join(", ") || "none"}. Tokens that have not expired hold again.</${Sure}>`;
  return html`<${Sure} title=${`Disable ${user.name}?`} deed=${`Disable ${user.name}`} onClose=${onClose} onDo=${act}>Every request and every tool call of theirs is refused from now on, runs under way too. What they made stays, and you can let them in again.</${Sure}>`;
}
