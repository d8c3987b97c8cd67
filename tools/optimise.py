"""What could be cheaper: idle resources, resources too large for their work, features where nobody needs them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from config import costs
from config.costs import Costs
from domain import servers
from domain.errors import SourceError
from domain.servers import Server, ServerFilter
from domain.windows import Window, stamp
from tools.metrics import unset
from tools.metrics.fleet import Fleet, Span, fleet
from tools.metrics.measuring import Asked
from tools.metrics.savings import Limits, Recommendation, Resource, cost_of, recommended
from tools.replies import beyond, stamped
from tools.series.parts import rounded
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

MOST, MOST_SERVERS = 50, 1000
ORDER = {"high": 0, "medium": 1, "low": 2}
BEYOND_IDLE = timedelta(days=1)


class RecommendOptimizations(Args):
    service: str | None = Field(None, max_length=200, description="Only this service")
    idle_days: int = Field(7, ge=1, le=30, description="Idle is no activity for more than this")
    utilisation: float = Field(0.3, gt=0, lt=1, description="Too large is used under this share")


async def recommend_optimizations(context: ToolContext, args: RecommendOptimizations) -> ToolResult:
    source = context.resources.metrics
    if source is None:
        return unset.METRICS
    table, now = costs.read(), context.clock()
    limits = Limits(timedelta(days=args.idle_days), args.utilisation)
    back = limits.idle + BEYOND_IDLE
    asked = Asked(source)
    found = await fleet(asked, Span(now, back, table.idle_cpu))
    if found.has_failed and not found.resources:
        raise SourceError(found.not_judged[0], source=source.name, request=asked.query)
    async with context.database.connection() as db:
        inventory = await servers.matching(db, ServerFilter(), limit=MOST_SERVERS)
    chosen = of_service(known(found.resources, inventory), args.service)
    ideas = ordered([idea for one in chosen for idea in recommended(one, limits, table, now)])
    return ToolResult(
        status="ok" if chosen else "empty",
        source=source.name,
        data=report(ideas, chosen, table) | {"not_judged": [*found.not_judged, *silent(found, inventory)]},
        query=asked.query,
        window=Window(now - back, now),
        as_of=now,
        cut=beyond(min(len(ideas), MOST), len(ideas), "recommendations"),
    )


def known(found: Sequence[Resource], inventory: Sequence[Server]) -> list[Resource]:
    """Servers with the name, service and environment that our inventory gives them."""
    by_host = {name: server for server in inventory for name in (server.hostname, server.name)}
    return [
        replace(one, name=server.name, service=server.service, environment=server.environment)
        if one.kind == "server" and (server := by_host.get(one.name))
        else one
        for one in found
    ]


def of_service(found: Sequence[Resource], service: str | None) -> list[Resource]:
    return [one for one in found if service is None or service in (one.service, one.name)]


def silent(found: Fleet, inventory: Sequence[Server]) -> list[str]:
    """Servers of the inventory that no metric speaks of."""
    heard = {one.name for one in found.resources if one.kind == "server"}
    return [
        f"server {server.name}: no metrics of it"
        for server in inventory
        if server.name not in heard and server.hostname not in heard
    ]


def ordered(ideas: Sequence[Recommendation]) -> list[Recommendation]:
    """By priority, then by what is saved, then by name."""
    return sorted(ideas, key=lambda idea: (ORDER[idea.priority], -(idea.savings or 0), idea.resource.name, idea.action))


def report(ideas: Sequence[Recommendation], chosen: Sequence[Resource], table: Costs) -> Json:
    prices = [cost_of(one, table) for one in chosen]
    return {
        "recommendations": [idea_json(idea) for idea in ideas[:MOST]],
        "recommendation_count": len(ideas),
        "total_monthly_savings": rounded(sum(idea.savings or 0 for idea in ideas)),
        "currency": table.currency,
        "cost_analysis": {
            "monthly_cost": rounded(sum(price for price in prices if price is not None)),
            "resources": dict(Counter(one.kind for one in chosen)),
            "unpriced": sum(price is None for price in prices),
        },
    }


def idea_json(idea: Recommendation) -> Json:
    one = idea.resource
    return {
        "action": idea.action,
        "resource": one.name,
        "kind": one.kind,
        "service": one.service,
        "environment": one.environment,
        "reason": idea.reason,
        "proposal": idea.proposal,
        "priority": idea.priority,
        "monthly_cost": rounded(idea.cost),
        "monthly_savings": rounded(idea.savings),
        "cpu_p95": rounded(one.cpu),
        "memory_p95": rounded(one.memory),
        "last_active": stamped(one.last_active),
        "known_since": stamp(one.known_since),
    }


RECOMMEND_OPTIMIZATIONS = ToolSpec(
    name="recommend_optimizations",
    title="Savings",
    description="Idle and oversized servers, containers and services, with monthly savings and priority.",
    pillars=frozenset({Pillar.INQUIRY, Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:saving:read",
    args=RecommendOptimizations,
    handler=recommend_optimizations,
    source="metrics",
    deadline_seconds=30,
)
TOOLS = (RECOMMEND_OPTIMIZATIONS,)
