"""Large results over HTTP, to whoever asked for them: the whole as a download, or rows of a list."""

from collections.abc import AsyncGenerator

from starlette.responses import Response, StreamingResponse

from domain import artifacts
from domain.artifacts import Artifact
from domain.database import Pool
from domain.errors import NotFound
from domain.pieces import Piece
from tools.large import scanning
from tools.large.opening import known, longest, opened, rows_of
from web.desk import Visit
from web.models.artifacts import RowsAsked, RowsReply
from web.reading import parameters_of
from web.replies import reply


async def download_artifact(visit: Visit) -> Response:
    """The JSON of the whole result, sent as it is read. Raises NotFound for another's before anything is sent."""
    pool, artifact_id = visit.desk.parts.pool, visit.request.path_params["artifact_id"]
    async with pool.connection() as db:
        found = await artifacts.fetch(db, artifact_id, user_id=visit.actor.user_id)
    if found is None:
        raise NotFound(f"There is no artifact {artifact_id} of yours.")
    headers = {"Content-Disposition": f'attachment; filename="{found.tool}-{artifact_id}.json"'}
    return StreamingResponse(body(pool, found), headers=headers, media_type=found.media_type)


async def body(pool: Pool, found: Artifact) -> AsyncGenerator[bytes]:
    async for part in scanning.each(pool, found.id, None, as_it_is):
        yield part


def as_it_is(piece: Piece) -> bytes:
    return piece.body


async def list_artifact_rows(visit: Visit) -> Response:
    """Rows of one list. Raises NotFound for another's artifact or a path that is no list."""
    asked = parameters_of(visit.request, RowsAsked)
    pool = visit.desk.parts.pool
    found = await opened(pool, visit.request.path_params["artifact_id"], visit.actor.user_id)
    path = known(found, asked.path) if asked.path else longest(found)
    rows = await rows_of(pool, found.artifact.id, path, asked.offset, asked.limit)
    return reply(
        RowsReply(
            artifact_id=found.artifact.id,
            path=path,
            offset=asked.offset,
            total=found.lists[path],
            rows=tuple(value for _, value in rows),
            lists=found.lists,
        )
    )
