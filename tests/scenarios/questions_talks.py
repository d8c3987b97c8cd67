"""Questions that go on from the one before."""

from tests.scenarios import truths, truths_mttr
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    GATEWAY,
    LAST_WEEK,
    OPENED_DECEMBER,
    OPENED_JAN_10,
    OPENED_LAST_WEEK,
    PAYMENTS,
    SEARCH,
    WEEK_BEFORE_LAST,
    YESTERDAY,
)

GROUPS = (
    Group(
        name="follow-up: a severity",
        before=("How many alerts fired on payment-service last week?",),
        truth=truths.alerts(f"{PAYMENTS} and {LAST_WEEK} and severity = 'critical'"),
        asked=("only the critical ones", "and just criticals?", "how many of those were critical?"),
    ),
    Group(
        name="follow-up: the week before",
        before=("How many alerts fired on payment-service last week?",),
        truth=truths.alerts(f"{PAYMENTS} and {WEEK_BEFORE_LAST}"),
        asked=("and the week before?", "what about the week before that?"),
    ),
    Group(
        name="follow-up: another service",
        before=("How many alerts fired on payment-service last week?",),
        truth=truths.alerts(f"{CHECKOUT} and {LAST_WEEK}"),
        asked=("what about checkout?", "same for checkout", "and checkout?"),
    ),
    Group(
        name="follow-up: a chain",
        before=(
            "How many alerts fired on payment-service last week?",
            "what about checkout?",
            "only the critical ones",
        ),
        truth=truths.alerts(f"{CHECKOUT} and severity = 'critical' and {WEEK_BEFORE_LAST}"),
        asked=("and the week before?",),
    ),
    Group(
        name="follow-up: another time",
        before=("what's our MTTR last week?",),
        truth=truths_mttr.mttr(OPENED_DECEMBER),
        asked=("and last month?", "in December?"),
    ),
    Group(
        name="follow-up: a service of incidents",
        before=("how many incidents did we have last week?",),
        truth=truths.incidents(f"{SEARCH} and {OPENED_LAST_WEEK}"),
        asked=("and on search?", "just for search"),
    ),
    Group(
        name="follow-up: the impact of what was told",
        before=("What caused the outage on Jan 10?",),
        truth=truths.impact(OPENED_JAN_10),
        asked=("users impacted?", "blast radius?", "how many customers felt it?"),
    ),
    Group(
        name="follow-up: by hour",
        before=("alerts by day on api-gateway yesterday",),
        truth=truths.by_hour(f"{GATEWAY} and {YESTERDAY}", "2027-01-18"),
        asked=("by hour instead", "hourly please"),
    ),
)
