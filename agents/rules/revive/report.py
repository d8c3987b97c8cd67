"""What is told at the end: what was read, what was changed on whose word, and plainly what was not."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from agents.answer import Answer, Finding, Part, Unknown
from agents.brain import Gathered, Understanding
from agents.rules import phrases, write
from agents.rules.revive import describe, looks
from agents.rules.revive.deeds import Deed, check, deed
from agents.rules.revive.finding import Stuck
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.looks import Look
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
    reads = looks.all_of(case, understood)
    done = tuple(told(each) for each in deeds if each.text and not stuck)
    return Answer(
        summary=summary(case, reads, deeds, stuck),
        findings=findings(reads, done),
        data=data(understood, [] if stuck else deeds) | (reads[0].data if len(case.acts) == 1 and reads else {}),
        parts=tuple(part for each in reads for part in each.parts),
        sources=tuple(write.source(each) for each in case.gathered),
        suggestions=next_of(reads) or suggestions(case, understood, stuck),
        unknown=(*unknowns(case, deeds), *(gap for each in reads for gap in each.unknown)),
        tools_used=tuple(dict.fromkeys(each.call.tool for each in case.gathered)),
        understood=understood.plain,
        notes=tuple(dict.fromkeys(note for each in reads for note in each.notes)),
    )


def findings(reads: Sequence[Look], done: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each thing that was read with what it showed, then what was done; of one thing alone only what is no summary."""
    if len(reads) == 1 and not done:
        return reads[0].findings
    return (*(line for each in reads for line in (each.finding, *each.findings)), *done)


def next_of(reads: Sequence[Look]) -> tuple[str, ...]:
    """What to ask next of the one thing that was read."""
    return reads[0].suggestions if len(reads) == 1 else ()


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


def summary(case: Case, reads: Sequence[Look], deeds: Sequence[Deed], stuck: Sequence[Stuck]) -> str:
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
    shown = [each.text for each in reads if each.is_shown]
    if len(case.acts) > 1 and len(shown) > 1:
        return " ".join(shown)
    return shown[0] if shown else failed(reads)


def failed(reads: Sequence[Look]) -> str:
    """That nothing could be read, and why."""
    return next((each.error for each in reads if each.error), None) or "Nothing could be read."


def finding(each: Gathered) -> Finding:
    """What one call showed, or that it was not read."""
    return looks.of_call(each).finding


def drawn(each: Gathered) -> Part | None:
    """The table of one call."""
    return next(iter(looks.of_call(each).parts), None)


def told(each: Deed) -> Finding:
    return Finding(text=each.text, executions=(each.execution,) if each.execution else ())


def unknowns(case: Case, deeds: Sequence[Deed]) -> list[Unknown]:
    """What could not be established: reads that gave nothing, changes that may have been made, reads left for later."""
    found = [
        Unknown(what=f"Whether this was done: {each.label}", why="No answer says so.", settle=check(each.tool))
        for each in deeds
        if each.status == "unknown"
    ]
    elsewhere = {id(made) for number in range(1, len(case.acts) + 1) for made in told_elsewhere(case, number)}
    for each in case.gathered:
        if id(each) not in elsewhere and not each.result.supports_claims:
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


def told_elsewhere(case: Case, number: int) -> list[Gathered]:
    """What an act's own words tell of: a change's outcome, and all that a question gathered."""
    if BY_NAME[case.acts[number - 1].intent].is_question:
        return case.of_act(number)
    made = case.made(number, ITSELF)
    return [made] if made and is_change(case, number) else []


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
