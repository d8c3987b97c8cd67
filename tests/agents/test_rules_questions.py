"""The rules brain reads plain questions: intent and every slot, follow-ups, and what it honestly does not understand.

Promises: IN-02 (small talk runs no tool), IN-05 (event count, health, impact), IN-07, IN-08, IN-09 (seeds' examples).
"""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.brain import Message, Offer
from agents.rules.brain import suggestions
from agents.rules.intents.conversation import MIXED
from domain.names import Names
from domain.windows import Window
from tests.agents.rules_world import (
    BRAIN,
    NAMES,
    NOW,
    OFFER,
    UTTERANCES,
    conversation,
    message,
    question,
    read,
    understood,
    window,
)

QUESTIONS: list[dict[str, Any]] = UTTERANCES["question"]
WEEK = "2026-11-09T00:00:00Z/2026-11-16T00:00:00Z"
WEEK_BEFORE = "2026-11-02T00:00:00Z/2026-11-09T00:00:00Z"
OCTOBER = "2026-10-01T00:00:00Z/2026-11-01T00:00:00Z"
FIRST = "How many alerts fired on payment-service last week?"


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["text"])
async def test_a_question_is_read_as_meant(row: dict[str, Any]) -> None:
    expected = {name: value for name, value in row.items() if name not in ("text", "zone")}
    assert read(await understood(row["text"], zone=ZoneInfo(row.get("zone", "UTC")))) == expected


def test_the_table_of_questions_is_large_and_has_no_question_twice() -> None:
    asked = {(row["text"], row.get("zone")) for row in QUESTIONS}
    assert len(asked) == len(QUESTIONS) >= 350


CHAINS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        (FIRST, "only the critical ones"),
        {"intent": "alert_count", "services": ["payment-service"], "severities": ["critical"], "windows": [WEEK]},
    ),
    (
        (FIRST, "and the week before?"),
        {"intent": "alert_count", "services": ["payment-service"], "windows": [WEEK_BEFORE]},
    ),
    ((FIRST, "what about checkout?"), {"intent": "alert_count", "services": ["checkout"], "windows": [WEEK]}),
    (
        (FIRST, "by hour instead"),
        {"intent": "alert_trend", "services": ["payment-service"], "grouping": "hour", "windows": [WEEK]},
    ),
    (
        (FIRST, "and for staging?"),
        {"intent": "alert_count", "services": ["payment-service"], "environments": ["staging"], "windows": [WEEK]},
    ),
    ((FIRST, "show them"), {"intent": "alert_list", "services": ["payment-service"], "windows": [WEEK]}),
    ((FIRST, "why?"), {"intent": "cause", "services": ["payment-service"], "windows": [WEEK]}),
    ((FIRST, "same for last month"), {"intent": "alert_count", "services": ["payment-service"], "windows": [OCTOBER]}),
    (
        (FIRST, "which of those were on checkout?"),
        {"intent": "alert_count", "services": ["checkout"], "windows": [WEEK]},
    ),
    (
        (FIRST, "what about incidents?"),
        {"intent": "incident_count", "services": ["payment-service"], "windows": [WEEK]},
    ),
    (
        (FIRST, "compare with the week before"),
        {"intent": "compare_alerts", "services": ["payment-service"], "windows": [WEEK, WEEK_BEFORE]},
    ),
    (
        (FIRST, "compare with checkout"),
        {"intent": "compare_alerts", "services": ["payment-service", "checkout"], "windows": [WEEK]},
    ),
    (
        (FIRST, "by hour instead", "show them"),
        {"intent": "alert_list", "services": ["payment-service"], "windows": [WEEK]},
    ),
    (
        (FIRST, "only critical", "and the week before?", "what about checkout?", "and in staging?"),
        {
            "intent": "alert_count",
            "services": ["checkout"],
            "environments": ["staging"],
            "severities": ["critical"],
            "windows": [WEEK_BEFORE],
        },
    ),
    (("MTTR last month", "and the trend?"), {"intent": "mttr_trend", "windows": [OCTOBER]}),
    (("MTTR last month", "by team instead"), {"intent": "mttr", "grouping": "team", "windows": [OCTOBER]}),
    (
        ("noisiest services last month", "and last week?"),
        {"intent": "top_services", "grouping": "service", "windows": [WEEK]},
    ),
    (("timeline of INC-7", "what caused it?"), {"intent": "cause", "incident": "INC-7"}),
    (("timeline of INC-7", "what about search?"), {"intent": "timeline", "services": ["search"]}),
    (("open incidents", "on checkout"), {"intent": "incident_list", "services": ["checkout"], "status": "firing"}),
    ((FIRST, "hello"), {"intent": "greeting"}),
    ((FIRST, "thanks", "what is firing right now?"), {"intent": "firing_now"}),
    ((FIRST, "Is checkout healthy right now?"), {"intent": "health_now", "services": ["checkout"]}),
    (
        (FIRST, "thanks", "and the week before?"),
        {"intent": "alert_count", "services": ["payment-service"], "windows": [WEEK_BEFORE]},
    ),
    ((FIRST, "memory usage of search", "only the critical ones"), {"intent": "ask_back"}),
    (("hello", "only the critical ones"), {"intent": "ask_back"}),
)


