"""Opening a case: what is looked at around an alert before anybody asks, and how long each look may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from agents.brain import Call
from agents.rules.troubleshooting.case import DEPENDENCY
from domain.windows import parse, stamp

Json: TypeAlias = dict[str, Any]
NAMES = ("alert", "service")
MOST_DEPENDENCIES = 4
CHANGES_BEFORE = timedelta(hours=24)
CHANGES_REACH_MINUTES = 240
AROUND = timedelta(minutes=60)
AFTER = timedelta(minutes=5)
DATABASE_SECONDS, SOURCE_SECONDS, ONCALL_SECONDS = 3.0, 8.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One part of the context: its tool, with which arguments, and its own deadline."""

    part: str
    title: str
    tool: str
    arguments: Json = field(default_factory=dict[str, Any])
    deadline_seconds: float = DATABASE_SECONDS

    def call(self) -> Call:
        return Call(tool=self.tool, arguments=self.arguments, label=self.part)


TITLES = {
    "alert": "the alert",
    "impact": "metrics around the start",
    "errors": "error lines",
    "slow": "slow requests",
    "oncall": "who is on call",
    "similar": "similar incidents",
    "changes": "changes before it",
    "runbooks": "runbooks",
}


def title_of(part: str) -> str:
    """A part as it is spoken of: "metrics of orders-db"."""
    return f"metrics of {part.removeprefix(DEPENDENCY)}" if part.startswith(DEPENDENCY) else TITLES.get(part, part)


def first(alert_id: UUID | None, slots: Mapping[str, Any]) -> Look:
    """The alert itself: the one that is given, else the newest of the name or the service that the words have."""
    given = {"alert_id": str(alert_id)} if alert_id else {key: slots[key] for key in NAMES if slots.get(key)}
    return Look(part="alert", title="The alert", tool="get_alert_details", arguments=given)


def looks(details: Json, now: datetime, parts: Sequence[str]) -> tuple[Look, ...]:
    """Those of `parts` that the alert's details allow, all to be made at once."""
    return tuple(look for look in every(details, now) if look.part.partition(":")[0] in parts)


def every(details: Json, now: datetime) -> tuple[Look, ...]:
    alert: Json = details["alert"]
    profile: Json = details.get("profile") or {}
    depends_on = list(profile.get("depends_on") or ())[:MOST_DEPENDENCIES]
    service, start = alert["service"], parse(alert["starts_at"])
    around = {"start": stamp(start - AROUND), "end": stamp(min(now, start + AROUND))}
    before = {"start": stamp(start - CHANGES_BEFORE), "end": stamp(min(now, start + AFTER))}
    return (
        source("impact", "Metrics around the start", "analyze_impact", {"alert_id": alert["id"]}),
        *(
            source(
                f"{DEPENDENCY}{name}", f"Metrics of {name}", "analyze_impact", {"service": name, "time": stamp(start)}
            )
            for name in depends_on
        ),
        source("errors", "Error lines", "investigate_sift", {"application": service, "time_range": around}),
        source(
            "slow",
            "Slow requests",
            "investigate_sift",
            {"application": service, "time_range": around, "investigation_type": "latency"},
        ),
        Look(part="oncall", title="Who is on call", tool="get_oncall_schedule", deadline_seconds=ONCALL_SECONDS),
        Look(
            part="similar",
            title="Similar incidents",
            tool="get_similar_incidents",
            arguments={"alert_id": alert["id"], "limit": 5},
        ),
        Look(
            part="changes",
            title="Changes before it",
            tool="correlate_alerts_changes",
            arguments={
                "service": [service, *depends_on],
                "time_range": before,
                "window_minutes": CHANGES_REACH_MINUTES,
                "limit": 20,
            },
        ),
        Look(part="runbooks", title="Runbooks", tool="get_runbook", arguments={"alert_id": alert["id"]}),
    )


def source(part: str, title: str, tool: str, arguments: Json) -> Look:
    return Look(part=part, title=title, tool=tool, arguments=arguments, deadline_seconds=SOURCE_SECONDS)
