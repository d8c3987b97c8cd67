// Yes, other arguments, or no. The yes names its deed, is never focused by itself, and comes after all that is to be read.
import { Icon } from "../icons.js";
import { html, useEffect, useId, useRef, useState } from "../lib.js";
import { approveWords } from "./reading.js";
import { left } from "./timer.js";

/** @param {{confirmation: object, following: object, isMine: boolean, isRead: boolean, canEdit: boolean, mode: string, setMode: (mode: string) => void}} props */
export function Footer({ confirmation, following, isMine, isRead, canEdit, mode, setMode }) {
  const { busy, changed, told, until } = following;
  const why = useId(), needs_other = confirmation.approval_mode === "four_eyes" && isMine;
  const held = !told.value ? "Asking how it stands now." : changed.value && !changed.value.seen ? "Read it again first: say so above."
    : !isRead ? "Scroll to the end of the change to approve it." : "";
  const is_held = held !== "" || busy.value !== null || left(until.value) === 0;
  if (mode === "reject") return html`<${Reject} busy=${busy.value} onSend=${following.reject} onCancel=${() => setMode("read")} />`;
  return html`<footer>
    ${needs_other
      ? html`<p class="held">You asked for this, so another person has to approve it.</p>`
      : html`<button type="button" class="btn primary" disabled=${is_held} aria-describedby=${held ? why : undefined} onClick=${following.approve}>
          <${Icon} name=${busy.value === "approve" ? "spin" : "check"} kind=${busy.value === "approve" ? "spin" : ""} />${busy.value === "approve" ? "Carrying it out" : approveWords(confirmation)}</button>`}
    ${canEdit && html`<button type="button" class="btn" disabled=${busy.value !== null} onClick=${() => setMode("edit")}><${Icon} name="edit" />Edit</button>`}
    <button type="button" class="btn quiet end" disabled=${busy.value !== null} onClick=${() => setMode("reject")}><${Icon} name="x" />Reject</button>
    ${held && !needs_other && html`<p class="held" id=${why}>${held}</p>`}
  </footer>`;
}

/** The no, with its reason: kept on the audit log. */
function Reject({ busy, onSend, onCancel }) {
  const [reason, setReason] = useState(""), field = useRef(null), id = useId();
  useEffect(() => field.current.focus(), []);
  const send = (event) => { event.preventDefault(); onSend(reason); };
  const leave = (event) => { if (event.key === "Escape") { event.stopPropagation(); onCancel(); } };
  return html`<form class="reject" aria-label="Reject the change" onSubmit=${send} onKeyDown=${leave}>
    <label for=${id}>Reason, kept on the audit log <small>optional</small></label>
    <input id=${id} ref=${field} type="text" maxlength="500" value=${reason} onInput=${(event) => setReason(event.currentTarget.value)} autocomplete="off" />
    <div><button type="submit" class="btn" disabled=${busy !== null}><${Icon} name="x" />Reject it</button><button type="button" class="btn quiet" onClick=${onCancel}>Not yet</button></div>
  </form>`;
}
