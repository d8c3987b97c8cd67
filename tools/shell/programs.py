"""What is known of programs: their kind, the flags and words that change it, read once from programs.toml."""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.shell.kinds import Kind
from tools.shell.words import Word

TABLE = Path(__file__).with_name("programs.toml")
PLAIN_VARIABLE = re.compile(
    r"TZ|LANG|LANGUAGE|LC_[A-Z]+|COLUMNS|LINES|NO_COLOR|CLICOLOR|IFS|MYSQL_PWD|REDISCLI_AUTH|ETCDCTL_API|"
    r"PG(PASSWORD|USER|HOST|PORT|DATABASE|CONNECT_TIMEOUT|SSLMODE)|AWS_(PROFILE|REGION|DEFAULT_REGION)"
)
PLACES = ("", "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/")


class Program(BaseModel):
    """One entry of the table; its head says what each key means.

    `wraps`: it runs the rest of its words, after its flags and so many words, and is `alone` without any. `assigns`:
    NAME=value may stand between; `feeds`: with more words than are written. `strict`: a flag that is not listed is a
    change; `each`: every word is a command of its own. `plus`: a word that begins with + is a flag. `verbs`: a first
    word that is not listed is a mistake. `special` names the reader of its arguments.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    otherwise: Kind = Kind.CHANGING
    exact: bool = False
    most: int | None = None
    plus: bool = False
    verbs: bool = False
    wraps: int | None = None
    assigns: bool = False
    feeds: bool = False
    alone: Kind = Kind.CHANGING
    strict: bool = False
    each: bool = False
    special: str = ""
    read_flags: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()
    destructive: tuple[str, ...] = ()
    valued: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    words: Mapping[Kind, tuple[str, ...]] = Field(default_factory=dict[Kind, tuple[str, ...]])
    destructive_after: Mapping[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])

    @property
    def is_watchful(self) -> bool:
        """Whether its arguments can make it worse than it is."""
        acts = self.changing or self.destructive or self.words or self.special or self.strict
        return bool(acts or self.most is not None or self.wraps is not None)

    @property
    def taken(self) -> frozenset[str]:
        """Every flag that it is known to take."""
        return frozenset((*self.valued, *self.bare, *self.read_flags, *self.changing, *self.destructive))

    def has(self, word: Word, flags: Sequence[str]) -> bool:
        """Whether the word is one of these flags, or holds its letter, or shortens its name."""
        return any(is_flag(word.text, flag, exact=self.exact) for flag in flags)

    def only_looks(self, word: Word) -> bool:
        """Whether it is a flag with which the program only looks: all of it, or a letter among known ones."""
        if not word.text.startswith("-") or not word.is_known:
            return False
        letters = {f"-{letter}" for letter in word.text[1:]}
        is_cluster = letters <= self.taken and bool(letters & {*self.read_flags})
        return word.text.partition("=")[0] in self.read_flags or (is_cluster and not self.exact)


def is_plain_variable(text: str) -> bool:
    """Whether NAME=value, or NAME, in a program's environment is known to change nothing of what it does."""
    return PLAIN_VARIABLE.fullmatch(text.partition("=")[0]) is not None


def is_flag(text: str, flag: str, *, exact: bool) -> bool:
    if not text.startswith(("-", "+")) or text == "-":
        return False
    head = text.partition("=")[0]
    if flag.startswith("--"):
        return head == flag or (len(head) > 2 and head.startswith("--") and flag.startswith(head))
    if exact or len(flag) != 2:
        return head == flag or (flag == "+" and text.startswith("+"))
    return text.startswith("-") and not text.startswith("--") and flag[1] in text[1:]


@functools.cache
def table() -> Mapping[str, Program]:
    read: dict[str, Any] = tomllib.loads(TABLE.read_text())
    plain = {name: Program(kind=Kind(kind)) for kind, names in read["plain"].items() for name in names}
    return plain | {name: Program.model_validate(entry) for name, entry in read["programs"].items()}


def named(path: str) -> Program | None:
    """The program behind this name or path; None for one that is not known, or that lies in an unusual place."""
    folder, slash, name = path.rpartition("/")
    known = table().get(name) or (Program(kind=Kind.DESTRUCTIVE) if name.startswith("mkfs.") else None)
    return known if folder + slash in PLACES else None


def without_flags(program: Program, words: Sequence[Word], *, greedy: bool = False) -> Iterator[Word]:
    """The words that are no flags and no values of flags; with `greedy` an unknown flag is taken to have a value."""
    takes = False
    for word in words:
        if takes:
            takes = False
        elif word.text.startswith("-") and word.text != "-":
            is_known = word.text in program.taken or "=" in word.text or holds_value(program, word.text)
            takes = word.text in program.valued or (greedy and not is_known)
        else:
            yield word


def holds_value(program: Program, text: str) -> bool:
    """Whether a flag of one letter and its value are one word: `-nprod`."""
    return not program.exact and text[:2] in program.valued


def command_word(program: Program, words: Sequence[str]) -> tuple[Kind, str] | None:
    """The longest of the program's own commands that the words begin with."""
    found = [
        (kind, listed)
        for kind, group in program.words.items()
        for listed in group
        if tuple(listed.split()) == tuple(words[: len(listed.split())])
    ]
    return max(found, key=lambda item: (len(item[1].split()), item[0].rank), default=None)
