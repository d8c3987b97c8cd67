"""Questions over HTTP, and the conversations they made."""

from zoneinfo import ZoneInfo

from starlette.responses import Response

from agents.rules import brain
from graphs.asking import Ask
from graphs.live import Outcome
from tools.spec import Pillar
from web import conversations, events
from web.cards import action_required
from web.desk import Visit
from web.models.inquiry import PreviewReply, QueryReply, QueryRequest, SuggestionsReply
from web.models.problems import Refusal
from web.reading import body_of
from web.refusals import failed
from web.replies import reply, told

STOPPED = Refusal(error="stopped", message="This worker is going down; another one takes the question over.")


async def query(visit: Visit) -> Response:
    """One question: its run's events when the caller takes a stream, else the answer once the run has ended."""
    asked = await body_of(visit.request, QueryRequest)
    runner = visit.desk.parts.runner
    live = await runner.start(visit.actor, ask(asked, visit.desk.parts.zone))
    if events.are_wanted(visit.request):
        return events.streamed(live.relay.read())
    return answered(await runner.finished(live))


def ask(asked: QueryRequest, zone: ZoneInfo) -> Ask:
    context = asked.context
    return Ask(
        text=asked.query,
        session_id=asked.session_id,
        zone=context.timezone or zone,
        window=context.time_range.window() if context.time_range else None,
        services=context.services,
        severities=context.severity_filter,
        response_format=asked.response_format,
        preview=asked.preview,
    )


def answered(outcome: Outcome | None) -> Response:
    """How the run ended; None when this process goes down before that."""
    if outcome is None:
        return failed(STOPPED)
    if outcome.status == "awaiting_confirmation":
        return reply(previewed(outcome), 202)
    if outcome.error or outcome.answer is None:
        return failed(Refusal.model_validate(outcome.error))
    answer = outcome.answer
    body = QueryReply(
        session_id=outcome.session_id,
        run_id=outcome.run_id,
        answer=told(answer),
        tools_used=answer.tools_used,
        tokens_used=answer.tokens_used,
    )
    return reply(body)


def previewed(outcome: Outcome) -> PreviewReply:
    """`action_required` is None when it was decided in the meantime."""
    return PreviewReply(
        session_id=outcome.session_id,
        run_id=outcome.run_id,
        status=outcome.status,
        action_required=action_required(outcome.waiting) if outcome.waiting else None,
    )


async def list_sessions(visit: Visit) -> Response:
    return await conversations.listed(visit, Pillar.INQUIRY)


async def list_messages(visit: Visit) -> Response:
    return reply(await conversations.messages(visit, Pillar.INQUIRY))


async def delete_session(visit: Visit) -> Response:
    return await conversations.deleted(visit, Pillar.INQUIRY)


async def suggestions(visit: Visit) -> Response:
    names = await visit.desk.parts.directory.current()
    return reply(SuggestionsReply(suggestions=brain.suggestions(names)))
