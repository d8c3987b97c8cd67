// Who asked, who may approve, where it lands and what it does.
import { get } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { me } from "../store.js";
import { number, stamp, time } from "../words.js";
import { pathOf } from "./following.js";
import { whereOf } from "./reading.js";

/** @param {{confirmation: object, isMine: boolean, isOver?: boolean}} props */
export function Facts({ confirmation, isMine, isOver = false }) {
  const { details } = confirmation, others = useApprovers(confirmation, isOver);
  const asked = `${confirmation.requester}${isMine ? ", you" : ""}, ${isOver ? stamp(confirmation.created_at) : time(confirmation.created_at)} UTC`;
  return html`<dl class="facts">
    <dt>Requested by</dt><dd>${asked}</dd>
    ${!isOver && html`<dt>Approver</dt><dd>${approver(confirmation, isMine, others)}</dd>`}
    <dt>Where</dt><dd>${whereOf(confirmation)}</dd>
    ${details.lines.length > 0 && html`<dt>Effect</dt><dd>${details.lines.length === 1 ? details.lines[0]
      : html`<ul>${details.lines.map((line) => html`<li class=${/^\s/.test(line) ? "under" : ""}>${line.trim()}</li>`)}</ul>`}</dd>`}
    ${details.cost && html`<dt>Cost</dt><dd>${number(details.cost.hourly)} ${details.cost.currency} an hour, ${number(details.cost.monthly)} a month</dd>`}
    <dt>Permission</dt><dd><code>${confirmation.permission}</code></dd>
  </dl>`;
}

/** Who else could approve, where a second person has to. */
function useApprovers(confirmation, is_over) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    if (is_over || confirmation.approval_mode !== "four_eyes") return;
    get(`${pathOf(confirmation.confirmation_id)}/approvers`).then(setFound, () => {});
  }, [confirmation.confirmation_id]);
  return found;
}

function approver(confirmation, is_mine, found) {
  if (confirmation.approval_mode !== "four_eyes") return "You";
  const names = (found?.names ?? []).filter((name) => name !== me.value?.name);
  const roles = found ? found.roles.join(" or ") : "somebody who holds the permission";
  const others = names.length ? `${listed(names.slice(0, 5))}${names.length > 5 ? " and others" : ""} (${roles})` : `another ${roles}`;
  return is_mine ? `Not you: a second person, ${others}` : `You${names.length ? `, or ${others}` : ""}`;
}

const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
