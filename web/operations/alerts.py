"""The paths of alerts, of the conversations about them, and of a chat that finds its pillar by itself."""

from domain.tokens import PILLARS
from web import alerts, chat
from web.desk import Guarded
from web.models.alerts import (
    AlertChatReply,
    AlertChatRequest,
    AlertReply,
    AlertsAsked,
    AlertsReply,
    ChatReply,
    ChatRequest,
)
from web.models.conversations import MessagesReply, SessionsReply
from web.models.problems import Refusal
from web.models.shape import PageAsked
from web.operations.shape import CHECKED, JSON, LIMITED, OWN, SENT, SIGNED, STREAM, Operation, Reply

TROUBLESHOOTING = ("troubleshooting",)
ALERT = "/api/v1/alerts/{alert_id}"
SESSION = f"{ALERT}/chat/sessions/{{session_id}}"
REFUSED = {400: Reply("It waits for a person's approval, or cannot be asked so", {JSON: Refusal})}
ENDS = {409: Reply("The run was cancelled", {JSON: Refusal}), **SIGNED, **SENT, **OWN, **LIMITED}
CHAT = {200: Reply("How it stands, or the events up to the pause or the end", {JSON: ChatReply, **STREAM}), **ENDS}
CHATS = (
    ("/api/v1/chat", chat.chat),
    ("/plugins/ai-ops/api/chat/", chat.chat_of_plugin_api),
    ("/plugins/ai-ops/chat/", chat.chat_of_plugin),
)

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/alerts",
        entry=Guarded(alerts.list_alerts, TROUBLESHOOTING),
        summary="Alerts that you may see, newest first: those that fire, or those of a time",
        parameters=AlertsAsked,
        replies={200: Reply("One page", {JSON: AlertsReply}), **REFUSED, **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path=ALERT,
        entry=Guarded(alerts.get_alert, TROUBLESHOOTING),
        summary="One alert with all that is on record about it",
        replies={200: Reply("The alert", {JSON: AlertReply}), **REFUSED, **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path=f"{ALERT}/chat/message",
        entry=Guarded(alerts.send_alert_message, TROUBLESHOOTING),
        summary="Ask about one alert: its cause, what changed, what to do; a runbook runs only after approval",
        body=AlertChatRequest,
        replies={
            200: Reply("How it stands, or its context and events as they come", {JSON: AlertChatReply, **STREAM}),
            **ENDS,
        },
    ),
    Operation(
        method="GET",
        path=f"{ALERT}/chat/sessions",
        entry=Guarded(alerts.list_alert_sessions, TROUBLESHOOTING),
        summary="Your conversations about this alert, newest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: SessionsReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="GET",
        path=f"{SESSION}/messages",
        entry=Guarded(alerts.list_alert_messages, TROUBLESHOOTING),
        summary="The messages of one conversation about this alert, oldest first",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: MessagesReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="DELETE",
        path=SESSION,
        entry=Guarded(alerts.delete_alert_session, TROUBLESHOOTING),
        summary="Delete one conversation about this alert with all in it",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    *(
        Operation(
            method="POST",
            path=path,
            entry=Guarded(handler, PILLARS),
            summary="Say anything: it is answered by the pillar that it is for, and the reply says by which",
            body=ChatRequest,
            replies=CHAT,
        )
        for path, handler in CHATS
    ),
)  # fmt: skip
