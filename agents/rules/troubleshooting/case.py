"""One alert's case: everything that was found around it, typed, each fact with the execution that shows it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from agents.brain import Gathered
from domain.windows import parse

Json: TypeAlias = dict[str, Any]
Whose: TypeAlias = Literal["own", "dependency", "any"]
BEFORE_THE_ALERT = timedelta(minutes=45)
DEPENDENCY = "dependency:"
PARTS = frozenset({"alert", "impact", "errors", "slow", "oncall", "similar", "changes", "runbooks"})
LEAST_SHIFT = 0.2
STATES = {"more": "growing", "same": "steady", "less": "gone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A measure that is not what it was before: `before` and `after` are medians, `at` where its level changed."""

    measure: str
    title: str
    series: str
    service: str
    unit: str
    verdict: str
    before: float | None
    after: float | None
    peak: float | None
    relative: float | None
    at: datetime | None
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A change that somebody made."""

    kind: str
    service: str
    summary: str
    author: str
    at: datetime
    url: str
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """Another alert around the start of this one."""

    name: str
    service: str
    severity: str
    at: datetime
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    number: int
    title: str
    score: float
    root_cause: str
    resolution: str
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Log lines of one kind; `state` is new, growing, steady or gone, held against the window before."""

    text: str
    example: str
    state: str
    count: int
    before: int
    at: datetime | None
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`missing` says which parts could not be looked at, and why: they speak neither for nor against anything.

    `steady` are the measures that were looked at and had not moved, by service; `unmeasured` those that could not be.
    """

    alert: Json
    now: datetime
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    depends_on: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    steady: frozenset[tuple[str, str]] = frozenset()
    unmeasured: frozenset[tuple[str, str]] = frozenset()
    changes: tuple[Made, ...] = ()
    fired: tuple[Fired, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    runbooks: tuple[Json, ...] = ()
    hypothesis: Json | None = None

    @property
    def service(self) -> str:
        return self.alert["service"]

    @property
    def start(self) -> datetime:
        return parse(self.alert["starts_at"])

    def onset(self, symptoms: Sequence[str]) -> datetime:
        """When it really began: where a symptom's level changed before the alert said so, else the alert's start."""
        moments = [
            each.at
            for each in self.moved
            if each.at and each.measure in symptoms and each.service == self.service
            and self.start - BEFORE_THE_ALERT <= each.at <= self.start
        ]  # fmt: skip
        return min(moments, default=self.start)

    def belongs(self, service: str, whose: Whose) -> bool:
        match whose:
            case "own":
                return service == self.service
            case "dependency":
                return service in self.depends_on
            case "any":
                return True

    def was_looked_at(self, part: str) -> bool:
        return part in self.parts


def of(gathered: Sequence[Gathered], now: datetime) -> Case | None:
    """The case; None when the alert itself is not known. Results are told apart by their label."""
    found = {each.call.label: each for each in gathered if each.result.supports_claims}
    if "alert" not in found:
        return None
    details = found["alert"].result.data
    profile: Json = details.get("profile") or {}
    depends_on = tuple(profile.get("depends_on") or ())
    looks = [(label.removeprefix(DEPENDENCY) if label.startswith(DEPENDENCY) else details["alert"]["service"], each)
             for label, each in found.items() if label == "impact" or label.startswith(DEPENDENCY)]  # fmt: skip
    return Case(
        alert=details["alert"],
        now=now,
        parts={label: execution(each) for label, each in found.items()},
        missing={each.call.label: why(each) for each in gathered
                 if is_part(each.call.label) and not each.result.supports_claims},
        depends_on=depends_on,
        moved=tuple(item for service, each in looks for item in (*moved(service, each), *shifted(service, each))),
        steady=frozenset(pair for service, each in looks for pair in calm(service, each)),
        unmeasured=frozenset(pair for service, each in looks for pair in measures(service, each, "not_measured")),
        changes=tuple(made(found["changes"])) if "changes" in found else (),
        fired=tuple(fired(found["alert"])),
        precedents=tuple(precedents(found["similar"])) if "similar" in found else (),
        patterns=tuple(patterns(found["errors"])) if "errors" in found else (),
        runbooks=tuple(found["runbooks"].result.data.get("runbooks", ())) if "runbooks" in found else (),
        hypothesis=found["impact"].result.data.get("hypothesis") if "impact" in found else None,
    )  # fmt: skip


def is_part(label: str) -> bool:
    """Whether it was a look of the opening; what was tried after that bears on no cause."""
    return label in PARTS or label.startswith(DEPENDENCY)


def execution(each: Gathered) -> str:
    return str(each.result.execution_id or "")


def why(each: Gathered) -> str:
    return each.result.error or each.result.cut or each.result.status


def moved(service: str, each: Gathered) -> Iterator[Moved]:
    for item in each.result.data.get("changed", ()):
        change: Json = item.get("change") or {}
        yield Moved(
            measure=item["measure"],
            title=item["title"],
            series=item["series"],
            service=service,
            unit=item["unit"],
            verdict=item["verdict"],
            before=item["before"]["median"],
            after=item["after"]["median"],
            peak=item["after"]["most"],
            relative=item["relative"],
            at=parse(change["at"]) if change.get("at") else None,
            execution=execution(each),
        )


def shifted(service: str, each: Gathered) -> Iterator[Moved]:
    """Measures whose level moved so long before the start that the hour before it is already half of the new level."""
    for item in each.result.data.get("unchanged", ()):
        if has_shifted(item):
            change: Json = item["change"]
            yield Moved(
                measure=item["measure"],
                title=item["title"],
                series=item["series"],
                service=service,
                unit=item["unit"],
                verdict="higher" if change["relative"] > 0 else "lower",
                before=change["before"],
                after=change["after"],
                peak=None,
                relative=change["relative"],
                at=parse(change["at"]),
                execution=execution(each),
            )


def measures(service: str, each: Gathered, key: str) -> Iterator[tuple[str, str]]:
    for item in each.result.data.get(key, ()):
        yield service, item["measure"]


def calm(service: str, each: Gathered) -> Iterator[tuple[str, str]]:
    """What was compared and had not moved in any of its series; too few samples compare with nothing."""
    same = [item for item in each.result.data.get("unchanged", ()) if item["verdict"] == "same"]
    restless = {item["measure"] for item in each.result.data.get("changed", ())}
    restless |= {item["measure"] for item in same if has_shifted(item)}
    yield from ((service, item["measure"]) for item in same if item["measure"] not in restless)


def has_shifted(item: Json) -> bool:
    change: Json = item.get("change") or {}
    relative: float | None = change.get("relative")
    return relative is not None and abs(relative) >= LEAST_SHIFT


def made(each: Gathered) -> Iterator[Made]:
    for item in each.result.data.get("changes", ()):
        yield Made(
            kind=item["kind"],
            service=item["service"],
            summary=item["summary"],
            author=item.get("author") or "",
            at=parse(item["occurred_at"]),
            url=item.get("url") or "",
            execution=execution(each),
        )


def fired(each: Gathered) -> Iterator[Fired]:
    for item in each.result.data.get("related", ()):
        yield Fired(
            name=item["name"],
            service=item["service"],
            severity=item["severity"],
            at=parse(item["starts_at"]),
            execution=execution(each),
        )


def precedents(each: Gathered) -> Iterator[Precedent]:
    for item in each.result.data.get("incidents", ()):
        yield Precedent(
            number=item["number"],
            title=item["title"],
            score=item["score"],
            root_cause=item.get("root_cause") or "",
            resolution=item.get("resolution") or "",
            execution=execution(each),
        )


def patterns(each: Gathered) -> Iterator[Pattern]:
    for item in each.result.data.get("patterns", ()):
        state: str = item["state"]
        yield Pattern(
            text=item["pattern"],
            example=item["example"],
            state=STATES.get(state, state),
            count=item["count"],
            before=item["count_before"],
            at=parse(item["first_at"]) if item.get("first_at") else None,
            execution=execution(each),
        )
