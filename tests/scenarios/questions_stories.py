"""Questions about what happened: causes, impact, health, changes, postmortems."""

from tests.scenarios import truths
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    LAST_WEEK,
    MADE_JAN_10,
    MADE_LAST_WEEK,
    OPENED_DEC_26,
    OPENED_JAN_10,
    OPENED_LAST_WEEK,
    OPENED_YESTERDAY,
    PAYMENTS,
    SEARCH,
    YESTERDAY,
)

GROUPS = (
    Group(
        name="why a service",
        truth=truths.possible_cause(f"{CHECKOUT} and {OPENED_JAN_10}"),
        asked=(
            "Why did checkout have issues on Jan 10?",
            "what went wrong with checkout on January 10th?",
            "root cause for the checkout problems on 10 January?",
            "what broke checkout on 2027-01-10",
            "why was checkout down on the 10th",
        ),
    ),
    Group(
        name="why the outage",
        truth=truths.cause(OPENED_JAN_10),
        asked=(
            "What caused the outage on Jan 10?",
            "what was behind the Jan 10 outage?",
            "why did we have an outage on 10 Jan",
            "cause of the January 10 outage",
            "what triggered the outage on the 10th of January?",
        ),
    ),
    Group(
        name="why another outage",
        truth=truths.cause(f"{SEARCH} and {OPENED_DEC_26}"),
        asked=("why was search down on December 26", "what caused the search outage on dec 26?"),
    ),
    Group(
        name="this alert",
        truth=truths.newest_incident("true"),
        asked=(
            "What's causing this alert?",
            "why is this alert firing?",
            "what's the cause of this alert",
            "why did this fire?",
            "explain this alert",
        ),
    ),
    Group(
        name="impact",
        truth=truths.impact(OPENED_JAN_10),
        asked=(
            "which services did the outage on Jan 10 hit?",
            "What services were affected by the outage on Jan 10?",
            "what else broke during the Jan 10 outage",
            "blast radius of the outage on Jan 10?",
            "how far did the Jan 10 outage spread",
            "which services were impacted on January 10?",
            "how many customers did the Jan 10 outage affect",
        ),
    ),
    Group(
        name="impact of the last critical incident",
        truth=truths.newest_incident("severity = 'critical'"),
        asked=(
            "What services were affected by the outage?",
            "how much money did we lose in the outage",
            "which services did the outage take down?",
            "what was hit by the outage",
            "services impacted by the outage",
            "who was affected in the outage?",
        ),
    ),
    Group(
        name="impact of the last incident",
        truth=truths.newest_incident("true"),
        asked=(
            "How many users were impacted?",
            "What was the blast radius?",
            "how many customers were affected?",
            "Was the server impacted during the last incident?",
            "how many people did it hit, the last incident?",
            "number of users affected by the last incident",
        ),
    ),
    Group(
        name="health of a service with a warning",
        truth=truths.health_now("checkout", "Not quite healthy"),
        asked=(
            "Is checkout healthy right now?",
            "is checkout ok?",
            "how's checkout doing",
            "checkout status?",
            "how's checkout?",
            "anything wrong with checkout at the moment?",
        ),
    ),
    Group(
        name="health of a service in trouble",
        truth=truths.health_now("payment-service", "Unhealthy"),
        asked=("is payment-service up?", "health of the payment service right now", "payment service ok?"),
    ),
    Group(
        name="health of a quiet service",
        truth=truths.health_now("auth", "Healthy"),
        asked=("is auth having problems?", "are there any problems with auth right now", "auth healthy?"),
    ),
    Group(
        name="health of a week",
        truth=truths.health_of(LAST_WEEK, OPENED_LAST_WEEK, "Unhealthy"),
        asked=(
            "give me a summary of last week",
            "how healthy were we last week?",
            "were there any problems last week?",
        ),
    ),
    Group(
        name="health of a service on a day",
        truth=truths.health_of(f"{SEARCH} and {YESTERDAY}", f"{SEARCH} and {OPENED_YESTERDAY}", "Unhealthy"),
        asked=(
            "Was search healthy yesterday?",
            "was the search service ok yesterday",
            "how was search doing yesterday?",
            "any trouble with search yesterday?",
        ),
    ),
    Group(
        name="changes of a service",
        truth=truths.changes(f"{CHECKOUT} and {MADE_LAST_WEEK}"),
        asked=(
            "what changed on checkout last week?",
            "changes to checkout last week",
            "who changed checkout last week?",
            "anything rolled out to checkout last week?",
        ),
    ),
    Group(
        name="deployments",
        truth=truths.changes(f"kind = 'deployment' and {MADE_LAST_WEEK}"),
        asked=(
            "what was deployed last week",
            "how many deployments last week?",
            "which deploys were followed by alerts last week?",
            "releases last week",
        ),
    ),
    Group(
        name="deployments of a service spelt like a word",
        truth=truths.changes(f"kind = 'deployment' and {SEARCH} and {MADE_LAST_WEEK}"),
        asked=("who deployed search last week?", "deployments of search last week", "search deployments last week"),
    ),
    Group(
        name="changes that were rolled back",
        truth=truths.changes(f"summary like 'Roll back%' and {MADE_LAST_WEEK}"),
        asked=("was anything rolled back last week?", "rollbacks last week", "what got reverted last week"),
    ),
    Group(
        name="last change of a service",
        truth=truths.last_change(CHECKOUT),
        asked=("what was the last change to checkout", "latest change on checkout?"),
    ),
    Group(
        name="last change of a kind",
        truth=truths.last_change(f"{PAYMENTS} and kind = 'deployment'"),
        asked=("when was payment-service last deployed", "what was the last deployment of payment-service"),
    ),
    Group(
        name="configuration changes",
        truth=truths.changes(f"kind = 'config' and {PAYMENTS} and {MADE_JAN_10}"),
        asked=("any config changes on payment-service on Jan 10?", "config changes to payment-service on 10 January"),
    ),
    Group(
        name="postmortem of the pool",
        truth=truths.postmortem("Payments failed after the connection pool was made smaller"),
        asked=(
            "show me postmortems about connection pool",
            "have we seen connection pool exhaustion before?",
            "what did we learn from the payments outage?",
            "how did the payments outage get resolved?",
            "lessons learned about 'connection pool'",
        ),
    ),
    Group(
        name="postmortem of the certificates",
        truth=truths.postmortem("Nobody could sign in after the certificate rotation"),
        asked=("any write-up on the certificate rotation?", "postmortem for the certificate rotation"),
    ),
    Group(
        name="postmortem of the failover",
        truth=truths.postmortem("The failover of orders-db took an hour instead of a minute"),
        asked=("lessons learned from the orders-db failover", "how did we fix the orders-db failover"),
    ),
)
