"""The shapes a metric can be asked in by its type, and the metrics that belong together as parts of a whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql import wholes
from tools.translate.promql.writing import duration
from tools.translate.reading import Asked

# A part, what it is a part of, and how: "of" is part / whole, "both" part / (part + other), "left" 1 - part / whole.
PAIRS = (
    ("hits", "misses", "both"), ("hit", "miss", "both"),
    ("used", "max", "of"), ("used", "limit", "of"), ("used", "total", "of"), ("used", "size", "of"),
    ("used", "capacity", "of"),
    ("usage", "limit", "of"), ("usage", "max", "of"), ("usage", "capacity", "of"), ("open", "max", "of"),
    ("current", "max", "of"), ("active", "max", "of"), ("current", "limit", "of"), ("inuse", "limit", "of"),
    ("free", "total", "free"), ("free", "size", "free"), ("available", "total", "free"), ("avail", "size", "free"),
    ("available", "size", "free"), ("available", "max", "free"),
    ("failed", "", "of"), ("failures", "requests", "of"), ("failed", "total", "of"), ("errors", "requests", "of"),
    ("errors", "total", "of"), ("error", "request", "of"), ("failure", "total", "of"),
)  # fmt: skip


IN_ALL = 0.8
HOUR = timedelta(hours=1)
# Names of metrics that say when something was, and when something ends.
PAST = re.compile(r"(?:_timestamp|_time|_run|_success|_upload)(?:_seconds)?$|_timestamp_|last_\w*_time_")
END = re.compile(r"expir|not_after")
MISSING = frozenset({"not", "no", "never", "hasn't", "without", "missing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    title: str
    template: str
    unit: str
    metrics: tuple[str, ...]
    covered: frozenset[int] = frozenset()
    bonus: float = 0.0


def shapes(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[Shape]:
    """How this metric can answer, the most fitting first."""
    if is_share(asked):
        yield from shares(metric, asked, catalogue)
    if catalogue.is_counter(metric):
        yield from of_outcome(metric, asked, catalogue)
    if metric not in catalogue:
        yield from of_histogram(metric, asked, catalogue)
    elif catalogue.is_counter(metric):
        unit = "Bps" if "bytes" in metric else "reqps" if "request" in metric else "cps"
        title = spaced(metric.removesuffix("_total"))
        yield Shape(
            title=f"{title} per second", template=f"sum(rate({metric}{{$match}}[5m]))", unit=unit, metrics=(metric,)
        )
    else:
        yield of_gauge(metric, asked, catalogue)


def is_share(asked: Asked) -> bool:
    is_percent = asked.threshold is not None and asked.threshold.kind == "percent"
    return "share" in asked.statistics or is_percent or any(hit.meaning == "hit rate" for hit in asked.measures)


def shares(metric: str, asked: Asked, catalogue: MetricCatalogue) -> list[Shape]:
    """Of what it is a part, by its name: each whole once."""
    places = frozenset[int]().union(*(hit.places for hit in asked.measures if hit.meaning == "hit rate"))
    found = {
        other: share_of(metric, other, asked, catalogue, is_both=how == "both")
        for part, whole, how in PAIRS
        for other in partners(metric, part, whole, catalogue)
    }
    for other in wholes.wholes(metric, asked, catalogue):
        found.setdefault(other, share_of(metric, other, asked, catalogue))
    return [replace(shape, covered=places, bonus=IN_ALL) for shape in found.values()]


def share_of(metric: str, other: str, asked: Asked, catalogue: MetricCatalogue, *, is_both: bool = False) -> Shape:
    """A part of its whole, or beside what is not of it (`is_both`); what is used where a metric says what is left."""
    one, two = (series(name, is_counter=catalogue.is_counter(metric)) for name in (metric, other))
    is_rest = wholes.is_rest(metric, asked) and not is_both
    share = f"{one} / ({one} + {two})" if is_both else f"{one} / {two}"
    return Shape(
        title=f"Share of {spaced(metric.removesuffix('_total'))}{' that is used' if is_rest else ''}",
        template=f"1 - {share}" if is_rest else share,
        unit="percentunit",
        metrics=(metric, other),
    )


def of_outcome(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[Shape]:
    """What failed of what a counter counts, or its share, where a label says how each ended."""
    chosen = wholes.outcome(metric, asked, catalogue)
    if chosen is None:
        return
    part, title = f"sum(rate({metric}{{$match,{chosen.matcher}}}[5m]))", spaced(metric.removesuffix("_total"))
    if is_share(asked):
        text = f"{part} / sum(rate({metric}{{$match}}[5m]))"
        yield Shape(title=f"Share of {title}", template=text, unit="percentunit", metrics=(metric,),
                    covered=chosen.places, bonus=IN_ALL if chosen.places else 2 * IN_ALL)  # fmt: skip
    elif chosen.places:
        yield Shape(title=f"{title} per second", template=part, unit="cps", metrics=(metric,), covered=chosen.places)


def partners(metric: str, part: str, whole: str, catalogue: MetricCatalogue) -> Iterator[str]:
    """The existing metric that is named alike but for the one word."""
    words = metric.split("_")
    if part not in words:
        return
    at = words.index(part)
    changed = ["_".join([*words[:at], *([whole] if whole else []), *words[at + 1 :]])]
    yield from (name for name in changed if name in catalogue and name != metric)


def series(metric: str, *, is_counter: bool) -> str:
    return f"sum(rate({metric}{{$match}}[5m]))" if is_counter else f"{metric}{{$match}}"


def of_histogram(base: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[Shape]:
    """Its quantile, its mean, or how often it was observed."""
    counted = Shape(
        title=f"{spaced(base.removesuffix('_seconds'))} per second",
        template=f"sum(rate({base}_count{{$match}}[5m]))",
        unit="reqps",
        metrics=(f"{base}_count",),
    )
    mean = Shape(
        title=f"Mean {spaced(base)}",
        template=f"sum(rate({base}_sum{{$match}}[5m])) / sum(rate({base}_count{{$match}}[5m]))",
        unit=unit_of(base),
        metrics=(f"{base}_sum", f"{base}_count"),
    )
    has_buckets = f"{base}_bucket" in catalogue
    quantile = Shape(
        title=f"{spaced(base)}, $percentile",
        template=f"histogram_quantile($quantile, sum by (le) (rate({base}_bucket{{$match}}[5m])))",
        unit=unit_of(base),
        metrics=(f"{base}_bucket",),
    )
    is_counting = bool(asked.statistics & {"count", "rate", "increase"}) or asked.per
    if "avg" in asked.statistics or (not has_buckets and not is_counting and not asked.percentile):
        yield mean
    elif is_counting and not asked.percentile:
        yield counted
    elif has_buckets:
        yield quantile


def of_gauge(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Shape:
    if (
        END.search(metric)
        and "_days" not in metric
        and any(asked.lower(at).startswith("expir") for at in range(len(asked.words)))
    ):
        text = f"{metric}{{$match}} - time()"
        return Shape(title=f"Time until {spaced(metric)}", template=text, unit="s", metrics=(metric,))
    if PAST.search(metric) and asks_age(asked):
        text = f"time() - {metric}{{$match}}"
        return Shape(title=f"Age of {spaced(metric)}", template=text, unit="s", metrics=(metric,), bonus=IN_ALL)
    if is_event(metric, asked, catalogue):
        text = f"increase({metric}{{$match}}[{duration(asked.times.long or HOUR)}])"
        return Shape(title=spaced(metric), template=text, unit="short", metrics=(metric,))
    return Shape(title=spaced(metric), template=f"{metric}{{$match}}", unit=unit_of(metric), metrics=(metric,))


def is_event(metric: str, asked: Asked, catalogue: MetricCatalogue) -> bool:
    """Whether what nobody says the type of is counted by an alert: "timeouts in the last 5m"."""
    has_span = "last" in asked.times.words or "past" in asked.times.words
    return asked.is_alert and has_span and not catalogue.types.get(metric)


def asks_age(asked: Asked) -> bool:
    """Whether how long ago something was is asked: "how old", "not for 48 hours"."""
    words = {asked.lower(at) for at in range(len(asked.words))}
    is_missed = asked.is_alert and asked.times.long is not None and bool(words & MISSING)
    return is_missed or bool(words & {"old", "age", "ago"})


def unit_of(metric: str) -> str:
    if "_days_" in metric or metric.endswith("_days"):
        return "d"
    for ending, unit in (("bytes", "bytes"), ("seconds", "s"), ("ratio", "percentunit"), ("percent", "percent")):
        if metric.endswith(ending):
            return unit
    return "short"


def spaced(metric: str) -> str:
    words = metric.replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]
