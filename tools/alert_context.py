"""One alert with all that is on record about it, to begin an investigation from."""

from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from domain import alert_past, alert_records, auto_analyze_rules, topology
from domain.alert_past import Analysis, Asker, Firing, Looked
from domain.alert_records import AlertRecord, Reference, Related
from domain.database import Connection
from domain.errors import NotFound
from domain.found import Found
from domain.topology import Application
from domain.windows import stamp
from tools.arguments import owner
from tools.impact import HYPOTHESIS_KEYS
from tools.replies import Evidence, beyond, reply, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

VALUES = ("value", "current_value", "__value_string__")
DESCRIPTIONS = ("description", "message")
CAUSES = ("root_cause", "cause", "hypothesis")
MOST_TEXT = 2000

NOBODY = Reference("")


class GetAlertDetails(Args):
    alert_id: UUID | None = Field(None, description="The alert; or name it")
    alert: str | None = Field(
        None, min_length=1, max_length=200, description="Fingerprint or alert name: the newest firing, else the newest"
    )

    service: str | None = Field(None, min_length=1, max_length=200, description="Its service, or that service's newest")

    @model_validator(mode="after")
    def names_one(self) -> "GetAlertDetails":
        if (self.alert_id is None) == (self.alert is None and self.service is None):
            raise ValueError("name either an alert_id, or an alert or a service")
        return self


async def get_alert_details(context: ToolContext, args: GetAlertDetails) -> ToolResult:
    mine = owner(context)
    async with context.database.connection() as db:
        found = await the_alert(db, context, args.alert_id, Reference(args.alert or "", args.service or ""))
        alert = found.rows[0]
        others = await alert_records.related(db, alert, mine)
        firings = await alert_past.firings(db, alert, mine)
        analyses = await alert_past.analyses(db, alert, mine)
        asker = Asker(context.actor.user_id, context.session_id, mine)
        sessions = await alert_past.sessions(db, alert, asker)
        rules = await auto_analyze_rules.matching(db, alert.id)
        known = await topology.applications(db)
    data: Json = {
        "alert": alert_json(alert, context),
        "incident": incident_json(alert),
        "related": [related_json(other, alert) for other in others.rows],
        "history": history(firings),
        "analyses": [analysis_json(item) for item in analyses.rows],
        "sessions": [session_json(item) for item in sessions.rows],
        "rules": [{"id": str(rule.id), "name": rule.name} for rule in rules],
        "profile": profile_json(known.rows, alert.service),
    }
    total = others.rows[0].total if others.rows else 0
    left_out = beyond(len(others.rows), total, "related alerts")
    return reply(context, data, 1, Evidence((found, others, firings, analyses, sessions, known), None, left_out))


async def the_alert(
    db: Connection, context: ToolContext, alert_id: UUID | None, reference: Reference = NOBODY
) -> Found[AlertRecord]:
    """One row. Raises NotFound when there is no such alert, or it is not one of the actor's."""
    mine = owner(context)
    if alert_id:
        found = await alert_records.by_id(db, alert_id, mine)
    else:
        found = await alert_records.by_reference(db, reference, mine)
    if not found.rows:
        narrowed = " of your teams or assigned to you" if mine else ""
        raise NotFound(f"There is no alert {alert_id or reference.said}{narrowed}.")
    return found


def alert_json(alert: AlertRecord, context: ToolContext) -> Json:
    return {
        "id": str(alert.id),
        "name": alert.name,
        "service": alert.service,
        "severity": alert.severity,
        "status": alert.status,
        "starts_at": stamp(alert.starts_at),
        "ends_at": stamped(alert.ends_at),
        "duration_seconds": alert.lasted(context.clock()),
        "summary": alert.summary,
        "description": first_of(alert.annotations, DESCRIPTIONS) or "",
        "instance": alert.instance,
        "job": alert.job,
        "environment": alert.environment,
        "team": alert.team,
        "assigned_to": alert.assigned_to,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "value": first_of(alert.annotations, VALUES),
        "generator_url": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def first_of(said: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of the keys that has words; what an alert or an analysis holds was written by anybody."""
    texts = (said.get(key) for key in keys)
    return next((text.strip()[:MOST_TEXT] for text in texts if isinstance(text, str) and text.strip()), None)


def incident_json(alert: AlertRecord) -> Json | None:
    if alert.incident_id is None:
        return None
    return {
        "id": str(alert.incident_id),
        "number": f"INC-{alert.incident_number}",
        "title": alert.incident_title,
        "status": "resolved" if alert.incident_resolved_at else "open",
        "opened_at": stamped(alert.incident_opened_at),
    }


def related_json(other: Related, alert: AlertRecord) -> Json:
    return {
        "id": str(other.id),
        "name": other.name,
        "service": other.service,
        "severity": other.severity,
        "status": other.status,
        "starts_at": stamp(other.starts_at),
        "minutes_from_start": round((other.starts_at - alert.starts_at).total_seconds() / 60, 1),
        "same_service": other.service == alert.service,
    }


def history(found: Found[Firing]) -> Json:
    return {
        "count_30d": found.rows[0].count if found.rows else 0,
        "last": [
            {
                "id": str(firing.id),
                "starts_at": stamp(firing.starts_at),
                "ends_at": stamped(firing.ends_at),
                "duration_seconds": (firing.ends_at - firing.starts_at).total_seconds() if firing.ends_at else None,
            }
            for firing in found.rows
        ],
        "flapping": alert_past.is_flapping(found),
    }


def analysis_json(item: Analysis) -> Json:
    said = item.ai_analysis
    return {
        "alert_id": str(item.id),
        "at": first_of(said, ("at",)) or stamp(item.starts_at),
        "summary": first_of(said, ("summary", *HYPOTHESIS_KEYS)) or "",
        "cause": first_of(said, CAUSES),
        "confidence": share(said.get("confidence")),
    }


def share(value: object) -> float | None:
    """A number between 0 and 1; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(1.0, max(0.0, float(value)))


def session_json(item: Looked) -> Json:
    return {
        "session_id": str(item.id),
        "title": item.title,
        "started_at": stamp(item.started_at),
        "is_mine": item.is_mine,
    }


def profile_json(known: list[Application], service: str) -> Json | None:
    """What the profiles say of the service; None when none names it."""
    below, above = topology.depends_on(known, service), topology.dependents(known, service)
    about = topology.application_of(known, service)
    if about is None and not above:
        return None
    return {
        "name": about.name if about else service,
        "components": about.components if about else [],
        "depends_on": below,
        "dependents": above,
        "slos": about.slos if about else {},
    }


GET_ALERT_DETAILS = ToolSpec(
    name="get_alert_details",
    title="Alert in full",
    description="One alert with its value, incident, related alerts, history, earlier analyses and what it stands on.",
    pillars=frozenset({Pillar.TROUBLESHOOTING}),
    category=Category.TROUBLESHOOTING,
    risk=Risk.READ,
    permission="ai:troubleshooting:read",
    args=GetAlertDetails,
    handler=get_alert_details,
)
TOOLS = (GET_ALERT_DETAILS,)
