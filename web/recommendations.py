"""What could be cheaper, over HTTP: the tool `recommend_optimizations` through its door."""

from typing import Any

from starlette.responses import Response

from tools.spec import ToolResult
from web.calls import READERS, about, called, entered, succeeded
from web.desk import Visit
from web.models.recommendations import (
    CostAnalysis,
    Recommendation,
    RecommendationsAsked,
    RecommendationsReply,
    RecommendationsWanted,
)
from web.reading import body_of, parameters_of
from web.replies import Json, reply

TOOL = "recommend_optimizations"


async def get_recommendations(visit: Visit) -> Response:
    return reply(await recommended(visit, parameters_of(visit.request, RecommendationsAsked).model_dump()))


async def ask_recommendations(visit: Visit) -> Response:
    return reply(await recommended(visit, (await body_of(visit.request, RecommendationsWanted)).model_dump()))


async def recommended(visit: Visit, arguments: Json) -> RecommendationsReply:
    """Raises Refused, and SourceError when nothing measures what there is."""
    caller = await entered(visit, TOOL, READERS)
    return told(succeeded(await called(caller, TOOL, arguments)))


def told(result: ToolResult) -> RecommendationsReply:
    data: dict[str, Any] = result.data
    return RecommendationsReply(
        **about(result),
        recommendations=tuple(Recommendation(**idea) for idea in data["recommendations"]),
        recommendation_count=data["recommendation_count"],
        cost_analysis=CostAnalysis(**data["cost_analysis"], currency=data["currency"]),
        total_potential_savings=data["total_monthly_savings"],
        currency=data["currency"],
        not_judged=tuple(data["not_judged"]),
    )
