"""What could be cheaper: how it is asked, and each recommendation with what it saves."""

from typing import Annotated, Literal

from pydantic import Field

from web.models.queries import CallTold
from web.models.shape import Asked, Sent, Time, Told

Service = Annotated[str, Field(min_length=1, max_length=200, description="Only this service")]
IdleDays = Annotated[int, Field(ge=1, le=30, description="Idle is no activity for more than so many days")]
Utilisation = Annotated[float, Field(gt=0, lt=1, description="Too large is used under this share")]


class RecommendationsAsked(Asked):
    service: Service | None = None
    idle_days: IdleDays = 7
    utilisation: Utilisation = 0.3


class RecommendationsWanted(Sent):
    service: Service | None = None
    idle_days: IdleDays = 7
    utilisation: Utilisation = 0.3


class Recommendation(Told):
    """Money is a month's, null where nothing says what the resource costs; p95 are shares of what there is."""

    action: str
    resource: str
    kind: str
    service: str | None
    environment: str | None
    reason: str
    proposal: str
    priority: Literal["high", "medium", "low"]
    monthly_cost: float | None
    monthly_savings: float | None
    cpu_p95: float | None
    memory_p95: float | None
    last_active: Time | None
    known_since: Time | None


class CostAnalysis(Told):
    """What all that was looked at costs a month; `unpriced` of it have no price in the table of costs."""

    monthly_cost: float
    currency: str
    resources: dict[str, int]
    unpriced: int


class RecommendationsReply(CallTold):
    """By priority, then by what is saved. `not_judged` says what there were no numbers of."""

    recommendations: tuple[Recommendation, ...]
    recommendation_count: int
    cost_analysis: CostAnalysis
    total_potential_savings: float
    currency: str
    not_judged: tuple[str, ...]
