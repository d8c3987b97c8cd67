"""Reads a question into slots: each parser takes its words, and none is used twice."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from agents.brain import Question
from agents.rules import measures, phrases, spelling, text, times, words
from agents.rules.index import Kind, NameIndex, parts
from agents.rules.lexicon import Hit, Lexicon, find
from agents.rules.measures import Heard, Measured
from agents.rules.names import Doubt, Named, NameReader
from agents.rules.slots import Period, Slots
from agents.rules.text import Text
from agents.rules.times import TimeRead

MEASURE = re.compile(r"\b(?:than|with|against|vs\.?|versus|compared\s+to)\s+(?:in\s+|the\s+)?$", re.IGNORECASE)
VERSUS = ("vs", "versus")
ASKING = frozenset(("postmortem", "newest", "incident", "list", "count", "cause", "knowledge", "fired"))
NamesOf: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One question as read by itself. `raw` is the question with slips put right, `topic` its words that could be
    searched for, `sought` those that log lines are to contain; it `leans` when it goes on from the question before
    ("and ..."), `points` when it speaks of what the last answer named, `excludes` when a name is to be left out.
    `length` is how many words it has."""

    slots: Slots
    doubts: tuple[Doubt, ...]
    raw: str
    topic: str
    sought: str
    leans: bool
    points: bool
    excludes: bool
    length: int


def read(question: Question, lexicon: Lexicon, index: NameIndex) -> Reading:
    """The reading of a question's own words. Raises TimeError when they name a time that cannot be."""
    spoken = text.read(spelling.corrected(question.text, lexicon, index))
    reader = NameReader(spoken, index, lexicon.words)
    literal = read_literal(spoken, reader, question, lexicon)
    aside = outside(spoken, literal)
    severities = words.severities(spoken, lexicon)
    concepts = words.concepts(spoken, lexicon)
    said = replace(read_values(spoken, literal, concepts, lexicon), severities=severities)
    read_environments(spoken, reader, lexicon)
    topic = literal.topic or free_words(spoken, concepts, lexicon)
    sought = literal.topic or words.sought(spoken, lexicon)
    use(spoken, concepts)
    if not any(lexicon.concepts[name].group == "subject" for name in said.concepts):
        use(spoken, find(spoken, lexicon.measures))
    reader.read_near()
    reader.read_unknown()
    measured = measures.read(heard(spoken, aside, reader), lexicon)
    return Reading(
        slots=with_measures(with_names(said, spoken, reader.found), measured, index, lexicon),
        doubts=tuple(reader.doubts),
        raw=spoken.raw,
        topic=topic,
        sought=sought,
        leans=is_leaning(spoken, lexicon),
        points=bool(find(spoken, lexicon.pointing, free_only=False)),
        excludes=is_excluding(spoken, lexicon, reader.found),
        length=len(spoken.tokens),
    )


def read_literal(spoken: Text, reader: NameReader, question: Question, lexicon: Lexicon) -> Slots:
    """What is written out: quoted words, an incident's number, a length, names as the database spells them, times."""
    topic, number, longer_than = words.quoted(spoken), words.incident(spoken), words.longer_than(spoken)
    reader.read_whole()
    use(spoken, find(spoken, lexicon.anywhere))
    periods = read_periods(spoken, question, separate=is_comparison(spoken, lexicon))
    reader.read_placed()
    return Slots(topic=topic, incident=number, longer_than=longer_than, periods=periods)


def outside(spoken: Text, literal: Slots) -> list[bool]:
    """Which words are names and times that are written out; a length may be a measure's: "latency of more than 2 s"."""
    marked = list(spoken.used)
    length = words.LONGER.search(spoken.raw) if literal.longer_than else None
    for at, token in enumerate(spoken.tokens):
        if length and length.start() <= token.start < length.end():
            marked[at] = False
    return marked


def heard(spoken: Text, aside: list[bool], reader: NameReader) -> Heard:
    """What measures are read from: all but the names and times."""
    named = list(aside)
    for name in reader.found:
        named[name.first : name.last] = [True] * (name.last - name.first)
    return Heard(spoken, tuple(named), tuple(reader.doubts), frozenset(name.last for name in reader.found))


def with_measures(slots: Slots, measured: Measured, index: NameIndex, lexicon: Lexicon) -> Slots:
    """The slots with what is measured; a length that a measure is compared with is none of incidents."""
    ranked = "rank" if measured.concept and measured.rank else ""
    concepts = (*slots.concepts, *filter(None, (measured.concept, ranked)))
    known = {word: name for word in measured.others if (name := index.service(word, lexicon.words.generic))}
    return replace(
        slots,
        concepts=tuple(dict.fromkeys(concepts)),
        longer_than=None if measured.concept and measured.condition else slots.longer_than,
        measure=measured.measure,
        percentile=measured.percentile,
        by=measured.by,
        rank=measured.rank,
        condition=measured.condition,
        others=tuple(word for word in measured.others if word not in known),
        services=tuple(dict.fromkeys((*slots.services, *known.values()))),
    )


def use(spoken: Text, hits: Iterable[Hit]) -> None:
    for hit in hits:
        spoken.use(hit.first, hit.last)


