"""What a Prometheus really has, asked through Grafana: whether metrics exist, what an expression gives now."""

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from domain.enforcement import Labels
from domain.errors import Refused, SourceError
from tools.grafana import panels, promql
from tools.grafana.panels import Candidate
from tools.grafana.promql import BadExpression
from tools.grafana.reach import ask, listing, reached, record
from tools.grafana.wishes import Words
from tools.metrics.narrowing import held, selector
from tools.metrics.sources import Bound
from tools.metrics.through_grafana import names_in, selected
from tools.sources.grafana import Datasource, Grafana
from tools.spec import Json, ToolContext

MOST_NAMES = 10_000
NOT_TRIED = "uses the variable {}, so it was not tried"
SAID_BY_PROMETHEUS = re.compile(r"parse error: (.*)|bad_data: (.*)")


@dataclass(frozen=True, slots=True)
class Examined:
    """An expression that parses and whose metrics exist. `values` is None when it was not tried."""

    expr: str
    values: tuple[float, ...] | None
    warnings: tuple[str, ...]

    @property
    def says(self) -> str:
        if self.values is None:
            return "not tried"
        return f"{len(self.values)} series now" if self.values else "no data now"


@dataclass(frozen=True, slots=True)
class Metrics:
    """One Prometheus datasource of one Grafana, as it may be seen by whoever's queries are held to these labels.

    `words` are what translates what the panel library has no wish for; None where nothing does.
    """

    grafana: Grafana
    datasource: Datasource
    labels: Labels = field(default_factory=dict[str, tuple[str, ...]])
    words: Words | None = None

    async def existing(self, names: Collection[str]) -> frozenset[str]:
        """Those of `names` that have ever been seen."""
        if not names:
            return frozenset()
        pattern = f"^(?:{'|'.join(promql.literal(name) for name in sorted(names))})$"
        return frozenset(await self.names(pattern, len(names)))

    async def names(self, pattern: str = "", most: int = MOST_NAMES) -> list[str]:
        """Metric names that match, at most 10,000."""
        uid: Json = {"datasourceUid": self.datasource.uid}
        if self.labels:
            asked = uid | selected(selector(self.labels))
            found = names_in(await ask(self.grafana, "list_prometheus_label_values", asked))
            return [name for name in found if re.search(pattern, name)][:most]
        asked = uid | {"limit": most} | ({"regex": pattern} if pattern else {})
        return names_in(await ask(self.grafana, "list_prometheus_metric_names", asked))

    async def instant(self, expr: str) -> list[Json]:
        """The series `expr` gives now as {metric, value}; a scalar is one without labels."""
        query = held("promql", expr, self.labels) if self.labels else expr
        asked = {"datasourceUid": self.datasource.uid, "expr": query, "endTime": "now", "queryType": "instant"}
        found = record(await ask(self.grafana, "query_prometheus", asked)).get("data")
        items = cast("list[Any]", found or [])
        if items and not isinstance(items[0], dict):
            return [{"metric": {}, "value": items}]
        return cast("list[Json]", items)

    async def examined(self, where: str, expr: str) -> Examined:
        """What `expr` gives now. Raises Refused naming `where` when it is no PromQL or names what does not exist."""
        try:
            names, warnings = promql.metric_names(expr), promql.warnings(expr)
        except BadExpression as error:
            raise await self.unreadable(where, expr, str(error)) from error
        await self.refuse_unknown(where, names)
        unset = promql.variables(expr)
        if unset:
            return Examined(expr, None, (*warnings, NOT_TRIED.format(listing([f"${name}" for name in unset]))))
        try:
            series = await self.instant(promql.settled(expr))
        except SourceError as error:
            said = SAID_BY_PROMETHEUS.search(str(error))
            if not said:
                raise
            raise not_accepted(where, expr, said[1] or said[2]) from error
        quiet = () if series else ("returns no data now",)
        return Examined(expr, values_of(series), (*warnings, *quiet))

    async def unreadable(self, where: str, expr: str, why: str) -> Refused:
        """Why it is no PromQL, in the words of Prometheus itself where it has some and it may be sent as it is."""
        if self.labels:
            return not_accepted(where, expr, why)
        try:
            await self.instant(promql.settled(expr))
        except SourceError as error:
            said = SAID_BY_PROMETHEUS.search(str(error))
            return not_accepted(where, expr, (said[1] or said[2]) if said else why)
        return not_accepted(where, expr, why)

    async def refuse_unknown(self, where: str, names: Collection[str]) -> None:
        unknown = sorted(frozenset(names) - await self.existing(names))
        if not unknown:
            return
        known = await self.names()
        hints = [f"{name}: {listing(near)}" for name in unknown if (near := promql.nearest(name, known))]
        raise Refused(
            f"{where}: {self.datasource.name} has no metric {listing(unknown)}.",
            code="unknown_metric",
            alternative=f"The nearest it has: {'; '.join(hints)}." if hints else "Nothing it has is named like that.",
        )

    async def resolved(self, wish: str, service: str) -> Candidate:
        """The best expression for a wish among those that have series now; always the same for the same Prometheus.

        Raises Refused when nobody knows the wish, or when nothing that could show it exists.
        """
        known = panels.known(wish)
        if known is None:
            raise Refused(
                f"There is no panel for {wish!r} in the library.",
                code="unknown_wish",
                alternative=f"It has {', '.join(panels.library())}; or write the expression yourself.",
            )
        there = await self.existing(known.metrics)
        ways = panels.existing(panels.candidates(wish, service), there)
        answering = await self.answering(ways)
        if answering:
            return ways[min(answering)]
        raise nothing_for(wish, service, known.metrics, {name for way in ways for name in way.metrics})

    async def answering(self, ways: Collection[Candidate]) -> frozenset[int]:
        """The places of those that have series now."""
        series = await self.instant(panels.probe(ways)) if ways else []
        return frozenset(int(item["metric"]["way"]) for item in series if "way" in item["metric"])


async def metrics_of(context: ToolContext, datasource: Datasource) -> Metrics:
    """What the actor may see of this Prometheus of the call's Grafana. Raises Refused when that is nothing."""
    bound = context.resources.metrics
    if not isinstance(bound, Bound):
        return Metrics(reached(context), datasource)
    own = bound.of(datasource.uid)
    words = Words(bound=own, database=context.database, now=context.clock())
    return Metrics(reached(context), datasource, await own.enforced(), words)


def not_accepted(where: str, expr: str, why: str) -> Refused:
    return Refused(f"{where}: {expr!r} is not valid PromQL: {why}.", code="bad_expression")


def nothing_for(wish: str, service: str, looked_for: Iterable[str], there: Collection[str]) -> Refused:
    """What was looked for, so that the answer can be checked: metrics that are not there, or not for this service."""
    if not there:
        why = f"none of these metrics is there: {listing(list(looked_for), most=12)}"
    elif service:
        why = f"{listing(sorted(there))} exist, but no series of theirs has a label that names {service} now"
    else:
        why = f"{listing(sorted(there))} exist, but have no series now"
    return Refused(
        f"Nothing can show {wish}{f' of {service}' if service else ''}: {why}.",
        code="nothing_to_show",
        alternative="Name the service as its metrics do, leave this panel out, or write its expression yourself.",
    )


def values_of(series: Iterable[Json]) -> tuple[float, ...]:
    """The value of each series; what is no number stays NaN."""
    return tuple(number(item.get("value")) for item in series)


def number(sample: Any) -> float:
    try:
        return float(cast("list[Any]", sample)[1])
    except (TypeError, ValueError, IndexError):
        return math.nan
