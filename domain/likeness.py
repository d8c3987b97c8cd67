"""How alike an incident is to what is asked about, from 0 to 1, and why."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.knowledge import words_of
from domain.similar_incidents import Candidate, Wanted

# Labels, text, and a little for a known cause, for being recent and at the same hour; of words alone, text is most.
NAME, SERVICE, ENVIRONMENT, SEVERITY = 0.30, 0.20, 0.05, 0.03
TEXT, EXPLAINED, RECENT, HOUR = 0.26, 0.08, 0.05, 0.03
TEXT_ALONE, EXPLAINED_ALONE, RECENT_ALONE = 0.8, 0.1, 0.1
ENOUGH_WORDS, ENOUGH_ALONE = 0.5, 0.8  # with this share of what the words could tell, the text is the same
A_WHILE = timedelta(days=60)
LEAST = 0.15
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1; `why` says what is alike, the weightiest first."""

    candidate: Candidate
    score: float
    why: tuple[str, ...]


def ranked(wanted: Wanted, found: Iterable[Candidate]) -> list[Likeness]:
    """Those that are alike at all, the most alike first, equals with the newest first."""
    judged = [likeness(wanted, candidate) for candidate in found]
    alike = [one for one in judged if one.why and one.score >= LEAST]
    return sorted(alike, key=lambda one: (-one.score, -one.candidate.opened_at.timestamp(), -one.candidate.number))


def likeness(wanted: Wanted, candidate: Candidate) -> Likeness:
    same = [name for name in wanted.names if name in candidate.names]
    share = len(same) / len(wanted.names) if wanted.names else 0.0
    is_labelled = bool(wanted.names or wanted.services)
    text = min(1.0, candidate.text / (ENOUGH_WORDS if is_labelled else ENOUGH_ALONE))
    recent = math.exp(-abs(wanted.at - candidate.opened_at) / A_WHILE)
    if is_labelled:
        score = (
            NAME * share
            + SERVICE * service_share(wanted, candidate)
            + ENVIRONMENT * (candidate.environment == wanted.environment)
            + SEVERITY * (candidate.severity == wanted.severity)
            + TEXT * text
            + EXPLAINED * candidate.is_explained
            + RECENT * recent
            + HOUR * (1 - hours_apart(wanted.at, candidate.opened_at) / 12)
        )
    else:
        score = text * (TEXT_ALONE + EXPLAINED_ALONE * candidate.is_explained + RECENT_ALONE * recent)
    return Likeness(candidate, round(min(1.0, score), 3), reasons(wanted, candidate, same))


def service_share(wanted: Wanted, candidate: Candidate) -> float:
    """1 for the same service, half of it for one that was hit beside others."""
    if candidate.service in wanted.services:
        return 1.0
    return 0.5 if set(candidate.services) & set(wanted.services) else 0.0


def hours_apart(one: datetime, other: datetime) -> float:
    """By the clock, 0 to 12."""
    apart = abs((one - other).total_seconds()) / 3600 % 24
    return min(apart, 24 - apart)


def reasons(wanted: Wanted, candidate: Candidate, same: list[str]) -> tuple[str, ...]:
    told = [f"same alert {name}" for name in same]
    if candidate.service in wanted.services:
        told.append("same service")
    elif shared := [name for name in wanted.services if name in candidate.services]:
        told.append(f"{shared[0]} was hit too")
    said = {word for name in same for word in words_of(name)}
    found = [wanted.words[number] for number in candidate.found if number < len(wanted.words)]
    if words := [word for word in found if word not in said][:MOST_WORDS]:
        told.append(f"words: {' '.join(words)}")
    return tuple(told)
