"""Which runbook, and which written one, fits an alert or words: how sure that is, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.knowledge import Hit
from domain.runbooks import Listed

# What each sign is worth by itself; together they are as unlikely to mislead as all of them at once.
NAMED, SERVICE, TAG, TEXT = 0.7, 0.35, 0.25, 0.6
OTHER_SERVICE = 0.4  # a runbook for somebody else's service may help, and may do harm
WRITTEN = 0.8  # a document is read by a person: it is never as sure as what can be run
LINKED = 0.95
LEAST = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a runbook is wanted for: an alert of a service, words, or both."""

    alert: str = ""
    service: str = ""
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """`confidence` from 0 to 1."""

    confidence: float
    why: tuple[str, ...]


def fit(need: Need, runbook: Listed, text: float) -> Fit:
    """`text` is the share of the words that the runbook's own text answers."""
    signs: list[tuple[float, str]] = []
    if need.alert and need.alert.casefold() in {name.casefold() for name in runbook.alert_names}:
        signs.append((NAMED, f"written for {need.alert}"))
    if need.service and runbook.service == need.service:
        signs.append((SERVICE, f"of {need.service}"))
    if tags := sorted(tag for tag in runbook.tags if tag.casefold() in need.words):
        signs.append((TAG, f"tags: {', '.join(tags)}"))
    if text:
        signs.append((TEXT * text, f"{text:.0%} of the words"))
    sure = together(worth for worth, _ in signs)
    why = [said for _, said in signs]
    if need.service and runbook.service not in ("", need.service):
        sure *= OTHER_SERVICE
        why.append(f"but for {runbook.service}")
    return Fit(confidence=bounded(sure), why=tuple(why))


def fit_of_document(need: Need, hit: Hit) -> Fit:
    signs = [(TEXT * hit.score, f"{hit.score:.0%} of the words")]
    if need.alert and need.alert.casefold() in f"{hit.title}\n{hit.heading}\n{hit.body}".casefold():
        signs.append((NAMED, f"names {need.alert}"))
    return Fit(
        confidence=bounded(WRITTEN * together(worth for worth, _ in signs)), why=tuple(said for _, said in signs)
    )


def together(worths: Iterable[float]) -> float:
    """That at least one of independent signs is right."""
    missed = 1.0
    for worth in worths:
        missed *= 1 - worth
    return 1 - missed


def bounded(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 2)


def texts_by_name(hits: Iterable[Hit]) -> Mapping[str, float]:
    """The scores of the runbooks among what was found."""
    return {hit.reference: hit.score for hit in hits if hit.kind == "runbook"}
