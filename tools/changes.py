"""The question which change may have caused the alerts."""

from datetime import timedelta
from typing import Annotated, TypeAlias, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from domain import alert_counts, changes
from domain.changes import Kind, Suspect, Suspicion
from domain.filters import Filter
from domain.windows import stamp
from tools import own
from tools.arguments import (
    AlertNames,
    Environments,
    LastDay,
    Services,
    Severities,
    as_list,
    once_each,
    one_or_many_of,
    owner,
    window_of,
)
from tools.replies import Evidence, beyond, reply, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

Kinds: TypeAlias = Annotated[
    tuple[Kind, ...],
    BeforeValidator(as_list),
    AfterValidator(once_each),
    one_or_many_of(get_args(Kind)),
    Field(description="Kind or kinds of change"),
]


class CorrelateAlertsChanges(Args):
    service: Services = ()
    severity: Severities = ()
    alert_name: AlertNames = ()
    environment: Environments = ()
    time_range: LastDay = None
    kind: Kinds = ()
    window_minutes: int = Field(60, ge=1, le=1440, description="How long after a change it can be the cause")
    limit: int = Field(10, ge=1, le=100, description="Most changes listed")

    def suspicion(self, context: ToolContext, visible: tuple[str, ...] | None) -> Suspicion:
        alerts = Filter(
            services=self.service,
            severities=self.severity,
            names=self.alert_name,
            environments=self.environment,
            window=window_of(context, self.time_range),
            owner=owner(context),
        )
        return Suspicion(alerts=alerts, kinds=self.kind, reach=timedelta(minutes=self.window_minutes), visible=visible)


async def correlate_alerts_changes(context: ToolContext, args: CorrelateAlertsChanges) -> ToolResult:
    async with context.database.connection() as db:
        suspicion = args.suspicion(context, await own.reach(db, owner(context)))
        alerts = await alert_counts.count(db, suspicion.alerts)
        suspects = await changes.suspects(db, suspicion, args.limit)
        following = await changes.alerts_following(db, suspicion, [suspect.id for suspect in suspects.rows])
    alerts_total = alerts.rows[0].total
    changes_total = suspects.rows[0].suspects if suspects.rows else 0
    data: Json = {
        "alerts_total": alerts_total,
        "changes_total": changes_total,
        "correlated_alerts": following.rows[0].count,
        "changes": [as_json(suspect) for suspect in suspects.rows],
    }
    left_out = beyond(len(suspects.rows), changes_total, "changes")
    evidence = Evidence((alerts, suspects, following), suspicion.alerts.window, left_out)
    return reply(context, data, alerts_total + changes_total, evidence)


def as_json(suspect: Suspect) -> Json:
    return {
        "id": suspect.id,
        "occurred_at": stamp(suspect.occurred_at),
        "kind": suspect.kind,
        "service": suspect.service,
        "environment": suspect.environment,
        "summary": suspect.summary,
        "author": suspect.author,
        "version": suspect.version,
        "url": suspect.url,
        "alerts_after": suspect.alerts_after,
        "alerts_before": suspect.alerts_before,
        "first_alert_at": stamped(suspect.first_alert_at),
        "minutes_to_first_alert": suspect.minutes_to_first_alert,
        "same_service": suspect.same_service,
        "score": suspect.score,
    }


CORRELATE_ALERTS_CHANGES = ToolSpec(
    name="correlate_alerts_changes",
    title="Changes before alerts",
    description="Deployments and other changes, ranked by how likely they caused the alerts of a time range.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=CorrelateAlertsChanges,
    handler=correlate_alerts_changes,
    aliases=("correlate_changes",),
)
