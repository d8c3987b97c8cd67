"""What an intent is: the cues that choose it, the calls that answer it and the function that writes the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from agents.brain import Call
from agents.rules.facts import Draft, Facts, Side

Kind: TypeAlias = Literal["query", "converse", "cannot"]
Writer: TypeAlias = Callable[[Facts], Draft]
Follow: TypeAlias = Callable[[Facts], tuple[Call, ...]]
Split: TypeAlias = Callable[[Facts], tuple[Side, ...]]

ALERT = ("service", "severity", "alert_name", "environment", "team", "time_range")
INCIDENT = ("service", "severity", "alert_name", "environment", "team", "time_range")
RESOLUTION = ("service", "severity", "environment", "team", "time_range")
CHANGE = ("service", "severity", "alert_name", "environment", "kind", "time_range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tool call.

    `takes` names its arguments that come from slots (see `plan.SOURCES`; "status=incident_status" when the two are
    called differently), `fixed` those that hold unless a slot says otherwise, `holds` the narrowings that its meaning
    already holds. With `by_side` it is made once for each side of a comparison, with `split` once for each that this
    gives; `needs` and `lacks` name a slot that must be filled, or must not be, for it to be made.
    """

    tool: str
    takes: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    holds: tuple[str, ...] = ()
    by_side: bool = False
    label: str = ""
    needs: str = ""
    lacks: str = ""
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class Default:
    """The window of a question that names none; `length` None is all of the past."""

    words: str
    length: timedelta | None


DAY = Default("last 24 h", timedelta(hours=24))
WEEK = Default("last 7 days", timedelta(days=7))
MONTH = Default("last 30 days", timedelta(days=30))
QUARTER = Default("last 90 days", timedelta(days=90))
ALWAYS = Default("all time", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing that can be asked.

    `cues`: each a set of concepts, `!` before one that must be absent; one is enough. `also` are concepts that fit it
    besides: the intent whose cue and `also` weigh most together wins, the earlier entry when two weigh the same.
    `about` reads it back ("{kind}alerts{scope}"), see `Facts` for the two.
    `default` is the window when none is named, None when the question is of now.
    `groupings` are those its tool can do, the first is taken when none is named.
    `follow` gives the calls of later rounds from what was gathered. `next` are questions to go on with and `examples`
    first questions to suggest, with placeholders of `offers.values`. `reply` answers without any tool.
    `unnamed` is added when a name in it is not known. `critical_for` is a concept that means critical ones only, when
    no time is named. `compares`: there are sides. `searches`: words that name nothing are what to search for, and so
    are the alerts named unless it `keeps_alerts`. `of_lines`: it is about log lines, which may be of anything: a name
    that no alert brought is taken as it stands. `of_one` is asked back when no service is named.
    `opening` gives calls of the first round that no step can. `measures`: it is of metrics, whose catalogue may know
    names that the record does not; `measure` is what is measured when no word says it.
    """

    name: str
    cues: tuple[str, ...]
    also: str = ""
    about: str = ""
    kind: Kind = "query"
    steps: tuple[Step, ...] = ()
    default: Default | None = DAY
    groupings: tuple[str, ...] = ()
    write: Writer | None = None
    follow: Follow | None = None
    next: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    reply: str = ""
    unnamed: str = ""
    critical_for: str = ""
    compares: bool = False
    searches: bool = False
    keeps_alerts: bool = False
    of_lines: bool = False
    of_one: str = ""
    opening: Follow | None = None
    measures: bool = False
    measure: str = ""
