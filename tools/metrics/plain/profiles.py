"""The application that a question names, and what its parts are called where its numbers and lines are."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from domain import application_profiles, datasources
from domain.application_profiles import ApplicationProfile
from domain.database import Pool
from domain.datasources import Kind
from tools.metrics.objectives import MOST_PARTS, log_label
from tools.translate import situation
from tools.translate.situation import Profile

MOST_PROFILES = 1000
LEAD = r"\b(?:of|for|in|on|from|by)\s+(?:the\s+|our\s+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`profile` as the translator reads it. `datasource` is where its telemetry of the asked kind is, if it says so;
    `parts` are those the question means: name -> (metrics' prefix, log label's value)."""

    name: str = ""
    version: str = ""
    profile: Profile = field(default_factory=Profile)
    datasource: str | None = None
    parts: Mapping[str, tuple[str, str]] | None = None
    is_part: bool = False


NONE = Application()


async def named(database: Pool, words: str, kind: Kind) -> Application:
    """The application whose name, or one of whose parts, stands in the words; the longest name wins."""
    async with database.connection() as db:
        rows, _ = await application_profiles.page(db, limit=MOST_PROFILES, offset=0)
        found = [(len(name), row, name) for row in rows for name in names_of(row) if is_meant(row, name, words)]
        if not found:
            return NONE
        _, row, name = max(found, key=lambda item: (item[0], item[2] == item[1].name))
        source = await datasources.fetch(db, row.datasource_id) if row.datasource_id else None
    return application(row, name, source.name if source and source.type == kind else None)


def application(row: ApplicationProfile, name: str, datasource: str | None) -> Application:
    parts = {part: placed(said) for part, said in mappings(row).items()}
    is_part = name.casefold() != row.name.casefold()
    meant = {part: place for part, place in parts.items() if not is_part or part.casefold() == name.casefold()}
    metrics = tuple(metric for metric in row.default_metrics if isinstance(metric, str))
    return Application(
        name=name,
        version=f"{row.id} {row.updated_at.isoformat()}",
        profile=situation.profile(row.name, row.service_mappings, metrics),
        datasource=datasource,
        parts=dict(list(meant.items())[:MOST_PARTS]),
        is_part=is_part,
    )


def names_of(row: ApplicationProfile) -> list[str]:
    return [row.name, *mappings(row)]


def mappings(row: ApplicationProfile) -> dict[str, dict[str, Any]]:
    return {
        part: cast("dict[str, Any]", said)
        for part, said in sorted(row.service_mappings.items())
        if isinstance(said, dict)
    }


def placed(said: Mapping[str, Any]) -> tuple[str, str]:
    return str(said.get("metrics_prefix") or ""), log_label(said)[1]


def is_meant(row: ApplicationProfile, name: str, words: str) -> bool:
    """Parts are named like ordinary words (web, api, cache): they are meant only where a name stands."""
    lead = "" if name == row.name else LEAD
    return bool(name) and re.search(rf"{lead}{alone(name)}", words, re.IGNORECASE) is not None


def alone(name: str) -> str:
    return rf"(?<![\w.-]){re.escape(name)}(?![\w-])"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The question once for each way of saying it that the source understands, and what was put for what."""

    variants: tuple[str, ...]
    assumed: tuple[str, ...] = ()


def for_metrics(words: str, application: Application, metrics: Collection[str], values: Collection[str]) -> Spoken:
    """Each part by itself: under its prefix when metrics have it, else by the value its label has."""
    if not application.parts or application.name in values:
        return Spoken((words,))
    said: dict[str, str] = {}
    for part, (prefix, value) in application.parts.items():
        if prefix and any(metric.startswith(prefix) for metric in metrics):
            said[part] = part
        elif value in values or part in values:
            said[part] = value if value in values else part
    variants = tuple(put(words, application.name, [name]) for name in said.values())
    return Spoken(variants or (words,), told(application, list(said.values())))


def for_logs(words: str, application: Application, values: Collection[str]) -> Spoken:
    """All parts at once, by the values of their log labels."""
    if not application.parts or application.name in values:
        return Spoken((words,))
    said = [value if value in values else part for part, (_, value) in application.parts.items()
            if value in values or part in values]  # fmt: skip
    if not said:
        return Spoken((words,))
    return Spoken((put(words, application.name, said),), told(application, said))


def put(words: str, name: str, said: Sequence[str]) -> str:
    return re.sub(alone(name), lambda _: " and ".join(said), words, count=1, flags=re.IGNORECASE)


def told(application: Application, said: Sequence[str]) -> tuple[str, ...]:
    if not said or list(said) == [application.name]:
        return ()
    return (f"{application.name} is {', '.join(said)}, by the profile of {application.profile.name}.",)
