"""One message of a chat program: its conversation found, its run begun or its word given, and the answer told."""

from starlette.responses import Response

from domain import completions
from graphs.asking import Ask
from graphs.live import Live
from web.completions import deciding, streaming, talks, telling, words
from web.completions.offered import graph_of
from web.completions.problems import as_reply
from web.completions.talks import Talk
from web.completions.telling import Telling
from web.desk import Visit
from web.models.completions import CompletionRequest
from web.reading import body_of
from web.refusals import STATUSES
from web.replies import reply


async def complete(visit: Visit) -> Response:
    """The answer as a stream or whole. A program that goes away ends nothing but its own waiting."""
    asked = await body_of(visit.request, CompletionRequest)
    graph_of(asked.model)
    talk = await talks.found(visit, asked)
    word = words.heard(asked.question)
    heard = await deciding.decided(visit, talk, word) if word else None
    if heard is None:
        live = await started(visit, asked, talk)
        heard = deciding.Heard(session_id=live.session_id, run_id=live.run_id, live=live)
    begun = await talks.begun(visit, talk, heard.session_id, heard.run_id)
    of = Telling(asked=asked, heard=heard, is_lost=talk.is_lost, created=int(visit.desk.parts.clock().timestamp()))
    if asked.stream:
        return streaming.streamed(visit, of, begun)
    outcome = await visit.desk.parts.runner.finished(heard.live) if heard.live else None
    if heard.live and (why := telling.failure(heard.live, outcome)):
        return as_reply(STATUSES.get(why.error, 500), why.model_dump(), {})
    text, shown = telling.told(of, outcome)
    async with visit.desk.parts.pool.connection() as db:
        await completions.say(db, begun, text, shown)
    return reply(telling.whole(of, outcome, text), headers=of.headers)


async def started(visit: Visit, asked: CompletionRequest, talk: Talk) -> Live:
    """Raises Refused as the runner does."""
    way = await talks.routed(visit, asked, talk)
    session_id = await talks.session_for(visit, talk, way.graph)
    ask = Ask(text=asked.question, graph=way.graph, session_id=session_id, zone=visit.desk.parts.zone)
    return await visit.desk.parts.runner.start(visit.actor, ask)
