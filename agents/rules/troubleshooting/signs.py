"""Signs: whether the case shows what a playbook looks for, and where it says so."""

from collections.abc import Sequence
from datetime import timedelta
from fnmatch import fnmatchcase

from agents.rules import units
from agents.rules.troubleshooting.case import Moved, Pattern
from agents.rules.troubleshooting.playbooks import (
    AlertSign,
    ChangeSign,
    MeasureSign,
    PatternSign,
    PrecedentSign,
    Sign,
    SteadySign,
    TextSign,
)
from agents.rules.troubleshooting.saying import capital, clock, holds, minutes, quoted
from agents.rules.troubleshooting.seeing import TOLERANCE, UNMET, Seen, View, unknown

NEAR, SOON = timedelta(minutes=15), timedelta(minutes=30)
LEAST_STRENGTH = 0.2
RANK = {"new": 1.0, "growing": 0.8, "steady": 0.4}


def seen(sign: Sign, view: View) -> Seen:
    """How the case shows the sign; what could not be looked at is neither met nor unmet."""
    match sign:
        case ChangeSign():
            return of_change(sign, view)
        case MeasureSign():
            return of_measure(sign, view)
        case SteadySign():
            return of_steady(sign, view)
        case AlertSign():
            return of_alert(sign, view)
        case PatternSign() | PrecedentSign() | TextSign():
            return in_words(sign, view)


def in_words(sign: PatternSign | PrecedentSign | TextSign, view: View) -> Seen:
    match sign:
        case PatternSign():
            return of_pattern(sign, view)
        case PrecedentSign():
            return of_precedent(sign, view)
        case TextSign():
            return of_text(sign, view)


def of_change(sign: ChangeSign, view: View) -> Seen:
    if not view.case.was_looked_at("changes"):
        return unknown(view, "changes")
    among = [view.bound.change] if view.bound.change else view.case.changes
    fitting = [
        change
        for change in among
        if view.is_whose(change.service, sign.whose)
        and (not sign.kinds or change.kind in sign.kinds)
        and holds(change.summary, sign.words)
        and view.onset - timedelta(minutes=sign.within_minutes) <= change.at <= view.onset + TOLERANCE
    ]
    if not fitting:
        return UNMET
    nearest = max(fitting, key=lambda change: (change.at, change.summary))
    return Seen(
        state="met",
        text=f"{capital(nearest.kind.replace('_', ' '))} of {nearest.service} {minutes(nearest.at, view.onset)}:"
        f" {quoted(nearest.summary)}",
        subject=nearest.summary,
        at=nearest.at,
        execution=nearest.execution,
        strength=nearness(view.onset - nearest.at, timedelta(minutes=sign.within_minutes)),
    )


def nearness(distance: timedelta, farthest: timedelta) -> float:
    """1 up to a quarter of an hour before, less the longer ago, 0.2 for what is as far as the sign looks."""
    if distance <= NEAR:
        return 1.0
    share = min(1.0, (distance - NEAR) / (farthest - NEAR))
    return round(1.0 - (1.0 - LEAST_STRENGTH) * share**0.5, 3)


def of_measure(sign: MeasureSign, view: View) -> Seen:
    services = view.services(sign.whose)
    fitting = [
        each for each in view.case.moved if each.measure == sign.measure and each.service in services
        and fits(each, sign) and (not sign.before_onset or each.at is None or each.at <= view.onset + TOLERANCE)
    ]  # fmt: skip
    if not fitting:
        return missing_measure(sign.measure, services, view)
    clearest = max(fitting, key=lambda each: (abs(each.relative or 0), each.service, each.series))
    return Seen(
        state="met",
        text=moved_text(clearest),
        subject=clearest.title,
        at=clearest.at,
        execution=clearest.execution,
        strength=1.0 if clearest.at else 0.8,
    )


def fits(each: Moved, sign: MeasureSign) -> bool:
    direction = "higher" if each.verdict == "peaked" else each.verdict
    if sign.direction not in ("either", direction):
        return False
    level = each.peak if each.verdict == "peaked" else each.after
    if sign.unit and each.unit != sign.unit:
        return False
    if sign.least_after is not None and (level is None or level < sign.least_after):
        return False
    if sign.most_after is not None and (each.after is None or each.after > sign.most_after):
        return False
    return each.verdict == "peaked" or each.relative is None or abs(each.relative) >= sign.least_relative


def moved_text(each: Moved) -> str:
    before, after = (units.said(value, each.unit) for value in (each.before, each.after))
    went = f"{each.title} of {each.service} went from {before} to {after}"
    if each.verdict == "peaked":
        went = f"{each.title} of {each.service} peaked at {units.said(each.peak, each.unit)} (usually {before})"
    return f"{went} at {clock(each.at)}" if each.at else went


