"""The paths of the inquiry pillar."""

from web import inquiry
from web.desk import Guarded
from web.models.conversations import MessagesReply, SessionsReply
from web.models.inquiry import PreviewReply, QueryReply, QueryRequest, SuggestionsReply
from web.models.problems import Refusal
from web.models.shape import PageAsked
from web.operations.shape import CHECKED, JSON, LIMITED, OWN, SENT, SIGNED, STREAM, Operation, Reply

INQUIRY = ("inquiry",)

OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/inquiry/query",
        entry=Guarded(inquiry.query, INQUIRY),
        summary="Ask one question; with Accept: text/event-stream its run's events come as they happen",
        body=QueryRequest,
        replies={
            200: Reply("The answer, or the events up to `complete` or `error`", {JSON: QueryReply, **STREAM}),
            202: Reply("A query waits to be approved or edited before it runs", {JSON: PreviewReply}),
            409: Reply("The run was cancelled", {JSON: Refusal}),
            **SIGNED, **SENT, **OWN, **LIMITED,
        },
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/sessions",
        entry=Guarded(inquiry.list_sessions, INQUIRY),
        summary="Your conversations, newest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: SessionsReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/sessions/{session_id}/messages",
        entry=Guarded(inquiry.list_messages, INQUIRY),
        summary="The messages of one conversation, oldest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: MessagesReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="DELETE",
        path="/api/v1/inquiry/sessions/{session_id}",
        entry=Guarded(inquiry.delete_session, INQUIRY),
        summary="Delete one conversation with all in it",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/inquiry/suggestions",
        entry=Guarded(inquiry.suggestions, INQUIRY),
        summary="Questions that can be asked here",
        replies={200: Reply("The questions", {JSON: SuggestionsReply}), **SIGNED},
    ),
)  # fmt: skip
