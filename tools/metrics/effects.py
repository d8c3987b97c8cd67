"""What changed when something happened: each measure before beside the same measure after."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.errors import Refused
from domain.windows import Window
from tools.metrics.measuring import Asked, Measure, NotMeasured, Subject, all_tried, course, measure, step_of
from tools.metrics.vitals import in_seconds
from tools.series.compare import Comparison, compared
from tools.series.series import Series

if TYPE_CHECKING:
    from tools.series.changes import Change

OF_HOSTS = ("cpu", "memory", "disk usage", "disk io", "network", "saturation")
OF_SERVICES = ("error rate", "latency p95", "request rate", "restarts", "connections", "queue", "replicas")
OF_EITHER = ("up", "certificate")
WISHES = (*OF_HOSTS, *OF_SERVICES, *OF_EITHER)
MOST_SERIES = 20
REACH = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of time, and the one before it that it is held against; the second begins where the first ends."""

    before: Window
    after: Window

    @property
    def whole(self) -> Window:
        return Window(self.before.start, self.after.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One series of one measure; `change` is where its level moved, when it did so near the moment."""

    measure: Measure
    series: Series
    compared: Comparison
    change: "Change | None"
    query: str

    @property
    def weight(self) -> tuple[bool, float, float]:
        """The clearest first: real, then by how well the two are told apart, then by how far they moved."""
        apart = abs((self.compared.superiority if self.compared.superiority is not None else 0.5) - 0.5)
        return self.compared.is_real, round(apart, 2), abs(self.compared.relative or 0)


@dataclass(frozen=True, slots=True)
class Effects:
    """All that was measured, the clearest first; why the rest was not; how many series were left out."""

    found: tuple[Effect, ...]
    not_measured: tuple[tuple[str, NotMeasured], ...]
    left_out: int = 0


async def effects(asked: Asked, service: str, host: str, moment: Moment) -> Effects:
    """The measures of the service and of the host it fired on (either may be empty), all asked at once."""
    tried = await all_tried(*(of_wish(asked, wish, subjects(wish, service, host), moment) for wish in WISHES))
    together = list(zip(WISHES, tried, strict=True))
    measured = [effect for _, found in together if not isinstance(found, NotMeasured) for effect in found]
    ordered = sorted(measured, key=lambda effect: (effect.weight, effect.query, effect.series.name), reverse=True)
    missing = tuple((wish, found) for wish, found in together if isinstance(found, NotMeasured))
    return Effects(tuple(ordered[:MOST_SERIES]), missing, max(0, len(ordered) - MOST_SERIES))


def subjects(wish: str, service: str, host: str) -> list[Subject]:
    """The host first for what hosts have, the service first for the rest; a service's traffic has no host."""
    names = (host, service) if wish in OF_HOSTS else (service, host) if wish in OF_EITHER else (service,)
    return [Subject(name, name) for name in names if name]


async def of_wish(asked: Asked, wish: str, whose: Sequence[Subject], moment: Moment) -> list[Effect]:
    """Raises Refused when nothing shows it for any of them."""
    found = await first(asked, wish, whose, moment.whole)
    step = await step_of(asked, found, moment.whole)
    told = await course(asked, found.over, moment.whole, step)
    series = [in_seconds(item, found) for item in told.series]
    changes = await asyncio.to_thread(change_points, series, moment)
    return [
        Effect(
            measure=found,
            series=item,
            compared=compared(
                item.between(moment.before.start, moment.before.end), item.between(moment.after.start, moment.after.end)
            ),
            change=change,
            query=told.query,
        )
        for item, change in zip(series, changes, strict=True)
    ]


async def first(asked: Asked, wish: str, whose: Sequence[Subject], window: Window) -> Measure:
    refused = Refused(f"Nothing says whose {wish} to look at.", code="nothing_to_show")
    for subject in whose:
        try:
            return await measure(asked, wish, subject, window)
        except Refused as error:
            refused = error
    raise refused


def change_points(series: Sequence[Series], moment: Moment) -> "list[Change | None]":
    """For each series the clearest change of level within half an hour of the moment (HD-09)."""
    from tools.series import changes  # noqa: PLC0415 - numpy costs a tenth of a second that other runs save

    return [changes.near(item, moment.after.start, REACH) for item in series]
