"""What an alert did to its service and its host: the measures from its start on, beside those of just before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from domain import alert_details, alerts
from domain.alert_details import AlertDetail
from domain.alerts import Alert, Page
from domain.errors import NotFound, Refused, SourceError
from domain.filters import Filter
from domain.windows import Window, stamp
from tools import own
from tools.arguments import owner
from tools.grafana import panels
from tools.metrics import unset
from tools.metrics.effects import Effect, Effects, Moment, effects
from tools.metrics.measuring import Asked, asked_window, host
from tools.replies import stamped
from tools.series import parts
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

Impacted: TypeAlias = Literal["yes", "no", "unknown"]
HYPOTHESIS_KEYS = ("hypothesis", "root_cause", "summary", "analysis", "text")
LEAST_MINUTES = 10
SECOND = timedelta(seconds=1)
AROUND = timedelta(minutes=15)
MOST_ALERTS = 100
CHARTS, POINTS = 6, 120
UNCHANGED = 12


class AnalyzeImpact(Args):
    alert_id: UUID | None = Field(None, description="The alert; or name a service")
    service: str | None = Field(None, max_length=200, description="Exact name. Without a time: its last alert")
    time: AwareDatetime | None = Field(None, description="When it began, RFC 3339")
    window_minutes: int = Field(60, ge=LEAST_MINUTES, le=1440, description="How long after, and before to compare with")

    @model_validator(mode="after")
    def names_something(self) -> "AnalyzeImpact":
        if (self.alert_id is None) == (self.service is None):
            raise ValueError("name either an alert_id or a service")
        if self.alert_id and self.time:
            raise ValueError("an alert has its own time: leave the time out")
        return self


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: an alert, or a bare time of a service."""

    service: str
    instance: str
    at: datetime
    ended: datetime | None
    alert: AlertDetail | None


async def analyze_impact(context: ToolContext, args: AnalyzeImpact) -> ToolResult:
    source = context.resources.metrics
    if source is None:
        return unset.METRICS
    event = await event_of(context, args)
    moment = moment_of(event, timedelta(minutes=args.window_minutes), context.clock())
    asked = Asked(source)
    await asked.names()
    found = await effects(asked, event.service, host(event.instance), moment)
    failed = [item.why for _, item in found.not_measured if item.has_failed]
    if failed and not found.found:
        raise SourceError(failed[0], source=source.name, request=asked.query)
    others = await others_of(context, event, moment)
    return ToolResult(
        status="ok" if found.found else "empty",
        source=source.name,
        data=report(event, moment, found) | {"other_alerts": others},
        query=asked.query,
        window=moment.whole,
        as_of=context.clock(),
        cut=f"{found.left_out} more series are not listed" if found.left_out else None,
    )


async def event_of(context: ToolContext, args: AnalyzeImpact) -> Event:
    """Raises NotFound when there is no such alert, or it is not one of the actor's."""
    if args.service and args.time:
        await own.check(context, args.service)
        return Event(args.service, "", args.time, None, None)
    async with context.database.connection() as db:
        if args.alert_id:
            found = await alert_details.by_id(db, args.alert_id, owner(context))
        else:
            found = await alert_details.newest(db, args.service or "", owner(context))
    if not found.rows:
        raise NotFound(f"There is no alert {args.alert_id}." if args.alert_id else f"{args.service} had no alert yet.")
    alert = found.rows[0]
    return Event(alert.service, alert.instance, alert.starts_at, alert.ends_at, alert)


def moment_of(event: Event, length: timedelta, now: datetime) -> Moment:
    """As long before as asked for; after, until the alert ended (ten minutes at least), the window or now is over."""
    if event.at >= now:
        raise Refused(f"{stamp(event.at)} has not come yet: nothing can be compared.", code="invalid_arguments")
    least = event.at + timedelta(minutes=LEAST_MINUTES)
    ended = max(event.ended, least) if event.ended else event.at + length
    whole = asked_window(event.at - length, min(ended, event.at + length), now)
    begun = min(max(event.at.replace(microsecond=0), whole.start + SECOND), whole.end - SECOND)
    return Moment(Window(whole.start, begun), Window(begun, whole.end))


