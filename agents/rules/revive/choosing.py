"""Chooses the intent of a clause from the table, and makes its acts."""

from collections.abc import Iterable, Sequence

from agents.brain import Question
from agents.rules import phrases
from agents.rules.revive import naming, writing
from agents.rules.revive.clauses import Clause
from agents.rules.revive.describe import plain_of
from agents.rules.revive.intents import BY_NAME, INTENTS
from agents.rules.revive.intents.shape import Intent
from agents.rules.revive.said import Act, Said

DOABLE = {"read": "looked at", "create": "made", "update": "changed", "delete": "deleted"}


def chosen(heard: Said, question: Question) -> Intent | None:
    """The first intent of the table with a cue that fits the clause."""
    if is_elsewhere(heard.clause):
        return None
    verb, noun = preferred(heard.clause, question)
    for intent in INTENTS:
        for cue in intent.cues:
            if cue.lstrip("+") == f"{verb} {noun}" and (cue[0] != "+" or names_one(intent, heard)):
                return intent
    return None


def preferred(clause: Clause, question: Question) -> tuple[str, str]:
    """A rule is one of Grafana's where Grafana was chosen, and of AIOps otherwise; deeds are done by runbooks."""
    verb, noun = clause.wanted
    if noun == "rule" and question.mode == "grafana":
        return verb, "alert_rule"
    return (verb, "runbook") if verb == "do" else (verb, noun)


def is_elsewhere(clause: Clause) -> bool:
    """Whether plain alerts are asked about: those are history, and only their rules are revive's."""
    is_alert = clause.noun is not None and clause.noun.written.casefold() in ("alert", "alerts")
    return is_alert and clause.wanted[0] not in ("create", "add", "delete", "update")


def names_one(intent: Intent, heard: Said) -> bool:
    """Whether one thing is named: by its uid, or its name beside a noun that is not in the plural."""
    slots = {slot: intent.reads[slot](heard) for slot in ("uid", "name") if slot in intent.reads}
    if slots.get("uid"):
        return True
    if heard.clause.verb and heard.clause.verb.written.casefold() == "which":
        return False
    quoted = bool(writing.of_kind(heard.text, "quote"))
    is_service = slots.get("name") in heard.services and intent.mode == "aiops"
    return bool(slots.get("name")) and not is_service and (quoted or not heard.clause.is_plural)


def possible(noun: str) -> str:
    """What can be done with a thing, from the table."""
    verbs = {cue.lstrip("+").split()[0] for intent in INTENTS for cue in intent.cues if cue.split()[-1] == noun}
    known = [word for verb, word in DOABLE.items() if verb in verbs]
    what = noun.replace("_", " ")
    return f"Here {phrases.plural(what)} can be {phrases.listing(known)}. " if known else ""


def acts_of(intent: Intent, heard: Said, before: Sequence[Act]) -> list[Act]:
    """The act of a clause, or one for each name of a list: "delete the dashboards 'A' and 'B'"."""
    act = act_of(intent, heard, before)
    if "title" not in act.slots and "service" in act.slots and len(heard.services) > 1:
        alone = {slot: value for slot, value in act.slots.items() if slot != "services"}
        return [Act(intent=act.intent, slots={**alone, "service": service}) for service in heard.services]
    name = act.slots.get("name")
    if not isinstance(name, str) or intent.finds is None or intent.name == "update_dashboard":
        return [act]
    return [Act(intent=act.intent, slots={**act.slots, "name": each}) for each in naming.listed(heard.clause, name)]


def act_of(intent: Intent, heard: Said, before: Sequence[Act]) -> Act:
    """The intent with every slot that the clause fills; an annotation without words says what was done before it."""
    read = {slot: reader(heard) for slot, reader in intent.reads.items()}
    slots = {slot: value for slot, value in read.items() if value not in (None, "", [], {})}
    if heard.clause.is_another and before and before[-1].intent == intent.name:
        slots = {**before[-1].slots, **slots}
    if intent.name == "create_annotation" and "text" not in slots and changes(before):
        slots["text"] = phrases.capital(plain_of(changes(before)[-1:]))
    return Act(intent=intent.name, slots=slots)


def changes(acts: Iterable[Act]) -> list[Act]:
    return [act for act in acts if BY_NAME[act.intent].is_change]
