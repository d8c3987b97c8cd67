"""What other systems send: alerts from Alertmanager and Grafana, changes from deployment tools."""

from starlette.responses import Response

from domain.ingest import normalise
from domain.ingest.changes import store_changes
from domain.ingest.payload import Changes, Webhook
from domain.ingest.store import store
from web.desk import Visit
from web.reading import json_bytes
from web.replies import reply


async def take_alerts(visit: Visit) -> Response:
    """One notification, whole or not at all: Alertmanager sends again what was not answered with 200."""
    parts = visit.desk.parts
    batch = normalise.batch(Webhook.read(await json_bytes(visit.request)), parts.labels)
    async with parts.pool.connection() as db:
        return reply(await store(db, batch))


async def take_changes(visit: Visit) -> Response:
    sent = Changes.read(await json_bytes(visit.request))
    async with visit.desk.parts.pool.connection() as db:
        return reply(await store_changes(db, sent.changes))
