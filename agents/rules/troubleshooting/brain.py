"""The rules brain of troubleshooting: which parts of the context a question needs, further calls, and the diagnosis."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Question, Understanding
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon
from agents.rules.troubleshooting import case, diagnose, report
from agents.rules.troubleshooting.case import Case
from agents.rules.troubleshooting.playbooks import Shelf
from agents.rules.troubleshooting.reading import understand as read

Json: TypeAlias = dict[str, Any]
ALL = ("impact", "dependency", "errors", "slow", "oncall", "similar", "changes", "runbooks")
NEEDED: dict[str, tuple[str, ...]] = {
    "oncall": ("oncall",),
    "similar": ("similar",),
    "changes": ("changes",),
    "errors": ("errors",),
    "metrics": ("impact",),
    "command": (),
    "run": ("runbooks",),
}
SURE_ENOUGH = 0.5
MOST_COMMANDS = 3


def understand(question: Question, lexicon: Lexicon, index: NameIndex) -> Understanding:
    return read(question, lexicon, index)


def parts(question: Question, understood: Understanding) -> Sequence[str]:
    """All of them for its cause; what a narrower question is about, and nothing else, for that."""
    return [part for part in NEEDED.get(understood.intent, ALL) if part not in question.left_out]


def plan(question: Question, understood: Understanding, gathered: Sequence[Gathered], shelf: Shelf) -> Sequence[Call]:
    """Commands to suggest are looked at by the tool that checks them; what was asked to be run is put forward."""
    found = case.of(gathered, question.now)
    if found is None:
        return ()
    match understood.intent:
        case "run":
            return () if deeds(gathered) else running(found, understood)
        case "cause" | "advice" | "command":
            return () if suggested(gathered) else commands(found, understood, shelf)
        case _:
            return ()


def deeds(gathered: Sequence[Gathered]) -> list[Gathered]:
    return [each for each in gathered if each.call.tool == "execute_runbook"]


def suggested(gathered: Sequence[Gathered]) -> bool:
    return any(each.call.tool == "suggest_ssh_command" for each in gathered)


def running(found: Case, understood: Understanding) -> Sequence[Call]:
    """The runbook that was named, else the one that fits the alert well enough; none when there is no such."""
    name = understood.slots.get("runbook")
    fitting = [book for book in found.runbooks if book["source"] == "runbook"]
    chosen = next((book for book in fitting if name and book["name"].lower() == name.lower()), None)
    if chosen is None and not name:
        chosen = next((book for book in fitting if book["confidence"] >= SURE_ENOUGH), None)
    runbook = chosen["name"] if chosen else name
    if not runbook:
        return ()
    reason = f"{found.alert['name']} on {found.service}"
    return (Call(tool="execute_runbook", arguments={"runbook": runbook, "reason": reason}, label=f"Run {runbook}"),)


def commands(found: Case, understood: Understanding, shelf: Shelf) -> Sequence[Call]:
    """What the person wrote, else the playbook's own, for this service and machine."""
    given = understood.slots.get("command")
    if given:
        arguments = {"command": given, "explanation": "The command that was asked about"}
        return (Call(tool="suggest_ssh_command", arguments=arguments, label=given[:80]),)
    book = shelf.for_alert(found.alert["name"], f"{found.alert.get('summary') or ''}")
    values = {"service": found.service, "instance": (found.alert.get("instance") or found.service).partition(":")[0]}
    return tuple(
        Call(
            tool="suggest_ssh_command",
            arguments={"command": each.command.format(**values), "explanation": each.explanation.format(**values)},
            label=each.explanation.format(**values),
        )
        for each in book.commands[:MOST_COMMANDS]
    )


def diagnosed(question: Question, gathered: Sequence[Gathered], shelf: Shelf) -> Json:
    found = case.of(gathered, question.now)
    return diagnose.diagnosed(found, shelf).as_json() if found else {}


async def write(
    question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit, shelf: Shelf
) -> Answer:
    """The answer; its summary and then each finding go out through `emit` as they stand."""
    found = case.of(gathered, question.now)
    diagnosis = diagnose.diagnosed(found, shelf) if found else None
    answer = report.answer(understood, gathered, diagnosis)
    await emit(answer.summary)
    for finding in answer.findings:
        await emit(f"\n{finding.text}")
    return answer
