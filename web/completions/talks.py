"""A conversation found again: chat programs keep it themselves and send it whole each time, with no name for it.

It is found by the words of the person so far and by our last answer, both as they were sent, among what this very user
was told (`domain/completions.py`). So nobody comes into another's conversation: whoever sends the same words has the
same answer before them already, and what came after it is not theirs (an earlier answer that is gone on from otherwise
makes a branch). What a program claims that we said is compared, never taken in. `metadata.session_id` names a
conversation without all this, and `user` keeps people apart who share one token.
"""

from dataclasses import dataclass, field
from uuid import UUID

from agents.brain import Question
from domain import completions, sessions
from domain.completions import Begun, Branch, Told
from graphs import route
from graphs.asking import GraphName
from graphs.route import Route, Signs
from web.completions.offered import graph_of
from web.desk import Visit
from web.models.completions import ChatMessage, CompletionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Where a message belongs. `told` is what it follows on, `chain` the key that it makes; `is_lost` when there were
    messages before it of which we know nothing."""

    session_id: UUID | None
    pillar: GraphName | None
    chain: str
    told: Told | None = None
    is_lost: bool = False
    shown: dict[UUID, str] = field(default_factory=dict[UUID, str])


async def found(visit: Visit, asked: CompletionRequest) -> Talk:
    """Of a session that is named and not the caller's nothing is found here: the runner says that it is not there."""
    who = asked.user or ""
    before, last = asked.messages[:-1], answer_before(asked.messages)
    words = [message.words for message in before if message.role == "user"]
    chain = completions.chained(who, [*words, asked.question])
    user_id = visit.actor.user_id
    async with visit.desk.parts.pool.connection() as db:
        told = None if asked.session_id or not last else await completions.find(
            db, user_id, completions.chained(who, words), last
        )  # fmt: skip
        session_id = asked.session_id or (told.session_id if told else None)
        pillar = await sessions.pillar_of(db, session_id, user_id) if session_id else None
        shown = await completions.shown(db, user_id, session_id) if session_id else {}
    is_lost = session_id is None and bool(words)
    return Talk(session_id=session_id, pillar=as_graph(pillar), chain=chain, told=told, is_lost=is_lost, shown=shown)


def as_graph(pillar: str | None) -> GraphName | None:
    match pillar:
        case "inquiry" | "troubleshooting" | "revive":
            return pillar
        case _:
            return None


def answer_before(messages: list[ChatMessage]) -> str:
    """What was said last before the question, where that was the assistant's."""
    before = next((each for each in reversed(messages[:-1]) if each.role in ("user", "assistant")), None)
    return before.words if before and before.role == "assistant" else ""


async def routed(visit: Visit, asked: CompletionRequest, talk: Talk) -> Route:
    """The graph that answers: the model's own, or for the one that finds it what the words are for."""
    parts = visit.desk.parts
    if graph := graph_of(asked.model):
        return Route(graph, "it was asked for")
    names = await parts.directory.current()
    question = Question(text=asked.question, now=parts.clock(), zone=parts.zone, names=names)
    return route.moved(question, Signs(session=talk.pillar, reached=visit.actor.scopes), visit.desk.router)


async def session_for(visit: Visit, talk: Talk, graph: GraphName) -> UUID | None:
    """The session that the message goes on in: the one found, or a branch of it when it has gone on otherwise since
    or is another pillar's; None for a new one."""
    told = talk.told
    if told is None or (told.is_newest and talk.pillar == graph):
        return talk.session_id
    wanted = Branch(told=told, user_id=visit.actor.user_id, request_id=visit.actor.request_id, pillar=graph)
    async with visit.desk.parts.pool.connection() as db:
        return await completions.branch(db, wanted)


async def begun(visit: Visit, talk: Talk, session_id: UUID, run_id: UUID | None) -> UUID:
    """The completion is on record, so that what is said in it is found again."""
    wanted = Begun(user_id=visit.actor.user_id, session_id=session_id, run_id=run_id, chain=talk.chain)
    async with visit.desk.parts.pool.connection() as db:
        return await completions.begin(db, wanted)
