"""An answer: what was found, each claim with the executions that show it, and what could not be established."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import TypeAdapter

Json: TypeAlias = dict[str, Any]
Confidence: TypeAlias = Literal["certain", "likely", "possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim. `executions` are ids of tool executions; a claim without one is not made."""

    text: str
    executions: tuple[str, ...]
    confidence: Confidence = "certain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What could not be established, why, and what would settle it."""

    what: str
    why: str
    settle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something to draw; `parts` makes and bounds them.

    - `stat` {name, value, unit}
    - `table` {columns: [{key, title, unit?}], rows: [{...}]}
    - `series` {unit, points: [[time, value]], by?}, or several lines as `tools.series.parts` describes a chart:
      {unit, series: [{name, unit?, points: [[time, value or null]]}], thresholds: [{name, value, side}],
      bands: [{kind, name, start, end}], marks: [{kind, name, at}]}; a time is RFC 3339 or epoch seconds
    - `logs` {rows: [{at, level, text, labels?}], total}, newest first
    - `events` {rows: [{at, kind, text, severity?}]}

    All but a stat may say in `cut` what was left out.
    """

    kind: Literal["stat", "table", "series", "logs", "events"]
    title: str
    data: Json
    executions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where numbers came from: the execution, the exact query and the window it covered.

    `artifact_id` names the whole result where what was shown or recorded of it is only a part.
    """

    execution: str
    tool: str
    source: str
    status: str
    query: str
    window: Json | None
    as_of: str | None
    stale: bool = False
    cut: str | None = None
    error: str | None = None
    artifact_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`summary` is the verdict in one line; `data` the numbers by the seeds' names (total_alerts, by_severity, ...);
    `understood` how the question was read. `brain` wrote it; `notes` says when another brain had to step in."""

    summary: str
    findings: tuple[Finding, ...] = ()
    data: Json = field(default_factory=dict[str, Any])
    parts: tuple[Part, ...] = ()
    timeline: tuple[Json, ...] = ()
    sources: tuple[Source, ...] = ()
    suggestions: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    tools_used: tuple[str, ...] = ()
    tokens_used: int = 0
    understood: str = ""
    brain: Literal["rules", "model"] = "rules"
    notes: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """Plain JSON, lists for tuples; what `from_json` reads back."""
        return orjson.loads(orjson.dumps(self))


def from_json(data: Mapping[str, Any]) -> Answer:
    """The answer that `as_json` wrote. Raises pydantic.ValidationError when a field is missing or of another type."""
    return READER.validate_python(data)


def text_of(answer: Answer) -> str:
    """The answer as plain text: the verdict, the facts, what is unknown, who answered."""
    lines = [answer.summary, *(f"- {finding.text}" for finding in answer.findings)]
    lines += [f"Could not establish: {unknown_text(item)}" for item in answer.unknown]
    return "\n".join([*lines, *answer.notes])


def unknown_text(item: Unknown) -> str:
    """What, why, and what would settle it, as sentences."""
    return " ".join(f"{part.rstrip('.')}." for part in (item.what, item.why, item.settle) if part)


READER = TypeAdapter(Answer)
