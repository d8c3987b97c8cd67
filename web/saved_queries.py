"""Saved queries over HTTP: each person's own, kept, changed, run and removed."""

from dataclasses import asdict

from starlette.responses import Response

from domain import saved_queries
from domain.errors import Refused
from domain.saved_queries import Draft, SavedQuery
from graphs.asking import Ask
from web import events, inquiry, queries
from web.desk import Visit
from web.models.saved_queries import SavedQueriesReply, SavedQuerySent, SavedQueryTold
from web.reading import body_of
from web.replies import reply

MOST = 1000
TOOLS = {"promql": "query_prometheus", "logql": "query_loki"}


async def list_saved_queries(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await saved_queries.of_user(db, visit.actor, limit=MOST)
    return reply(SavedQueriesReply(queries=tuple(map(told, found))))


async def get_saved_query(visit: Visit) -> Response:
    return reply(told(await mine(visit)))


async def add_saved_query(visit: Visit) -> Response:
    draft = Draft(**(await body_of(visit.request, SavedQuerySent)).model_dump())
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        made = await saved_queries.add(db, visit.actor, draft)
    return reply(told(made), 201)


async def put_saved_query(visit: Visit) -> Response:
    """All of it is as sent."""
    draft = Draft(**(await body_of(visit.request, SavedQuerySent)).model_dump())
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        changed = await saved_queries.change(db, visit.actor, visit.request.path_params["query_id"], draft)
    return reply(told(changed))


async def delete_saved_query(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await saved_queries.remove(db, visit.actor, visit.request.path_params["query_id"])
    return Response(status_code=204)


async def run_saved_query(visit: Visit) -> Response:
    """Asked as if it were written now: a question by the inquiry's runner, its events where a stream is taken; a query
    of metrics or logs through its tool's door."""
    found = await mine(visit)
    if found.language == "words":
        return await asked(visit, found)
    if found.language not in TOOLS:
        raise Refused(
            f"Queries in {found.language} are kept and cannot be run.",
            code="invalid_arguments",
            alternative="Ask in plain words for the traces.",
        )
    where = {"datasource": str(found.datasource_id)} if found.datasource_id else {}
    return await queries.answered(visit, TOOLS[found.language], {"query": found.query, **where})


async def asked(visit: Visit, found: SavedQuery) -> Response:
    runner = visit.desk.parts.runner
    live = await runner.start(visit.actor, Ask(text=found.query, zone=visit.desk.parts.zone))
    if events.are_wanted(visit.request):
        return events.streamed(live.relay.read())
    return inquiry.answered(await runner.finished(live))


async def mine(visit: Visit) -> SavedQuery:
    """Raises NotFound, also for another's."""
    async with visit.desk.parts.pool.connection() as db:
        return await saved_queries.fetch(db, visit.actor, visit.request.path_params["query_id"])


def told(found: SavedQuery) -> SavedQueryTold:
    return SavedQueryTold(**asdict(found))
