"""The sources of metrics and logs for tests: opened on a pool, at these addresses, with little patience."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain import datasources
from domain.actors import Actor
from domain.database import Pool
from domain.datasources import Datasource, Draft
from domain.secrets import Keyring, new_key
from tools.metrics.cache import CacheSettings
from tools.metrics.choosing import Addresses
from tools.metrics.making import Patience
from tools.metrics.questions import Limits
from tools.metrics.sources import Sources, SourceSettings, open_sources
from tools.metrics.tally import Tally
from tools.resources import Resources
from tools.sources.grafana import Grafana

KEYRING = Keyring([new_key()])
HASTY = Patience(direct_seconds=2, grafana_seconds=2, pauses=())


@asynccontextmanager
async def opened(
    pool: Pool,
    prometheus: str | None = None,
    loki: str | None = None,
    *,
    grafana: Grafana | None = None,
    redis: str | None = None,
    patience: Patience = HASTY,
    allowed: tuple[str, ...] = (),
    limits: Limits | None = None,
    tally: Tally | None = None,
) -> AsyncGenerator[Sources]:
    settings = SourceSettings(
        addresses=Addresses(prometheus=prometheus, loki=loki, allowed_hosts=allowed),
        cache=CacheSettings(url=redis),
        limits=limits or Limits(),
        patience=patience,
    )
    given = Resources(keyring=KEYRING, grafana=grafana)
    counting = tally or Tally()
    async with open_sources(settings, pool, given, measure=counting, count=counting.translated) as sources:
        yield sources


async def add(pool: Pool, who: Actor, key: str | None = None, **given: Any) -> Datasource:
    """A Prometheus that is asked directly, unless it is said otherwise."""
    values: dict[str, Any] = {"name": "prom", "type": "prometheus", "through": "direct"}
    sealed = KEYRING.seal(key) if key else None
    async with pool.connection() as db, db.transaction():
        return await datasources.add(db, who, Draft(**(values | given)), sealed)


async def change(pool: Pool, who: Actor, of: Datasource, **given: Any) -> Datasource:
    async with pool.connection() as db, db.transaction():
        before = await datasources.held(db, of.id)
        return await datasources.change(db, who, before, replace(before.draft, **given))


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
