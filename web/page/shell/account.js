// What belongs to the person: theme, keyboard, signing out; a menu behind their initials.
import { html, useId, useRef } from "../lib.js";
import { Icon } from "../icons.js";
import { navigate } from "../router.js";
import { choose, me, prefs, signOut, theme } from "../store.js";
import { open } from "./doors.js";

export const THEMES = [["light", "Light", "sun"], ["dark", "Dark", "moon"], ["system", "System", "half"]];
const next = () => THEMES[(THEMES.findIndex(([name]) => name === theme.value) + 1) % THEMES.length];

/** One press goes on to the next theme: light, dark, the system's. */
export function ThemeSwitch() {
  const [, name, icon] = THEMES.find(([each]) => each === theme.value) ?? THEMES[2];
  return html`<button type="button" class="btn quiet small icon-only hide-thin" aria-label=${`Theme: ${name}. Change to ${next()[1]}`} title=${`Theme: ${name}`} onClick=${() => choose({ theme: next()[0] })}><${Icon} name=${icon} /></button>`;
}

/** The menu; `children` is what opens it. */
export function Account({ children }) {
  const id = useId(), menu = useRef(null);
  const act = (deed) => () => { menu.current.hidePopover(); deed(); };
  return html`
    <button type="button" class="who" popovertarget=${id} aria-label=${`Your settings, ${me.value?.name ?? ""}`}>${children}</button>
    <div id=${id} ref=${menu} popover="auto" class="menu account">
      <div class="seg" role="group" aria-label="Theme">${THEMES.map(([name, label]) => html`<button type="button" key=${name} aria-pressed=${String(theme.value === name)} onClick=${() => choose({ theme: name })}>${label}</button>`)}</div>
      <label class="check"><input type="checkbox" checked=${prefs.value.letters} onChange=${(event) => choose({ letters: event.target.checked })} />Single-letter keys</label>
      <hr />
      <button type="button" onClick=${act(() => navigate("/admin/me"))}><${Icon} name="shield" />What I may do</button>
      <button type="button" onClick=${act(() => open("help"))}><${Icon} name="term" />Keyboard<span class="end">?</span></button>
      <button type="button" onClick=${act(signOut)}><${Icon} name="leave" />Sign out</button>
    </div>`;
}
