"""The ways a question can be answered with what exists, each with what of the question it accounts for, best first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promql_parser import MatchOp

from tools.grafana.panels import Family
from tools.grafana.promql import parse, selected
from tools.translate import entities
from tools.translate.catalogue import NAMING, MetricCatalogue
from tools.translate.entities import Named
from tools.translate.lexicon import lexicon
from tools.translate.promql import naming, pairing
from tools.translate.promql.library import library
from tools.translate.reading import Asked, Hit
from tools.translate.situation import Situation

MOST_NAMED = 40
WHOLE_NAME, UNSAID, OUT_OF_ORDER, PROFILED, OWN_STATE, OF_IT, SUBJECT = 5.0, 0.12, 0.1, 0.3, 0.2, 0.5, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A template with `$match`, `$quantile` and `$span`; `covered` are the places of the words it stands for, `named`
    what else it chooses by."""

    title: str
    template: str
    unit: str
    metric: str
    metrics: tuple[str, ...]
    preferred: tuple[str, ...]
    covered: frozenset[int]
    measure: str = ""
    unsaid: float = 0
    bonus: float = 0
    named: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()
    score: float = 0.0


def ways(asked: Asked, hits: Sequence[Hit], situation: Situation) -> list[Way]:
    """Every way, the best first: what accounts for most of the question, then the library before bare names."""
    found = [*from_library(asked, hits, situation), *from_names(asked, situation.metrics)]
    judged = [judge(way, asked, situation) for way in found]
    return sorted(judged, key=lambda way: (-round(way.score, 6), not way.measure))


def from_library(asked: Asked, hits: Sequence[Hit], situation: Situation) -> Iterator[Way]:
    for hit in {hit.meaning: hit for hit in reversed(hits)}.values():
        wish = library().get(hit.meaning)
        for family in wish.families if wish else ():
            yield from profiled(family, hit, asked, situation)
            if all(name in situation.metrics for name in family.metrics) and serves(family, situation.metrics):
                yield way_of(family, hit)


def way_of(family: Family, hit: Hit) -> Way:
    return Way(
        title=family.title,
        template=family.expr,
        unit=family.unit,
        metric=family.metrics[0],
        metrics=family.metrics,
        preferred=family.labels,
        covered=hit.places,
        measure=hit.meaning,
    )


def profiled(family: Family, hit: Hit, asked: Asked, situation: Situation) -> Iterator[Way]:
    """The family under the prefix that the profile gives a component the question names."""
    for component, prefix in situation.profile.prefixes.items():
        places = {at for at in range(len(asked.words)) if asked.lower(at) == component.lower()}
        metrics = tuple(prefix + name for name in family.metrics)
        if places and all(name in situation.metrics for name in metrics):
            text = family.expr
            for name in sorted(family.metrics, key=len, reverse=True):
                text = text.replace(f"{name}{{", f"{prefix}{name}{{")
            way = way_of(family, hit)
            yield replace(way, template=text, metric=metrics[0], metrics=metrics, covered=hit.places | places)


def serves(family: Family, catalogue: MetricCatalogue) -> bool:
    """Whether its metrics have the labels it chooses by, as far as is known."""
    for text in (family.expr, family.selector):
        for item in selected(parse(bare(text))):
            known = catalogue.labels_of(item.name or "")
            if catalogue.is_known_in_full(item.name or ""):
                for matcher in item.selector.matchers.matchers:
                    missing = matcher.name not in known and matcher.name != "__name__"
                    if missing and (
                        matcher.op != MatchOp.NotRe and not (matcher.op == MatchOp.NotEqual and matcher.value)
                    ):
                        return False
    return True


def bare(template: str) -> str:
    """The template as it is for everything."""
    text = template.replace("$match,", "").replace("{$match}", "").replace("$quantile", "0.95")
    return text.replace("$span", "1h")


def from_names(asked: Asked, catalogue: MetricCatalogue) -> Iterator[Way]:
    near = sorted(
        naming.matching(asked, catalogue), key=lambda item: (-asked.weight(item.covered), item.unsaid, item.metric)
    )
    for item in near[:MOST_NAMED]:
        for shape in pairing.shapes(item.metric, asked, catalogue):
            yield Way(
                title=shape.title,
                template=shape.template,
                unit=shape.unit,
                metric=shape.metrics[0],
                metrics=shape.metrics,
                preferred=NAMING,
                covered=item.covered | shape.covered,
                unsaid=item.unsaid,
                bonus=shape.bonus + (WHOLE_NAME if item.is_whole else 0),
            )


def judge(way: Way, asked: Asked, situation: Situation) -> Way:
    """The way with what it chooses by, and how much of the question it accounts for."""
    labels = situation.metrics.labels_of(way.metric)
    named = entities.named(asked, labels, way.preferred, way.covered)
    named = [item for item in named if f"{item.label}=" not in way.template.replace(" ", "")]
    by = tuple(label for thing in asked.by if (label := grouping(thing, way, situation.metrics)))
    places = way.covered.union(*(item.places for item in named))
    score = asked.weight(places & asked.telling)
    score += sum(1 - OUT_OF_ORDER * (label not in way.preferred) for label in by)
    score -= sum(OUT_OF_ORDER for item in named if item.label not in way.preferred and item.label in NAMING)
    score += way.bonus - UNSAID * way.unsaid
    score += OWN_STATE * (not way.measure and way.metric.endswith("_up") and len(way.covered) > 1)
    score += OF_IT * asked.weight(way.covered & asked.counted - asked.telling)
    score += OF_IT * any(naming.is_begun_by(way.metric, asked.lower(place)) for place in asked.telling)
    first = min(asked.telling, default=None)
    score += SUBJECT * (asked.is_alert and first is not None and naming.is_begun_by(way.metric, asked.lower(first)))
    score += PROFILED * any(name in situation.profile.metrics for name in way.metrics)
    return replace(way, named=tuple(named), by=by, score=score)


def grouping(thing: str, way: Way, catalogue: MetricCatalogue) -> str | None:
    """The label of the metric that says the thing, None when it has none."""
    known = catalogue.labels_of(way.metric)
    wanted = lexicon().labels_for(thing)
    if catalogue.is_known_in_full(way.metric):
        return next((label for label in wanted if label in known), None)
    return next((label for label in wanted if label in known), wanted[0])
