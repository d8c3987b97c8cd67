"""Recorded incidents: what each file under `incidents` says, read and checked."""

import hashlib
import re
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

FOLDER = Path(__file__).with_name("incidents")
MINUTES_BEFORE = 130
USUAL_NOISE = 0.02
COURSE = re.compile(
    r"(?P<base>[\d.e]+)(?: ~(?P<noise>[\d.]+))?"
    r"(?: (?P<how>step|ramp|spike) (?P<to>[\d.e]+) @(?P<start>-?\d+)(?:\.\.(?P<end>-?\d+))?)?"
)
Source: TypeAlias = Literal["metrics", "logs", "changes"]
Value: TypeAlias = Callable[[float], float]


class Told(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Course(Told):
    """A level over the minutes after the alert's start: constant but for noise, with at most one event."""

    base: float
    noise: float = USUAL_NOISE
    how: Literal["", "step", "ramp", "spike"] = ""
    to: float = 0.0
    start: float = 0.0
    end: float = 0.0

    def level(self, minute: float) -> float:
        """Without noise."""
        match self.how:
            case "":
                return self.base
            case "step":
                return self.to if minute >= self.start else self.base
            case "ramp":
                share = (minute - self.start) / (self.end - self.start)
                return self.base + (self.to - self.base) * min(1.0, max(0.0, share))
            case "spike":
                return self.to if self.start <= minute < self.end else self.base

    def noisy(self, name: str) -> Value:
        """The same numbers for the same name."""
        chance = Random(name)  # noqa: S311 - made-up data, no secret
        return lambda minute: max(0.0, self.level(minute) * (1 + self.noise * chance.gauss(0, 1)))


def course(text: object) -> object:
    """`0.19 ~3 step 1.4 @-9`: base, noise in per cent, event, its level, and when in minutes (`@from..to`)."""
    if not isinstance(text, str):
        return text
    found = COURSE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no course: write it like 0.19 ~3 step 1.4 @-9")
    said = {key: value for key, value in found.groupdict().items() if value is not None}
    noise = {"noise": float(said["noise"]) / 100} if "noise" in said else {}
    end = {"end": said.get("end", said.get("start", "0"))}
    return Course.model_validate(said | end | noise)


Level: TypeAlias = Annotated[Course, BeforeValidator(course)]


class Alert(Told):
    name: str
    service: str
    severity: Literal["critical", "warning", "info"]
    at: datetime
    summary: str
    description: str = ""
    instance: str = ""


class Other(Told):
    name: str
    service: str
    minutes: float
    severity: Literal["critical", "warning", "info"]


class Change(Told):
    minutes: float
    kind: Literal["deployment", "config", "feature_flag", "infrastructure"]
    service: str
    summary: str
    author: str


class Service(Told):
    """`form` says whose metric names it has; with a `host` its machine is measured instead of its pods."""

    name: str
    form: Literal["http", "spring", "grpc"]
    host: str = ""
    requests: Level
    errors: Level
    latency: Level
    cpu: Level | None = None
    memory: Level | None = None
    disk_io: Level | None = None
    disk: Level | None = None
    network: Level | None = None
    load: Level | None = None
    throttled: Level | None = None
    connections: Level | None = None
    pg_connections: Level | None = None
    restarts: Level | None = None
    lag: Level | None = None
    messages: Level | None = None


class Lines(Told):
    """`before` lines until `minutes`, `after` lines from then to now; `{n}` is another number each time."""

    service: str
    text: str
    before: int
    after: int
    minutes: float


class Past(Told):
    days: int
    alert: str
    service: str
    title: str
    cause: str
    resolution: str


class Cause(Told):
    """The id of a playbook's cause, "unknown" where nothing is conclusive, and words of its title."""

    cause: str
    subject: str = ""


class Truth(Cause):
    """`also` are other names of the same truth; `not` are words no likely or possible cause may have in its title."""

    also: tuple[Cause, ...] = ()
    red_herrings: tuple[str, ...] = Field(alias="not")

    @property
    def is_unknown(self) -> bool:
        return self.cause == "unknown"

    def is_told_by(self, cause: str, title: str) -> bool:
        named = [(each.cause, each.subject) for each in (self, *self.also)]
        return any(cause == name and subject.lower() in title.lower() for name, subject in named)


class Variant(Truth):
    """What is true of the case when these sources are broken."""

    broken: tuple[Source, ...]


class Incident(Told):
    name: str
    kind: str
    title: str
    now: float
    alert: Alert
    depends_on: dict[str, tuple[str, ...]] = {}
    others: tuple[Other, ...] = ()
    changes: tuple[Change, ...] = ()
    services: tuple[Service, ...]
    logs: tuple[Lines, ...] = ()
    past: tuple[Past, ...] = ()
    truth: Truth
    variants: tuple[Variant, ...] = ()

    @property
    def clock(self) -> datetime:
        """When the question is asked."""
        return self.after(self.now)

    @property
    def is_held_out(self) -> bool:
        """Half of the incidents, by their name alone: what is tuned is not tuned on them."""
        return hashlib.sha256(self.name.encode()).digest()[3] % 2 == 1

    def after(self, minutes: float) -> datetime:
        return self.alert.at + timedelta(minutes=minutes)


def load(folder: Path = FOLDER) -> tuple[Incident, ...]:
    """By name of the file."""
    return tuple(
        Incident.model_validate({"name": path.stem, **tomllib.loads(path.read_text())})
        for path in sorted(folder.glob("*.toml"))
    )
