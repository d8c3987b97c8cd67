// Signing in: by the one-time code of a link, or by a token that is pasted.
import { html, useEffect, useRef, useSignal } from "../lib.js";
import { Icon } from "../icons.js";
import { ApiError } from "../api.js";
import { navigate, route } from "../router.js";
import { signIn } from "../store.js";

/** @param {{onDone?: () => void}} props */
export function SignIn({ onDone = () => {} }) {
  const token = useSignal(""), error = useSignal(null), is_busy = useSignal(false), field = useRef(null);
  const enter = async (proof) => {
    is_busy.value = true;
    error.value = null;
    try {
      if (await signIn(proof)) onDone();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      error.value = failure;
      field.current?.focus();
    } finally {
      is_busy.value = false;
    }
  };
  useEffect(() => {
    const code = codeOf(location.hash);
    if (!code) return void field.current?.focus();
    history.replaceState(null, "", location.pathname + location.search);
    enter({ code });
  }, []);
  const onSubmit = (event) => { event.preventDefault(); if (token.value.trim()) enter({ token: token.value.trim() }); };
  return html`<div class="signin">
    <form onSubmit=${onSubmit}>
      <label class="field"><span>Token</span><input ref=${field} class="input mono" type="password" name="token" autocomplete="current-password" required spellcheck="false" value=${token.value} onInput=${(event) => { token.value = event.target.value; }} aria-describedby="signin-how" /></label>
      ${error.value && html`<div class="note warning inline" role="alert"><${Icon} name="warning" kind="mk-warning" /><div><b class="t">Not signed in</b><p>${error.value.message}</p></div></div>`}
      <button type="submit" class="btn primary" disabled=${is_busy.value}>Sign in</button>
    </form>
    <p id="signin-how" class="soft">An admin makes a token with <code>trivium token --user NAME</code>, or gives you a link that signs you in once.</p>
  </div>`;
}

/** The whole page while nobody is signed in. */
export function Gate() {
  const onDone = () => { if (route.value.name === "login") navigate(safe(route.value.query.next), { replace: true }); };
  useEffect(() => { document.title = "Sign in · Trivium"; }, []);
  return html`<main class="gate" id="main"><div class="signin"><div><${Icon} name="mark" size=${28} kind="mark" /><h1 class="title">Sign in to Trivium</h1></div><${SignIn} onDone=${onDone} /></div></main>`;
}

/** The code of "#code=…", or null. */
export const codeOf = (hash) => new URLSearchParams(hash.replace(/^#/, "")).get("code");
const safe = (path) => (/^\/(?![\/\\])/.test(path ?? "") ? path : "/");
