"""The graph for a message whose sender names none: by what was chosen, by the conversation, by the words."""

from uuid import uuid4

import pytest

from agents.rules.routing import Router
from graphs.asking import GraphName
from graphs.route import Route, Signs, picked
from tests.agents.rules_world import question

ROUTER = Router()
UTTERANCES: dict[GraphName, tuple[str, ...]] = {
    "troubleshooting": (
        "why is HighErrorRate firing on checkout?",
        "what is causing DiskFull",
        "troubleshoot checkout",
        "why is checkout slow",
        "why is payment-service down right now?",
        "what's wrong with auth",
        "investigate HighErrorRate",
        "diagnose PodCrashLooping on orders",
        "what should I do about this alert?",
        "help me with the DiskFull alert",
        "root cause of HighErrorRate",
        "explain this alert",
        "debug the latency of checkout",
        "why did HighErrorRate fire?",
        "how do I fix PodCrashLooping",
        "what is behind the alert on search",
        "Troubleshoot high CPU on payment-service",
        "I got paged for DiskFull, what should I do?",
        "analyze the HighErrorRate alert",
        "what's going on with checkout?",
    ),
    "inquiry": (
        "why did checkout have issues on Jan 10?",
        "why did payment-service fail last week",
        "what caused the most incidents this month?",
        "what was the root cause of INC-12",
        "how many alerts fired yesterday",
        "is checkout healthy right now?",
        "what is firing right now",
        "explain the last outage",
        "why were there so many alerts yesterday",
        "CPU of checkout in the last hour",
        "compare MTTR between Q3 and Q4",
        "have we seen connection pool before?",
        "which deployments preceded alerts this week",
        "what changed on checkout today",
        "errors in the logs of checkout",
        "what can we save?",
        "hello",
        "thanks",
        "what can you do",
        "timeline of INC-12",
        "p95 latency of payment-service today",
        "How to reduce our cloud costs",
        "General question: what is an SLO?",
        "who fixed INC-12",
        "show all critical alerts",
        "open incidents",
        "list incidents",
    ),
    "revive": (
        "create a dashboard for checkout with CPU and memory",
        "delete the old checkout dashboard",
        "restart checkout",
        "run restart-api on web-1",
        "create an alert rule when the error rate of checkout is above 5 %",
        "list the runbooks",
        "list the servers",
        "show the audit log",
        "add server web-9",
        "provision a postgres database for orders",
        "Get connection info for orders-db",
        "annotate the checkout dashboard with deploy 12",
        "update the panel of the checkout dashboard",
        "create an incident for checkout",
        "execute the runbook drain node",
        "store a credential named deploy",
        "who is on call for checkout",
        'query loki {app="checkout"} |= "error"',
        "rollback checkout",
        "can you restart the auth service please",
        "change the alert rule Checkout error rate to 10 %",
        "set up a new dashboard for search",
        "fix checkout by restarting it",
        "list credentials",
        "show dashboards",
    ),
}
LABELLED = [(text, graph) for graph, texts in UTTERANCES.items() for text in texts]
LEAST_RIGHT = 0.95


def heard(text: str, **signs: object) -> Route:
    return picked(question(text), Signs(**signs), ROUTER)  # pyright: ignore[reportArgumentType]


def test_of_the_labelled_utterances_nineteen_in_twenty_find_their_graph() -> None:
    """IN-01, IN-14, IN-15."""
    wrong = [(text, graph, found) for text, graph in LABELLED if (found := heard(text).graph) != graph]
    assert len(LABELLED) >= 60
    assert 1 - len(wrong) / len(LABELLED) >= LEAST_RIGHT, wrong


INTENTS: tuple[tuple[str, str, GraphName], ...] = (
    ("provision_service", "provision a postgres database for orders", "revive"),
    ("get_service_info", "is checkout healthy right now?", "inquiry"),
    ("troubleshoot", "why is checkout slow?", "troubleshooting"),
    ("optimize_costs", "how can we reduce our cloud costs", "inquiry"),
    ("get_connection_info", "Get connection info for orders-db", "revive"),
    ("general_question", "what is an SLO?", "inquiry"),
)


@pytest.mark.parametrize(("intent", "text", "graph"), INTENTS, ids=[intent for intent, _, _ in INTENTS])
def test_each_of_the_six_intents_finds_its_place(intent: str, text: str, graph: GraphName) -> None:
    """IN-14, IN-15."""
    assert (intent, heard(text).graph) == (intent, graph)


def test_what_was_chosen_beats_the_conversation_which_beats_the_alert_which_beats_the_words() -> None:
    """IN-15."""
    words, alert = "restart checkout", uuid4()
    found = (
        heard(words, asked="inquiry", session="troubleshooting", alert=alert).graph,
        heard(words, session="inquiry", alert=alert).graph,
        heard(words, alert=alert).graph,
        heard(words).graph,
    )
    assert found == ("inquiry", "inquiry", "troubleshooting", "revive")


def test_a_cause_is_asked_of_inquiry_without_troubleshooting_and_a_change_of_nobody_else() -> None:
    """IN-15."""
    reached = frozenset({"inquiry"})
    assert heard("why is checkout slow?", reached=reached).graph == "inquiry"
    assert heard("restart checkout", reached=reached).graph == "revive"
    assert heard("why is checkout slow?", reached=frozenset({"revive"})).graph == "troubleshooting"


def test_a_time_that_cannot_be_and_no_words_at_all_are_questions() -> None:
    assert heard("why did it break on 31 Feb 2026?").graph == "inquiry"
    assert heard("?").graph == "inquiry"


def test_a_route_says_by_what_it_was_found() -> None:
    assert heard("restart checkout") == Route("revive", "it asks for a change")
    assert heard("list the servers").why == "it asks for what revive shows"
    assert heard("hello").why == "it asks about what is on record"