def missing_measure(measure: str, services: Sequence[str], view: View) -> Seen:
    """Unmet where it was looked at; unknown where it was not, or could not be."""
    steady = view.case.steady
    left = [each for each in services if (each, measure) not in steady and not is_moved(measure, each, view)]
    if services and not left:
        return UNMET
    return unmeasured(measure, left[0] if left else view.case.service, view)


def unmeasured(measure: str, left: str, view: View) -> Seen:
    part = "impact" if left == view.case.service else f"dependency:{left}"
    if view.case.was_looked_at(part):
        return Seen(state="unknown", part=part, text=f"nothing shows {measure} of {left}")
    return unknown(view, part)


def is_moved(measure: str, service: str, view: View) -> bool:
    return any(each.measure == measure and each.service == service for each in view.case.moved)


def of_steady(sign: SteadySign, view: View) -> Seen:
    services = view.services(sign.whose)
    measures = (sign.measure, *sign.and_also)
    pairs = [(service, measure) for service in services for measure in measures]
    if any(is_moved(measure, service, view) for service, measure in pairs):
        return UNMET
    left = next((pair for pair in pairs if pair not in view.case.steady), None)
    if left is not None or not pairs:
        service, measure = left or (view.case.service, sign.measure)
        return unmeasured(measure, service, view)
    part = "impact" if services[0] == view.case.service else f"dependency:{services[0]}"
    text = f"{capital(' and '.join(measures))} of {', '.join(services)} did not move"
    return Seen(state="met", text=text, execution=view.case.parts.get(part, ""))


def of_pattern(sign: PatternSign, view: View) -> Seen:
    if not view.case.was_looked_at("errors"):
        return unknown(view, "errors")
    words = tuple(word.replace("{it}", view.bound.service) for word in sign.words)
    fitting = [
        each
        for each in view.case.patterns
        if each.state in sign.states and holds(f"{each.text} {each.example}", words) and is_in_time(each, view)
    ]
    if not fitting:
        return UNMET
    most = max(fitting, key=lambda each: (RANK.get(each.state, 0), each.count, each.text))
    was = "not seen before" if most.state == "new" else f"{most.before:,} before"
    return Seen(
        state="met",
        text=f"{most.count:,} log lines like {quoted(most.text)} ({was})",
        subject=most.text[:80],
        at=most.at,
        execution=most.execution,
        strength=RANK.get(most.state, 0.5),
    )


def is_in_time(each: Pattern, view: View) -> bool:
    """Lines that are new began by the time the alert did, and soon after the change that is to have caused them."""
    if each.at is None or each.state != "new":
        return True
    change = view.bound.change
    is_after = change is None or change.at - TOLERANCE <= each.at <= change.at + SOON
    return is_after and each.at <= view.case.start + TOLERANCE


def of_alert(sign: AlertSign, view: View) -> Seen:
    fitting = [
        each
        for each in view.case.fired
        if view.is_whose(each.service, sign.whose)
        and any(fnmatchcase(each.name.lower(), name.lower()) for name in sign.names)
        and view.onset - timedelta(minutes=sign.within_minutes) <= each.at <= view.case.start + TOLERANCE
    ]
    if not fitting:
        return UNMET
    first = min(fitting, key=lambda each: (each.at, each.name, each.service))
    return Seen(
        state="met",
        text=f"{first.name} fired on {first.service} {minutes(first.at, view.case.start)}",
        subject=first.service,
        at=first.at,
        execution=first.execution,
        strength=1.0 if first.at < view.case.start else 0.7,
    )


def of_precedent(sign: PrecedentSign, view: View) -> Seen:
    if not view.case.was_looked_at("similar"):
        return unknown(view, "similar")
    fitting = [
        each for each in view.case.precedents if each.score >= sign.least_score and holds(each.root_cause, sign.words)
    ]
    if not fitting:
        return UNMET
    best = max(fitting, key=lambda each: (each.score, each.number))
    return Seen(
        state="met",
        text=f"Incident {best.number} was alike ({best.score:.2f}): {quoted(best.root_cause)}",
        subject=best.title,
        execution=best.execution,
        strength=best.score,
    )


def of_text(sign: TextSign, view: View) -> Seen:
    alert = view.case.alert
    said = " ".join(str(alert.get(key) or "") for key in ("name", "summary", "description"))
    if not holds(said, sign.words):
        return UNMET
    return Seen(state="met", text=f"The alert says so: {quoted(said)}", execution=view.case.parts["alert"])
