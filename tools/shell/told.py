"""What a reader of one program's arguments answers, and the few things that all readers need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tools.shell.kinds import Kind
from tools.shell.programs import Program
from tools.shell.script import Command
from tools.shell.words import Word

HARMLESS_TARGETS = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")


@dataclass(frozen=True, slots=True)
class Told:
    """The kind by itself and why; `lines` and `commands` are what it runs, to be read in their turn."""

    kind: Kind = Kind.READ_ONLY
    why: str = ""
    lines: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


Reader: TypeAlias = Callable[[Command, Program], Told]
HARMLESS = Told()


def changes(why: str) -> Told:
    return Told(Kind.CHANGING, why)


def unreadable(name: str) -> Told:
    return Told(Kind.DESTRUCTIVE, f"{name} runs what cannot be read here")


def line_of(name: str, words: Sequence[Word]) -> Told:
    """The words put together are a command line of their own."""
    if not words or not all(word.is_known for word in words):
        return changes(f"what {name} runs is only known when it runs")
    return Told(lines=(" ".join(word.text for word in words),))
