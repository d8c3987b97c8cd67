// Whose eyes the matrix is looked at with.
import { html, useSignal } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { Dialog } from "../shell/dialog.js";
import { Loaded } from "./parts.js";
import { useLoad, whole } from "./load.js";

export const everybody = () => whole(async (page) => {
  const { users, pagination } = await get("/api/v1/admin/users", { page, per_page: 100 });
  return { items: users, total: pagination.total };
});

/** @param {{onClose: () => void}} props */
export function TryAs({ onClose }) {
  const load = useLoad(everybody), words = useSignal("");
  const fits = (user) => `${user.name} ${user.roles.join(" ")}`.toLowerCase().includes(words.value.toLowerCase());
  const choose = (user) => { onClose(); navigate(`/admin/permissions?as=${encodeURIComponent(user.name)}`); };
  return html`<${Dialog} title="Try as…" onClose=${onClose}>
    <p class="soft">Shows what holds for one person over all of their roles. You do not become that person, and nothing is done in their name.</p>
    <label class="search gap wide"><${Icon} name="search" size=${14} /><input type="search" autofocus placeholder="Name or role" aria-label="Find a person" value=${words.value} onInput=${(event) => { words.value = event.target.value; }} /></label>
    <${Loaded} load=${load} what="Users">${(users) => html`<ul class="people">${users.filter(fits).slice(0, 200).map((user) => html`<li key=${user.id}>
      <button type="button" onClick=${() => choose(user)}><b>${user.name}</b><span>${user.roles.join(", ") || "no role"}${user.is_disabled ? ", disabled" : ""}</span></button></li>`)}</ul>`}</${Loaded}>
  </${Dialog}>`;
}
