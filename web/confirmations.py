"""Approvals over HTTP: what waits for a person, their word, and what came of it."""

from collections.abc import AsyncGenerator
from uuid import UUID

from starlette.responses import Response

from domain.confirmations import Confirmation
from domain.errors import Refused
from graphs.approvals import Decided
from graphs.events import Numbered
from graphs.live import Outcome
from tools import approvers
from tools.cleaning import strip_text
from tools.decisions import Verdict
from tools.masking import mask_text
from web import events
from web.cards import action_required, confirmation_told, result_of
from web.desk import Visit
from web.models.confirmations import ApproversReply, ConfirmationsReply, ConfirmReply, ConfirmRequest
from web.reading import body_of
from web.replies import reply

WAIT_SECONDS = 45.0


async def confirm(visit: Visit) -> Response:
    """The word is given; then the rest of the run as a stream where one is taken, else what came of it."""
    asked = await body_of(visit.request, ConfirmRequest)
    if asked.action == "edit":
        return reply(await edited(visit, asked))
    reason = mask_text(strip_text(asked.reason))
    verdict = Verdict(action=asked.action, reason=reason, sha256=asked.arguments_sha256)
    decided = await visit.desk.parts.approvals.decide(visit.actor, confirmation_id(visit), verdict)
    rest = rest_of_run(visit, decided) if events.are_wanted(visit.request) else None
    return events.streamed(rest) if rest else reply(await concluded(visit, decided, seconds=WAIT_SECONDS))


def rest_of_run(visit: Visit, decided: Decided) -> AsyncGenerator[Numbered] | None:
    """The events from here to the next pause or the end, for whoever's run it is; None for a second person."""
    found, live = decided.confirmation, decided.live
    if found.run_id is None or found.user_id != visit.actor.user_id:
        return None
    if live:
        return live.relay.read()
    return visit.desk.parts.runner.events(visit.actor, found.run_id, after=events.last_seen(visit.request))


async def concluded(visit: Visit, decided: Decided, *, seconds: float) -> ConfirmReply:
    """What came of the word within `seconds`; a change that takes longer is told as executing."""
    found, outcome, parts = decided.confirmation, None, visit.desk.parts
    if found.status == "approved":
        outcome = await parts.runner.finished(decided.live, seconds=seconds) if decided.live else None
        found = await parts.approvals.settled(found.id, seconds=0 if decided.live else seconds)
    following = await next_of_run(visit, found)
    return ConfirmReply(
        confirmation_id=found.id,
        status=found.status,
        run_id=found.run_id,
        result=result_of(found, why_not(outcome)),
        next=action_required(following) if following else None,
    )


async def next_of_run(visit: Visit, found: Confirmation) -> Confirmation | None:
    """What the run waits for now, where that is for this person to see."""
    waiting = await visit.desk.parts.approvals.waiting(visit.actor) if found.run_id else []
    return next((each for each in waiting if each.run_id == found.run_id), None)


def why_not(outcome: Outcome | None) -> str | None:
    return outcome.error["message"] if outcome and outcome.error else None


async def edited(visit: Visit, asked: ConfirmRequest) -> ConfirmReply:
    """A new confirmation stands in the place of the old one, which nobody can approve any more."""
    approvals, edited_id = visit.desk.parts.approvals, confirmation_id(visit)
    refuse_other_arguments(await approvals.fetch(visit.actor, edited_id), asked.arguments_sha256)
    made = await approvals.edit(visit.actor, edited_id, asked.arguments or {})
    return ConfirmReply(
        confirmation_id=edited_id,
        status="superseded",
        run_id=made.run_id,
        superseded_by=made.id,
        action_required=action_required(made),
    )


def refuse_other_arguments(found: Confirmation, sha256: str | None) -> None:
    """Raises Refused when the person was shown other arguments than those that they edit."""
    if sha256 not in (None, found.arguments_sha256):
        raise Refused(
            "The arguments you were shown are not the ones that are proposed.",
            code="approval_mismatch",
            alternative="Look at the confirmation again.",
        )


async def list_confirmations(visit: Visit) -> Response:
    waiting = await visit.desk.parts.approvals.waiting(visit.actor)
    return reply(ConfirmationsReply(confirmations=tuple(map(confirmation_told, waiting))))


async def get_confirmation(visit: Visit) -> Response:
    found = await visit.desk.parts.approvals.fetch(visit.actor, confirmation_id(visit))
    return reply(confirmation_told(found))


async def get_approvers(visit: Visit) -> Response:
    """Who could give the word, for whoever asked for the change or may decide it. Raises NotFound."""
    parts = visit.desk.parts
    found = await parts.approvals.fetch(visit.actor, confirmation_id(visit))
    told = await approvers.of(parts.door, parts.pool, found)
    return reply(ApproversReply(approval_mode=found.mode, roles=told.roles, names=told.names))


def confirmation_id(visit: Visit) -> UUID:
    return visit.request.path_params["confirmation_id"]
