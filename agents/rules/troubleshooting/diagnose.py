"""The diagnosis: causes ranked by what speaks for and against them; what could not be looked at decides nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import prod
from typing import Any, Literal, TypeAlias

from agents.rules.troubleshooting import timeline
from agents.rules.troubleshooting.case import Case
from agents.rules.troubleshooting.playbooks import Cause, ChangeSign, Playbook, Shelf, Sign
from agents.rules.troubleshooting.saying import quoted
from agents.rules.troubleshooting.seeing import Bound, Seen, View
from agents.rules.troubleshooting.signs import seen
from domain.windows import stamp

Json: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Literal["likely", "possible", "not_enough_evidence"]
Looked: TypeAlias = Sequence[tuple[Sign, Seen]]
LIKELY, POSSIBLE, AHEAD, MOST_SURE = 0.6, 0.4, 0.08, 0.95
MOST_HYPOTHESES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One cause that could be, how sure that is (0 to 0.95), and each sign as it was seen."""

    id: str
    title: str
    confidence: float
    in_favour: tuple[Seen, ...]
    against: tuple[Seen, ...]
    unknown: tuple[Seen, ...]
    advice: str

    @property
    def first_at(self) -> datetime | None:
        return min((each.at for each in self.in_favour if each.at), default=None)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "title": self.title,
            "confidence": self.confidence,
            "for": [evidence(each) for each in self.in_favour],
            "against": [evidence(each) for each in self.against],
            "unknown": list(dict.fromkeys(f"{each.part}: {each.text}" for each in self.unknown)),
            "advice": self.advice,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    verdict: Verdict
    onset: datetime
    playbook: Playbook
    hypotheses: tuple[Hypothesis, ...]
    case: Case

    def as_json(self) -> Json:
        return {
            "verdict": self.verdict,
            "onset": stamp(self.onset),
            "playbook": self.playbook.name,
            "hypotheses": [each.as_json() for each in self.hypotheses],
            "timeline": timeline.of(self.case, self.onset),
            "missing": [{"part": part, "why": why} for part, why in sorted(self.case.missing.items())],
            "earlier_hypothesis": self.case.hypothesis,
        }


def evidence(each: Seen) -> Json:
    return {"text": each.text, "at": stamp(each.at) if each.at else None, "execution": each.execution}


def diagnosed(case: Case, shelf: Shelf) -> Diagnosis:
    """The same case and playbooks give the same diagnosis, to the byte."""
    alert = case.alert
    book = shelf.for_alert(alert["name"], f"{alert.get('summary') or ''} {alert.get('description') or ''}")
    onset = case.onset(book.symptoms)
    found = [each for cause in shelf.causes_of(book) for each in hypotheses(cause, case, onset)]
    ranked = sorted(found, key=order)[:MOST_HYPOTHESES]
    return Diagnosis(verdict=verdict(ranked), onset=onset, playbook=book, hypotheses=tuple(ranked), case=case)


def order(each: Hypothesis) -> tuple[float, str, str, str]:
    """The surest first; of equals the one that shows first in time."""
    first = each.first_at
    return -each.confidence, stamp(first) if first else "9999", each.id, each.title


def verdict(ranked: Sequence[Hypothesis]) -> Verdict:
    if not ranked or ranked[0].confidence < POSSIBLE:
        return "not_enough_evidence"
    second = ranked[1].confidence if len(ranked) > 1 else 0.0
    return "likely" if ranked[0].confidence >= LIKELY and ranked[0].confidence - second >= AHEAD else "possible"


def hypotheses(cause: Cause, case: Case, onset: datetime) -> Iterator[Hypothesis]:
    """One for whatever the cause speaks of each of, where enough signs for it are met."""
    for bound in bindings(cause, case):
        view = View(case=case, onset=onset, bound=bound)
        in_favour = [(sign, seen(sign, view)) for sign in cause.in_favour]
        against = [(sign, seen(sign, view)) for sign in cause.against]
        if is_led_to(bound, in_favour) and sum(each.state == "met" for _, each in in_favour) >= cause.needs:
            yield weighed(cause, bound, in_favour, against)


def bindings(cause: Cause, case: Case) -> list[Bound]:
    match cause.each:
        case "change":
            return [Bound(change=change) for change in case.changes]
        case "dependency":
            return [Bound(dependency=service) for service in case.depends_on]
        case _:
            return [Bound()]


def is_led_to(bound: Bound, in_favour: Looked) -> bool:
    """A change is a suspect for when it was made and to what, never for what else was seen alone."""
    return bound.change is None or any(isinstance(sign, ChangeSign) and each.state == "met" for sign, each in in_favour)


def weighed(cause: Cause, bound: Bound, in_favour: Looked, against: Looked) -> Hypothesis:
    """Signs for it add up as independent chances; signs against it take their share away."""
    met = [(sign, each) for sign, each in in_favour if each.state == "met"]
    opposed = [(sign, each) for sign, each in against if each.state == "met"]
    sure = 1 - prod(1 - sign.weight * each.strength for sign, each in met)
    sure *= prod(1 - sign.weight * each.strength for sign, each in opposed)
    strongest = max(met, key=lambda pair: pair[0].weight * pair[1].strength)[1]
    it = quoted(bound.change.summary) if bound.change else bound.dependency
    return Hypothesis(
        id=cause.id,
        title=cause.title.format(it=it, subject=strongest.subject, service=bound.service),
        confidence=round(min(MOST_SURE, sure), 2),
        in_favour=tuple(each for _, each in met),
        against=tuple(each for _, each in opposed),
        unknown=tuple(each for _, each in (*in_favour, *against) if each.state == "unknown"),
        advice=cause.advice,
    )
