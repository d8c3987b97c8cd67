"""Runs over HTTP: how each stands, what it tells, and stopping it."""

from starlette.responses import Response

from agents.answer import from_json
from domain.runs import Run
from web import events
from web.desk import Visit
from web.models.problems import Refusal
from web.models.runs import CancelReply, RunReply, RunsAsked, RunsReply, RunTold
from web.reading import parameters_of
from web.replies import reply, told


async def list_runs(visit: Visit) -> Response:
    asked = parameters_of(visit.request, RunsAsked)
    found = await visit.desk.parts.runner.newest(visit.actor, session_id=asked.session_id, limit=asked.limit)
    return reply(RunsReply(runs=tuple(run_told(run) for run in found)))


async def get_run(visit: Visit) -> Response:
    run = await visit.desk.parts.runner.fetch(visit.actor, visit.request.path_params["run_id"])
    body = RunReply(
        **dict(run_told(run)),
        attempt=run.attempt,
        answer=told(from_json(run.answer)) if run.answer else None,
        error=Refusal.model_validate(run.error) if run.error else None,
    )
    return reply(body)


async def read_events(visit: Visit) -> Response:
    """The run is looked up first: once a stream has begun, nobody can be told 404."""
    runner, run_id = visit.desk.parts.runner, visit.request.path_params["run_id"]
    await runner.fetch(visit.actor, run_id)
    return events.streamed(runner.events(visit.actor, run_id, after=events.last_seen(visit.request)))


async def cancel_run(visit: Visit) -> Response:
    run_id = visit.request.path_params["run_id"]
    await visit.desk.parts.runner.cancel(visit.actor, run_id)
    return reply(CancelReply(run_id=run_id), 202)


def run_told(run: Run) -> RunTold:
    return RunTold(
        id=run.id,
        session_id=run.session_id,
        graph=run.graph,
        status=run.status,
        question=run.question,
        tokens_used=run.tokens_used,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )
