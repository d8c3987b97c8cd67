"""What a sign looks at, and what it gives: met with its proof, unmet, or unknown for want of a source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from agents.rules.troubleshooting.case import Case, Made

State: TypeAlias = Literal["met", "unmet", "unknown"]
TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What `it` is in the signs of one hypothesis: a change, a service that this one depends on, or nothing."""

    change: Made | None = None
    dependency: str = ""

    @property
    def service(self) -> str:
        return self.change.service if self.change else self.dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One sign as the case shows it. `part` is what could not be looked at when it is unknown; `subject` what the
    sign is about, for the title; `strength` between 0 and 1."""

    state: State
    text: str = ""
    subject: str = ""
    at: datetime | None = None
    execution: str = ""
    strength: float = 1.0
    part: str = ""


UNMET = Seen(state="unmet")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The case, when it began, and what `it` is."""

    case: Case
    onset: datetime
    bound: Bound

    def is_whose(self, service: str, whose: str) -> bool:
        match whose:
            case "own":
                return service == self.case.service
            case "dependency":
                return service in self.case.depends_on
            case "it":
                return service == self.bound.service
            case _:
                return True

    def services(self, whose: str) -> tuple[str, ...]:
        match whose:
            case "own":
                return (self.case.service,)
            case "it":
                return (self.bound.service,) if self.bound.service else ()
            case "dependency":
                return self.case.depends_on
            case _:
                return (self.case.service, *self.case.depends_on)


def unknown(view: View, part: str) -> Seen:
    return Seen(state="unknown", part=part, text=view.case.missing.get(part, "it was not looked at"))
