"""The shapes a metric can be asked in by its type, and the metrics that belong together as parts of a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.translate.catalogue import MetricCatalogue
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    title: str
    template: str
    unit: str
    metrics: tuple[str, ...]
    covered: frozenset[int] = frozenset()


def shapes(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[Shape]:
    """How this metric can answer, the most fitting first."""
    wants_share = is_share(asked)
    if wants_share:
        yield from shares(metric, asked, catalogue)
    if f"{metric}_count" in catalogue and metric not in catalogue:
        yield from of_histogram(metric, asked, catalogue)
    elif catalogue.is_counter(metric):
        unit = "Bps" if "bytes" in metric else "reqps" if "request" in metric else "cps"
        title = spaced(metric.removesuffix("_total"))
        yield Shape(
            title=f"{title} per second", template=f"sum(rate({metric}{{$match}}[5m]))", unit=unit, metrics=(metric,)
        )
    else:
        yield of_gauge(metric, asked)


def is_share(asked: Asked) -> bool:
    is_percent = asked.threshold is not None and asked.threshold.kind == "percent"
    return "share" in asked.statistics or is_percent or any(hit.meaning == "hit rate" for hit in asked.measures)


def shares(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[Shape]:
    places = frozenset[int]().union(*(hit.places for hit in asked.measures if hit.meaning == "hit rate"))
    for part, whole, how in PAIRS:
        for other in partners(metric, part, whole, catalogue):
            one, two = (series(name, catalogue) for name in (metric, other))
            text = f"{one} / ({one} + {two})" if how == "both" else f"{one} / {two}"
            title = f"Share of {spaced(metric.removesuffix('_total'))}"
            yield Shape(title=title, template=text, unit="percentunit", metrics=(metric, other), covered=places)


def partners(metric: str, part: str, whole: str, catalogue: MetricCatalogue) -> Iterator[str]:
    """The existing metric that is named alike but for the one word."""
    words = metric.split("_")
    if part not in words:
        return
    at = words.index(part)
    changed = ["_".join([*words[:at], *([whole] if whole else []), *words[at + 1 :]])]
    yield from (name for name in changed if name in catalogue and name != metric)


def series(metric: str, catalogue: MetricCatalogue) -> str:
    return f"sum(rate({metric}{{$match}}[5m]))" if catalogue.is_counter(metric) else f"{metric}{{$match}}"


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


def of_gauge(metric: str, asked: Asked) -> Shape:
    asks_age = any(asked.lower(at) in ("old", "age", "ago") for at in asked.free)
    if asks_age and metric.endswith(("_timestamp_seconds", "_time_seconds", "_timestamp")):
        return Shape(
            title=f"Age of {spaced(metric)}", template=f"time() - {metric}{{$match}}", unit="s", metrics=(metric,)
        )
    return Shape(title=spaced(metric), template=f"{metric}{{$match}}", unit=unit_of(metric), metrics=(metric,))


def unit_of(metric: str) -> str:
    for ending, unit in (("bytes", "bytes"), ("seconds", "s"), ("ratio", "percentunit"), ("percent", "percent")):
        if metric.endswith(ending):
            return unit
    return "short"


def spaced(metric: str) -> str:
    words = metric.replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]
