"""Questions about incidents and the time to resolve them."""

from tests.scenarios import truths
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    GATEWAY,
    LONGER_THAN_30_MINUTES,
    LONGER_THAN_AN_HOUR,
    OPENED_30_DAYS,
    OPENED_90_DAYS,
    OPENED_DECEMBER,
    OPENED_JAN_10,
    OPENED_LAST_WEEK,
    OPENED_NOVEMBER,
    OPENED_Q3,
    OPENED_Q4,
    OPENED_THIS_MONTH,
    SEARCH,
)

GROUPS = (
    Group(
        name="incidents of two months compared",
        truth=truths.total_sides("incidents", OPENED_NOVEMBER, OPENED_DECEMBER),
        asked=("more incidents in december than in november?", "compare incidents in November and December"),
    ),
    Group(
        name="most incidents",
        truth=truths.most_incidents(OPENED_THIS_MONTH),
        asked=(
            "What caused the most incidents this month?",
            "what's been causing most of our incidents this month?",
            "biggest incident driver this month?",
            "top causes of incidents this month",
            "which service had the most incidents this month?",
            "what's the most common root cause this month?",
        ),
    ),
    Group(
        name="how many incidents",
        truth=truths.incidents(OPENED_LAST_WEEK),
        asked=("how many incidents did we have last week?", "incident count last week", "total incidents last week?"),
    ),
    Group(
        name="incidents of a service",
        truth=truths.incidents(f"{SEARCH} and severity = 'critical' and {OPENED_30_DAYS}"),
        asked=(
            "critical incidents on search in the last 30 days",
            "how many critical incidents did the search service have over the last 30 days",
        ),
    ),
    Group(
        name="open incidents",
        truth=truths.incidents("resolved_at is null"),
        asked=("open incidents", "any incidents still open?", "how many incidents are unresolved right now"),
    ),
    Group(
        name="worst incident",
        truth=truths.worst_incident(OPENED_DECEMBER),
        asked=(
            "what was the worst incident last month",
            "biggest outage in december?",
            "when was the outage in december",
        ),
    ),
    Group(
        name="mean time to resolve",
        truth=truths.mttr(OPENED_THIS_MONTH),
        asked=(
            "what's our MTTR this month?",
            "mean time to resolve, this month",
            "how long does it take us to fix incidents this month?",
            "average resolution time this month so far",
        ),
    ),
    Group(
        name="mean time to resolve of a service",
        truth=truths.mttr(f"{SEARCH} and {OPENED_30_DAYS}"),
        asked=("mean time to resolve for search in the last 30 days", "MTTR of search, past 30 days"),
    ),
    Group(
        name="slowest to resolve",
        truth=truths.slowest(OPENED_30_DAYS),
        asked=("which service takes longest to recover?", "which service is slowest to fix, last 30 days"),
    ),
    Group(
        name="mean time to resolve of a month",
        truth=truths.mttr(OPENED_DECEMBER),
        asked=(
            "MTTR by service last month",
            "average resolution time in December",
        ),
    ),
    Group(
        name="median time to resolve",
        truth=truths.mttr_asked("median", OPENED_DECEMBER),
        asked=("median time to resolve in december", "what was the median MTTR last month?"),
    ),
    Group(
        name="time to resolve of nine in ten",
        truth=truths.mttr_asked("p90", OPENED_DECEMBER),
        asked=("what was the p90 resolution time in December?", "90th percentile of MTTR last month"),
    ),
    Group(
        name="mean time to resolve of a service spelt like a verb",
        truth=truths.mttr(f"{SEARCH} and {OPENED_DECEMBER}"),
        asked=("search MTTR last month", "MTTR of search last month"),
    ),
    Group(
        name="incidents longer than an hour",
        truth=truths.incidents(f"{LONGER_THAN_AN_HOUR} and {OPENED_THIS_MONTH}"),
        asked=("how many incidents took more than an hour this month", "incidents longer than 1h this month"),
    ),
    Group(
        name="incidents longer than half an hour",
        truth=truths.incidents(f"{LONGER_THAN_30_MINUTES} and {OPENED_LAST_WEEK}"),
        asked=(
            "how many incidents took longer than 30 minutes last week",
            "which incidents lasted more than half an hour last week?",
        ),
    ),
    Group(
        name="how long a day's worst incident lasted",
        truth=truths.lasted(OPENED_JAN_10),
        asked=("how long did the Jan 10 outage last", "how long was the outage on January 10?"),
    ),
    Group(
        name="longest incident",
        truth=truths.longest(OPENED_THIS_MONTH),
        asked=("longest incident this month", "which incident lasted longest this month?"),
    ),
    Group(
        name="incidents by week",
        truth=truths.incidents_by_week("opened_at >= '2026-11-19 12:00Z' and opened_at < '2027-01-19 12:00Z'"),
        asked=("how many incidents per week in the last two months", "weekly incident count for the last two months"),
    ),
    Group(
        name="mean time to resolve by severity",
        truth=truths.mttr(f"severity = 'critical' and {OPENED_90_DAYS}"),
        asked=("mttr for critical incidents in the last 90 days",),
    ),
    Group(
        name="MTTR of two quarters",
        estate="november",
        truth=truths.mttr_sides(OPENED_Q3, OPENED_Q4),
        asked=(
            "Compare MTTR between Q3 and Q4",
            "MTTR Q3 vs Q4?",
            "how did our mean time to resolve change from Q3 to Q4",
            "did we get faster at resolving incidents in Q4 than in Q3?",
            "q4 mttr compared with q3",
            "time to resolution, third quarter against fourth quarter",
        ),
    ),
    Group(
        name="MTTR trend",
        truth=truths.mttr(f"{GATEWAY} and {OPENED_90_DAYS}"),
        asked=(
            "What's the MTTR trend for API services?",
            "is MTTR for api services going up or down?",
            "how has time to recovery developed for our api services",
            "mttr over time for api-gateway",
            "show the MTTR per week for the API services",
            "are we resolving api-gateway incidents faster lately?",
        ),
    ),
    Group(
        name="course of a day's worst incident",
        truth=truths.worst_incident(f"{CHECKOUT} and {OPENED_JAN_10}"),
        asked=("checkout was broken on Jan 10, what happened", "what happened to checkout on jan 10?"),
    ),
)
