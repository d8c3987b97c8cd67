"""What a writer is given, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from agents.answer import Finding, Part, Unknown
from agents.brain import Gathered
from agents.rules.slots import Slots

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: what it is called, and the slots that are its own. `is_time`: times are compared."""

    label: str
    slots: Slots
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A result that supports claims: its data, and the execution that proves it."""

    data: Json
    execution: str

    def rows(self, name: str) -> list[Json]:
        """The list called `name` in the data."""
        return self.data[name]

    def finding(self, text: str) -> Finding:
        return Finding(text=text, executions=(self.execution,))


AGAIN = "called "


def again(label: str, name: str = "") -> str:
    """The label of a call made again with another name."""
    return ", ".join(filter(None, (label, f"{AGAIN}{name}")))


def is_retold(each: Gathered, gathered: Sequence[Gathered]) -> bool:
    """Whether a call that failed was made again with a name as the source spells it, and then answered."""
    label = again(each.call.label)
    return any(
        other.call.tool == each.call.tool and other.call.label.startswith(label) and other.result.supports_claims
        for other in gathered
    )


def rows_of(found: Found | None, name: str) -> list[Json]:
    """The list called `name`, empty when the result is missing."""
    return found.rows(name) if found else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The slots as they hold (with the default window), how to say what they narrow to, and everything gathered.

    `kind` goes before a noun ("critical "), `scope` after it (" on checkout in production"), `when` ends the sentence
    (", 9–15 Nov 2026 UTC" or " in the last 24 h"). `services` are all that are known, `applications` those that have a
    profile.
    """

    slots: Slots
    sides: tuple[Side, ...]
    now: datetime
    zone: ZoneInfo
    kind: str = ""
    scope: str = ""
    when: str = ""
    gathered: Sequence[Gathered] = ()
    services: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()

    def of(self, tool: str, label: str = "") -> Found | None:
        """The first result of a tool that supports claims; None when it failed or was never asked."""
        for each in self.gathered:
            if each.call.tool == tool and each.call.label == label and each.result.supports_claims:
                return Found(each.result.data, str(each.result.execution_id or ""))
        return None

    def each(self, tool: str) -> list[Found]:
        """Every result of a tool that supports claims, in the order of the calls."""
        return [
            Found(each.result.data, str(each.result.execution_id or ""))
            for each in self.gathered
            if each.call.tool == tool and each.result.supports_claims
        ]

    def why_not(self, tool: str) -> str:
        """Why no result of a tool supports a claim, in one sentence; "" when one does or it was never asked."""
        failed = [each.result.error for each in self.gathered if each.call.tool == tool]
        return "" if self.each(tool) else next(filter(None, failed), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer's own part; where it came from is added to it. `next` are questions that its findings raise,
    `notes` what was assumed to find it; `is_zero` when there was nothing to find."""

    summary: str
    findings: tuple[Finding, ...] = ()
    data: Json = field(default_factory=dict[str, Any])
    parts: tuple[Part, ...] = ()
    timeline: tuple[Json, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    next: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_zero: bool = False


def real_zero(sentence: str, data: Json, parts: tuple[Part, ...] = ()) -> Draft:
    """The draft for an answer of none: the sentence, and that a source did answer."""
    return Draft(
        summary=f"{sentence} (the database answered, so this is a real zero).", data=data, parts=parts, is_zero=True
    )
