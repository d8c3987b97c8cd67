"""Patterns of log lines: lines that differ only in numbers, names and quotes are one pattern.

The idea is Drain's (He et al. 2017): lines of as many words are held against the patterns so far, and what differs
becomes a wildcard. What is surely a value (a number, an address, an id, a quoted text) is masked before.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from tools.metrics.asking import Line

ANY = "<*>"
ALIKE = 0.6
MOST_WORDS, MOST_PATTERNS, LONGEST = 60, 500, 300
MESSAGE_KEYS = ("message", "msg", "error", "err", "event", "log")
LOGFMT = re.compile(r'\b(?:msg|message|err|error)="((?:[^"\\]|\\.)*)"')
VALUES = re.compile(
    r"""
    \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?   # a time
    | \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b           # a UUID
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b                               # an address
    | \b0x[0-9a-fA-F]+\b | \b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b         # an id
    | "(?:[^"\\]|\\.)*" | '[^']*'                                        # a quoted text
    | [-+]?\b\d+(?:[.,]\d+)*(?:ms|s|m|h|us|ns|KB|MB|GB|KiB|MiB|GiB|B|%)?(?!\w)   # a number with its unit
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class Pattern:
    """`words` with wildcards; `example` is the newest line as it was, at most 300 characters."""

    words: list[str]
    example: str
    first_at: datetime
    last_at: datetime
    count: int = 1

    @property
    def template(self) -> str:
        return " ".join(self.words)

    def takes(self, words: Sequence[str]) -> bool:
        """Whether enough words are the same; the first must be, unless it is a value."""
        if len(words) != len(self.words) or (words[0] != self.words[0] and ANY not in (words[0], self.words[0])):
            return False
        same = sum(mine in (theirs, ANY) for mine, theirs in zip(self.words, words, strict=True))
        return same >= ALIKE * len(words)

    def add(self, words: Sequence[str], line: Line) -> None:
        self.words = [mine if mine == theirs else ANY for mine, theirs in zip(self.words, words, strict=True)]
        self.count += 1
        if line.at >= self.last_at:
            self.example, self.last_at = line.text[:LONGEST], line.at
        self.first_at = min(self.first_at, line.at)


def grouped(lines: Iterable[Line]) -> list[Pattern]:
    """The patterns, most lines first; the same for the same lines in any order of arrival."""
    by_length: dict[int, list[Pattern]] = {}
    found: list[Pattern] = []
    for line in sorted(lines, key=lambda line: (line.at, line.text)):
        words = words_of(line.text)
        candidates = by_length.setdefault(len(words), [])
        fitting = next((pattern for pattern in candidates if pattern.takes(words)), None)
        if fitting:
            fitting.add(words, line)
        elif len(found) < MOST_PATTERNS:
            pattern = Pattern(words, line.text[:LONGEST], line.at, line.at)
            candidates.append(pattern)
            found.append(pattern)
    return sorted(found, key=lambda pattern: (-pattern.count, pattern.template))


def same_as(pattern: Pattern, others: Sequence[Pattern]) -> Pattern | None:
    """The pattern of `others` that this one would have joined."""
    return next((other for other in others if other.takes(pattern.words)), None)


def words_of(text: str) -> list[str]:
    """The message of the line as words, values masked; never empty."""
    return VALUES.sub(ANY, message(text)).split()[:MOST_WORDS] or [ANY]


def message(text: str) -> str:
    """What a JSON or logfmt line says; the line itself when it is neither."""
    if text.lstrip().startswith("{"):
        return of_json(text)
    found = LOGFMT.search(text)
    return found[1] if found else text


def of_json(text: str) -> str:
    try:
        read: Any = json.loads(text)
    except ValueError:
        return text
    entry = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    return next((entry[key] for key in MESSAGE_KEYS if isinstance(entry.get(key), str)), text)
