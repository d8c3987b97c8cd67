"""Conversations and their messages."""

from uuid import UUID

from web.models.shape import Pagination, Time, Told


class SessionTold(Told):
    id: UUID
    started_at: Time
    message_count: int
    last_query: str | None
    title: str


class SessionsReply(Told):
    sessions: tuple[SessionTold, ...]
    pagination: Pagination


class MessageTold(Told):
    role: str
    content: str
    tools_used: tuple[str, ...]
    created_at: Time
    run_id: UUID | None


class MessagesReply(Told):
    session_id: UUID
    messages: tuple[MessageTold, ...]
    pagination: Pagination
