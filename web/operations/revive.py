"""The paths of the revive pillar: requests, approvals, conversations, capabilities."""

from domain.tokens import PILLARS
from web import capabilities, confirmations, revive
from web.desk import Guarded
from web.models.confirmations import ApproversReply, ConfirmationsReply, ConfirmationTold, ConfirmReply, ConfirmRequest
from web.models.conversations import MessagesReply, SessionsReply
from web.models.problems import Problem, Refusal
from web.models.revive import CapabilitiesReply, ReviveReply, ReviveRequest, ReviveSessionReply
from web.models.shape import PageAsked
from web.operations.shape import CHECKED, JSON, LIMITED, OWN, SENT, SIGNED, STREAM, Operation, Reply

REVIVE = ("revive",)

OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/revive/message",
        entry=Guarded(revive.send_message, REVIVE),
        summary="Ask for something to be done; a change waits for a person's approval before anything is",
        body=ReviveRequest,
        replies={
            200: Reply("How it stands, or the events up to the pause or the end", {JSON: ReviveReply, **STREAM}),
            409: Reply("The run was cancelled", {JSON: Refusal}),
            **SIGNED, **SENT, **OWN, **LIMITED,
        },
    ),
    Operation(
        method="POST",
        path="/api/v1/revive/confirm/{confirmation_id}",
        entry=Guarded(confirmations.confirm, PILLARS),
        summary="Approve, reject or edit one change; with Accept: text/event-stream the rest of its run comes",
        body=ConfirmRequest,
        headers={"Last-Event-ID": "Where another worker carries the run: only events numbered above this one"},
        replies={
            200: Reply("What came of it, or the events to the next pause or the end", {JSON: ConfirmReply, **STREAM}),
            409: Reply("It is decided already, or other arguments were shown", {JSON: Refusal}),
            410: Reply("It has expired; nothing was done", {JSON: Refusal}),
            502: Reply("What the change acts on did not answer", {JSON: Problem}),
            **SIGNED, **SENT, **OWN,
        },
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/confirmations",
        entry=Guarded(confirmations.list_confirmations, PILLARS),
        summary="What waits for a decision: your own, and what needs a second person and could be you",
        replies={200: Reply("The confirmations, oldest first", {JSON: ConfirmationsReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/confirmations/{confirmation_id}",
        entry=Guarded(confirmations.get_confirmation, PILLARS),
        summary="One confirmation: its card, how it stands and what came of it",
        replies={200: Reply("The confirmation", {JSON: ConfirmationTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/confirmations/{confirmation_id}/approvers",
        entry=Guarded(confirmations.get_approvers, PILLARS),
        summary="Who could approve this change: the roles, and by name where a second person is needed",
        replies={200: Reply("The approvers", {JSON: ApproversReply}), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/capabilities",
        entry=Guarded(capabilities.get_capabilities, REVIVE),
        summary="What you may do, tool by tool",
        replies={200: Reply("The capabilities", {JSON: CapabilitiesReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/sessions",
        entry=Guarded(revive.list_revive_sessions, REVIVE),
        summary="Your conversations, newest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: SessionsReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/sessions/{session_id}",
        entry=Guarded(revive.get_revive_session, REVIVE),
        summary="One conversation: its messages, oldest first, and its runs",
        parameters=PageAsked,
        replies={200: Reply("The conversation", {JSON: ReviveSessionReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/revive/sessions/{session_id}/messages",
        entry=Guarded(revive.list_revive_messages, REVIVE),
        summary="The messages of one conversation, oldest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: MessagesReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="DELETE",
        path="/api/v1/revive/sessions/{session_id}",
        entry=Guarded(revive.delete_revive_session, REVIVE),
        summary="Delete one conversation with all in it",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
)  # fmt: skip
