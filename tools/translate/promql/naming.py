"""Metrics whose names say what was asked: their words matched with the question's, their type deciding the shape."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tools.translate.catalogue import MetricCatalogue
from tools.translate.lexicon import lexicon
from tools.translate.reading import Asked

# Words of a name that nobody says and nobody misses.
FILLING = frozenset(
    (
        "total", "seconds", "bytes", "count", "sum", "bucket", "number", "info", "current", "http", "status", "kube",
        "node", "container", "process", "value", "ratio", "pg", "stat", "global", "exporter", "server", "state", "by",
        "in", "of",
    )
)  # fmt: skip
PARTS = ("_bucket", "_sum", "_count")
FILLED = 0.1
MOST_NEAR = 60


@dataclass(frozen=True, slots=True)
class NamedMetric:
    """A metric and the places of the words its name says; `unsaid` words of its name stand nowhere in the question."""

    metric: str
    covered: frozenset[int]
    unsaid: float
    is_whole: bool = False


def matching(asked: Asked, catalogue: MetricCatalogue) -> Iterator[NamedMetric]:
    """Every metric whose name says one of the question's words; a histogram once, under its own name."""
    words = {place: forms(asked.lower(place)) for place in sorted(asked.telling | asked.counted)}
    raw = {asked.lower(place): place for place in range(len(asked.words))}
    for metric in subjects(catalogue):
        if metric.lower() in raw and ("_" in metric or len(asked.words) == 1):
            yield NamedMetric(metric, frozenset({raw[metric.lower()]}), 0, is_whole=True)
            continue
        said = {place: {part for part in parts(metric) if said_by(part) & words[place]} for place in words}
        covered = frozenset(place for place, of_name in said.items() if of_name)
        if covered & asked.telling:
            met = set[str]().union(*said.values())
            missed = set(parts(metric)) - met
            unsaid = sum(FILLED if part in FILLING else 1.0 for part in missed)
            yield NamedMetric(metric, covered, unsaid)


def is_begun_by(metric: str, word: str) -> bool:
    """Whether the word is what the metric is of: redis_memory_used_bytes is of redis."""
    first = parts(metric)[0]
    plain = word.replace("-", "")
    return word in said_by(first) or (len(plain) > 4 and metric.lower().startswith(plain))


def subjects(catalogue: MetricCatalogue) -> Iterator[str]:
    """The metrics, the series of one histogram as one."""
    for metric in sorted(catalogue.types):
        base = base_of(metric, catalogue)
        if base is None:
            yield metric
        elif metric.endswith("_count") or (metric.endswith("_bucket") and f"{base}_count" not in catalogue):
            yield base


def base_of(metric: str, catalogue: MetricCatalogue) -> str | None:
    """The histogram or summary a series belongs to, None when to none."""
    if metric.endswith("_bucket"):
        return metric.removesuffix("_bucket")
    for part in PARTS:
        base = metric.removesuffix(part)
        if base != metric and f"{base}_count" in catalogue and f"{base}_sum" in catalogue:
            return base
    return None


@lru_cache(maxsize=20_000)
def parts(metric: str) -> tuple[str, ...]:
    """`node_memory_MemAvailable_bytes` as node, memory, mem, available, bytes."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", metric)
    return tuple(part.lower() for part in re.split(r"[_:]+", split) if part)


@lru_cache(maxsize=20_000)
def said_by(part: str) -> frozenset[str]:
    """The forms of the words that say this part of a name."""
    return forms(part).union(*(forms(word) for word in lexicon().said.get(part, ())))


@lru_cache(maxsize=20_000)
def forms(word: str) -> frozenset[str]:
    """The word and its stem, and those of what a hyphen joins."""
    is_joined = "-" in word and word.replace("-", "").isalpha()
    joined = {part for part in (*word.split("-"), word.replace("-", "")) if len(part) > 2} if is_joined else set[str]()
    return frozenset({word, stem(word), *joined, *(stem(part) for part in joined)})


def stem(word: str) -> str:
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word.removesuffix(ending) + kept
    return word


def nearest(asked: Asked, catalogue: MetricCatalogue) -> frozenset[str]:
    """The metrics whose names say most of the question: those whose labels are worth knowing."""
    near = sorted(matching(asked, catalogue), key=lambda item: (-len(item.covered), item.unsaid, item.metric))
    subjects_near = [item.metric for item in near[:MOST_NEAR]]
    series = (name + part for name in subjects_near for part in ("", *PARTS))
    return frozenset(name for name in series if name in catalogue)
