"""What came of the changes a model proposed, told by rule alone; and a model's words where they tell of a deed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from agents.answer import Answer, Unknown
from agents.brain import Gathered
from agents.model.claims import Claims, Sentence
from agents.model.conversation import Case, as_read
from agents.model.drawing import drawn
from agents.model.proposals import CHOSEN, PROPOSED
from agents.model.standby import failures, source, tools_used
from agents.rules import phrases
from agents.rules.revive import deeds, report
from agents.rules.revive import plan as rules_plan
from agents.rules.revive.deeds import Deed
from tools.spec import Pillar

Json: TypeAlias = dict[str, Any]
UNCHANGED = "Nothing was changed"
NO_ANSWER = "No answer says so."
OWN_ACT = ".act"
OF_TOTAL = re.compile(r"r\d+-\d+/(\d+)-")
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|`[^`]*`")
DONE = (
    "acknowledged|added|annotated|applied|approved|changed|closed|completed|confirmed|created|declared|deleted|"
    "deployed|disabled|edited|enabled|executed|fixed|made|opened|posted|provisioned|ran|registered|removed|renamed|"
    "resolved|restarted|rolled|rotated|run|saved|scaled|scheduled|set|silenced|started|stopped|stored|submitted|"
    "triggered|updated"
)
BOAST = re.compile(
    rf"\b(?:I|we)(?:['’]ve|\s+have|\s+had)?(?:\s+\w+ly|\s+(?:now|just|also))*\s+(?:{DONE})\b"
    rf"|\b(?:has|have)(?:\s+(?:now|just|also|already))*\s+been(?:\s+\w+ly)?\s+(?:{DONE})\b"
    rf"|\bsuccessfully\s+(?:{DONE})\b|\b(?:{DONE})\s+successfully\b"
    r"|^\W*(?:all\s+)?(?:done|approved|confirmed)\b",
    re.IGNORECASE,
)
TOLD = re.compile(rf"\b(?:is|are|was|were)(?:\s+(?:now|just|also|already))*\s+(?:{DONE})\b", re.IGNORECASE)


def made(case: Case) -> tuple[Gathered, ...]:
    """The changes that the model proposed, and what came of each."""
    return tuple(one for one in case.gathered if one.call.label == PROPOSED)


def is_decided(case: Case) -> bool:
    """Whether changes were put before a person already: then nothing more is planned."""
    is_change = any(one.call.label == PROPOSED or "confirmation" in one.result.data for one in case.gathered)
    return case.question.pillar is Pillar.REVIVE and is_change


def told(case: Case) -> Answer:
    """The report of a run in which the model proposed changes: its words are the rules', from the ledger's results."""
    changes = made(case)
    row = [*(deed(number, one) for number, one in enumerate(changes, 1)), *unreached(changes)]
    reads = [one for one in case.gathered if one.call.label == CHOSEN or one.call.id.endswith(OWN_ACT)]
    others = [one for one in case.gathered if one not in changes]
    rules = as_read(case.understood)
    return Answer(
        summary=report.summary(rules_plan.Case(question=case.question, acts=(), gathered=()), [], row, []),
        findings=(
            *(report.finding(one) for one in reads if one.result.supports_claims),
            *(report.told(each) for each in row),
        ),
        data=report.data(case.understood, row),
        parts=(*filter(None, map(report.drawn, reads)), *drawn(reads)),
        sources=tuple(source(one) for one in case.gathered),
        unknown=(*map(unsure, (each for each in row if each.status == "unknown")), *failures(others)),
        tools_used=tools_used(case.gathered),
        understood=rules.plain if rules.kind == "query" else "; ".join(each.label for each in row),
    )


def deed(number: int, one: Gathered) -> Deed:
    confirmation: Json = one.result.data.get("confirmation") or {}
    status = deeds.standing(one, confirmation)
    label: str = confirmation.get("title") or phrases.capital(one.call.tool.replace("_", " "))
    return Deed(
        number=number,
        label=label,
        tool=one.call.tool,
        status=status,
        text=f"{label}: {deeds.outcome(one, status, confirmation)}",
        execution=str(one.result.execution_id or ""),
        resource=one.result.data.get("resource"),
        confirmation=confirmation.get("id"),
    )


def unreached(changes: Sequence[Gathered]) -> list[Deed]:
    """The changes behind one that was not made: how many there were stands in the ids of the calls."""
    match = OF_TOTAL.match(changes[0].call.id)
    total = int(match[1]) if match else len(changes)
    return [not_reached(number, total) for number in range(len(changes) + 1, total + 1)]


def not_reached(number: int, total: int) -> Deed:
    label = f"Change {number} of {total}"
    text = f"{label}: not reached, because a change before it was not made."
    return Deed(number=number, label=label, tool="", status="not_reached", text=text)


def unsure(each: Deed) -> Unknown:
    return Unknown(what=f"Whether this was done: {each.label}", why=NO_ANSWER, settle=deeds.check(each.tool))


def unchanged(answer: Answer, case: Case) -> Answer:
    """An answer in the model's words, which says itself that nothing was changed, whatever the words are."""
    data = {**report.data(case.understood, []), **answer.data}
    return replace(answer, data=data, notes=(*answer.notes, UNCHANGED))


def boasts(claims: Claims) -> bool:
    """Whether a text tells of something done. Only reads stand behind a model's words, so it cannot be true; words that
    a person wrote, in quotes, and the past of a thing, with the result that shows it, may be told."""
    return any(is_boast(sentence) for sentence in claims.sentences)


def is_boast(sentence: Sentence) -> bool:
    text = QUOTED.sub("", sentence.text)
    return bool(BOAST.search(text)) or (not sentence.is_cited and bool(TOLD.search(text)))
