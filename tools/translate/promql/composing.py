"""From a question that was read to the queries that answer it, with what was assumed and how sure that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from tools.translate import entities
from tools.translate.answers import Missing
from tools.translate.catalogue import NAMING
from tools.translate.entities import Named
from tools.translate.promql.library import library
from tools.translate.promql.shaping import shaped, shifted
from tools.translate.promql.ways import Way, ways
from tools.translate.reading import Asked, Hit
from tools.translate.situation import Situation

MOST_QUERIES = 8
MOST_UNREAD = 2
SHARES = {"errors": "error rate", "free disk": "free disk share", "open files": "file share"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A query before its review. `unread` are words it does not account for, `near` names that were only resembled."""

    title: str
    text: str
    unit: str
    way: Way
    unread: tuple[str, ...] = ()
    near: tuple[Named, ...] = ()
    rivals: int = 0


class Nothing(Exception):  # noqa: N818 - what was found, not that it is an error
    """No metric answers the question, or it names what does not exist. `nearest` is what there is instead."""

    def __init__(self, reason: str, code: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.code = code
        self.nearest = tuple(nearest)


def drafts(asked: Asked, span: timedelta | None, situation: Situation) -> tuple[list[Draft], list[Missing]]:
    """Every query of the answer, in the order of the question, and the measures beside them that nothing shows.

    Raises Nothing when nothing shows any of them.
    """
    found: list[Draft] = []
    missing: list[Missing] = []
    failed: list[Nothing] = []
    for hits in wanted(asked):
        try:
            found += list(drafted(narrowed(asked, hits) if hits else asked, hits, span, situation))
        except Nothing as nothing:
            missing += [Missing(what=titled(hit), why=str(nothing), code=nothing.code) for hit in hits]
            failed.append(nothing)
    if failed and not found:
        raise failed[0]
    return found[:MOST_QUERIES], missing


def titled(hit: Hit) -> str:
    """What the library calls a measure."""
    wish = library().get(hit.meaning)
    return wish.title if wish else hit.meaning.capitalize()


def wanted(asked: Asked) -> Iterator[tuple[Hit, ...]]:
    """The measures, one query each: those of a plan, those joined by "and", else all as rivals for one."""
    told = [hit for hit in asked.measures if hit.places & asked.free]
    told = told or list(asked.measures)
    if not told and asked.statuses:
        told = [Hit("request rate", 0, 0)]
    if asked.plan and not told:
        yield from ((Hit(name, 0, 0),) for name in asked.plan)
    elif len(told) > 1 and are_joined(asked, told):
        yield from ((hit,) for hit in told)
    else:
        yield tuple(share_of(hit, asked) for hit in told)


def are_joined(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether only "and" stands between one measure and the next."""
    return all([asked.lower(at) for at in range(one.last, two.first)] == ["and"] for one, two in pairwise(hits))


def share_of(hit: Hit, asked: Asked) -> Hit:
    """A share where a share is asked for: "errors above 5%", "less than 10% disk space free"."""
    is_percent = asked.threshold is not None and asked.threshold.kind == "percent"
    is_share = "share" in asked.statistics or is_percent
    return replace(hit, meaning=SHARES[hit.meaning]) if is_share and hit.meaning in SHARES else hit


def narrowed(asked: Asked, hits: Sequence[Hit]) -> Asked:
    """The question with only these measures: the words of the others are not its own."""
    others = [hit for hit in asked.measures if not any(hit.places == kept.places for kept in hits)]
    foreign = frozenset[int]().union(*(hit.places for hit in others))
    kept = frozenset[int]().union(*(hit.places for hit in hits))
    is_alone = len(hits) == 1 and hits[0].places
    return replace(asked, free=asked.free - (foreign - kept), measures=tuple(hits)) if is_alone else asked


def drafted(asked: Asked, hits: Sequence[Hit], span: timedelta | None, situation: Situation) -> Iterator[Draft]:
    """The best way's query: one for each of the things that are compared."""
    found = ways(asked, hits, situation)
    if not found:
        raise Nothing(*nothing_for(asked, hits, situation))
    best = found[0]
    if asked.plan and not hits[0].places:
        best = next((way for way in found if way.measure == hits[0].meaning), best)
    best, near = with_near(best, asked, situation)
    rivals = sum(way.score == best.score and way.metrics != best.metrics and not way.measure for way in found[1:])
    for part in compared(best):
        text = shaped(part, asked, span, situation)
        title = f"{part.title}{subject(part)}".replace("$percentile", f"p{asked.percentile or 95}")
        is_sum = part.unit == "reqps" and "increase(" in text and "rate(" not in text
        draft = Draft(
            title=title.replace(" per second", "") if is_sum else title,
            text=text,
            unit="short" if is_sum else part.unit,
            way=part,
            near=near,
            rivals=rivals,
            unread=unread(best, asked),
        )
        yield draft
        if earlier := how_much_earlier(asked, situation):
            yield replace(draft, title=f"{title}, earlier", text=shifted(text, earlier))


def how_much_earlier(asked: Asked, situation: Situation) -> timedelta | None:
    """How much earlier the time is that it is compared with."""
    if situation.compares_apart:
        return None
    if situation.window and situation.against:
        return situation.window.end - situation.against.end
    return asked.times.before


def with_near(way: Way, asked: Asked, situation: Situation) -> tuple[Way, tuple[Named, ...]]:
    """The way with a name that was written nearly as it is. Raises Nothing for a name that nothing resembles."""
    taken = way.covered.union(*(item.places for item in way.named))
    if any(item.label in NAMING for item in way.named):
        return way, ()
    labels = situation.metrics.labels_of(way.metric)
    order = [label for label in (*way.preferred, *NAMING) if label in labels]
    near = entities.near(asked, [value for label in order for value in labels[label]], taken)
    if near:
        label = next(label for label in order if near.value in labels[label])
        meant = replace(near, label=label)
        return replace(way, named=(*way.named, meant)), (meant,)
    doubts = [asked.words[at] for at in entities.doubtful(asked, taken)]
    if len(unread(way, asked)) > MOST_UNREAD:
        return way, ()
    if doubts and situation.metrics.is_known_in_full(way.metric):
        known = sorted({value for label in order[:3] for value in labels[label]})
        raise Nothing(f"{way.metric} has no series of {doubts[0]!r}.", "unknown_name", known[:12])
    if doubts and not situation.metrics.is_known_in_full(way.metric):
        label = next(iter(order), (*way.preferred, "service")[0])
        assumed = Named(label, doubts[0], frozenset({asked.words.index(doubts[0])}))
        return replace(way, named=(*way.named, assumed)), (replace(assumed, near_to="assumed"),)
    return way, ()


def compared(way: Way) -> Iterator[Way]:
    """The way once per value where one label is named several times: services, environments."""
    for label in dict.fromkeys(item.label for item in way.named):
        values = list({item.value: item for item in way.named if item.label == label}.values())
        if len(values) > 1:
            others = tuple(item for item in way.named if item.label != label)
            yield from (replace(way, named=(*others, item)) for item in values)
            return
    yield way


def subject(way: Way) -> str:
    names = [item.value for item in way.named if not item.is_pattern] or [
        item.value.removesuffix("-.*") for item in way.named
    ]
    return f" of {', '.join(names)}" if names else ""


def unread(way: Way, asked: Asked) -> tuple[str, ...]:
    taken = way.covered.union(*(item.places for item in way.named))
    return tuple(asked.words[at] for at in sorted(asked.free - taken))


def nothing_for(asked: Asked, hits: Sequence[Hit], situation: Situation) -> tuple[str, str, list[str]]:
    """What was looked for and is not there."""
    wishes = [library()[hit.meaning] for hit in hits if hit.meaning in library()]
    if not situation.metrics.types:
        return "Nothing is known of the metrics that exist.", "no_catalogue", []
    if wishes:
        looked_for = [name for wish in wishes for name in wish.metrics]
        near = sorted({other for name in looked_for for other in situation.metrics.nearest(name)})
        return (
            f"None of the metrics that show {wishes[0].title.lower()} exists: {', '.join(looked_for[:8])}.",
            "nothing_to_show",
            near[:8],
        )
    words = " ".join(asked.words[at] for at in sorted(asked.free))
    near = [name for at in sorted(asked.free) for name in situation.metrics.nearest(asked.lower(at))]
    return (
        f"No metric is named like {words!r}." if words else "The question names nothing to measure.",
        "nothing_read",
        near[:8],
    )
