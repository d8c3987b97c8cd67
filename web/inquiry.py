"""Questions over HTTP, and the conversations they made."""

from zoneinfo import ZoneInfo

from starlette.responses import Response

from agents.rules import brain
from domain import sessions
from domain.errors import NotFound
from domain.sessions import Message, Owner
from graphs.asking import Ask
from graphs.live import Outcome
from web import events
from web.desk import Visit
from web.models import (
    MessagesReply,
    MessageTold,
    PageAsked,
    Pagination,
    QueryReply,
    QueryRequest,
    Refusal,
    SessionsReply,
    SessionTold,
    SuggestionsReply,
)
from web.reading import body_of, parameters_of
from web.refusals import RETRY_SECONDS, STATUSES
from web.replies import reply, told

PILLAR = "inquiry"
STOPPED = Refusal(error="stopped", message="This worker is going down; another one takes the question over.")


async def query(visit: Visit) -> Response:
    """One question: its run's events when the caller takes a stream, else the answer once the run has ended."""
    asked = await body_of(visit.request, QueryRequest)
    runner = visit.desk.parts.runner
    live = await runner.start(visit.actor, ask(asked, visit.desk.parts.zone))
    visit.desk.meters.follow(live)
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
    )


def answered(outcome: Outcome | None) -> Response:
    """How the run ended; None when this process goes down before that."""
    if outcome is None:
        return failed(STOPPED)
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


def failed(error: Refusal) -> Response:
    status = STATUSES.get(error.error, 500)
    return reply(error, status, {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None)


async def list_sessions(visit: Visit) -> Response:
    asked = parameters_of(visit.request, PageAsked)
    async with visit.desk.parts.pool.connection() as db:
        found, total = await sessions.page(db, owner(visit), limit=asked.per_page, offset=asked.offset)
    shown = tuple(
        SessionTold(
            id=item.id,
            started_at=item.started_at,
            message_count=item.message_count,
            last_query=item.last_query,
            title=item.title,
        )
        for item in found
    )
    return reply(SessionsReply(sessions=shown, pagination=pagination(asked, total)))


async def list_messages(visit: Visit) -> Response:
    asked = parameters_of(visit.request, PageAsked)
    session_id, whose = visit.request.path_params["session_id"], owner(visit)
    async with visit.desk.parts.pool.connection() as db:
        total = await sessions.message_count(db, session_id, whose)
        if total is None:
            raise NotFound(f"There is no session {session_id} of yours.")
        found = await sessions.messages(db, session_id, whose, limit=asked.per_page, offset=asked.offset)
    shown = tuple(message_told(message) for message in found)
    return reply(MessagesReply(session_id=session_id, messages=shown, pagination=pagination(asked, total)))


def message_told(message: Message) -> MessageTold:
    return MessageTold(
        role=message.role,
        content=message.content,
        tools_used=message.metadata.get("tools_used", ()),
        created_at=message.created_at,
        run_id=message.run_id,
    )


async def delete_session(visit: Visit) -> Response:
    session_id = visit.request.path_params["session_id"]
    async with visit.desk.parts.pool.connection() as db:
        if not await sessions.delete(db, session_id, user_id=visit.actor.user_id):
            raise NotFound(f"There is no session {session_id} of yours.")
    return Response(status_code=204)


async def suggestions(visit: Visit) -> Response:
    names = await visit.desk.parts.directory.current()
    return reply(SuggestionsReply(suggestions=brain.suggestions(names)))


def owner(visit: Visit) -> Owner:
    return Owner(user_id=visit.actor.user_id, pillar=PILLAR)


def pagination(asked: PageAsked, total: int) -> Pagination:
    return Pagination(page=asked.page, per_page=asked.per_page, total=total)
