"""The at most twelve tools that a model is offered for a question: those it needs are among them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agents.brain import Call, Gathered, Message, Offer
from agents.model.conversation import Case, tried
from agents.model.offering import ALWAYS, OF_ARTIFACTS, PLANNED, chosen
from agents.model.proposals import CHOSEN, MAX_TOOLS, Toolbox
from tests.agents.rules_world import BRAIN, UTTERANCES, question
from tools import ALL
from tools.spec import Pillar, ToolResult

OFFER = Offer(tools=tuple(spec for spec in ALL if Pillar.INQUIRY in spec.pillars))
IN_REVIVE = Offer(tools=tuple(spec for spec in ALL if Pillar.REVIVE in spec.pillars))
MOST_TOKENS = 4200
ID = "0f0e0d0c-1111-4222-8333-444455556666"

NEEDED: dict[str, tuple[str, ...]] = {
    "How many events were created for abc app in last 24 hours?": ("get_event_count",),
    "Was abc app healthy yesterday?": ("get_application_health", "query_alerts_history", "query_incidents"),
    "Was the server impacted during the last incident?": ("analyze_impact", "query_incidents"),
    "What's the average response time for service checkout?": ("query_metrics",),
    "Show me memory usage for the last week": ("query_metrics",),
    "Compare error rates between production and staging": ("query_metrics",),
    "CPU usage for app checkout in last hour": ("query_metrics",),
    "CPU trends for service checkout": ("query_metrics", "detect_anomalies"),
    "error rates when the alert fired": ("query_metrics", "query_alerts_history"),
    "Find all errors containing 'database timeout'": ("query_logs",),
    "Show me the last 100 log entries for pod checkout-3": ("query_logs",),
    "What were the logs during the incident?": ("query_logs", "query_incidents"),
    "Is service checkout healthy right now?": ("get_application_health", "query_alerts_history"),
    "What's the uptime for app checkout this month?": ("get_application_health",),
    "Show me SLO compliance": ("get_application_health",),
    "What services were affected by the outage?": ("analyze_impact", "get_incident_timeline", "query_incidents"),
    "How many users were impacted?": ("analyze_impact",),
    "What was the blast radius?": ("analyze_impact",),
    "What caused the most incidents this month?": ("query_incidents", "search_postmortems"),
    "Compare MTTR between Q3 and Q4": ("get_mttr_statistics",),
    "Which service has the highest alert frequency?": ("get_alert_trends",),
    "Why did checkout have issues on Jan 10?": ("query_incidents", "correlate_alerts_changes", "search_postmortems"),
    "What's the MTTR trend for API services?": ("get_mttr_statistics",),
    "How many alerts fired on payment-service last week?": ("get_alert_trends", "query_alerts_history"),
    "What caused the outage on Jan 10?": ("query_incidents", "correlate_alerts_changes", "investigate_sift"),
    "Show me all alerts for api-gateway": ("query_alerts_history",),
    "Anything unusual in the traffic of checkout today?": ("detect_anomalies", "query_metrics"),
    "Where could we save money?": ("recommend_optimizations",),
    "Which servers are idle?": ("recommend_optimizations",),
    "How do I fix a full disk on postgres?": ("search_knowledge",),
    "who is on call for checkout": ("get_oncall_schedule",),
    "slow traces of checkout": ("query_tempo",),
    "Which query shows the p99 latency?": ("translate_query", "query_metrics"),
    "Run sum(rate(http_requests_total[5m])) by (service)": ("query_prometheus",),
    'Run {app="checkout"} |= "timeout"': ("query_loki",),
    "Which annotations were made today?": ("list_annotations",),
    "Investigate the errors of checkout": ("investigate_sift", "query_logs"),
    "What was deployed to checkout yesterday?": ("correlate_alerts_changes",),
    "Timeline of INC-7": ("get_incident_timeline",),
}  # fmt: skip
UNREAD = "hmm, and the thing over there?"


async def case(text: str, gathered: Sequence[Gathered] = (), **changes: Any) -> Case:
    asked = question(text, **changes)
    pillar = asked.pillar
    return Case(question=asked, understood=tried(await BRAIN.understand(asked), pillar), gathered=tuple(gathered))


def first(of: Case, offer: Offer = OFFER) -> list[str]:
    return [spec.name for spec in chosen(of, offer).tools][:MAX_TOOLS]


def looked(tool: str, **changes: Any) -> Gathered:
    result = ToolResult(status="ok", source="test", tool=tool, execution_id=UUID(int=1), **changes)
    return Gathered(Call(tool=tool, arguments={}, label=CHOSEN, id="r1-call_0"), result)


@pytest.mark.parametrize("text", NEEDED)
async def test_what_a_question_needs_is_among_the_twelve_tools_it_is_offered(text: str) -> None:
    """IN-05, IN-07, IN-08, IQ-17."""
    offered = first(await case(text))
    assert set(NEEDED[text]) <= set(offered)
    assert len(offered) == MAX_TOOLS


async def test_every_question_that_the_rules_read_is_offered_the_tools_that_they_would_ask() -> None:
    for row in UTTERANCES["question"]:
        asked = await case(row["text"])
        calls = await BRAIN.plan(asked.question, await BRAIN.understand(asked.question), (), OFFER)
        assert {call.tool for call in calls} <= set(first(asked)), row["text"]


async def test_a_question_that_says_nothing_is_offered_what_any_may_need() -> None:
    assert first(await case(UNREAD))[: len(ALWAYS)] == list(ALWAYS)


async def test_a_follow_up_is_offered_what_the_question_before_it_needed() -> None:
    history = (Message(role="user", content="who is on call for checkout"), Message(role="assistant", content="Ann."))
    assert "get_oncall_schedule" not in first(await case(UNREAD))
    assert "get_oncall_schedule" in first(await case(UNREAD, history=history))


async def test_a_tool_that_was_asked_stays_on_offer() -> None:
    assert "query_tempo" in first(await case(UNREAD, [looked("query_tempo")]))


async def test_large_results_are_read_by_parts_only_once_there_is_one() -> None:
    """CX-07."""
    kept = (Message(role="assistant", content="Many errors.", artifacts=(f"{ID} of query_logs",)),)
    for pillar, offer in ((Pillar.INQUIRY, OFFER), (Pillar.REVIVE, IN_REVIVE)):
        none = await case("logs of checkout", [looked("query_logs")], pillar=pillar)
        assert not set(OF_ARTIFACTS) & {spec.name for spec in chosen(none, offer).tools}
    assert set(OF_ARTIFACTS) <= set(first(await case("logs", [looked("query_logs", artifact_id=UUID(ID))])))
    assert set(OF_ARTIFACTS) <= set(first(await case("and the errors in it?", history=kept)))
    assert set(OF_ARTIFACTS) <= set(first(await case(f"count the errors in artifact {ID}")))
    assert not set(OF_ARTIFACTS) & set(first(await case("what is an artifact?")))
    [said] = [message.content for message in (await case("and?", history=kept)).messages() if message.type == "ai"]
    assert said == f"Many errors.\n(Kept whole: artifact {ID} of query_logs.)"


async def test_the_same_question_is_always_offered_the_same_tools_in_the_same_order() -> None:
    asked = await case("CPU usage of checkout last week")
    assert chosen(asked, OFFER) == chosen(asked, OFFER)
    backwards = Offer(tools=tuple(reversed(OFFER.tools)))
    known = len(set(PLANNED[asked.understood.intent]) | {"query_metrics", "detect_anomalies", *ALWAYS})
    assert first(asked)[:known] == first(asked, backwards)[:known]


async def test_only_what_the_person_may_use_is_offered() -> None:
    few = Offer(tools=tuple(spec for spec in OFFER.tools if spec.name in ("query_logs", "get_event_count")))
    assert first(await case("CPU usage of checkout"), few) == ["query_logs", "get_event_count"]


@pytest.mark.parametrize("text", NEEDED)
async def test_the_tools_of_a_question_cost_no_more_than_so_many_tokens(text: str) -> None:
    offer = chosen(await case(text), OFFER)
    assert len(json.dumps(Toolbox.of(offer).schemas())) / 4 < MOST_TOKENS


async def test_revive_is_offered_what_reads_telemetry_when_its_words_are_said() -> None:
    for text, tool in (
        ("CPU usage of checkout", "query_metrics"),
        ("is checkout healthy", "get_application_health"),
        ("where could we save money", "recommend_optimizations"),
    ):
        assert tool in first(await case(text, pillar=Pillar.REVIVE), IN_REVIVE)


async def test_where_nothing_is_said_revive_looks_at_its_own_things_first() -> None:
    asked = await case("do the needful", pillar=Pillar.REVIVE)
    looks = first(asked, IN_REVIVE)
    assert {
        "search_dashboards", "list_alert_rules", "list_annotations", "list_incidents", "list_runbooks", "list_servers",
        "list_credentials", "list_auto_analyze_rules", "list_executions", "query_audit_logs",
        "list_sift_investigations",
    } <= set(looks)  # fmt: skip
    before = replace(asked, gathered=(looked("list_alert_rules"),))
    assert {"create_alert_rule", "update_alert_rule", "delete_alert_rule"} <= set(first(before, IN_REVIVE))
