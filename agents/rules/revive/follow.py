"""A reply to what was asked back: the request before, with what was missing filled in."""

import re
from collections.abc import Mapping
from typing import Any, cast

from agents.brain import Question
from agents.rules.revive import clauses, naming, said, values, writing
from agents.rules.revive.clauses import Clause
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.intents.shape import has
from agents.rules.revive.said import Act, Said

LONGEST_REPLY = 12


def goes_on(question: Question) -> list[Act] | None:
    """The acts of the request before, completed by this message; None when nothing was asked back."""
    before, asked = waiting(question)
    if not before or len(question.text.split()) > LONGEST_REPLY:
        return None
    written = writing.read(question.text)
    heard = Said(clause=Clause(text=written.text, literals=written.literals), question=question)
    given = values.parameters(heard) or {}
    if given:
        return [with_parameters(act, given) for act in before]
    filled = [completed(act, heard, asked) for act in before]
    return filled if filled != before else None


def waiting(question: Question) -> tuple[list[Act], str]:
    """The acts of the last answer and its words, when it was a question."""
    last = next((message for message in reversed(question.history) if message.role == "assistant"), None)
    understood = last.understanding if last else None
    if last is None or not understood or "?" not in last.content:
        return [], ""
    acts = cast("list[Mapping[str, Any]]", (understood.get("slots") or {}).get("acts") or [])
    return [said.act_from(act) for act in acts if act.get("intent") in BY_NAME], last.content


def with_parameters(act: Act, given: dict[str, str]) -> Act:
    if "parameters" not in BY_NAME[act.intent].reads:
        return act
    return Act(intent=act.intent, slots={**act.slots, "parameters": {**act.slots.get("parameters", {}), **given}})


def completed(act: Act, heard: Said, asked: str) -> Act:
    """The act with its first missing slot read from the reply, or with another name where it was `asked` which."""
    intent = BY_NAME[act.intent]
    for need in intent.needs:
        slots = need.split("|")
        if not any(has(act.slots, slot) for slot in slots):
            read = {slot: intent.reads[slot](heard) or bare(heard, slot) for slot in slots if slot in intent.reads}
            found = next(((slot, value) for slot, value in read.items() if value), None)
            return Act(intent=act.intent, slots={**act.slots, found[0]: found[1]}) if found else act
    name, other = str(act.slots.get("name") or ""), bare(heard, "name")
    is_asked = f"“{name}” fits" in asked or f"named {name}. Nearest" in asked
    if not name or not is_asked or other is None:
        return act
    return Act(intent=act.intent, slots={**act.slots, "name": other})


def bare(heard: Said, slot: str) -> str | None:
    """The whole reply as a name, where a name is wanted and it is one."""
    if slot not in ("name", "service", "title", "target", "hostname", "username", "text"):
        return None
    plain = re.sub(r"^(?:the|it's|its|it is|on|for|of|at|as)\s+", "", heard.text.strip(" .!"), flags=re.IGNORECASE)
    is_name = slot in ("title", "text") or (len(plain.split()) <= 4 and not clauses.hits(plain))
    return heard.clause.restore(plain) if is_name and plain and not naming.UID.search(plain) else None
