"""What a question was read as: values for the slots of an intent, kept as JSON so that a follow-up can change one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from agents.rules.times import Unit
from domain.windows import Window

Json: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal["firing", "resolved"]
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A window with the words it was read from. `why` says where one came from that the question did not name;
    `is_measure`: something else is compared with it ("more than last week")."""

    window: Window
    unit: Unit
    words: str = ""
    is_cut: bool = False
    is_measure: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Everything read; empty means: not said. Names are as the database spells them.

    `members` are the services that the applications among `services` are made of, each behind its application.
    `concepts` in reading order choose the intent. `periods` are several only in a comparison. `read_as` tells of names
    that were not spelt as in the database: the words and what they were read as. `topic` is what to search texts for,
    `longer_than` is in seconds, `level` that of log lines. What is measured is written in the translator's words:
    `measure` ("error rate"), `percentile` ("95"), `by` ("pod"), `rank` ("top 5") and `condition` ("> 5%"); `others` are
    names that the record does not know and a catalogue of metrics may.
    """

    concepts: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    services: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    alerts: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    status: Status | None = None
    incident: str | None = None
    grouping: str | None = None
    kind: str | None = None
    limit: int | None = None
    longer_than: int | None = None
    topic: str = ""
    level: str = ""
    read_as: tuple[tuple[str, str], ...] = ()
    measure: str = ""
    percentile: str = ""
    by: tuple[str, ...] = ()
    rank: str = ""
    condition: str = ""
    others: tuple[str, ...] = ()

    @property
    def period(self) -> Period | None:
        return self.periods[0] if self.periods else None

    @property
    def named_period(self) -> Period | None:
        """The period when the question named it."""
        return self.period if self.period and not self.period.why else None

    def as_json(self) -> Json:
        """Only what was said."""
        return SLOTS.dump_python(self, mode="json", exclude_defaults=True)


def from_json(data: Mapping[str, Any]) -> Slots | None:
    """The slots that `as_json` wrote, None when they are of another shape (an older version, another brain)."""
    try:
        return SLOTS.validate_python(dict(data))
    except ValidationError:
        return None


SLOTS = TypeAdapter(Slots)
