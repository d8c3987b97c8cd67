"""Requests to change something, over HTTP, and the conversations they made."""

from zoneinfo import ZoneInfo

from starlette.responses import Response

from agents.answer import text_of
from domain.confirmations import Confirmation
from graphs.asking import Ask, Mode
from graphs.live import Live, Outcome
from tools.spec import Pillar, Risk
from web import conversations, events
from web.cards import action_required, resource_of
from web.desk import Visit
from web.inquiry import STOPPED
from web.models.revive import Made, ReviveReply, ReviveRequest, ReviveResponse, ReviveSessionReply
from web.outcomes import asking, standing, tools_used
from web.reading import body_of
from web.refusals import failed
from web.replies import Json, reply, told
from web.runs import run_told

MAKING = (Risk.CREATE, Risk.EXECUTE)
MOST_RUNS = 20
MODES: dict[str, Mode] = {"grafana": "grafana", "aiops": "aiops"}


async def send_message(visit: Visit) -> Response:
    """One request: its run's events to the pause or the end when a stream is taken, else how it stands then."""
    asked = await body_of(visit.request, ReviveRequest)
    runner = visit.desk.parts.runner
    live = await runner.start(visit.actor, ask(asked, visit.desk.parts.zone))
    if events.are_wanted(visit.request):
        return events.streamed(live.relay.read())
    outcome = await runner.finished(live)
    return await answered(visit, live, outcome) if outcome else failed(STOPPED)


def ask(asked: ReviveRequest, zone: ZoneInfo) -> Ask:
    context = asked.context
    return Ask(
        text=asked.message,
        graph="revive",
        session_id=asked.session_id,
        zone=context.timezone or zone,
        mode=asked.mode,
        page=context.current_page,
        selected=context.selected_items,
    )


async def answered(visit: Visit, live: Live, outcome: Outcome) -> Response:
    """How the request stands. It is answered as refused only where nothing at all was done."""
    stands = await standing(visit, outcome)
    if stands.error and stands.is_refused:
        return failed(stands.error)
    answer = outcome.answer
    body = ReviveReply(
        session_id=outcome.session_id,
        run_id=outcome.run_id,
        status=outcome.status,
        response=ReviveResponse(
            content=text_of(answer) if answer else asking(outcome.waiting),
            mode_detected=mode_of(outcome, live.ask.mode),
            action_required=action_required(outcome.waiting) if outcome.waiting else None,
            resources_created=made(visit, stands.proposed),
            suggestions=answer.suggestions if answer else (),
            answer=told(answer) if answer else None,
        ),
        tools_used=answer.tools_used if answer else tools_used(live),
        tokens_used=answer.tokens_used if answer else 0,
        error=stands.error,
    )
    return reply(body)


def mode_of(outcome: Outcome, asked: Mode) -> Mode:
    """What the request was read as: said by the brain, else by what it proposed, else by the caller."""
    slots: Json = outcome.understanding.get("slots") or {}
    proposed = outcome.waiting.category.removeprefix("revive_") if outcome.waiting else ""
    return MODES.get(slots.get("mode", "")) or MODES.get(proposed) or asked


def made(visit: Visit, proposed: list[Confirmation]) -> tuple[Made, ...]:
    """What the run has created so far, as the ledger has it; what it changed or deleted was there before."""
    catalogue = visit.desk.parts.door.catalogue
    succeeded = [(each, catalogue.get(each.tool)) for each in proposed if each.outcome == "succeeded"]
    done = [each for each, spec in succeeded if spec and spec.risk in MAKING]  # a remote tool may be gone since
    found = ((each.tool, resource_of(each)) for each in done)
    return tuple(Made(**dict(resource), action=tool) for tool, resource in found if resource)


async def list_revive_sessions(visit: Visit) -> Response:
    return await conversations.listed(visit, Pillar.REVIVE)


async def get_revive_session(visit: Visit) -> Response:
    found = await conversations.messages(visit, Pillar.REVIVE)
    runs = await visit.desk.parts.runner.newest(visit.actor, session_id=found.session_id, limit=MOST_RUNS)
    return reply(ReviveSessionReply(**dict(found), runs=tuple(map(run_told, runs))))


async def list_revive_messages(visit: Visit) -> Response:
    return reply(await conversations.messages(visit, Pillar.REVIVE))


async def delete_revive_session(visit: Visit) -> Response:
    return await conversations.deleted(visit, Pillar.REVIVE)
