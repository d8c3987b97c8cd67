"""LogQL, cut into words: strings, names, numbers, lengths of time, sizes and signs."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["string", "name", "number", "duration", "bytes", "sign", "flag", "end"]

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 604_800,
    "y": 31_536_000,
}
LENGTH = r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w|y))+"
WORD = re.compile(
    rf"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<bytes>\d+(?:\.\d+)?(?:[kKMGTP]i?B|B)\b)
    |(?P<duration>{LENGTH}(?![\w.]))
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<name>[A-Za-z_][\w:]*(?:\.\w+)*)
    |(?P<flag>--[\w-]+)
    |(?P<sign>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{{}}()\[\],|=<>+\-*/%^:])""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)


class BadLogQL(ValueError):  # noqa: N818 - what it is, not that it is an error
    """The text is not LogQL. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Word:
    """`value` is what a string stands for; for all else it is the text."""

    kind: Kind
    text: str
    value: str
    at: int


def words(text: str) -> list[Word]:
    """The words in order, one of kind "end" behind them. Raises BadLogQL."""
    found: list[Word] = []
    at = 0
    while at < len(text):
        match = WORD.match(text, at)
        if match is None:
            raise BadLogQL(unreadable(text, at))
        kind = match.lastgroup
        if kind != "space":
            found.append(Word(kind, match[0], meant(match[0], at) if kind == "string" else match[0], at))  # type: ignore[arg-type]  # the groups are the kinds
        at = match.end()
    return [*found, Word("end", "", "", at)]


def unreadable(text: str, at: int) -> str:
    if text[at] in '"`':
        return f"the string that begins at character {at + 1} does not end"
    if text[at] == "'":
        return f"strings stand in double quotes or backticks, not in single ones (character {at + 1})"
    return f"unexpected {text[at]!r} at character {at + 1}"


def meant(text: str, at: int) -> str:
    """What a string stands for. Raises BadLogQL for an escape that is none."""
    if text.startswith("`"):
        return text[1:-1]

    def unescaped(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] in "xuU" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code.isdigit() and len(code) == 3:
            return chr(int(code, 8))
        if code in ESCAPES:
            return ESCAPES[code]
        raise BadLogQL(f"\\{code} is no escape in the string at character {at + 1}; write \\\\{code} or use backticks")

    return ESCAPE.sub(unescaped, text[1:-1])


def seconds(duration: str) -> float:
    """`1h30m` as 5400."""
    return sum(
        float(count) * UNITS[unit] for count, unit in re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)", duration)
    )
