"""Alerts over HTTP, each through its tool's door: the list, one in full, and the conversations about one."""

from uuid import UUID

from starlette.responses import Response

from domain import sessions
from domain.errors import NotFound
from graphs.asking import Ask
from tools.spec import Pillar
from web import chat, conversations
from web.calls import about
from web.chat import looked_at, seen
from web.desk import Visit
from web.models.alerts import AlertChatRequest, AlertReply, AlertsAsked, AlertsReply, AlertTold
from web.reading import body_of, parameters_of
from web.replies import Json, reply

SIFT, ONCALL = ("errors", "slow"), ("oncall",)


async def list_alerts(visit: Visit) -> Response:
    """Those that the caller may see. Raises Refused."""
    asked = parameters_of(visit.request, AlertsAsked)
    found = await looked_at(visit, "query_alerts_history", wanted(asked))
    body = AlertsReply(
        **about(found),
        alerts=tuple(AlertTold(**alert) for alert in found.data["alerts"]),
        by_severity=found.data["by_severity"],
        by_status=found.data["by_status"],
        pagination=conversations.pagination(asked, found.data["total"]),
    )
    return reply(body)


def wanted(asked: AlertsAsked) -> Json:
    given = asked.model_dump(include={"status", "severity", "service"}, exclude_none=True)
    window = {"start": asked.start.isoformat(), "end": asked.end.isoformat()} if asked.start and asked.end else None
    return given | {"limit": asked.per_page, "offset": asked.offset} | ({"time_range": window} if window else {})


async def get_alert(visit: Visit) -> Response:
    """Raises NotFound, also for an alert of others where the role sees only its own."""
    found = await seen(visit, visit.request.path_params["alert_id"])
    return reply(AlertReply(**about(found), **found.data))


async def send_alert_message(visit: Visit) -> Response:
    """One message about the alert; the alert is looked up first: once a stream has begun, nobody can be told 404."""
    asked = await body_of(visit.request, AlertChatRequest)
    alert_id = visit.request.path_params["alert_id"]
    await seen(visit, alert_id)
    if asked.session_id:
        await is_about(visit, asked.session_id, alert_id)
    left_out = (*(() if asked.include_sift else SIFT), *(() if asked.include_oncall else ONCALL))
    ask = Ask(
        text=asked.message,
        graph="troubleshooting",
        session_id=asked.session_id,
        zone=asked.timezone or visit.desk.parts.zone,
        alert=alert_id,
        left_out=left_out,
    )
    return await chat.answered(visit, ask)


async def is_about(visit: Visit, session_id: UUID, alert_id: UUID) -> None:
    """Raises NotFound unless the conversation is the caller's and about this alert."""
    async with visit.desk.parts.pool.connection() as db:
        if await sessions.alert_of(db, session_id, visit.actor.user_id) != alert_id:
            raise NotFound(f"There is no session {session_id} of yours about alert {alert_id}.")


async def list_alert_sessions(visit: Visit) -> Response:
    return await conversations.listed(visit, Pillar.TROUBLESHOOTING, visit.request.path_params["alert_id"])


async def list_alert_messages(visit: Visit) -> Response:
    alert_id = visit.request.path_params["alert_id"]
    return reply(await conversations.messages(visit, Pillar.TROUBLESHOOTING, alert_id))


async def delete_alert_session(visit: Visit) -> Response:
    return await conversations.deleted(visit, Pillar.TROUBLESHOOTING, visit.request.path_params["alert_id"])
