"""Whether an application was healthy: its vital signs over a window, against its own objectives."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from pydantic import Field

from domain import application_profiles, interventions
from domain.application_profiles import ApplicationProfile
from domain.errors import SourceError
from domain.interventions import Intervention
from domain.windows import Window, stamp
from tools import own
from tools.arguments import LastDay, window_of
from tools.metrics import objectives, unset, vitals
from tools.metrics.measuring import Asked, NotMeasured, asked_window
from tools.metrics.objectives import Objectives, Parts, Vital
from tools.metrics.vitals import Sign, Vitals
from tools.series import breaches, parts
from tools.series.breaches import Degradation
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

Verdict: TypeAlias = Literal["healthy", "degraded", "unhealthy", "incomplete", "no objectives"]

DRAWN = 600
MOST_DEGRADATIONS = 20


class GetApplicationHealth(Args):
    application: str = Field(min_length=1, max_length=200, description="Application or service name")
    time_range: LastDay = None


@dataclass(frozen=True, slots=True)
class Examined:
    """Everything that a verdict is made from."""

    promised: Objectives
    whose: Parts
    found: Sequence[Vitals]
    deeds: Sequence[Intervention]

    @property
    def signs(self) -> list[Sign]:
        return [sign for item in self.found for sign in item.signs]

    @property
    def missing(self) -> list[tuple[str, Vital, NotMeasured]]:
        return [(item.part, vital, why) for item in self.found for vital, why in item.not_measured.items()]


async def get_application_health(context: ToolContext, args: GetApplicationHealth) -> ToolResult:
    source = context.resources.metrics
    if source is None:
        return unset.METRICS
    wanted = window_of(context, args.time_range)
    window = asked_window(wanted.start, wanted.end, context.clock())
    profile = await profile_of(context, args.application)
    await own.check(context, args.application, *(profile.service_mappings if profile else ()))
    promised = objectives.objectives(profile.slos if profile else {})
    whose = objectives.parts(args.application, profile)
    asked = Asked(source)
    await asked.names()
    found = await asyncio.gather(
        *(vitals.measured(asked, subject, window, promised.thresholds) for subject in whose.subjects)
    )
    deeds = await deeds_of(context, args.application, whose, window)
    seen = Examined(promised, whose, found, deeds)
    failed = [item.why for _, _, item in seen.missing if item.has_failed]
    if failed and not seen.signs:
        raise SourceError(failed[0], source=source.name, request=asked.query)
    return ToolResult(
        status="ok" if seen.signs else "empty",
        source=source.name,
        data=report(args.application, window, seen),
        query=asked.query,
        window=window,
        as_of=context.clock(),
        cut=cut(seen),
    )


async def profile_of(context: ToolContext, application: str) -> ApplicationProfile | None:
    async with context.database.connection() as db:
        found = await application_profiles.by_name(db, application)
    return found.rows[0] if found.rows else None


async def deeds_of(context: ToolContext, application: str, whose: Parts, window: Window) -> list[Intervention]:
    services = sorted({application, *(name for part in whose.subjects for name in (part.name, part.value))})
    async with context.database.connection() as db:
        return (await interventions.during(db, services, window)).rows


def report(application: str, window: Window, seen: Examined) -> Json:
    degraded = breaches.together(item for sign in seen.signs for item in sign.breaches)
    return {
        "application": application,
        "verdict": verdict(seen),
        **totals(seen.signs),
        "measures": [sign_json(sign) for sign in seen.signs],
        "degradations": [degradation(item, seen.deeds) for item in degraded[:MOST_DEGRADATIONS]],
        "degradation_count": len(degraded),
        "not_measured": [{"part": part, "measure": vital, "why": item.why} for part, vital, item in seen.missing],
        "assumed": [*seen.whose.assumed, *seen.promised.assumed],
        "charts": charts(seen.signs),
        "window": window.as_json(),
    }


def verdict(seen: Examined) -> Verdict:
    """`healthy` needs every objective measured in every part; what was not measured may have been bad."""
    judged = [sign for sign in seen.signs if sign.threshold]
    if not seen.promised.thresholds:
        return "no objectives"
    if any(sign.is_met is False for sign in judged):
        return "unhealthy"
    if any(sign.breaches for sign in judged):
        return "degraded"
    expected = len(seen.promised.thresholds) * len(seen.whose.subjects)
    return "healthy" if sum(sign.is_met is True for sign in judged) == expected else "incomplete"


def totals(signs: Iterable[Sign]) -> Json:
    """The application as one: the worst part's uptime, error rate and latency, and the requests of all parts."""
    by_vital: dict[Vital, list[float]] = {"uptime": [], "error_rate": [], "p95_latency": [], "requests": []}
    for sign in signs:
        if sign.whole is not None:
            by_vital[sign.vital].append(sign.whole)
    latency = max(by_vital["p95_latency"], default=None)
    return {
        "uptime": parts.rounded(min(by_vital["uptime"], default=None)),
        "error_rate": parts.rounded(max(by_vital["error_rate"], default=None)),
        "p95_latency_ms": None if latency is None else parts.rounded(latency * 1000),
        "total_requests": round(sum(by_vital["requests"])) if by_vital["requests"] else None,
    }


def sign_json(sign: Sign) -> Json:
    return {
        "part": sign.part,
        "measure": sign.vital,
        "title": sign.measure.way.title,
        "value": parts.rounded(sign.whole),
        "unit": "short" if sign.vital == "requests" else sign.series.unit,
        "objective": sign.threshold.value if sign.threshold else None,
        "is_met": sign.is_met,
        "query": sign.measure.over(sign.step_seconds),
        "step_seconds": sign.step_seconds,
        "missing_samples": sign.series.missing,
        "samples": len(sign.series.values),
    }


def degradation(item: Degradation, deeds: Sequence[Intervention]) -> Json:
    """`self_resolved`: it recovered, and no change or runbook is on record while it lasted."""
    during = [deed for deed in deeds if item.start <= deed.at < item.end]
    return {
        "start": stamp(item.start),
        "end": stamp(item.end),
        "minutes": round((item.end - item.start) / timedelta(minutes=1), 1),
        "breaches": [parts.breach_band(breach) for breach in item.breaches],
        "self_resolved": item.has_recovered and not during,
        "interventions": [f"{stamp(deed.at)} {deed.kind}: {deed.summary}" for deed in during],
    }


def charts(signs: Sequence[Sign]) -> list[Json]:
    points = max(60, DRAWN // max(1, len(signs)))
    return [
        parts.chart(
            f"{sign.measure.way.title}, {sign.part}",
            sign.series.unit,
            [parts.line(sign.series, sign.part, points)],
            thresholds=[parts.threshold(sign.threshold)] if sign.threshold else [],
            bands=[parts.breach_band(item) for item in sign.breaches[:MOST_DEGRADATIONS]],
        )
        for sign in signs
    ]


def cut(seen: Examined) -> str | None:
    gaps = [
        f"{sign.series.missing:,} of {len(sign.series.values):,} samples of {sign.part}'s {sign.vital} are missing"
        for sign in seen.signs
        if sign.series.missing
    ]
    return "; ".join(filter(None, (seen.whose.cut, *gaps))) or None


GET_APPLICATION_HEALTH = ToolSpec(
    name="get_application_health",
    title="Application health",
    description="Uptime, error rate, p95 latency, requests of an application against its SLOs; when it broke them.",
    pillars=frozenset(Pillar),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:health:read",
    args=GetApplicationHealth,
    handler=get_application_health,
    source="metrics",
    deadline_seconds=30,
)
TOOLS = (GET_APPLICATION_HEALTH,)
