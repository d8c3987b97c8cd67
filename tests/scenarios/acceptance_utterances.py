"""Every acceptance utterance of IN-05, IN-07, IN-08 and IN-09, and the group that asks it with its paraphrases.

`seed` is the sentence of the specification; `asked` is the same sentence with names of the sample estate for its
placeholders ("abc app", "service X"), and stands first in the group of this name in one of the `questions_*` modules.
A question about metrics, logs or objectives is answered here, where no source of them is connected, with an honest
"not known"; the wish for a dashboard with a "cannot".
"""

from dataclasses import dataclass

PARAPHRASES = 4


@dataclass(frozen=True, slots=True)
class Utterance:
    row: str
    seed: str
    group: str
    named: str = ""

    @property
    def asked(self) -> str:
        return self.named or self.seed

    def __str__(self) -> str:
        return f"{self.row}: {self.seed}"


UTTERANCES = (
    Utterance(
        "IN-05",
        "How many events were created for abc app in last 24 hours?",
        "events",
        named="How many events were created for payment-service app in last 24 hours?",
    ),
    Utterance(
        "IN-05",
        "Was abc app healthy yesterday?",
        "health of a service on a day",
        named="Was search app healthy yesterday?",
    ),
    Utterance("IN-05", "Was the server impacted during the last incident?", "server in the last incident"),
    Utterance(
        "IN-07",
        "What's the average response time for service X?",
        "average response time",
        named="What's the average response time for service checkout?",
    ),
    Utterance("IN-07", "Show me memory usage for the last week", "memory usage"),
    Utterance("IN-07", "Compare error rates between production and staging", "error rates compared"),
    Utterance(
        "IN-07",
        "CPU usage for app abc in last hour",
        "CPU usage",
        named="CPU usage for app checkout in last hour",
    ),
    Utterance("IN-07", "Find all errors containing 'database timeout'", "errors in logs"),
    Utterance(
        "IN-07",
        "Show me the last 100 log entries for pod Y",
        "last log entries",
        named="Show me the last 100 log entries for pod checkout-3",
    ),
    Utterance("IN-07", "What were the logs during the incident?", "logs of the incident"),
    Utterance(
        "IN-07",
        "Is service X healthy right now?",
        "health of a service with a warning",
        named="Is service checkout healthy right now?",
    ),
    Utterance(
        "IN-07",
        "What's the uptime for app Y this month?",
        "uptime",
        named="What's the uptime for app checkout this month?",
    ),
    Utterance("IN-07", "Show me SLO compliance", "objectives"),
    Utterance("IN-07", "What services were affected by the outage?", "impact of the last critical incident"),
    Utterance("IN-07", "How many users were impacted?", "users in the last incident"),
    Utterance("IN-07", "What was the blast radius?", "blast radius of the last incident"),
    Utterance("IN-08", "What caused the most incidents this month?", "most incidents"),
    Utterance("IN-08", "Compare MTTR between Q3 and Q4", "MTTR of two quarters"),
    Utterance("IN-08", "Which service has the highest alert frequency?", "noisiest service"),
    Utterance("IN-08", "Why did checkout have issues on Jan 10?", "why a service"),
    Utterance("IN-08", "What's the MTTR trend for API services?", "MTTR trend"),
    Utterance("IN-09", "How many alerts fired on payment-service last week?", "count of a service and week"),
    Utterance("IN-09", "What caused the outage on Jan 10?", "why the outage"),
    Utterance("IN-09", "What's causing this alert?", "this alert"),
    Utterance("IN-09", "Create a dashboard for the checkout service", "dashboard"),
    Utterance("IN-09", "Show me all alerts for api-gateway", "list of a service"),
)
