"""Questions about alerts: how many, which, who has most, the trend, compared with what."""

from tests.scenarios import truths
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    DECEMBER,
    GATEWAY,
    JAN_10,
    LAST_7_DAYS,
    LAST_14_DAYS,
    LAST_30_DAYS,
    LAST_DAY,
    LAST_WEEK,
    LAST_WEEK_IN_BERLIN,
    PAYMENTS,
    SEARCH,
    SINCE_NEW_YEAR,
    THIS_WEEK,
)

GROUPS = (
    Group(
        name="count of a service and week",
        truth=truths.alerts(f"{PAYMENTS} and {LAST_WEEK}"),
        asked=(
            "How many alerts fired on payment-service last week?",
            "alert count for payment-service last week?",
            "payment-service alerts, last week - how many did we get?",
            "Can you tell me the number of alerts payment-service threw last week",
            "how often did payment-service page us last week?",
            "hey, what was last week's alert total on payment-service",
            "how many alerst fired on paymnt-service last week",
            "How noisy was payment-service last week",
            "how many times did payment-service alert between Jan 11 and Jan 17?",
            "how many alerts on payment last week",
        ),
    ),
    Group(
        name="count of a severity",
        truth=truths.alerts(f"{PAYMENTS} and {LAST_WEEK} and severity = 'critical'"),
        asked=(
            "how many critical alerts did payment-service have last week",
            "criticals on payment-service last week?",
            "number of sev1 alerts for payment-service last week",
            "any sev1s on payment-service last week?",
            "payment-service last week: critical alerts only, how many?",
        ),
    ),
    Group(
        name="count of everything",
        truth=truths.alerts(LAST_DAY),
        asked=(
            "total alerts last 24h",
            "how many alerts in the past 24 hours",
            "how many alerts in the last day",
            "alerts",
        ),
    ),
    Group(
        name="count since new year",
        truth=truths.alerts(f"{PAYMENTS} and {SINCE_NEW_YEAR}"),
        asked=("how many alerts on payment-service since new year", "payment-service alerts since Jan 1, how many?"),
    ),
    Group(
        name="count of a Sunday",
        truth=truths.alerts(JAN_10),
        asked=("how many alerts on Sunday a week ago", "alerts Sunday a week ago, count please"),
    ),
    Group(
        name="count of a service spelt like a verb",
        truth=truths.alerts(f"{SEARCH} and {LAST_WEEK}"),
        asked=("search alerts last week", "how many search alerts last week"),
    ),
    Group(
        name="busiest time of day",
        truth=truths.busiest_hour_of_day(LAST_7_DAYS),
        asked=("when do we get most alerts", "what time of day do most alerts fire?"),
    ),
    Group(
        name="count in staging",
        truth=truths.alerts(f"environment = 'staging' and {LAST_WEEK}"),
        asked=("how many alerts in staging last week", "staging alerts last week, how many?"),
    ),
    Group(
        name="count of a team",
        truth=truths.alerts(f"team = 'shop' and {LAST_WEEK}"),
        asked=("How many alerts did team shop get last week?", "alert total for the shop team last week"),
    ),
    Group(
        name="count of an alert",
        truth=truths.alerts(f"{CHECKOUT} and name = 'HighLatency' and {LAST_14_DAYS}"),
        asked=(
            "how many HighLatency alerts on checkout in the last 14 days",
            "checkout high latency alerts past two weeks, count please",
        ),
    ),
    Group(
        name="count of a month",
        truth=truths.alerts(DECEMBER),
        asked=("how many alerts in December", "how many alerts did we have last month?"),
    ),
    Group(
        name="count since Monday",
        truth=truths.alerts(f"{PAYMENTS} and {THIS_WEEK}"),
        asked=("payment-service: alerts since monday?", "how many alerts on payment-service this week so far"),
    ),
    Group(
        name="count of a service named by a part",
        truth=truths.alerts(f"service = 'orders-db' and {LAST_WEEK}"),
        asked=("how many alerts did the db have last week", "orders-db alert count last week"),
    ),
    Group(
        name="count of a service spelt like a word",
        truth=truths.alerts(f"service = 'orders' and {LAST_WEEK}"),
        asked=(
            "how many alerts on orders last week",
            "orders service: how many alerts last week?",
            "orders alerts last week",
            "how many alerts on order last week",
        ),
    ),
    Group(
        name="count by day",
        truth=truths.by_day(f"{CHECKOUT} and {LAST_WEEK}", "2027-01-11", "2027-01-17"),
        asked=("alerts per day on checkout last week", "daily alert count of checkout for last week"),
    ),
    Group(
        name="busiest day",
        truth=truths.busiest_day(LAST_WEEK),
        asked=("what was the busiest day last week?", "which day had the most alerts last week"),
    ),
    Group(
        name="all but one severity",
        truth=truths.alerts(f"{SEARCH} and severity <> 'critical' and {LAST_WEEK}"),
        asked=("non-critical alerts on search last week", "how many warning or info alerts on search last week?"),
    ),
    Group(
        name="hours of a day",
        truth=truths.alerts("starts_at >= '2027-01-18 08:00Z' and starts_at < '2027-01-18 10:00Z'"),
        asked=("how many alerts between 8am and 10am yesterday", "alert count yesterday from 08:00 to 10:00"),
    ),
    Group(
        name="days of Berlin",
        zone="Europe/Berlin",
        truth=truths.by_day(
            f"{SEARCH} and {LAST_WEEK_IN_BERLIN}",
            "2027-01-11",
            "2027-01-17",
            "Europe/Berlin",
        ),
        asked=("how many alerts on search last week?", "alerts by day for search last week"),
    ),
    Group(
        name="yesterday in New York",
        zone="America/New_York",
        truth=truths.alerts(
            "starts_at >= '2027-01-18 00:00 America/New_York' and starts_at < '2027-01-19 00:00 America/New_York'"
        ),
        asked=("how many alerts fired yesterday?", "yesterday's alert total"),
    ),
    Group(
        name="the week of a clock change",
        zone="Europe/Berlin",
        estate="november",
        truth=truths.alerts(
            "starts_at >= '2026-10-19 00:00 Europe/Berlin' and starts_at < '2026-10-26 00:00 Europe/Berlin'"
        ),
        asked=("how many alerts between 19 and 25 October?",),
    ),
    Group(
        name="events",
        truth=truths.events(f"{PAYMENTS} and {LAST_DAY}"),
        asked=(
            "How many events were created for payment-service in the last 24 hours?",
            "number of events on payment-service, last 24h",
            "event count payment-service past day",
            "how many events did payment-service have in the last 24 hours",
            "events from payment-service over the past 24h: how many?",
        ),
    ),
    Group(
        name="list of a service",
        truth=truths.alerts(f"{GATEWAY} and {LAST_DAY}"),
        asked=(
            "Show me all alerts for api-gateway",
            "list every alert on api-gateway",
            "api-gateway alerts please",
            "what alerts does api-gateway have?",
            "give me the alerts of the api gateway",
            "pull up api-gateway's alerts",
        ),
    ),
    Group(
        name="firing now",
        truth=truths.alerts("ends_at is null"),
        asked=(
            "what is firing right now?",
            "show open alerts",
            "anything firing?",
            "what is happening right now?",
            "whats currently alerting",
        ),
    ),
    Group(
        name="critical and firing",
        truth=truths.alerts("ends_at is null and severity = 'critical'"),
        asked=("any critical alerts active?", "which criticals are firing right now"),
    ),
    Group(
        name="noisiest service",
        truth=truths.most_alerts("service", LAST_7_DAYS),
        asked=(
            "Which service has the highest alert frequency?",
            "which service alerts the most?",
            "what's our noisiest service",
            "who's firing the most alerts, by service",
            "top service by number of alerts",
        ),
    ),
    Group(
        name="noisiest service of a time",
        truth=truths.most_alerts("service", DECEMBER),
        asked=(
            "rank services by alert volume for last month",
            "which service paged us most in december?",
            "service with the most alerts last month",
        ),
    ),
    Group(
        name="alert that fires most",
        truth=truths.most_alerts("name", f"{CHECKOUT} and {DECEMBER}"),
        asked=(
            "most frequent alerts on checkout last month",
            "which alert fired most on checkout in december?",
            "flappiest alerts on checkout last month",
        ),
    ),
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
