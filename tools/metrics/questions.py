"""One question to a datasource as it is sent and remembered, and what comes back, before anybody has read it."""

import math
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from domain.enforcement import Labels, Rule
from domain.errors import Refused
from domain.windows import stamp
from tools.cleaning import canonical, sha256

Language: TypeAlias = Literal["promql", "logql"]
Form: TypeAlias = Literal["instant", "window", "lines", "names", "metadata", "labels", "values"]
Json: TypeAlias = dict[str, Any]

FORMAT = 1  # of a kept answer: a build that writes another one never reads this one
INSTANT_STEP = 15
LINES_STEP = 1
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Times of numbers are whole seconds, mcp-grafana reads no more; `end` is the time of an instant.

    For the labels of streams, and for the `values` of one `label`, `query` is a selector, "" for every stream.
    """

    language: Language
    form: Form
    query: str = ""
    start: datetime | None = None
    end: datetime | None = None
    step_seconds: int = 0
    limit: int = 0
    label: str = ""

    @property
    def points(self) -> int:
        """Samples of each series."""
        if self.start is None or self.end is None or not self.step_seconds:
            return 1
        return math.floor((self.end - self.start).total_seconds() / self.step_seconds) + 1

    @property
    def written(self) -> str:
        """The query with its times, as people read it."""
        if self.end is None:
            return self.query or {"metadata": "every metric's type"}.get(self.form, "every metric name")
        if self.form in ("labels", "values"):
            return f"{f'values of {self.label}' if self.label else 'labels'} of {self.query or 'every stream'}"
        if self.start is None:
            return f"{self.query} @ {stamp(self.end)}"
        step = f" step {self.step_seconds}s" if self.step_seconds else ""
        return f"{self.query} from {stamp(self.start)} to {stamp(self.end)}{step}"


TIMELESS = tuple(item.name for item in fields(Question) if item.name not in ("start", "end"))


def instant(language: Language, query: str, at: datetime) -> Question:
    return Question(language=language, form="instant", query=query, end=whole(at))


def window(language: Language, query: str, start: datetime, end: datetime, step_seconds: int) -> Question:
    """Raises Refused when the end is before the start, or the step is no step."""
    if whole(end) < whole(start) or step_seconds < 1:
        raise Refused("A query over time needs an end after its start and a step.", code="invalid_arguments")
    return Question(
        language=language, form="window", query=query, start=whole(start), end=whole(end), step_seconds=step_seconds
    )


def lines(query: str, start: datetime, end: datetime, limit: int) -> Question:
    if end <= start:
        raise Refused("The end must be after the start.", code="invalid_arguments")
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    return Question(language="logql", form="lines", query=query, start=first, end=last, limit=limit)


def names() -> Question:
    return Question(language="promql", form="names")


def metadata() -> Question:
    """The type and the help of every metric."""
    return Question(language="promql", form="metadata")


def labels(start: datetime, end: datetime, label: str = "") -> Question:
    """The labels that streams have in that time; the values of one of them, when it is named."""
    form: Form = "values" if label else "labels"
    return Question(language="logql", form=form, start=whole(start), end=whole(end), label=label)


def whole(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one question may look at and bring back."""

    hours: float = 168
    results: int = 10_000
    live_seconds: int = 300

    def refuse(self, question: Question) -> None:
        """Raises Refused for more hours, or more samples of one series, than are asked for at once."""
        if question.start and question.end and question.end - question.start > self.hours * HOUR:
            hours = (question.end - question.start) / HOUR
            raise Refused(
                f"The query looks at {hours:,.2f} hours; at most {self.hours:g} are asked for at once.",
                code="range_too_long",
                alternative="Ask for several ranges one after the other.",
            )
        if question.points > self.results:
            raise Refused(
                f"Each series would have {question.points:,} samples; at most {self.results:,} are asked for at once.",
                code="too_many_samples",
                alternative="Take a wider step or a shorter range.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a source found: series as {metric, values} or {metric, value}, lines as {at, text, labels} newest first,
    names, or {metric, type, help}. `cut` says what it left out; `url` shows the same to people."""

    found: list[Any]
    cut: str | None = None
    url: str | None = None

    @property
    def samples(self) -> int:
        """Of series."""
        return sum(len(item["values"]) if "values" in item else 1 for item in self.found)


class Way(Protocol):
    """One way to a datasource. Raises SourceError when it fails, Refused when the query is at fault."""

    @property
    def name(self) -> str: ...

    async def ask(self, question: Question) -> Reply: ...

    async def healthy(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A datasource that was chosen, and the ways to it, the first before the others. `id` is of a row of ours, `rules`
    say whose queries are held to what."""

    kind: str
    name: str
    id: UUID | None
    version: int
    ways: tuple[Way, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """`key` is this question of this actor to this datasource; `shape` the same at any time."""

    key: str
    shape: str
    scope: str


def scope(roles: Collection[str], teams: Collection[str], narrowed: Collection[str] = ()) -> str:
    """What an actor may see, in one text: equal texts see the same."""
    seen = {"roles": sorted(roles), "teams": sorted(teams), "scopes": sorted(narrowed)}
    return canonical(seen).decode()


def held(seen: str, labels: Labels) -> str:
    """`seen` of an actor whose queries are held to these labels."""
    return canonical({"seen": seen, "enforced": {name: list(values) for name, values in labels.items()}}).decode()


def keys(target: Target, question: Question, seen: str) -> Keys:
    """Questions whose times fall into the same step have one key, so that asking again soon finds the answer."""
    step = question.step_seconds or (LINES_STEP if question.form == "lines" else INSTANT_STEP)
    asked = {name: getattr(question, name) for name in TIMELESS}
    length = (question.end - question.start).total_seconds() if question.start and question.end else 0
    source = [target.kind, target.name, str(target.id), target.version, [way.name for way in target.ways]]
    shape = {"format": FORMAT, "question": asked, "length": length, "source": source, "scope": seen}
    times = [math.floor(time.timestamp() / step) if time else None for time in (question.start, question.end)]
    return Keys(key=sha256(canonical(shape | {"times": times})), shape=sha256(canonical(shape)), scope=seen)
