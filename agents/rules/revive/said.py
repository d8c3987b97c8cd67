"""What one clause says: its text, the names of the database in it and the times, ready for the readers of slots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from agents.brain import Question
from agents.rules import text, times
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon, find
from agents.rules.names import Doubt, NameReader
from agents.rules.reading import names_of
from agents.rules.revive import vocabulary
from agents.rules.revive.clauses import Clause
from domain.windows import Window

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing to look at or to do: the intent, and the slots that were filled; JSON, kept with the message."""

    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> Json:
        return {"intent": self.intent, **self.slots}


def act_from(data: Mapping[str, Any]) -> Act:
    return Act(intent=str(data["intent"]), slots={name: value for name, value in data.items() if name != "intent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A clause with the services, alerts and environments it names. `doubts` are names that fit several or none;
    `before` is what was read of the clause before it."""

    clause: Clause
    question: Question
    services: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    window: Window | None = None
    before: Act | None = None

    @property
    def text(self) -> str:
        return self.clause.text

    @property
    def points(self) -> bool:
        """Whether it speaks of what was spoken of before."""
        return bool(find(text.read(self.text), vocabulary.load().pointing))


def read(clause: Clause, question: Question, lexicon: Lexicon, index: NameIndex) -> Said:
    """The clause with the names of the database it has. Raises TimeError when it names a time that cannot be."""
    words = text.read(clause.text)
    reader = NameReader(words, index, lexicon.words)
    reader.read_whole()
    reader.read_placed()
    if not names_of("service", reader.found):
        read_misspelt(reader)
    services = names_of("service", reader.found)
    found = times.read(clause.text, question.now, question.zone)
    return Said(
        clause=clause,
        question=question,
        services=services,
        alerts=names_of("alert", reader.found),
        environments=names_of("environment", reader.found) or environments(words, lexicon, index),
        teams=names_of("team", reader.found),
        doubts=tuple(doubt for doubt in reader.doubts if doubt.kind == "service"),
        window=found[0].window if found else None,
    )


def read_misspelt(reader: NameReader) -> None:
    """A service with a slip in it, where one is named: "a dashboard for chekout"."""
    for first, last in reader.ranges():
        if reader.lead(first) in ("for", "of", "on") and not reader.is_speech(first, last):
            reader.typo(first, last)


def environments(words: text.Text, lexicon: Lexicon, index: NameIndex) -> tuple[str, ...]:
    """The environments meant by words like "prod"."""
    meant = {meaning for hit in find(words, lexicon.environment) for meaning in hit.meanings}
    spellings = {phrase[0] for phrase, meanings in lexicon.environment.items() if meant & set(meanings)}
    return tuple(name for name in index.environments if name.casefold() in spellings)
