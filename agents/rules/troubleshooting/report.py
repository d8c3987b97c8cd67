"""What is told of an alert: the cause as far as the evidence goes, and what to do next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from agents.answer import Answer, Confidence, Finding, Unknown
from agents.brain import Gathered, Understanding
from agents.rules import phrases, units, write
from agents.rules.troubleshooting import drawing, opening, showing, timeline
from agents.rules.troubleshooting.case import Case
from agents.rules.troubleshooting.diagnose import Diagnosis, Hypothesis
from agents.rules.troubleshooting.reading import named
from agents.rules.troubleshooting.saying import capital

Json: TypeAlias = dict[str, Any]
SURE_ENOUGH = 0.5
MOST_TOLD, MOST_COMMANDS = 3, 2
AGAIN = "Ask again when it answers."
WITH_TIMELINE = ("cause", "advice", "hypothesis")
SURENESS: tuple[tuple[float, Confidence], ...] = ((0.85, "certain"), (0.6, "likely"))


def answer(understood: Understanding, gathered: Sequence[Gathered], diagnosis: Diagnosis | None) -> Answer:
    """The answer to any question about an alert, from what was gathered for it."""
    if understood.kind != "query":
        return Answer(summary=understood.reply, suggestions=understood.suggestions, understood=understood.plain)
    if diagnosis is None:
        return unfound(understood, gathered)
    summary, findings = TELLERS.get(understood.intent, of_cause)(diagnosis, gathered)
    return Answer(
        summary=summary,
        findings=findings,
        data=data(diagnosis, gathered),
        parts=tuple(drawing.parts(diagnosis, gathered)),
        timeline=tuple(timeline.of(diagnosis.case, diagnosis.onset)) if understood.intent in WITH_TIMELINE else (),
        sources=tuple(write.source(each) for each in gathered),
        suggestions=suggestions(understood, diagnosis),
        unknown=tuple(unknowns(diagnosis, gathered)),
        tools_used=tuple(dict.fromkeys(each.call.tool for each in gathered)),
        understood=understood.plain,
    )


def unfound(understood: Understanding, gathered: Sequence[Gathered]) -> Answer:
    error = next((each.result.error for each in gathered if each.result.error), None) or "The alert is not known."
    return Answer(
        summary=error,
        sources=tuple(write.source(each) for each in gathered),
        unknown=(Unknown(what=capital(understood.plain), why=error, settle="Name an alert that you may see."),),
        tools_used=tuple(dict.fromkeys(each.call.tool for each in gathered)),
        understood=understood.plain,
    )


Told: TypeAlias = tuple[str, tuple[Finding, ...]]


def of_cause(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    told = [each for each in diagnosis.hypotheses if each.confidence > 0][:MOST_TOLD]
    what = f"{diagnosis.case.alert['name']} on {diagnosis.case.service}"
    match diagnosis.verdict:
        case "likely":
            first = told[0]
            summary = f"Likely cause of {what} ({percent(first)}): {first.title}."
        case "possible":
            summary = f"Possible causes of {what}: {'; '.join(f'{each.title} ({percent(each)})' for each in told)}."
        case "not_enough_evidence":
            summary = f"Not enough evidence for a cause of {what}."
    return summary, (*(finding for each in told for finding in about(each)), *next_looks(gathered))


def next_looks(gathered: Sequence[Gathered]) -> list[Finding]:
    """The first commands that only read, for whoever wants to see with their own eyes."""
    commands = [each for each in gathered if each.call.tool == "suggest_ssh_command" and each.result.supports_claims]
    reading = [command_told(each) for each in commands if each.result.data["class"] == "read_only"]
    return [replace(each, text=f"To see for yourself: {each.text}") for each in reading[:MOST_COMMANDS]]


def about(each: Hypothesis) -> list[Finding]:
    """The hypothesis with what speaks for it; then what speaks against it."""
    text = f"{each.title} ({percent(each)}): {'; '.join(item.text for item in each.in_favour)}."
    found = [Finding(text=text, executions=cited(each.in_favour), confidence=sureness(each.confidence))]
    if each.against:
        against = f"Against {each.title}: {'; '.join(item.text for item in each.against)}."
        found.append(Finding(text=against, executions=cited(each.against)))
    return found


def cited(items: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.execution for item in items if item.execution))


def percent(each: Hypothesis) -> str:
    return f"{round(100 * each.confidence)} %"


def sureness(confidence: float) -> Confidence:
    found: list[Confidence] = [word for least, word in SURENESS if confidence >= least]
    return found[0] if found else "possible"


def of_advice(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    summary, findings = of_cause(diagnosis, gathered)
    first = next((each for each in diagnosis.hypotheses if each.advice), None)
    advice = f" {first.advice}" if first and diagnosis.verdict != "not_enough_evidence" else ""
    books = [
        Finding(
            text=f"Runbook {book['name']} fits ({book['confidence']:.2f}): {', '.join(book['why'])}.",
            executions=(diagnosis.case.parts["runbooks"],),
        )
        for book in diagnosis.case.runbooks[:2]
    ]
    return summary + advice, (*books, *findings)


def of_oncall(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    found = result_of(gathered, "oncall")
    if found is None:
        return "Who is on call could not be looked at.", ()
    lines = [
        f"{item['name']} ({item['team']}): {', '.join(str(user['username']) for user in item['on_call']) or 'nobody'}"
        for item in found.result.data.get("schedules", ())
    ]
    execution = diagnosis.case.parts["oncall"]
    return (
        f"On call: {'; '.join(lines[:MOST_TOLD])}." if lines else "There is no on-call schedule.",
        tuple(Finding(text=line, executions=(execution,)) for line in lines[MOST_TOLD:]),
    )


def of_similar(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    if result_of(gathered, "similar") is None:
        return "Similar incidents could not be looked at.", ()
    found = diagnosis.case.precedents[:MOST_TOLD]
    if not found:
        return "No incident like it is on record.", ()
    told = tuple(
        Finding(
            text=f"Incident {each.number}, {each.title} ({each.score:.2f}). "
            f"Cause: {each.root_cause or 'not written down'}. Resolved by: {each.resolution or 'not written down'}.",
            executions=(each.execution,),
        )
        for each in found
    )
    first, known = found[0], phrases.count(len(diagnosis.case.precedents), "similar incident")
    return f"{known}; the nearest is {first.number}: {first.title}.", told


def of_changes(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    if result_of(gathered, "changes") is None:
        return "Changes could not be looked at.", ()
    before = [each for each in diagnosis.case.changes if each.at <= diagnosis.case.start]
    if not before:
        return "Nothing was changed in the 24 hours before it, as far as changes are recorded.", ()
    told = tuple(
        Finding(text=f"{each.at:%d %b %H:%M} UTC, {each.service}: {each.summary} (by {each.author or 'unknown'})",
                executions=(each.execution,))
        for each in sorted(before, key=lambda each: each.at, reverse=True)[:5]
    )  # fmt: skip
    return f"{phrases.count(len(before), 'change')} in the 24 hours before it; the last: {told[0].text}.", told[1:]


def of_errors(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    found = result_of(gathered, "errors")
    if found is None:
        return "The logs could not be looked at.", ()
    data = found.result.data
    told = tuple(
        Finding(
            text=f"{each.count:,} × {each.text[:200]} ({each.state}, {each.before:,} before)",
            executions=(each.execution,),
        )
        for each in diagnosis.case.patterns[:5]
    )
    return f"{data['errors']:,} error lines around the start, {data['errors_before']:,} in the time before.", told


def of_metrics(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    found = result_of(gathered, "impact")
    if found is None:
        return "The metrics could not be looked at.", ()
    changed = found.result.data["changed"]
    told = tuple(
        Finding(
            text=f"{item['title']} ({item['series']}): {units.said(item['before']['median'], item['unit'])} before, "
            f"{units.said(item['after']['median'], item['unit'])} after.",
            executions=(diagnosis.case.parts["impact"],),
        )
        for item in changed[:8]
    )
    others = phrases.count(len(found.result.data.get("other_alerts", ())), "other service")
    return f"{phrases.count(len(changed), 'measure')} moved with it; {others} had alerts around then.", told


def of_run(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:
    deed = next((each for each in gathered if each.call.tool == "execute_runbook"), None)
    if deed is None:
        fitting = ", ".join(book["name"] for book in diagnosis.case.runbooks if book["source"] == "runbook")
        return f"No runbook fits well enough to be run. {f'There is: {fitting}.' if fitting else ''}".strip(), ()
    result = deed.result
    execution = (str(result.execution_id),) if result.execution_id else ()
    name = deed.call.arguments["runbook"]
    if result.status in ("ok", "empty"):
        return f"Runbook {name} was run.", (Finding(text=f"{name} ran to its end.", executions=execution),)
    if result.is_uncertain:
        return f"Whether runbook {name} was run to its end is not known: {result.error}", ()
    return f"Runbook {name} was not run. {result.error or ''}".strip(), ()


def of_command(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Told:  # noqa: ARG001
    found = [each for each in gathered if each.call.tool == "suggest_ssh_command"]
    told = tuple(command_told(each) for each in found)
    return (told[0].text if told else "There is no command to suggest for this kind of alert."), told[1:]


def command_told(each: Gathered) -> Finding:
    data, execution = each.result.data, (str(each.result.execution_id or ""),)
    if not each.result.supports_claims:
        return Finding(
            text=f"`{each.call.arguments['command']}` is not suggested: {each.result.error}", executions=execution
        )
    where = f" on {data['server']}" if data.get("server") else ""
    warning = "" if data["class"] == "read_only" else " It changes something."
    return Finding(text=f"`{data['command']}`{where}: {data['explanation']}.{warning}", executions=execution)


TELLERS: dict[str, Callable[[Diagnosis, Sequence[Gathered]], Told]] = {
    "cause": of_cause,
    "hypothesis": of_cause,
    "advice": of_advice,
    "oncall": of_oncall,
    "similar": of_similar,
    "changes": of_changes,
    "errors": of_errors,
    "metrics": of_metrics,
    "run": of_run,
    "command": of_command,
}


def result_of(gathered: Sequence[Gathered], part: str) -> Gathered | None:
    return next((each for each in gathered if each.call.label == part and each.result.supports_claims), None)


def data(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Json:
    """The diagnosis, the runbook that fits best (the seeds' `runbook_match`), and the commands as they were judged."""
    books = diagnosis.case.runbooks
    best = books[0] if books and books[0]["confidence"] >= SURE_ENOUGH else None
    commands = [each.result.data for each in gathered
                if each.call.tool == "suggest_ssh_command" and each.result.supports_claims]  # fmt: skip
    return {
        "alert": diagnosis.case.alert,
        "diagnosis": diagnosis.as_json(),
        "runbook_match": {key: best[key] for key in ("id", "name", "confidence")} if best else None,
        "commands": commands,
    }


def unknowns(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> list[Unknown]:
    """What could not be looked at, and each hypothesis that would need it. Parts that nobody has connected are told
    together; failures each by itself, for what two of them say may be alike today and not tomorrow."""
    again = {each.call.label for each in gathered if showing.status_of(each.result) in ("error", "late")}
    together: dict[tuple[str, str], list[str]] = {}
    for part, why in sorted(diagnosis.case.missing.items()):
        together.setdefault((why, part if part in again else ""), []).append(part)
    found = [
        Unknown(
            what=capital(phrases.listing([opening.title_of(part) for part in parts])),
            why=why,
            settle=AGAIN if parts[0] in again else "",
        )
        for (why, _), parts in together.items()
    ]
    found += [
        Unknown(
            what=f"Whether it is this: {each.title}", why="; ".join(dict.fromkeys(item.text for item in each.unknown))
        )
        for each in diagnosis.hypotheses
        if each.unknown and not each.in_favour
    ]
    return found


def suggestions(understood: Understanding, diagnosis: Diagnosis) -> tuple[str, ...]:
    """What fits best is offered first; running it is always asked about once more."""
    case: Case = diagnosis.case
    best = next(
        (book for book in case.runbooks if book["source"] == "runbook" and book["confidence"] >= SURE_ENOUGH), None
    )
    run = (f"Run the runbook {best['name']}",) if best and understood.intent != "run" else ()
    asked = [text.replace("{service}", case.service) for text in diagnosis.playbook.questions]
    asked = [text for text in asked if "{" not in text]
    return tuple(dict.fromkeys((*run, *named(understood.intent).next, *asked)))[:5]