async def others_of(context: ToolContext, event: Event, moment: Moment) -> list[Json]:
    """Alerts of other services that began from a quarter of an hour before on, by service, most first."""
    around = Window(moment.after.start - AROUND, moment.after.end)
    page = Page(status=None, limit=MOST_ALERTS, offset=0)
    async with context.database.connection() as db:
        found = await alerts.newest(db, Filter(window=around, owner=owner(context)), page)
    by_service: dict[str, list[Alert]] = {}
    for alert in reversed(found.rows):
        if alert.service != event.service:
            by_service.setdefault(alert.service, []).append(alert)
    told = [
        {
            "service": service,
            "alerts": len(group),
            "first_at": stamp(group[0].starts_at),
            "names": sorted({alert.name for alert in group}),
        }
        for service, group in by_service.items()
    ]
    return sorted(told, key=lambda item: (-item["alerts"], item["first_at"], item["service"]))


def report(event: Event, moment: Moment, found: Effects) -> Json:
    changed = [effect for effect in found.found if effect.compared.is_real]
    calm = [effect for effect in found.found if not effect.compared.is_real]
    return {
        "service": event.service,
        "instance": event.instance,
        "alert": alert_json(event.alert),
        "at": stamp(event.at),
        "baseline": moment.before.as_json(),
        "during": moment.after.as_json(),
        "impacted": impacted(found.found),
        "changed": [effect_json(effect) for effect in changed],
        "unchanged": [effect_json(effect) for effect in calm[:UNCHANGED]],
        "not_measured": [{"measure": wish, "why": item.why} for wish, item in found.not_measured],
        "hypothesis": hypothesis(event.alert, found),
        "charts": [chart(effect, event) for effect in changed[:CHARTS]],
    }


def alert_json(alert: AlertDetail | None) -> Json | None:
    if alert is None:
        return None
    return {
        "id": str(alert.id),
        "name": alert.name,
        "severity": alert.severity,
        "starts_at": stamp(alert.starts_at),
        "ends_at": stamped(alert.ends_at),
        "summary": alert.summary,
    }


def impacted(found: Sequence[Effect]) -> Impacted:
    """`no` needs something to have been compared."""
    if any(effect.compared.is_real for effect in found):
        return "yes"
    return "no" if any(effect.compared.verdict == "same" for effect in found) else "unknown"


def effect_json(effect: Effect) -> Json:
    return {
        "measure": effect.measure.wish,
        "title": effect.measure.way.title,
        "series": effect.series.name,
        "unit": effect.series.unit,
        "query": effect.query,
        **parts.comparison(effect.compared),
        "change": parts.change_mark(effect.change, effect.measure.way.title) if effect.change else None,
    }


def chart(effect: Effect, event: Event) -> Json:
    title = effect.measure.way.title
    return parts.chart(
        title,
        effect.series.unit,
        [parts.line(effect.series, points=POINTS)],
        marks=[{"kind": "alert", "name": event.alert.name if event.alert else "start", "at": stamp(event.at)}],
    )


def hypothesis(alert: AlertDetail | None, found: Effects) -> Json | None:
    """What an earlier analysis thought, and whether the measure it speaks of moved (HD-12)."""
    text = thought(alert)
    if not text:
        return None
    wish = next((name for name, known in panels.library().items() if known == panels.known(text)), None)
    about = [effect for effect in found.found if panels.known(effect.measure.wish) == panels.known(text)]
    if wish is None or not about:
        said = "not measured" if wish else "names no measure"
    else:
        said = "confirmed" if any(effect.compared.is_real for effect in about) else "not confirmed"
    return {"text": text, "measure": wish, "verdict": said}


def thought(alert: AlertDetail | None) -> str:
    analysis = (alert.ai_analysis if alert else None) or {}
    return next((analysis[key] for key in HYPOTHESIS_KEYS if isinstance(analysis.get(key), str)), "")


ANALYZE_IMPACT = ToolSpec(
    name="analyze_impact",
    title="Impact of an alert",
    description="What an alert did to its service and server: metrics beside the window before, other alerts then.",
    pillars=frozenset(Pillar),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:impact:read",
    args=AnalyzeImpact,
    handler=analyze_impact,
    source="metrics",
    deadline_seconds=30,
)
TOOLS = (ANALYZE_IMPACT,)
