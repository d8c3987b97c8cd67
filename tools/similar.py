"""The question which incidents were like this one, and what had been done about them."""

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from domain import incidents, knowledge, likeness, similar_incidents, synonyms
from domain.alert_records import AlertRecord
from domain.database import Connection
from domain.errors import NotFound
from domain.filters import Filter
from domain.incidents import Incident
from domain.likeness import Likeness
from domain.similar_incidents import ChangeBefore, Precedent, Wanted
from domain.windows import stamp
from tools.alert_context import DESCRIPTIONS, first_of, the_alert
from tools.arguments import owner
from tools.replies import Evidence, beyond, reply, shows_rows, stamped
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec
from tools.timelines import reference

MOST_CHANGES = 3


def as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class GetSimilarIncidents(Args):
    alert_id: UUID | None = Field(None, description="Like this alert; or like an incident, or words")
    incident: Annotated[str | None, BeforeValidator(as_text)] = Field(
        None, max_length=100, description="Number like INC-12, or id"
    )
    text: str | None = Field(None, min_length=1, max_length=500, description="What happens, in words")
    limit: int = Field(5, ge=1, le=20, description="Most incidents listed")

    @model_validator(mode="after")
    def names_one(self) -> "GetSimilarIncidents":
        if sum(value is not None for value in (self.alert_id, self.incident, self.text)) != 1:
            raise ValueError("name either an alert_id, an incident or a text")
        return self


async def get_similar_incidents(context: ToolContext, args: GetSimilarIncidents) -> ToolResult:
    chosen = Filter(owner=owner(context))
    async with context.database.connection() as db:
        wanted = await asked_for(db, context, args)
        searched = await similar_incidents.searched(db, wanted, chosen)
        found = await similar_incidents.candidates(db, wanted, chosen)
        alike = likeness.ranked(wanted, found.rows)
        shown = alike[: args.limit] if shows_rows(context) else []
        ids = [one.candidate.id for one in shown]
        known = await similar_incidents.precedents(db, ids)
        changes = await similar_incidents.changes_before(db, ids)
    data: Json = {
        "incidents": [
            as_json(one, precedent, [change for change in changes.rows if change.incident_id == precedent.id])
            for one, precedent in zip(shown, known.rows, strict=True)
        ],
        "searched": searched,
    }
    left_out = beyond(len(shown), len(alike), "similar incidents") if shows_rows(context) else None
    return reply(context, data, len(alike), Evidence((found, known, changes), None, left_out))


async def asked_for(db: Connection, context: ToolContext, args: GetSimilarIncidents) -> Wanted:
    """Raises NotFound when there is no such alert or incident, or it is not one of the actor's."""
    if args.alert_id:
        found = await the_alert(db, context, args.alert_id)
        return await like_alert(db, found.rows[0])
    if args.incident:
        known = await incidents.find(db, Filter(owner=owner(context)), reference(args.incident))
        if not known.rows:
            raise NotFound(f"There is no incident {args.incident}.")
        return await like_incident(db, known.rows[0])
    words, terms = await read(db, args.text or "")
    return Wanted(words=words, terms=terms, at=context.clock())


async def like_alert(db: Connection, alert: AlertRecord) -> Wanted:
    said = (alert.name, alert.summary, first_of(alert.annotations, DESCRIPTIONS) or "")
    words, terms = await read(db, " ".join(said), (alert.service, alert.instance))
    return Wanted(
        names=(alert.name,),
        services=(alert.service,),
        words=words,
        terms=terms,
        severity=alert.severity,
        environment=alert.environment,
        at=alert.starts_at,
        itself=alert.incident_id,
    )


async def like_incident(db: Connection, incident: Incident) -> Wanted:
    names = await similar_incidents.alert_names(db, incident.id)
    said = (incident.title, incident.root_cause, *names)
    words, terms = await read(db, " ".join(said), incident.services)
    return Wanted(
        names=tuple(names),
        services=(incident.service,),
        words=words,
        terms=terms,
        severity=incident.severity,
        environment=incident.environment,
        at=incident.opened_at,
        itself=incident.id,
    )


async def read(
    db: Connection, text: str, without: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[knowledge.Term, ...]]:
    """The words of a text by number, and what to look for; names that are compared as labels do not count twice."""
    for name in without:
        text = text.replace(name, " ") if name else text
    words = tuple(dict.fromkeys(knowledge.words_of(text)))
    return words, tuple(knowledge.terms_of(text, await synonyms.current(db)))


def as_json(one: Likeness, precedent: Precedent, changes: Sequence[ChangeBefore]) -> Json:
    ended = precedent.resolved_at
    return {
        "number": f"INC-{precedent.number}",
        "title": precedent.title,
        "service": precedent.service,
        "severity": precedent.severity,
        "status": "resolved" if ended else "open",
        "opened_at": stamp(precedent.opened_at),
        "resolved_at": stamped(ended),
        "duration_seconds": (ended - precedent.opened_at).total_seconds() if ended else None,
        "score": one.score,
        "why": list(one.why),
        "root_cause": precedent.root_cause or None,
        "resolution": precedent.resolution or None,
        "postmortem": postmortem_json(precedent),
        "changes": [
            {
                "kind": change.kind,
                "service": change.service,
                "summary": change.summary,
                "minutes_before": change.minutes_before,
            }
            for change in changes[:MOST_CHANGES]
        ],
    }


def postmortem_json(precedent: Precedent) -> Json | None:
    if precedent.postmortem_id is None:
        return None
    url = precedent.postmortem_url or None
    return {"id": str(precedent.postmortem_id), "title": precedent.postmortem_title, "url": url}


GET_SIMILAR_INCIDENTS = ToolSpec(
    name="get_similar_incidents",
    title="Similar incidents",
    description="Past incidents like an alert, an incident or words: score, causes, resolutions, changes before.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.TROUBLESHOOTING}),
    category=Category.TROUBLESHOOTING,
    risk=Risk.READ,
    permission="ai:troubleshooting:read",
    args=GetSimilarIncidents,
    handler=get_similar_incidents,
)
TOOLS = (GET_SIMILAR_INCIDENTS,)