def with_names(slots: Slots, spoken: Text, found: list[Named]) -> Slots:
    """The slots with the names read, and what was read as a name without being spelt like it."""
    return replace(
        slots,
        services=names_of("service", found),
        alerts=names_of("alert", found),
        teams=names_of("team", found),
        environments=names_of("environment", found),
        read_as=tuple((spoken.written(named.first, named.last), named.names[0]) for named in misread(found)),
    )


def read_periods(spoken: Text, question: Question, *, separate: bool) -> tuple[Period, ...]:
    """The times named, in order; words of names are hidden from the reader of times."""
    found = times.read(hidden(spoken), question.now, question.zone, separate=separate)
    for time in found:
        spoken.use_span(*time.span)
    return tuple(period_of(time, spoken.raw[: time.span[0]]) for time in found)


def period_of(time: TimeRead, led_by: str) -> Period:
    return Period(
        window=time.window,
        unit=time.unit,
        words=phrases.proper(time.words),
        is_cut=time.cut_at_now,
        is_measure=MEASURE.search(led_by) is not None,
    )


def hidden(spoken: Text) -> str:
    """The text with every used word made unreadable, each character in its place."""
    letters = list(spoken.raw)
    for token, used in zip(spoken.tokens, spoken.used, strict=True):
        if used:
            letters[token.start : token.end] = "x" * (token.end - token.start)
    return "".join(letters)


def is_comparison(spoken: Text, lexicon: Lexicon) -> bool:
    meanings = {name for hit in words.concepts(spoken, lexicon) for name in hit.meanings}
    return bool(meanings & {"compare", "more"})


def read_values(spoken: Text, slots: Slots, concepts: tuple[Hit, ...], lexicon: Lexicon) -> Slots:
    """The slots with all that needs only the lexicon; the words of values are used up, those of concepts are not."""
    limit = words.limit(spoken, lexicon)
    is_ranked = any("rank" in hit.meanings for hit in concepts)
    grouping = words.value(spoken, lexicon.grouping) or (words.value(spoken, lexicon.ranked) if is_ranked else None)
    status, kind = words.status(spoken, lexicon), words.value(spoken, lexicon.kind)
    for table in (lexicon.severity, lexicon.status, lexicon.kind, lexicon.counting, lexicon.grouping):
        use(spoken, find(spoken, table, whole_only=False))
    level = words.value(spoken, lexicon.level) or ""
    meant = tuple(dict.fromkeys(name for hit in concepts for name in hit.meanings))
    return replace(slots, concepts=meant, limit=limit, status=status, grouping=grouping, kind=kind, level=level)


def read_environments(spoken: Text, reader: NameReader, lexicon: Lexicon) -> None:
    """Add the environments meant by words like "prod", or a doubt when the database has none of that sort."""
    for hit in find(spoken, lexicon.environment):
        if not (reader.may_stand(hit.first, hit.last) or spoken.word(hit.last) in VERSUS):
            continue
        spoken.use(hit.first, hit.last)
        meant = environments_like(hit.meanings[0], reader.index, lexicon)
        if meant:
            reader.found.append(Named(kind="environment", names=meant, first=hit.first, last=hit.last))
        else:
            word = spoken.written(hit.first, hit.last)
            reader.doubts.append(Doubt(words=word, candidates=(), kind="environment", first=hit.first))


def environments_like(meaning: str, index: NameIndex, lexicon: Lexicon) -> NamesOf:
    """The environments that are called by any word of this meaning, else those that have one as a part."""
    spellings = {phrase[0] for phrase, meanings in lexicon.environment.items() if meaning in meanings}
    exact = tuple(name for name in index.environments if name.casefold() in spellings)
    return exact or tuple(name for name in index.environments if spellings & set(parts(name)))


def is_excluding(spoken: Text, lexicon: Lexicon, found: list[Named]) -> bool:
    """Whether a name is to be left out, which no tool can do."""
    ends = {hit.last for hit in find(spoken, lexicon.exclusion, free_only=False)}
    return any(named.first in ends or (named.first - 1 in ends) for named in found)


def free_words(spoken: Text, concepts: tuple[Hit, ...], lexicon: Lexicon) -> str:
    """What is left to search texts for when names, times and the asking itself are taken away."""
    asking = {at for hit in concepts if ASKING & set(hit.meanings) for at in range(hit.first, hit.last)}
    kept = [
        token.word
        for at, token in enumerate(spoken.tokens)
        if not spoken.used[at] and at not in asking and token.word not in lexicon.words.stop
    ]
    return " ".join(kept)


def is_leaning(spoken: Text, lexicon: Lexicon) -> bool:
    """Whether the words go on from the question before: "and ...", "what about ...", "which of those ..."."""
    leads = find(spoken, lexicon.leading, free_only=False)
    return bool(leads and leads[0].first == 0) or bool(find(spoken, lexicon.anywhere, free_only=False))


def names_of(kind: Kind, found: list[Named]) -> NamesOf:
    """The names of one kind, each once, in reading order."""
    ordered = sorted(found, key=lambda named: named.first)
    return tuple(dict.fromkeys(name for named in ordered if named.kind == kind for name in named.names))


def misread(found: list[Named]) -> list[Named]:
    """Names put right, in reading order; a family of names speaks for itself."""
    return sorted((named for named in found if named.is_near and len(named.names) == 1), key=lambda named: named.first)
