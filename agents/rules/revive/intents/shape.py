"""What an intent of revive is: the words that choose it, its slots, what must be found first, and its tool."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from agents.rules.revive.modes import Mode
from agents.rules.revive.said import Said

Json: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[Said], Any]
Slots: TypeAlias = Mapping[str, Any]
Then: TypeAlias = Literal["", "parameters", "expression", "threshold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """How a thing is found by its name: the tool that lists it, the argument that searches, where the rows stand,
    the keys a row may be called by, and the key that other tools know it by. `noun` is what it is called."""

    tool: str
    search: str
    rows: str
    called: tuple[str, ...]
    key: str
    noun: str
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing that can be asked.

    `cues` are pairs of verb and noun ("create dashboard"), with "!" before those that only fit when no single thing is
    named and "+" before those that only fit when one is. `reads` fills slots; `fixed` are arguments that always hold.
    `arguments` makes the tool's arguments from the slots, without one they are the slots whose names `takes` lists
    ("search=name" when the two differ). `needs` are the slots that must be filled, with the question that asks for
    each; one of several may do ("expr|wish"). `finds` is what must be found by the slot `name` before, and `into` the
    argument that takes its key; `finds_when` says whether it must be in this case. `about` reads the act back, with
    `extras` where their slots are filled. `in_either`: it only reads, and does so whichever mode was chosen.
    `is_question`: its slots are those of one of inquiry's questions, which makes its calls.
    `then` is what else has to be looked up: the parameters that a runbook takes, the expression that shows a wish, the
    threshold that a rule has.
    """

    name: str
    mode: Mode
    tool: str
    cues: tuple[str, ...]
    reads: Mapping[str, Reader] = field(default_factory=dict[str, Reader])
    takes: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arguments: Callable[[Slots], Json] | None = None
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    finds: Finder | None = None
    into: str = ""
    is_change: bool = False
    about: str = ""
    extras: tuple[str, ...] = ()
    in_either: bool = False
    is_question: bool = False
    then: Then = ""

    def made(self, slots: Slots) -> Json:
        """The arguments of the tool from these slots, without what has to be found first."""
        if self.arguments:
            return dict(self.fixed) | {
                name: value for name, value in self.arguments(slots).items() if value is not None
            }
        pairs = (entry.partition("=") for entry in self.takes)
        taken = {argument: slots.get(slot or argument) for argument, _, slot in pairs}
        return dict(self.fixed) | {argument: value for argument, value in taken.items() if value is not None}

    def missing(self, slots: Slots) -> list[str]:
        """The questions for what is needed and was not said."""
        return [
            question for need, question in self.needs.items() if not any(has(slots, one) for one in need.split("|"))
        ]

    def is_find_needed(self, slots: Slots) -> bool:
        return self.finds is not None and self.into not in self.made(slots)


def has(slots: Slots, name: str) -> bool:
    return slots.get(name) not in (None, "", [], {})
