"""The flags of a command told apart from their values and from its other words, by what its program takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.shell.programs import Program
from tools.shell.words import Word

NOTHING = Word("", is_known=False)


@dataclass(slots=True)
class Options:
    """`given`: each flag with its value, in order; `unknown`: flags that the program is not known to take."""

    given: list[tuple[str, Word]] = field(default_factory=list[tuple[str, Word]])
    positional: list[Word] = field(default_factory=list[Word])
    unknown: list[str] = field(default_factory=list[str])

    def values(self, *flags: str) -> list[Word]:
        return [value for flag, value in self.given if flag in flags]

    def has(self, *flags: str) -> bool:
        return bool(self.values(*flags))


def options(program: Program, words: Sequence[Word], *, stops: bool = False) -> Options:
    """With `stops`, what follows the first word that is no flag is left as it is: another command, or its words."""
    found, rest = Options(), list(words)
    while rest:
        word = rest.pop(0)
        if word.text == "--" and word.is_known:
            found.positional += rest
            return found
        if not word.text.startswith("-") or word.text == "-":
            found.positional.append(word)
            if stops:
                found.positional += rest
                return found
        else:
            take(program, word, rest, found)
    return found


def take(program: Program, word: Word, rest: list[Word], found: Options) -> None:
    head, equals, value = word.text.partition("=")
    if word.text in program.valued and word.is_known:
        found.given.append((word.text, rest.pop(0) if rest else NOTHING))
    elif head in program.taken and (equals or word.is_known):
        found.given.append((head, Word(value, word.is_known)))
    elif word.text.startswith("--"):
        found.unknown.append(head)
    else:
        take_letters(program, word, rest, found)


def take_letters(program: Program, word: Word, rest: list[Word], found: Options) -> None:
    """`-tAc "..."`: each letter is a flag until one that takes what follows it."""
    for place, letter in enumerate(word.text[1:], start=2):
        flag, following = f"-{letter}", word.text[place:]
        if flag in program.valued:
            taken = Word(following, word.is_known) if following or not word.is_known else None
            found.given.append((flag, taken or (rest.pop(0) if rest else NOTHING)))
            return
        if flag not in program.taken:
            found.unknown.append(word.text)
            return
        found.given.append((flag, Word("")))
    if not word.is_known:
        found.unknown.append(word.text)
