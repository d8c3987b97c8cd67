"""The question which runbook fits: those that can be run and those that are read, each with how sure that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from pydantic import Field, model_validator

from domain import knowledge, runbook_matches, runbooks, synonyms
from domain.alert_records import AlertRecord
from domain.database import Connection
from domain.found import Found
from domain.knowledge import Hit
from domain.runbook_matches import LEAST, LINKED, Fit, Need
from domain.runbooks import Listed, Wanted
from tools.alert_context import DESCRIPTIONS, first_of, the_alert
from tools.replies import Evidence, beyond, reply
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

LINKS = ("runbook_url", "runbook")
MOST_LOOKED_AT = 500
MOST_HITS = 30
LONGEST_TEXT = 600


class GetRunbook(Args):
    alert_id: UUID | None = Field(None, description="The alert; or say it in words")
    query: str | None = Field(None, min_length=1, max_length=500, description="Symptom or alert name")
    limit: int = Field(3, ge=1, le=10, description="Most runbooks listed")

    @model_validator(mode="after")
    def names_one(self) -> "GetRunbook":
        if (self.alert_id is None) == (self.query is None):
            raise ValueError("name either an alert_id or a query")
        return self


@dataclass(frozen=True, slots=True)
class Match:
    """A runbook that can be run, a document, or the bare link that an alert carries."""

    what: Listed | Hit | str
    fit: Fit

    @property
    def order(self) -> tuple[float, int, str]:
        """The surest first; what can be run before what is read."""
        match self.what:
            case Listed():
                return -self.fit.confidence, 0, self.what.name
            case Hit():
                return -self.fit.confidence, 1, self.what.reference
            case str():
                return -self.fit.confidence, 2, self.what


async def get_runbook(context: ToolContext, args: GetRunbook) -> ToolResult:
    async with context.database.connection() as db:
        found = await the_alert(db, context, args.alert_id) if args.alert_id else None
        alert = found.rows[0] if found else None
        need, text = need_of(alert, args.query or "")
        hits = await written(db, text)
        listed = await runbooks.matching(db, Wanted(kind="runbook", limit=MOST_LOOKED_AT))
        matches = ranked(need, listed.rows, hits.rows, linked(alert))
        shown = matches[: args.limit]
        told = [await as_json(db, match) for match in shown]
    left_out = beyond(len(shown), len(matches), "runbooks")
    return reply(context, {"runbooks": told}, len(matches), Evidence((found, hits, listed), None, left_out))


def need_of(alert: AlertRecord | None, query: str) -> tuple[Need, str]:
    """What is needed, and the words to look for."""
    if alert is None:
        return Need(alert=query.strip(), words=frozenset(knowledge.words_of(query))), query
    said = (alert.name, alert.summary, first_of(alert.annotations, DESCRIPTIONS) or "")
    text = " ".join(said)[:LONGEST_TEXT]
    return Need(alert=alert.name, service=alert.service, words=frozenset(knowledge.words_of(text))), text


async def written(db: Connection, text: str) -> Found[Hit]:
    terms = knowledge.terms_of(text, await synonyms.current(db))
    return await knowledge.search(db, terms, "runbook", MOST_HITS)


def linked(alert: AlertRecord | None) -> str:
    """The runbook that the alert itself names, as a link or by name; empty without one."""
    return (first_of(alert.annotations, LINKS) if alert else None) or ""


def ranked(need: Need, listed: Iterable[Listed], hits: list[Hit], link: str) -> list[Match]:
    texts = runbook_matches.texts_by_name(hits)
    own = [Match(one, runbook_matches.fit(need, one, texts.get(one.name, 0.0))) for one in listed if one.is_enabled]
    read = [Match(hit, runbook_matches.fit_of_document(need, hit)) for hit in hits if hit.kind == "document"]
    found = [raised(match, link) for match in (*own, *read)]
    if link.startswith(("https://", "http://")) and not any(names(match, link) for match in found):
        found.append(Match(link, Fit(confidence=LINKED, why=("the alert links to it",))))
    return sorted((match for match in found if match.fit.confidence >= LEAST), key=lambda match: match.order)


def raised(match: Match, link: str) -> Match:
    """What the alert itself names is the one."""
    if not names(match, link):
        return match
    return Match(match.what, Fit(confidence=LINKED, why=("the alert names it", *match.fit.why)))


def names(match: Match, link: str) -> bool:
    match match.what:
        case Listed():
            return bool(link) and link in (match.what.name, str(match.what.id))
        case Hit():
            return bool(link) and link in (match.what.url, match.what.reference)
        case str():
            return False


async def as_json(db: Connection, match: Match) -> Json:
    told = {"confidence": match.fit.confidence, "why": list(match.fit.why)}
    match match.what:
        case Listed():
            return await runbook_json(db, match.what) | told
        case Hit():
            return document_json(match.what) | told
        case str():
            return {**BARE, "id": match.what, "name": match.what, "title": match.what, "url": match.what} | told


BARE: Json = {"description": "", "steps": 0, "parameters": {}, "servers": [], "source": "document", "url": None}


async def runbook_json(db: Connection, listed: Listed) -> Json:
    whole = await runbooks.by_name(db, listed.name)
    parameters = {str(one["name"]): {key: one[key] for key in one if key != "name"} for one in listed.parameters}
    return {
        "id": str(listed.id),
        "name": listed.name,
        "title": listed.title or listed.name,
        "description": listed.description,
        "steps": listed.step_count,
        "parameters": parameters,
        "servers": servers_of(whole.steps) if whole else [],
        "source": "runbook",
        "url": None,
    }


def servers_of(steps: Sequence[Json]) -> list[str]:
    """The servers that the steps name, and the parameters (`{host}`) that will; each once, by name."""
    probes = [cast("Json", step.get("ssh")) for step in steps if isinstance(step.get("ssh"), dict)]
    named: list[Any] = [
        name for part in (*steps, *probes) for name in (part.get("server"), *(part.get("servers") or ()))
    ]
    return sorted({name for name in named if isinstance(name, str) and name})


def document_json(hit: Hit) -> Json:
    body = hit.body[:LONGEST_TEXT] + ("…" if len(hit.body) > LONGEST_TEXT else "")
    url = hit.url or None
    return {**BARE, "id": hit.reference, "name": hit.reference, "title": hit.title, "description": body, "url": url}


GET_RUNBOOK = ToolSpec(
    name="get_runbook",
    title="Matching runbook",
    description="Runbooks for an alert or a symptom, those that can be run and written ones, with confidence.",
    pillars=frozenset({Pillar.TROUBLESHOOTING}),
    category=Category.TROUBLESHOOTING,
    risk=Risk.READ,
    permission="ai:troubleshooting:read",
    args=GetRunbook,
    handler=get_runbook,
)
TOOLS = (GET_RUNBOOK,)
