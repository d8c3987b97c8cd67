"""Conversations over HTTP, of one pillar at a time: its people's sessions, their messages, and deleting them."""

from uuid import UUID

from starlette.responses import Response

from domain import sessions
from domain.errors import NotFound
from domain.sessions import Message, Owner, Session
from tools.spec import Pillar
from web.desk import Visit
from web.models.conversations import MessagesReply, MessageTold, SessionsReply, SessionTold
from web.models.shape import PageAsked, Pagination
from web.reading import parameters_of
from web.replies import reply


async def listed(visit: Visit, pillar: Pillar, alert: UUID | None = None) -> Response:
    """The caller's own sessions, newest first; with `alert` only those about it."""
    asked, whose = parameters_of(visit.request, PageAsked), owner(visit, pillar, alert)
    async with visit.desk.parts.pool.connection() as db:
        found, total = await sessions.page(db, whose, limit=asked.per_page, offset=asked.offset)
    return reply(SessionsReply(sessions=tuple(map(session_told, found)), pagination=pagination(asked, total)))


async def messages(visit: Visit, pillar: Pillar, alert: UUID | None = None) -> MessagesReply:
    """One page of a session's messages, oldest first. Raises NotFound for a session that is not the caller's, or not
    about `alert`."""
    asked = parameters_of(visit.request, PageAsked)
    session_id, whose = visit.request.path_params["session_id"], owner(visit, pillar, alert)
    async with visit.desk.parts.pool.connection() as db:
        total = await sessions.message_count(db, session_id, whose)
        if total is None:
            raise missing(session_id)
        found = await sessions.messages(db, session_id, whose, limit=asked.per_page, offset=asked.offset)
    return MessagesReply(
        session_id=session_id, messages=tuple(map(message_told, found)), pagination=pagination(asked, total)
    )


async def deleted(visit: Visit, pillar: Pillar, alert: UUID | None = None) -> Response:
    """The session and all in it are gone. Raises NotFound."""
    session_id, whose = visit.request.path_params["session_id"], owner(visit, pillar, alert)
    async with visit.desk.parts.pool.connection() as db:
        is_there = await sessions.message_count(db, session_id, whose) is not None
        if not is_there or not await sessions.delete(db, session_id, user_id=visit.actor.user_id):
            raise missing(session_id)
    return Response(status_code=204)


def session_told(found: Session) -> SessionTold:
    return SessionTold(
        id=found.id,
        started_at=found.started_at,
        message_count=found.message_count,
        last_query=found.last_query,
        title=found.title,
    )


def message_told(message: Message) -> MessageTold:
    return MessageTold(
        role=message.role,
        content=message.content,
        tools_used=message.metadata.get("tools_used", ()),
        created_at=message.created_at,
        run_id=message.run_id,
    )


def missing(session_id: UUID) -> NotFound:
    return NotFound(f"There is no session {session_id} of yours.")


def owner(visit: Visit, pillar: Pillar, alert: UUID | None = None) -> Owner:
    return Owner(user_id=visit.actor.user_id, pillar=pillar.value, alert=alert)


def pagination(asked: PageAsked, total: int) -> Pagination:
    return Pagination(page=asked.page, per_page=asked.per_page, total=total)
