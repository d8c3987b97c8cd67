"""A rule: a pattern, and what its match is as a stretch of time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agents.rules.times.almanac import Stretch, Vantage
from agents.rules.times.words import compile_free

Resolve = Callable[[re.Match[str], Vantage], Stretch]


class Kind(StrEnum):
    """What a match may be part of: a clock can be on a `DAY` or in a `PART` of one ("last night"), not in a `PERIOD`.

    `NOW` bounds a phrase and is none alone; `NOTHING` keeps its words from being read as something else.
    """

    DAY = "day"
    PART = "part"
    PERIOD = "period"
    NOW = "now"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """`resolve` raises TimeError when the words are a time that cannot be."""

    kind: Kind
    pattern: re.Pattern[str]
    resolve: Resolve


def rule(kind: Kind, pattern: str, resolve: Resolve) -> Rule:
    """The rule for a pattern that must stand free."""
    return Rule(kind, compile_free(pattern), resolve)


def said(match: re.Match[str], name: str) -> str:
    """What a named group matched, in lower case; empty when the pattern has no such group or passed it by."""
    return (match.groupdict().get(name) or "").lower()