@pytest.mark.parametrize(("texts", "expected"), CHAINS, ids=[" / ".join(texts) for texts, _ in CHAINS])
async def test_a_follow_up_changes_one_thing_of_the_question_before(texts: tuple[str, ...], expected: Any) -> None:
    assert read((await conversation(*texts))[-1]) == expected


async def test_it_in_a_follow_up_is_the_incident_the_answer_named() -> None:
    first = await understood("which was the longest incident last month?")
    history = (
        Message(role="user", content=""),
        message(first, "INC-42 “Checkout down”, lasted 43 min: the longest of 9."),
    )
    assert read(await understood("what caused it?", history=history)) == {"intent": "cause", "incident": "INC-42"}


async def test_slots_kept_by_another_brain_are_no_question_before() -> None:
    strange = Message(role="assistant", content="", understanding={"intent": "x", "slots": {"other": 1}})
    found = await understood("only the critical ones", history=(strange,))
    assert (found.kind, found.reply) == (
        "ask_back",
        "Nothing was asked before that this could go on from. Ask it in full.",
    )


async def test_a_question_is_read_back_in_one_line() -> None:
    lines = {
        "How many alerts fired on payment-service last week?": "Alerts on payment-service, 9–15 Nov 2026 UTC, by day",
        "critical alerts on chekout": "Critical alerts on checkout, last 24 h, since no time was named, by hour, "
        "“chekout” read as checkout",
        "MTTR by service": "Time to resolve incidents, last 30 days, since no time was named, by service",
        "Compare MTTR between Q3 and Q4": "Time to resolve incidents compared, Q3 (Jul–Sep 2026 UTC) "
        "and Q4 (since Thu 1 Oct 2026 UTC)",
        "config changes on auth yesterday": "Changes on auth, Thu 19 Nov 2026 UTC, config only",
    }
    assert {text: (await understood(text)).plain.replace("\u00a0", " ") for text in lines} == lines


async def test_what_the_words_leave_open_comes_from_the_callers_context() -> None:
    chosen: Window = window("2026-11-01T00:00:00+00:00", "2026-11-05T00:00:00+00:00")
    context = {"window": chosen, "services": ("checkout",), "severities": ("critical",)}
    open_question = await understood("how many alerts", **context)
    assert open_question.slots["services"] == ["checkout"]
    assert open_question.slots["severities"] == ["critical"]
    assert open_question.slots["periods"][0]["window"] == chosen.as_json()
    assert (
        open_question.plain.replace("\u00a0", " ")
        == "Critical alerts on checkout, chosen time, 1–4 Nov 2026 UTC, by day"
    )
    named = await understood("how many warning alerts on search yesterday", **context)
    assert read(named) == {
        "intent": "alert_count",
        "services": ["search"],
        "severities": ["warning"],
        "windows": ["2026-11-19T00:00:00Z/2026-11-20T00:00:00Z"],
    }


@pytest.mark.parametrize("row", [row for row in QUESTIONS if row["intent"] in ("greeting", "thanks", "help")], ids=str)
async def test_small_talk_and_help_run_no_tool(row: dict[str, Any]) -> None:
    asked = question(row["text"])
    found = await BRAIN.understand(asked)
    assert (found.kind, await BRAIN.plan(asked, found, (), OFFER)) == ("converse", ())
    assert found.reply
    assert len(found.suggestions) >= 2


