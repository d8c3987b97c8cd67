"""How each datasource is: asked in every way that leads to it, all at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from domain import datasources
from domain.datasources import Datasource, Kind
from domain.errors import Refused, SourceError
from tools.masking import mask_text
from tools.metrics.choosing import Chooser
from tools.metrics.questions import Target, Way

State: TypeAlias = Literal["healthy", "unhealthy", "disabled", "unknown"]

HEALTH_SECONDS = 5.0
DEFAULTS: tuple[Kind, ...] = ("prometheus", "loki")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayHealth:
    name: str
    is_healthy: bool
    reason: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`healthy` when the first way works; `reason` says what is wrong, also when another way stands in for it."""

    name: str
    type: str
    state: State
    reason: str
    ways: tuple[WayHealth, ...] = ()


async def examined(chooser: Chooser) -> tuple[Health, ...]:
    """Every row, by type and name, and then what is the default where no row is."""
    async with chooser.pool.connection() as db:
        rows = await datasources.listed(db)
    of_rows = (of_row(chooser, row) for row in rows)
    named = {row.type for row in rows}
    unnamed: list[Kind] = [kind for kind in DEFAULTS if kind not in named]
    of_defaults = [of_default(chooser, kind) for kind in unnamed]
    found = await asyncio.gather(*of_rows, *of_defaults)
    return tuple(item for item in found if item)


async def of_row(chooser: Chooser, row: Datasource) -> Health | None:
    if not row.is_enabled:
        return Health(name=row.name, type=row.type, state="disabled", reason="it is switched off")
    return await looked_at(row.name, row.type, lambda: chooser.ways(row))


async def of_default(chooser: Chooser, kind: Kind) -> Health | None:
    """None when nothing is connected."""
    target: Target | None = None

    async def ways() -> tuple[Way, ...]:
        nonlocal target
        target = await chooser.choose(kind, ())
        return target.ways

    found = await looked_at(kind, kind, ways)
    is_there = target is not None or found.state == "unhealthy"
    return found if is_there else None


async def looked_at(name: str, kind: str, ways: Callable[[], Awaitable[tuple[Way, ...]]]) -> Health:
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            found = await ways()
    except Refused as error:
        return Health(name=name, type=kind, state="unknown", reason=str(error))
    except (SourceError, TimeoutError) as error:
        reason = mask_text(str(error)) or "it cannot be found out in time"
        return Health(name=name, type=kind, state="unhealthy", reason=reason)
    if not found:
        return Health(name=name, type=kind, state="unhealthy", reason="no Grafana is connected")
    each = tuple(await asyncio.gather(*map(tried, found)))
    state: State = "healthy" if each[0].is_healthy else "unhealthy"
    return Health(name=name, type=kind, state=state, reason=each[0].reason, ways=each)


async def tried(way: Way) -> WayHealth:
    began, reason = time.perf_counter(), ""
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await way.healthy()
    except (SourceError, Refused) as error:
        reason = mask_text(str(error))
    except TimeoutError:
        reason = f"no answer in {HEALTH_SECONDS:g} s"
    took = round((time.perf_counter() - began) * 1000)
    return WayHealth(name=way.name, is_healthy=not reason, reason=reason, milliseconds=took)
