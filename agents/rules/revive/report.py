"""What is told at the end: what was read, what was changed on whose word, and plainly what was not."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from agents.answer import Answer, Finding, Part, Unknown
from agents.brain import Gathered, Understanding
from agents.rules import phrases, write
from agents.rules.revive import describe, tables
from agents.rules.revive.deeds import Deed, check, deed
from agents.rules.revive.finding import Stuck
from agents.rules.revive.plan import ITSELF, Case, is_change
from agents.rules.revive.talk import FOR_MODE

Json: TypeAlias = dict[str, Any]
NOTHING = "Nothing was changed."
READ_AGAIN = "Ask again when the source answers."
MAKING = ("create_", "add_", "execute_")


def answer(case: Case, understood: Understanding) -> Answer:
    """The answer to a request, from whatever was gathered for it."""
    if understood.kind != "query":
        return reply(understood)
    deeds = [deed(case, number) for number in range(1, len(case.acts) + 1) if is_change(case, number)]
    stuck = [each for each in case.standing() if isinstance(each, Stuck)]
    reads = [each for number in range(1, len(case.acts) + 1) if (each := read(case, number))]
    findings = (*(finding(each) for each in reads), *(told(each) for each in deeds if each.text and not stuck))
    return Answer(
        summary=summary(case, reads, deeds, stuck),
        findings=findings if len(findings) > 1 or deeds else (),
        data=data(understood, [] if stuck else deeds),
        parts=tuple(filter(None, map(drawn, reads))),
        sources=tuple(write.source(each) for each in case.gathered),
        suggestions=suggestions(case, understood, stuck),
        unknown=tuple(unknowns(case, deeds)),
        tools_used=tuple(dict.fromkeys(each.call.tool for each in case.gathered)),
        understood=understood.plain,
    )


def reply(understood: Understanding) -> Answer:
    """The answer that needed no tool."""
    return Answer(
        summary=understood.reply,
        data=data(understood, []),
        suggestions=understood.suggestions,
        understood=understood.plain,
    )


def data(understood: Understanding, deeds: Sequence[Deed]) -> Json:
    """The seeds' keys: the mode, what was made, and what came of each change."""
    made = [each.resource for each in deeds if each.is_done and each.resource and each.tool.startswith(MAKING)]
    return {
        "mode_detected": understood.slots.get("mode", "auto"),
        "resources_created": made,
        "actions": [each.as_json() for each in deeds],
    }


def summary(case: Case, reads: Sequence[Gathered], deeds: Sequence[Deed], stuck: Sequence[Stuck]) -> str:
    """The verdict: what is asked back, else what came of the changes, else what was read."""
    if stuck:
        return f"{stuck[0].text} {NOTHING}" if deeds else stuck[0].text
    if len(deeds) == 1:
        return deeds[0].text
    if deeds:
        done = sum(each.is_done for each in deeds)
        return (
            f"{done} of {len(deeds)} changes were made."
            if done < len(deeds)
            else f"{'Both' if done == 2 else f'All {done}'} changes were made."
        )
    shown = [each for each in reads if each.result.supports_claims]
    if len(case.acts) > 1 and len(shown) > 1:
        return " ".join(tables.said(each.call.tool, each.result.data) for each in shown)
    return tables.said(shown[0].call.tool, shown[0].result.data) if shown else failed(reads)


def failed(reads: Sequence[Gathered]) -> str:
    """That nothing could be read, and why."""
    return next((each.result.error for each in reads if each.result.error), None) or "Nothing could be read."


def read(case: Case, number: int) -> Gathered | None:
    return None if is_change(case, number) else case.made(number, ITSELF)


def finding(each: Gathered) -> Finding:
    executions = (str(each.result.execution_id or ""),)
    if not each.result.supports_claims:
        return Finding(text=f"{each.call.label}: not read. {each.result.error or ''}".strip(), executions=executions)
    return Finding(text=tables.said(each.call.tool, each.result.data), executions=executions)


def drawn(each: Gathered) -> Part | None:
    if not each.result.supports_claims:
        return None
    return tables.part(each.call.tool, each.call.label, each.result.data, str(each.result.execution_id or ""))


def told(each: Deed) -> Finding:
    return Finding(text=each.text, executions=(each.execution,) if each.execution else ())


def unknowns(case: Case, deeds: Sequence[Deed]) -> list[Unknown]:
    """What could not be established: reads that gave nothing, changes that may have been made, reads left for later."""
    found = [
        Unknown(what=f"Whether this was done: {each.label}", why="No answer says so.", settle=check(each.tool))
        for each in deeds
        if each.status == "unknown"
    ]
    changed = {
        id(made)
        for number in range(1, len(case.acts) + 1)
        if (made := case.made(number, ITSELF)) and is_change(case, number)
    }
    for each in case.gathered:
        if id(each) not in changed and not each.result.supports_claims:
            why = each.result.error or f"{each.call.tool} answered with status {each.result.status}."
            settle = READ_AGAIN if each.result.status == "error" and each.result.source != "policy" else ""
            found.append(Unknown(what=each.call.label or each.call.tool, why=why, settle=settle))
    later = [
        act for number, act in enumerate(case.acts, 1) if not is_change(case, number) and not case.made(number, ITSELF)
    ]
    if deeds:
        found += [
            Unknown(
                what=phrases.capital(describe.plain(act)),
                why="It is to be read after the changes.",
                settle="Ask for it now.",
            )
            for act in later
        ]
    return found


def suggestions(case: Case, understood: Understanding, stuck: Sequence[Stuck]) -> tuple[str, ...]:
    """The request with each candidate in place of the doubtful name; else what the mode offers."""
    if stuck:
        name = next(
            (
                str(act.slots["name"])
                for act in case.acts
                if "name" in act.slots and str(act.slots["name"]) in stuck[0].text
            ),
            "",
        )
        return (
            tuple(case.question.text.replace(name, other.split(" (")[0], 1) for other in stuck[0].names[:4])
            if name
            else ()
        )
    mode = understood.slots.get("mode")
    return FOR_MODE[mode][:3] if mode in ("grafana", "aiops") else ()