async def test_what_nothing_here_can_answer_says_so_and_offers_what_can_be_asked() -> None:
    found = await understood("how many cpu alerts on checkout yesterday")
    assert (found.kind, found.reply, found.suggestions) == (
        "cannot",
        MIXED,
        (
            "Is checkout healthy right now?",
            "How many alerts fired on checkout last week?",
            "Open incidents on checkout",
            "What was deployed to checkout today?",
        ),
    )


async def test_words_that_mean_nothing_here_are_not_guessed_at() -> None:
    found = await understood("colourless green ideas sleep furiously")
    assert found.kind == "cannot"
    assert found.reply == "Not understood. Alerts, incidents, changes and postmortems can be asked about."
    assert len(found.suggestions) == 4


async def test_a_time_that_cannot_be_is_asked_about_in_the_words_of_the_reader_of_times() -> None:
    found = await understood("alerts on checkout on 31 February")
    assert found.kind == "ask_back"
    assert "31 February" in found.reply


async def test_every_suggestion_is_a_question_that_is_understood() -> None:
    first = suggestions(NAMES)
    assert len(first) == 8
    for row in QUESTIONS:
        found = await understood(row["text"], zone=ZoneInfo(row.get("zone", "UTC")))
        history = (Message(role="user", content=row["text"]), message(found, "INC-7"))
        for suggestion in (*first, *found.suggestions):
            assert (await understood(suggestion, history=history)).kind == "query", (row["text"], suggestion)


def test_suggestions_name_no_service_when_none_is_known() -> None:
    assert suggestions(Names())[:2] == ("What is firing right now?", "Which service has the highest alert frequency?")


async def test_a_tool_that_is_not_offered_is_left_out_unless_nothing_would_be_asked() -> None:
    """PM-15: when all of it is closed to the actor, the door is asked and says who could."""
    asked = question(FIRST)
    found = await BRAIN.understand(asked)
    only_trends = Offer(tools=tuple(tool for tool in OFFER.tools if tool.name == "get_alert_trends"))
    assert [call.tool for call in await BRAIN.plan(asked, found, (), only_trends)] == ["get_alert_trends"]
    closed = await BRAIN.plan(asked, found, (), Offer(tools=()))
    assert [call.tool for call in closed] == ["get_alert_trends", "query_alerts_history"]


async def test_the_first_calls_of_every_question_are_valid_arguments_of_the_tools() -> None:
    specs = {tool.name: tool for tool in OFFER.tools}
    planned = 0
    for row in QUESTIONS:
        asked = question(row["text"], zone=ZoneInfo(row.get("zone", "UTC")))
        found = await BRAIN.understand(asked)
        calls = await BRAIN.plan(asked, found, (), OFFER)
        assert bool(calls) == (found.kind == "query"), row["text"]
        for call in calls:
            specs[call.tool].args.model_validate(dict(call.arguments))
            planned += 1
    assert planned > 250


async def test_the_calls_of_a_count_carry_every_narrowing_and_the_zone_days_are_counted_in() -> None:
    asked = question("how many critical alerts on checkout in prod last week", zone=ZoneInfo("Europe/Berlin"))
    calls = await BRAIN.plan(asked, await BRAIN.understand(asked), (), OFFER)
    shared = {
        "service": "checkout",
        "severity": "critical",
        "environment": "production",
        "time_range": {"start": "2026-11-08T23:00:00Z", "end": "2026-11-15T23:00:00Z"},
    }
    assert [(call.id, call.tool, call.arguments) for call in calls] == [
        ("1.1", "get_alert_trends", {**shared, "group_by": "day", "timezone": "Europe/Berlin"}),
        ("1.2", "query_alerts_history", {**shared, "limit": 20}),
    ]


async def test_a_comparison_makes_one_labelled_call_for_each_side() -> None:
    asked = question("compare alerts on checkout this week and last week")
    calls = await BRAIN.plan(asked, await BRAIN.understand(asked), (), OFFER)
    assert [(call.label, call.arguments["time_range"]) for call in calls] == [
        ("last week", {"start": "2026-11-09T00:00:00Z", "end": "2026-11-16T00:00:00Z"}),
        ("this week", {"start": "2026-11-16T00:00:00Z", "end": "2026-11-20T12:00:00Z"}),
    ]
    assert all(call.arguments["service"] == "checkout" for call in calls)


async def test_the_clock_decides_what_last_week_is() -> None:
    later = NOW.replace(month=12, day=25)
    assert read(await understood("alerts last week", now=later))["windows"] == [
        "2026-12-14T00:00:00Z/2026-12-21T00:00:00Z"
    ]
