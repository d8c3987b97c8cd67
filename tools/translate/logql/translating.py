"""Plain words to reviewed LogQL, with how sure that is and what was assumed."""

from collections.abc import Sequence
from datetime import timedelta

from domain.errors import Refused
from tools.grafana.promql import nearest
from tools.translate.answers import Reviewed, Translation, Untranslated, unique
from tools.translate.catalogue import NAMING
from tools.translate.logql import composing, reading, review
from tools.translate.logql.composing import LogDraft
from tools.translate.logql.reading import LogsAsked
from tools.translate.promql.writing import duration
from tools.translate.situation import Situation

GUESSED, UNNAMED, REPAIRED = 0.12, 0.15, 0.05
MOST_GUESSED = 0.4
SHOWN = 8


def translated(words: str, situation: Situation) -> Translation | Untranslated:
    """The queries that answer the words from logs, each reviewed; or why there are none."""
    asked = reading.read(words, situation.logs)
    times = asked.base.times
    span = situation.window.length if situation.window else times.span
    strangers = unknown_names(asked, situation)
    if strangers:
        known = sorted({value for label in NAMING for value in situation.logs.values.get(label, ())})
        return Untranslated(
            reason=f"No stream is named {strangers[0]!r}.",
            code="unknown_name",
            nearest=nearest(strangers[0], known) or tuple(known[:SHOWN]),
        )
    drafts = list(composing.drafts(asked, span, situation))
    try:
        done = [reviewed(draft, asked, span, situation) for draft in drafts]
    except Refused as refused:
        alternative = (refused.alternative,) if refused.alternative else ()
        return Untranslated(reason=str(refused), code=refused.code, nearest=alternative)
    sure, why = judged(asked, done)
    said = [f"Lines with {phrase!r} are looked for." for phrase in asked.guessed]
    said += ["No time was named."] if span is None else []
    return Translation(
        queries=tuple(item.query for item in done),
        confidence=sure,
        why=why,
        repairs=unique(item.repairs for item in done),
        notes=unique(item.notes for item in done),
        assumed=tuple(said),
    )


def unknown_names(asked: LogsAsked, situation: Situation) -> tuple[str, ...]:
    """Words that can only be a service's name, which no stream has: "logs of foobar"."""
    if asked.named or not situation.logs.values:
        return ()
    lasts = [phrase for phrase in asked.guessed if asked.base.words[-1:] == (phrase,)]
    before = asked.base.words[-2:-1]
    return tuple(lasts) if before and before[0] in ("of", "for", "from") else ()


def reviewed(draft: LogDraft, asked: LogsAsked, span: timedelta | None, situation: Situation) -> Reviewed:
    is_folded = span is not None and f"[{duration(span)}" in draft.text
    asking = review.Asking(
        title=draft.title,
        unit=draft.unit,
        over=None if is_folded else span,
        ago=asked.base.times.ago,
        limit=draft.limit,
    )
    return review.reviewed(draft.text, asking, situation)


def judged(asked: LogsAsked, done: Sequence[Reviewed]) -> tuple[float, tuple[str, ...]]:
    sure, why = 1.0, list[str]()
    if asked.guessed:
        sure -= min(MOST_GUESSED, GUESSED * len(asked.guessed))
        why.append(f"taken for text to look for: {', '.join(asked.guessed)}")
    if not asked.named:
        sure -= UNNAMED
        why.append("no service was named")
    if any(item.repairs for item in done):
        sure -= REPAIRED
        why.append("the query was repaired")
    return round(max(0.05, sure), 2), tuple(why) or ("every word was read, and the streams exist",)
