"""The four vital signs of one part of an application over a window: uptime, error rate, latency and traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.windows import Window
from tools.metrics.measuring import Asked, Measure, NotMeasured, Subject, all_tried, measure, step_of
from tools.metrics.objectives import Vital
from tools.series import breaches
from tools.series.breaches import Breach, Threshold
from tools.series.series import MISSING, Series

WISHES: dict[Vital, str] = {
    "uptime": "availability",
    "error_rate": "error rate",
    "p95_latency": "latency p95",
    "requests": "request rate",
}
THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One vital sign. `whole` is its value over the whole window, None when nothing was measured in it.

    Ratios are 0..1, latency is in seconds, traffic in requests; `series` has its course, step by step, traffic per
    second. Where there is a threshold, `breaches` are when it was broken.
    """

    vital: Vital
    part: str
    measure: Measure
    series: Series
    step_seconds: int
    whole: float | None
    threshold: Threshold | None
    breaches: tuple[Breach, ...]

    @property
    def is_met(self) -> bool | None:
        if self.threshold is None or self.whole is None:
            return None
        return not self.threshold.is_broken_by(self.whole)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was measured of one part, and why the rest was not."""

    part: str
    signs: tuple[Sign, ...]
    not_measured: Mapping[Vital, NotMeasured]


async def measured(asked: Asked, subject: Subject, window: Window, thresholds: Mapping[Vital, Threshold]) -> Vitals:
    """Every sign is asked for at once; one that fails hides no other."""
    found = await all_tried(*(sign(asked, vital, subject, window, thresholds.get(vital)) for vital in WISHES))
    together = dict(zip(WISHES, found, strict=True))
    return Vitals(
        part=subject.name,
        signs=tuple(item for item in together.values() if isinstance(item, Sign)),
        not_measured={vital: item for vital, item in together.items() if isinstance(item, NotMeasured)},
    )


async def sign(asked: Asked, vital: Vital, subject: Subject, window: Window, threshold: Threshold | None) -> Sign:
    """Raises Refused when nothing shows it, SourceError when the source fails."""
    found = await measure(asked, WISHES[vital], subject, window)
    step = await step_of(asked, found, window)
    told = in_seconds(one(await asked.window(found.over(step), window, step), window), found)
    return Sign(
        vital=vital,
        part=subject.name,
        measure=found,
        series=told,
        step_seconds=step,
        whole=await whole(asked, vital, found, told, window),
        threshold=threshold,
        breaches=breaches.found(told, threshold) if threshold else (),
    )


def one(found: list[Series], window: Window) -> Series:
    """The one series that an aggregation gives; nothing measured is a series of one missing sample."""
    if found:
        return found[0]
    return Series(times=(window.end.timestamp(),), values=(MISSING,), labels={})


def in_seconds(series: Series, found: Measure) -> Series:
    """Milliseconds as seconds; all else as it is, with its unit."""
    if found.way.unit != "ms":
        return series.in_unit(found.way.unit)
    return replace(series, values=tuple(value / THOUSAND for value in series.values), unit="s")


async def whole(asked: Asked, vital: Vital, found: Measure, course: Series, window: Window) -> float | None:
    """Over the window as one: errors by requests, the quantile of all requests, their number; the mean of uptime."""
    if vital == "uptime":
        return sum(course.known) / len(course.known) if course.known else None
    seconds = int(window.length.total_seconds())
    expr = found.over(seconds)
    query = f"({expr}) * {seconds}" if vital == "requests" else expr
    answer = in_seconds(one(await asked.instant(query, window.end), window), found)
    return answer.known[0] if answer.known else None
