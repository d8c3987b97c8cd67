"""Reads what is to be measured: the translator knows the measures, the rules which of them make a question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.rules.lexicon import Lexicon
from agents.rules.names import Doubt
from agents.rules.text import Text
from tools.translate import reading
from tools.translate.lexicon import lexicon as translator
from tools.translate.reading import Asked, Hit
from tools.translate.thresholds import Threshold

MEASURED, FAINT = "measured", "faint"
SERVICES = ("service", "app", "application", "server")
UNSAID = frozenset(("peak",))
COUNTED = re.compile(r"\b(?P<count>\d{1,3})\s+(?:\w+\s+){0,3}?(?P<thing>\w+)\b")
SINGLE = re.compile(r"\b(?:which|what)\s+(?P<thing>\w+)", re.IGNORECASE)
NAME_MARKS = frozenset("-./:")
UNITS = {"percent": (100, "%"), "time": (1, " seconds"), "bytes": (1, " bytes"), "count": (1, ""), "": (1, "")}
COUNTS: Mapping[str, str] = {"request rate": "requests"}
PER = {60: " per minute", 3600: " per hour", 86400: " per day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Slots of what is measured, see `Slots`. `concept` is what it makes the question: one of metrics, perhaps one of
    them, or "" for neither."""

    measure: str = ""
    percentile: str = ""
    by: tuple[str, ...] = ()
    rank: str = ""
    condition: str = ""
    others: tuple[str, ...] = ()
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A question when its names and times are read: `named` marks their words, `doubts` are names that are not known,
    `ends` where names that are known end."""

    spoken: Text
    named: tuple[bool, ...]
    doubts: tuple[Doubt, ...]
    ends: frozenset[int]

    @property
    def bare(self) -> str:
        """The text without the words that are names or times."""
        letters = list(self.spoken.raw)
        for token, is_named in zip(self.spoken.tokens, self.named, strict=True):
            if is_named:
                letters[token.start : token.end] = " " * (token.end - token.start)
        return "".join(letters)


def read(heard: Heard, lexicon: Lexicon) -> Measured:
    """What the words measure that are no names or times."""
    asked = reading.read(heard.bare)
    weighed = [(hit, weight(asked, hit, lexicon)) for hit in asked.measures]
    kept = [hit for hit, how in weighed if how == MEASURED] or [hit for hit, how in weighed if how == FAINT]
    metrics = [asked.words[at].strip('"“”') for at in sorted(asked.free) if is_metric(asked.lower(at))]
    is_counted = bool(kept and asked.statuses)
    is_said = bool(metrics or asked.percentile or is_golden(asked))
    is_sure = any(how == MEASURED for _, how in weighed) or is_said or is_counted
    concept = MEASURED if is_sure else FAINT if kept else ""
    left = tuple(
        doubt for doubt in heard.doubts if doubt.fits_several or not concept or not is_told(doubt, asked, heard)
    )
    return Measured(
        measure=measure(asked, kept, metrics) if concept else "",
        percentile=asked.percentile,
        by=grouping(asked),
        rank=rank(asked, heard.bare) if asked.rank else "",
        condition=condition(asked.threshold) if asked.threshold else "",
        others=unknown(heard.spoken, left) or (beside(asked, kept, lexicon, heard) if concept else ()),
        concept=concept,
    )


def weight(asked: Asked, hit: Hit, lexicon: Lexicon) -> str:
    """Whether a measure makes a question of metrics, may make one, or is ordinary speech here: "up", "fine"."""
    words = tuple(asked.lower(at) for at in range(hit.first, hit.last))
    meanings = lexicon.phrases.get(words, ())
    if "metric" in meanings:
        return MEASURED
    if any(lexicon.concepts[name].group == "ask" for name in meanings):
        return ""
    return FAINT if meanings or all(lexicon.words.is_ordinary(word) for word in words) else MEASURED


def is_metric(word: str) -> bool:
    """Whether it is spelt as only metrics are: `http_requests_total`."""
    return "_" in word.strip("_") and word.replace("_", "").replace(":", "").isalnum()


def is_golden(asked: Asked) -> bool:
    return bool(asked.plan) and asked.plan == translator().plans["golden"] and "signals" in asked.words


def measure(asked: Asked, kept: Sequence[Hit], metrics: Sequence[str]) -> str:
    """The measure as the translator itself calls it, what is done with it, and what it is narrowed to."""
    counts: Mapping[str, str] = COUNTS if "count" in asked.statistics else {}
    called = list(dict.fromkeys(counts.get(hit.meaning) or first_phrase(hit.meaning) for hit in kept))
    whole = " and ".join([*metrics, *called]) or ("golden signals" if is_golden(asked) else "")
    done = " ".join(statistics(asked)) if whole else ""
    used = frozenset[int]().union(*(hit.places for hit in kept))
    codes = [word for at, word in enumerate(asked.words) if word.lower() in asked.statuses and at not in used]
    narrowed = f" with status {' '.join(codes)}" if codes else ""
    return f"{done} {whole}{narrowed}{PER.get(asked.per, '')}".strip() if whole else ""


def first_phrase(meaning: str) -> str:
    """The first phrase of the translator for a measure: any saying of it reads back the same."""
    return next(" ".join(words) for words, name in translator().measures.items() if name == meaning)


def statistics(asked: Asked) -> Iterator[str]:
    """What is done with the numbers, but for the peak, which every answer tells."""
    measured = frozenset[int]().union(*(hit.places for hit in asked.measures))
    for hit in reading.hits(asked.words, translator().statistics):
        if not hit.places & measured and not UNSAID & {asked.lower(at) for at in hit.places}:
            yield next(" ".join(words) for words, name in translator().statistics.items() if name == hit.meaning)


def condition(threshold: Threshold) -> str:
    """A comparison as the translator reads it again: "> 5%"."""
    scale, unit = UNITS[threshold.kind]
    return f"{threshold.operator} {f'{threshold.value * scale:.9f}'.rstrip('0').rstrip('.')}{unit}"


def grouping(asked: Asked) -> tuple[str, ...]:
    """What it is asked for by; of a ranking the thing that is ranked, wherever it stands."""
    things = asked.by or (ranked_things(asked)[:1] if asked.rank else ())
    return tuple(dict.fromkeys("service" if thing in SERVICES[:3] else thing for thing in things))


def ranked_things(asked: Asked) -> tuple[str, ...]:
    return tuple(reading.singular(word.lower()) for word in asked.words if translator().is_thing(word.lower()))


def rank(asked: Asked, text: str) -> str:
    """ "top 5"; one where a single thing is asked for, as many as are counted before the things."""
    assert asked.rank  # noqa: S101 - it is asked for only where there is one
    counted = [found for found in COUNTED.finditer(text.lower()) if found["thing"] in translator().plurals]
    if counted:
        return f"{asked.rank.order} {int(counted[0]['count'])}"
    single = SINGLE.search(text)
    is_one = single is not None and single["thing"].lower() in translator().labels
    return f"{asked.rank.order} {1 if is_one else asked.rank.count}"


def is_told(doubt: Doubt, asked: Asked, heard: Heard) -> bool:
    """Whether the words taken for a name are those of a measure ("what is the processor usage"), a verb behind a name
    ("did checkout burn") or what is ranked ("most cpu hungry services")."""
    is_ranked = asked.rank is not None and heard.spoken.word(doubt.first + 1) in translator().plurals
    if doubt.first in heard.ends or is_ranked or is_metric(doubt.words.lower()):
        return True
    said = {asked.lower(at) for hit in asked.measures for at in hit.places}
    said |= {word for words in translator().statistics for word in words}
    parts = doubt.words.lower().split()
    return all(word in said or word in translator().noise or translator().is_thing(word) for word in parts)


def unknown(spoken: Text, doubts: Sequence[Doubt]) -> tuple[str, ...]:
    """The words that stand where a name does, with the thing they name when it is no service: "pod checkout-3"."""
    found: list[str] = []
    for doubt in doubts:
        if not doubt.fits_several:
            thing = spoken.word(doubt.first - 1)
            is_thing = translator().is_thing(thing) and translator().plurals.get(thing, thing) not in SERVICES
            found.append(f"{thing} {doubt.words}" if is_thing else doubt.words)
    return tuple(dict.fromkeys(found))


def beside(asked: Asked, kept: Sequence[Hit], lexicon: Lexicon, heard: Heard) -> tuple[str, ...]:
    """Words that nothing else accounts for: those spelt as a name, and without another name those beside a measure."""
    read = frozenset[int]().union(*(hit.places for hit in asked.measures))
    left = [at for at in sorted(asked.free - read) if is_left(asked.lower(at), lexicon)]
    edges = {place for hit in kept for place in (hit.first - 1, hit.last)}
    is_named = bool(heard.ends or heard.doubts or asked.by or asked.rank)
    near = [at for at in left if at in edges and not is_named]
    found = [at for at in left if at in near or NAME_MARKS & set(asked.words[at])]
    return tuple(dict.fromkeys(asked.words[at].strip('"“”') for at in found))


def is_left(word: str, lexicon: Lexicon) -> bool:
    is_known = word in lexicon.vocabulary or lexicon.words.is_ordinary(word) or translator().is_thing(word)
    return not is_known and not is_metric(word) and any(letter.isalpha() for letter in word)
