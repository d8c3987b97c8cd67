"""The metrics that belong together: a part and its whole by their names, and outcomes that a label tells apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tools.grafana.promql import quoted
from tools.translate.catalogue import Labels, MetricCatalogue
from tools.translate.promql.naming import FILLING, parts, stem
from tools.translate.reading import Asked

PART = frozenset(
    {"used", "usage", "current", "open", "opened", "active", "inuse", "allocated", "busy", "free", "available", "avail",
     "healthy", "failed", "failure", "error", "misse", "rejected", "dropped", "connected", "live", "running", "idle"}
)  # fmt: skip
WHOLE = frozenset({"max", "maximum", "limit", "total", "size", "capacity", "quota", "configured", "request", "all"})
REST = frozenset({"free", "available", "avail", "idle"})
# Words of a question that ask for what is used where a metric says what is left.
USED = frozenset({"usage", "used", "use", "full", "filling", "utilization", "utilisation", "utilized"})
FAILED = frozenset({"fail", "failed", "failing", "failure", "failures", "error", "errors", "err", "errored"})
SUCCEEDED = frozenset({"success", "successful", "succeeded", "ok"})
NOTHING_KNOWN: Labels = {}
OUTCOMES = ("outcome", "result", "status", "state", "type")
STATUS_LABELS = ("status", "code", "status_code", "http_response_status_code", "response_code", "return_code")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A matcher that chooses what ended in one way, and the places of the words that ask for it."""

    matcher: str
    places: frozenset[int]


@lru_cache(maxsize=20_000)
def told(metric: str) -> frozenset[str]:
    """The words of a name, `total` at the end of a counter left out."""
    words = parts(metric)
    return frozenset(stem(word) for word in (words[:-1] if words[-1] == "total" and len(words) > 2 else words))


def wholes(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Iterator[str]:
    """The metrics of the same kind that are named alike but for a word that makes this one a part of them."""
    mine, first = told(metric), parts(metric)[0]
    said = {stem(asked.lower(place)) for place in asked.telling}
    for other in catalogue.types:
        if other != metric and parts(other)[0] == first and is_alike(metric, other, catalogue):
            less, more = mine - told(other), told(other) - mine
            is_named_alike = len(less) <= 1 and len(more) <= 2 and more - said <= WHOLE | FILLING
            if is_named_alike and less <= PART and (less or more & WHOLE):
                yield other


def is_alike(metric: str, other: str, catalogue: MetricCatalogue) -> bool:
    """Whether both grow or neither does; a total beside a gauge, of a type nobody says, is what there is in all."""
    kinds = catalogue.is_counter(metric), catalogue.is_counter(other)
    return kinds[0] == kinds[1] or (not kinds[0] and other.endswith("_total") and not catalogue.types.get(other))


def is_rest(metric: str, asked: Asked) -> bool:
    """Whether the metric says what is left where what is used is asked for."""
    words = {asked.lower(place) for place in range(len(asked.words))}
    return bool(told(metric) & REST) and bool(words & USED) and not words & {*REST, "left", "remaining"}


def outcome(metric: str, asked: Asked, catalogue: MetricCatalogue) -> Outcome | None:
    """What of the metric's series the words choose by how it ended: codes of answers, or a label that says failed."""
    known = catalogue.labels_of(metric) if catalogue.is_known_in_full(metric) else NOTHING_KNOWN
    status = next((name for name in STATUS_LABELS if name in known), None)
    if status and asked.statuses:
        return Outcome(matching(status, asked.statuses[0], known[status]), frozenset())
    failed = frozenset(place for place in asked.telling if asked.lower(place) in FAILED)
    for label in OUTCOMES if failed and not told(metric) & FAILED else ():
        values = sorted(known.get(label, ()))
        if bad := [value for value in values if value.lower() in FAILED]:
            return Outcome(f"{label}={quoted(bad[0])}", failed)
        if good := [value for value in values if value.lower() in SUCCEEDED]:
            return Outcome(f"{label}!={quoted(good[0])}", failed)
    return None


def matching(label: str, code: str, known: frozenset[str]) -> str:
    """A code or a class of them, as the label writes it."""
    if code in known:
        return f"{label}={quoted(code)}"
    return f"{label}=~{quoted(code.replace('x', '.'))}" if "x" in code else f"{label}={quoted(code)}"
