"""Shell text with placeholders: read as a shell reads it, so that each placeholder stands for exactly one word."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile

from domain.errors import Refused

HOLE = re.compile(r"(?<![{$\\])\{([a-z][a-z0-9_]{0,39})\}(?!\})")
BESIDE = re.compile(r"[A-Za-z0-9_@%+=:,./*?-]*")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
VARIABLE = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
CODE_FLAG = re.compile(r"-[a-zA-Z]*[ce]|--(?:command|eval|execute)")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "su", "runuser", "script", "busybox"})
INTERPRETERS = SHELLS | {"python", "python3", "perl", "ruby", "node", "php", "lua", "osascript", "pwsh"}
EVALUATORS = frozenset({"eval", "source", ".", "ssh", "watch", "trap", "alias", "let", "expect"})
PROGRAM_FIRST = frozenset({"awk", "gawk", "mawk", "sed"})
BEFORE_PROGRAM = frozenset({
    "sudo", "env", "nohup", "time", "exec", "command", "nice",
    "if", "while", "until", "then", "do", "else", "elif", "!", "{",
})  # fmt: skip
SEPARATORS = frozenset(";|&()\n")


@dataclass(slots=True)
class Word:
    """One word; `holes` are the placeholders in it, `beside` the plain characters around them."""

    text: str = ""
    beside: str = ""
    holes: list[str] = field(default_factory=list[str])
    is_plain: bool = True

    @property
    def program(self) -> str:
        return self.text.rpartition("/")[2]


def holes(text: str) -> list[str]:
    """The names of the placeholders in any text, each as often as it stands there."""
    return HOLE.findall(text)


def quoted(words: Sequence[str], value: Callable[[str], str]) -> str:
    """A list of words as shell text: each exactly the word it is, its placeholders replaced by their values."""
    return " ".join(shlex.quote(HOLE.sub(lambda found: value(found[1]), word)) for word in words)


def filled(template: str, value: Callable[[str], str]) -> str:
    """Shell text that `check_template` took, with each placeholder replaced by its value as one quoted word."""
    return HOLE.sub(lambda found: shlex.quote(value(found[1])), template)


def check_words(words: Sequence[str], *, choices: frozenset[str]) -> list[Word]:
    """The words that hold placeholders. Raises Refused as `check_template` does."""
    command = [Word(word, HOLE.sub("", word), holes(word)) for word in words]
    check_command(command, choices)
    return [word for word in command if word.holes]


def check_template(template: str, *, choices: frozenset[str]) -> list[Word]:
    """The words that hold placeholders; none: the text is the author's own, and anything goes.

    `choices` are the parameters that may name the program itself, since their values are known.
    Raises Refused, naming the placeholder, where a value could become more or other than one word.
    """
    if not HOLE.search(template):
        return []
    reader = Reader(template)
    reader.read()
    for command in reader.commands:
        check_command(command, choices)
    return [word for command in reader.commands for word in command if word.holes]


def check_command(command: Sequence[Word], choices: frozenset[str]) -> None:
    first = program_at(command)
    for place, word in enumerate(command):
        if not word.holes:
            continue
        name = word.holes[0]
        if not word.is_plain or not BESIDE.fullmatch(word.beside):
            raise refused(name, f"is glued to something that is no plain text in {word.text!r}")
        if place == first and not choices.issuperset(word.holes):
            raise refused(name, "stands where the program is named; only a choice may")
        if is_code(command[:place]):
            raise refused(name, "would be read as code by the program before it")


def program_at(command: Sequence[Word]) -> int:
    """Where the program stands: after assignments and the likes of sudo."""
    for place, word in enumerate(command):
        if not (ASSIGNMENT.match(word.text) or word.program in BEFORE_PROGRAM or (place and word.text.startswith("-"))):
            return place
    return -1


def is_code(before: Sequence[Word]) -> bool:
    """Whether the next word is run as code: after `sh -c` and `sed`, and all that follows `eval` or `ssh`."""
    programs = {word.program for word in before}
    arguments = list(dropwhile(lambda word: word.program not in PROGRAM_FIRST, before))[1:]
    if programs & EVALUATORS or (programs & PROGRAM_FIRST and all(word.text.startswith("-") for word in arguments)):
        return True
    flagged = bool(before) and CODE_FLAG.fullmatch(before[-1].text)
    return bool(flagged) and bool(programs & INTERPRETERS)


def refused(name: str, why: str) -> Refused:
    return Refused(
        f"The placeholder {{{name}}} {why}: its value could become more than one word.",
        code="invalid_arguments",
        alternative="Let it stand alone between spaces, or after plain text like --name=. It is quoted for you.",
    )


class Reader:
    """One pass over shell text; what it does not understand is refused, never guessed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.word: Word | None = None
        self.commands: list[list[Word]] = [[]]

    def read(self) -> None:
        while self.at < len(self.text):
            self.take()
        self.end_word()

    def take(self) -> None:
        hole = HOLE.match(self.text, self.at)
        character = self.text[self.at]
        special = {
            "\\": self.escape, "'": self.single, '"': self.double, "$": self.dollar, "`": self.backquote,
            "#": self.hash, "<": self.redirection, ">": self.redirection,
        }.get(character)  # fmt: skip
        if hole:
            self.hole(hole)
        elif special:
            special()
        elif character in SEPARATORS:
            self.separator()
        elif character.isspace():
            self.end_word()
            self.at += 1
        else:
            self.plain(character)

    def current(self) -> Word:
        self.word = self.word or Word()
        return self.word

    def plain(self, characters: str) -> None:
        word = self.current()
        word.text += characters
        word.beside += characters
        self.at += len(characters)

    def plainless(self, length: int) -> None:
        """Characters beside which no placeholder may stand."""
        word = self.current()
        word.text += self.text[self.at : self.at + length]
        word.is_plain = False
        self.at += length

    def hole(self, found: re.Match[str]) -> None:
        before = self.text[max(0, found.start() - 2) : found.start()]
        after = self.text[found.end() : found.end() + 1]
        if before in (">&", "<&") or after in ("<", ">"):
            raise refused(found[1], "touches a redirection")
        word = self.current()
        word.text += found[0]
        word.holes.append(found[1])
        self.at = found.end()

    def end_word(self) -> None:
        if self.word is None:
            return
        if self.word.text == "[[":
            self.fail("[[ ]]", "Write [ ] instead.")
        self.commands[-1].append(self.word)
        self.word = None

    def separator(self) -> None:
        self.end_word()
        self.commands.append([])
        self.at += 1

    def redirection(self) -> None:
        if self.text.startswith("<<", self.at):
            self.fail("a here-document", "Use printf and a pipe instead.")
        self.end_word()
        while self.at < len(self.text) and self.text[self.at] in "<>&|":
            self.at += 1

    def dollar(self) -> None:
        rest = self.text[self.at :]
        if rest.startswith(("$'", '$"')):
            self.fail("$'...'", "Use plain quotes.")
        if rest.startswith("$(("):
            self.fail("$(( ))", "Use expr instead.")
        if rest.startswith("$("):
            self.plainless(1)
            self.separator()
        elif rest.startswith("${"):
            inside = rest[: rest.find("}") + 1]
            if not re.fullmatch(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", inside):
                self.fail("${...} with more than a name in it", "Use a plain ${name}.")
            self.plainless(len(inside))
        else:
            variable = VARIABLE.match(rest)
            self.plainless(len(variable[0]) if variable else 1)

    def escape(self) -> None:
        self.plainless(2)

    def backquote(self) -> None:
        self.fail("backquotes", "Write $( ) instead.")

    def hash(self) -> None:
        if self.word is None:
            self.fail("a comment", "Leave it out.")
        self.plainless(1)

    def single(self) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.fail("a quote that is never closed", "Close it.")
        self.quotes(end)

    def double(self) -> None:
        """Commands inside double quotes would have quotes of their own, so there may be none."""
        at = self.at + 1
        while at < len(self.text) and self.text[at] != '"':
            if self.text[at] == "`" or self.text.startswith(("$(", "${"), at):
                self.fail("a command or ${ } inside double quotes", "Set a variable first, or use $name.")
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            self.fail("a quote that is never closed", "Close it.")
        self.quotes(at)

    def quotes(self, end: int) -> None:
        inside = HOLE.search(self.text[:end], self.at)
        if inside:
            raise refused(inside[1], "stands inside quotes, which its own would end")
        self.plainless(end + 1 - self.at)

    def fail(self, what: str, alternative: str) -> None:
        raise Refused(
            f"A command with placeholders cannot have {what}: what a value becomes there cannot be told.",
            code="invalid_arguments",
            alternative=alternative,
        )
