"""What a translation gives: queries with all that was decided on the way, or why there is none."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Language: TypeAlias = Literal["promql", "logql"]
Kind: TypeAlias = Literal["instant", "range", "logs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query, ready to be sent. `kind` logs gives lines, at most `limit`; `step_seconds` is 0 unless a range is
    asked over `over_seconds`; `ago_seconds` is how long before now the time asked about ended. `series` and `points`
    are estimated from the catalogue."""

    title: str
    query: str
    language: Language
    kind: Kind
    plain: str
    unit: str = "short"
    step_seconds: int = 0
    series: int = 1
    points: int = 1
    limit: int = 0
    over_seconds: int = 0
    ago_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A measure that was asked for beside others and that nothing shows; `code` is for programs."""

    what: str
    why: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """`confidence` is from 0 to 1, `why` what raised and lowered it; `repairs`, `notes` and `assumed` are sentences."""

    queries: tuple[Query, ...]
    confidence: float
    why: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Untranslated:
    """`code` is for programs, `nearest` what there is instead."""

    reason: str
    code: str
    nearest: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"refused": asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A query that was checked, repaired where the repair is certain, bounded and held to what the asker may see."""

    query: Query
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def unique(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Each text once, in order."""
    return tuple(dict.fromkeys(text for group in groups for text in group))
