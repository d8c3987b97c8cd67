"""A message of any kind over HTTP, answered by the pillar that it is for; and how a chat's run is told."""

from typing import cast
from uuid import UUID

from starlette.responses import Response

from agents.answer import Answer, text_of
from agents.brain import Question
from domain import sessions
from graphs import route
from graphs.asking import Ask, GraphName
from graphs.live import Live, Outcome
from graphs.route import Route, Signs
from tools.sources.grafana import SOURCE as GRAFANA
from tools.spec import Pillar, ToolResult
from web import events
from web.calls import called, entered, succeeded
from web.cards import action_required
from web.desk import Visit
from web.inquiry import STOPPED
from web.models.alerts import AlertChatReply, ChatReply, ChatRequest, ChatResponse, RunbookMatch, ToolUsed
from web.outcomes import asking, standing, tools_used
from web.reading import body_of
from web.refusals import failed
from web.replies import Json, reply, told


async def chat(visit: Visit) -> Response:
    """One message: its run's events when a stream is taken, else how it stands at the pause or the end."""
    asked = await body_of(visit.request, ChatRequest)
    way = await routed(visit, asked)
    if asked.alert_id and way.graph == "troubleshooting":
        await seen(visit, asked.alert_id)
    ask = Ask(
        text=asked.message,
        graph=way.graph,
        session_id=asked.session_id,
        zone=asked.timezone or visit.desk.parts.zone,
        alert=asked.alert_id if way.graph == "troubleshooting" else None,
    )
    return await answered(visit, ask, way)


async def chat_of_plugin_api(visit: Visit) -> Response:
    """`chat` by its second name."""
    return await chat(visit)


async def chat_of_plugin(visit: Visit) -> Response:
    """`chat` by its third name."""
    return await chat(visit)


async def seen(visit: Visit, alert_id: UUID) -> ToolResult:
    """The alert in full. Raises NotFound, also for an alert of others where the role sees only its own."""
    return await looked_at(visit, "get_alert_details", {"alert_id": str(alert_id)})


async def looked_at(visit: Visit, tool: str, arguments: Json) -> ToolResult:
    """What the tool says to somebody who troubleshoots: an engineer gets their own alerts. Raises Refused."""
    caller = await entered(visit, tool, (Pillar.TROUBLESHOOTING,))
    return succeeded(await called(caller, tool, arguments))


async def routed(visit: Visit, asked: ChatRequest) -> Route:
    parts = visit.desk.parts
    question = Question(
        text=asked.message,
        now=parts.clock(),
        zone=asked.timezone or parts.zone,
        names=await parts.directory.current(),
    )
    signs = Signs(
        asked=None if asked.pillar == "auto" else asked.pillar,
        session=await pillar_of(visit, asked),
        alert=asked.alert_id,
        reached=visit.actor.scopes,
    )
    return route.picked(question, signs, visit.desk.router)


async def pillar_of(visit: Visit, asked: ChatRequest) -> GraphName | None:
    """The conversation's; one that is not the caller's has none, and the runner says that it is not there."""
    if asked.session_id is None:
        return None
    async with visit.desk.parts.pool.connection() as db:
        return cast("GraphName | None", await sessions.pillar_of(db, asked.session_id, visit.actor.user_id))


async def answered(visit: Visit, ask: Ask, way: Route | None = None) -> Response:
    """What came of the message; where it was routed, the reply says where to."""
    runner = visit.desk.parts.runner
    live = await runner.start(visit.actor, ask)
    if events.are_wanted(visit.request):
        return events.streamed(live.relay.read())
    outcome = await runner.finished(live)
    if outcome is None:
        return failed(STOPPED)
    stands = await standing(visit, outcome)
    if stands.error and stands.is_refused:
        return failed(stands.error)
    body = AlertChatReply(
        session_id=outcome.session_id,
        run_id=outcome.run_id,
        status=outcome.status,
        response=response_of(visit, live, outcome),
        tokens_used=outcome.answer.tokens_used if outcome.answer else 0,
        error=stands.error,
    )
    return reply(ChatReply(**dict(body), pillar=way.graph, routed_by=way.why) if way else body)


def response_of(visit: Visit, live: Live, outcome: Outcome) -> ChatResponse:
    answer = outcome.answer
    return ChatResponse(
        content=text_of(answer) if answer else asking(outcome.waiting),
        tools_used=tuple(used(visit, name) for name in (answer.tools_used if answer else tools_used(live))),
        suggestions=answer.suggestions if answer else (),
        runbook_match=runbook_of(answer) if answer else None,
        action_required=action_required(outcome.waiting) if outcome.waiting else None,
        answer=told(answer) if answer else None,
    )


def used(visit: Visit, name: str) -> ToolUsed:
    """A tool whose server has been taken out since is told as one of ours: nothing says otherwise any more."""
    spec = visit.desk.parts.door.catalogue.get(name)
    is_remote = spec is not None and (spec.is_remote or spec.source == GRAFANA)
    return ToolUsed(name=name, source="mcp" if is_remote else "native")


def runbook_of(answer: Answer) -> RunbookMatch | None:
    """The runbook that fits the alert, as the diagnosis found it."""
    found = answer.data.get("runbook_match")
    return RunbookMatch.model_validate(found) if found else None
