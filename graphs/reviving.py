"""Reviving: a run that another worker began, or that waited, as this worker carries it on; and what it told before."""

from typing import Any, TypeAlias, cast

from agents.answer import from_json
from domain import run_events, runs, users
from domain.actors import Actor, Entrance
from domain.runs import Run
from graphs.asking import GraphName, from_options
from graphs.events import NUMBERS_PER_ATTEMPT, EventType, Numbered, Relay, body
from graphs.live import Live, Parts
from graphs.outcomes import Outcome, last_event

Json: TypeAlias = dict[str, Any]


async def revived(parts: Parts, run: Run, worker: str) -> Live:
    """The run with its actor as the database has them now; events of a later attempt are numbered above all earlier."""
    ask = from_options(run.question, cast("GraphName", run.graph), run.session_id, run.options)
    async with parts.pool.connection() as db:
        user = await users.fetch(db, run.user_id)
        versions = await runs.versions(db)
    actor = Actor(
        user_id=run.user_id,
        name=user.name if user else "",
        roles=frozenset(user.roles if user else ()),
        teams=frozenset(user.teams if user else ()),
        ceiling=frozenset(run.options["ceiling"]),
        scopes=frozenset({run.graph}),
        entrance=Entrance(run.entrance),
        request_id=run.request_id,
    )
    return Live(
        run_id=run.id,
        session_id=run.session_id,
        actor=actor,
        ask=ask,
        versions=versions,
        worker=worker,
        attempt=run.attempt,
        relay=Relay(first_number=(run.attempt - 1) * NUMBERS_PER_ATTEMPT + 1),
    )


def stored(live: Live, event: Numbered) -> Json:
    return {"run_id": str(live.run_id), "number": event.number, "type": event.type, "data": event.data}


def as_told(run: Run, told: run_events.Told) -> Numbered:
    """A stored event; the last one is made from the run's own record."""
    if told.type not in ("complete", "error"):
        return Numbered(told.number, cast("EventType", told.type), told.data)
    answer = from_json(run.answer) if run.answer else None
    outcome = Outcome(run_id=run.id, session_id=run.session_id, status=run.status, answer=answer, error=run.error)
    event = last_event(outcome)
    return Numbered(told.number, event.type, body(event))
