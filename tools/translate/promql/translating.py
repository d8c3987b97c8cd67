"""Plain words to reviewed PromQL, with how sure that is and what was assumed."""

from collections.abc import Sequence
from datetime import timedelta

from domain.errors import Refused
from tools.translate import reading
from tools.translate.answers import Reviewed, Translation, Untranslated, unique
from tools.translate.promql import composing, review
from tools.translate.promql.composing import Draft, Nothing
from tools.translate.promql.writing import duration
from tools.translate.reading import Asked
from tools.translate.situation import Situation

UNREAD, NEAR, RIVAL, BARE_NAME, REPAIRED = 0.12, 0.15, 0.1, 0.1, 0.05


def translated(words: str, situation: Situation) -> Translation | Untranslated:
    """The queries that answer the words, the best first, each reviewed; or why there are none."""
    asked = reading.read(words)
    span = situation.window.length if situation.window else asked.times.span
    try:
        drafts, missing = composing.drafts(asked, span, situation)
    except Nothing as nothing:
        return Untranslated(reason=str(nothing), code=nothing.code, nearest=nothing.nearest)
    try:
        done = [reviewed(draft, asked, span, situation) for draft in drafts]
    except Refused as refused:
        nearest = (refused.alternative,) if refused.alternative else ()
        return Untranslated(reason=str(refused), code=refused.code, nearest=nearest)
    confidence, why = judged(drafts, done)
    return Translation(
        queries=tuple(item.query for item in done),
        confidence=confidence,
        why=why,
        repairs=unique(item.repairs for item in done),
        notes=unique(item.notes for item in done),
        assumed=assumptions(asked, drafts, done, situation),
        missing=tuple(missing),
    )


def reviewed(draft: Draft, asked: Asked, span: timedelta | None, situation: Situation) -> Reviewed:
    asking = review.Asking(
        title=draft.title,
        unit=draft.unit,
        over=course(draft.text, asked, span),
        meant=draft.way.measure,
        span=span,
        ago=asked.times.ago,
    )
    return review.reviewed(draft.text, asking, situation)


def course(text: str, asked: Asked, span: timedelta | None) -> timedelta | None:
    """How long a course over time is asked for; None where one value per series answers."""
    is_folded = span is not None and (f"[{duration(span)}" in text)
    return None if span is None or is_folded or asked.rank or asked.threshold else span


def judged(drafts: Sequence[Draft], done: Sequence[Reviewed]) -> tuple[float, tuple[str, ...]]:
    """How sure the answer is, from 0 to 1, and why."""
    sure, why = 1.0, list[str]()
    unread = unique(draft.unread for draft in drafts)
    if unread:
        sure -= min(0.5, UNREAD * len(unread))
        why.append(f"not accounted for: {', '.join(unread)}")
    if any(not draft.way.measure for draft in drafts):
        sure -= BARE_NAME
        why.append("the metric was found by its name alone")
    if any(draft.rivals for draft in drafts):
        sure -= RIVAL
        why.append("another metric fits as well")
    if any(draft.near for draft in drafts):
        sure -= NEAR
        why.append("a name was not written as it is")
    if any(item.repairs for item in done):
        sure -= REPAIRED
        why.append("the query was repaired")
    return round(max(0.05, sure), 2), tuple(why) or ("every word was read, and the metric exists",)


def assumptions(
    asked: Asked, drafts: Sequence[Draft], done: Sequence[Reviewed], situation: Situation
) -> tuple[str, ...]:
    said: list[str] = []
    for draft in drafts:
        said += [f"{item.near_to} was read as {item.value}." for item in draft.near if item.near_to != "assumed"]
        said += [f"{item.value} is taken for a {item.label}." for item in draft.near if item.near_to == "assumed"]
        said += ["No percentile was named: 95 is taken."] if "quantile" in draft.text and not asked.percentile else []
        said += (
            ["Restarts are counted over one hour."] if draft.way.measure == "restarts" and not asked.times.span else []
        )
    kinds = {item.query.kind for item in done}
    if asked.times.span is None and situation.window is None and kinds == {"instant"}:
        said.append("No time was named: the value now.")
    return tuple(dict.fromkeys(said))
