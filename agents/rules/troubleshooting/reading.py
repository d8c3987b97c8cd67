"""Reading a question about an alert: which alert, and what about it."""

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from agents.brain import Question, Understanding
from agents.rules import reading
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon

TABLE = Path(__file__).with_name("words.toml")
CAUSE = "cause"
WHICH = "Which alert? Name it, or open one from the list of alerts."
RUNBOOK = re.compile(r"(?:run|execute|start|apply)\s+(?:the\s+)?(?:runbook\s+)?[\"“'`]?([\w./-]{3,})", re.IGNORECASE)
GIVEN = re.compile(r"\(alert ([^()]{1,200})\)")  # how entrances say which one is meant
QUOTED = re.compile(r"`([^`]{2,400})`")
NOT_NAMES = frozenset({"runbook", "the", "it", "that", "this", "now", "please", "command", "again", "steps"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    name: str
    about: str
    words: tuple[str, ...]
    next: tuple[str, ...] = ()


@functools.cache
def intents() -> tuple[Intent, ...]:
    entries = tomllib.loads(TABLE.read_text())["intents"]
    return tuple(
        Intent(
            name=each["name"],
            about=each["about"],
            words=tuple(each["words"]),
            next=tuple(each.get("next", ())),
        )
        for each in entries
    )


def named(name: str) -> Intent:
    return next(each for each in intents() if each.name == name)


def understand(question: Question, lexicon: Lexicon, index: NameIndex) -> Understanding:
    """The alert that is named when none is given, and the intent; a question about no alert asks which one."""
    slots = {} if question.alert else wanted(question, lexicon, index)
    if not question.alert and not slots:
        return Understanding(
            kind="ask_back",
            intent="ask_back",
            slots={},
            plain="not clear",
            reply=WHICH,
            suggestions=("What is firing right now?",),
        )
    intent = chosen(question.text)
    about = slots.get("alert") or slots.get("service") or "the alert"
    return Understanding(
        kind="query",
        intent=intent.name,
        slots=slots | said(question.text, intent.name),
        plain=intent.about.format(alert=about),
        suggestions=intent.next,
    )


def wanted(question: Question, lexicon: Lexicon, index: NameIndex) -> dict[str, str]:
    """The names of an alert and a service in the words, as the database spells them."""
    given = GIVEN.search(question.text)
    if given:
        return {"alert": given[1].strip()}
    found = reading.read(question, lexicon, index).slots
    names = {"alert": found.alerts[0] if found.alerts else "", "service": found.services[0] if found.services else ""}
    return {key: name for key, name in names.items() if name}


def chosen(text: str) -> Intent:
    folded = f" {text.lower()} "
    scored = [(sum(len(word) for word in each.words if holds(folded, word)), each) for each in intents()]
    most, intent = max(scored, key=lambda pair: pair[0])
    return intent if most else named(CAUSE)


def holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def said(text: str, intent: str) -> dict[str, str]:
    """What the question names besides: a runbook to run, a command to look at, a suspicion."""
    match intent:
        case "run":
            found = RUNBOOK.search(text)
            return {"runbook": found[1]} if found and found[1].lower() not in NOT_NAMES else {}
        case "command":
            quoted = QUOTED.search(text)
            return {"command": quoted[1]} if quoted else {}
        case _:
            return {}
