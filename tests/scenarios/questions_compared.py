"""Questions about alerts over time and beside each other: the trend, and compared with what."""

from tests.scenarios import truths
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    LAST_7_DAYS,
    LAST_30_DAYS,
    LAST_WEEK,
    PAYMENTS,
    SEARCH,
    THIS_WEEK,
)

GROUPS = (
    Group(
        name="trend",
        truth=truths.alerts(f"{SEARCH} and {LAST_30_DAYS}"),
        asked=(
            "alert trend for search over the last 30 days",
            "are alerts on the search service rising over the last 30 days?",
            "how did alerts on search develop over the last 30 days",
            "have alerts for search gone up in the last 30 days",
        ),
    ),
    Group(
        name="trend of everything",
        truth=truths.alerts("starts_at >= '2027-01-01 00:00Z' and starts_at < '2027-01-19 12:00Z'"),
        asked=("have things got noisier this month?", "is alert volume going up this month?"),
    ),
    Group(
        name="two weeks compared",
        truth=truths.total_sides("alerts", LAST_WEEK, THIS_WEEK),
        asked=("compare alerts this week with last week", "alerts this week vs last week"),
    ),
    Group(
        name="week over week",
        truth=truths.total_sides(
            "alerts", "starts_at >= '2027-01-05 12:00Z' and starts_at < '2027-01-12 12:00Z'", LAST_7_DAYS
        ),
        asked=("how did alert volume change week over week",),
    ),
    Group(
        name="two services compared",
        truth=truths.total_sides("alerts", f"{PAYMENTS} and {LAST_WEEK}", f"{CHECKOUT} and {LAST_WEEK}"),
        asked=(
            "payment-service vs checkout: alerts last week",
            "did payment-service or checkout have more alerts last week?",
        ),
    ),
    Group(
        name="two environments compared",
        truth=truths.total_sides(
            "alerts", f"environment = 'production' and {LAST_WEEK}", f"environment = 'staging' and {LAST_WEEK}"
        ),
        asked=("compare alerts between production and staging last week",),
    ),
)
