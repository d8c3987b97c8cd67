"""A wish in plain words that the panel library has none for: PromQL from what this Prometheus really has."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.database import Pool
from domain.errors import Refused
from domain.windows import Window
from tools.grafana.panel_arguments import Panel, Query
from tools.grafana.panels import library
from tools.metrics.plain import planning
from tools.metrics.plain.wishes import Wish
from tools.metrics.sources import Bound
from tools.translate.answers import Translation
from tools.translate.promql import plain, review

SHOWN = timedelta(hours=6)
MOST_QUERIES = 10
LIBRARY = "The panel library has {}; or write the expression yourself."
LONGEST_TITLE, LONGEST_DESCRIPTION = 200, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The translator over one datasource, for whoever it is bound to."""

    bound: Bound
    database: Pool
    now: datetime

    async def meant(self, words: str) -> Translation:
        """What the words mean as PromQL, reviewed. Raises Refused, with what there is instead, when nothing does."""
        window = Window(self.now - SHOWN, self.now)
        asked = Wish(question=words, language="promql", window=window, datasource=self.bound.datasource)
        _, plan = await planning.planned(self.bound, self.database, asked, self.now)
        return plan.translation


def about(wish: str, service: str) -> str:
    """The wish with whose it is, where its own words do not say it."""
    return wish if not service or service.casefold() in wish.casefold().split() else f"{wish} of {service}"


async def panel_of(words: Words, panel: Panel) -> Panel:
    """The panel on the queries that its wish means; what was assumed for it stands in its description."""
    said = about(panel.wish or "", panel.service)
    try:
        found = await words.meant(said)
    except Refused as error:
        instead = error.alternative or LIBRARY.format(", ".join(library()))
        raise Refused(f"Nothing can show {said!r}: {error}", code=error.code, alternative=instead) from error
    first, *others = found.queries
    shown = (
        {"queries": tuple(Query(expr=each.query, legend=each.title) for each in found.queries[:MOST_QUERIES])}
        if others
        else {"expr": first.query}
    )
    doubts = [f"{why[:1].upper()}{why[1:]}." for why in found.why] if found.confidence < 1 else []
    told = " ".join((f"{said}.", *found.assumed, *found.repairs, *found.notes, *doubts))
    given = {
        "title": panel.title or f"{said[:1].upper()}{said[1:]}"[:LONGEST_TITLE],
        "unit": panel.unit or first.unit,
        "description": panel.description or told[:LONGEST_DESCRIPTION],
    }
    return panel.model_copy(update={**given, **shown, "wish": None, "service": ""})


def in_words(expr: str) -> str:
    """What an expression says, in plain words; "" for one that has variables of a dashboard in it."""
    try:
        return plain.plain(review.read(expr))
    except Refused:
        return ""
