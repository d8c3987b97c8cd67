"""Questions about what was changed, and what was written about it: changes, deployments, postmortems."""

from tests.scenarios import truths
from tests.scenarios.questions import Group
from tests.scenarios.record_windows import (
    CHECKOUT,
    MADE_JAN_10,
    MADE_LAST_WEEK,
    PAYMENTS,
    SEARCH,
)

GROUPS = (
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
