"""The rules brain reads questions about metrics, keeps them in slots that follow-ups change, and asks the right things.

Promises: IN-05, IN-06 (a time anchored to an alert), IN-07, IN-09, SC-01, LIM-03 (168 hours at a time).
"""

import tomllib
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.brain import Call
from agents.rules import asking, units
from agents.rules.slots import from_json
from domain.windows import parse
from tests.agents.rules_world import BRAIN, OFFER, conversation, plainly, question, read, understood
from tools.translate import reading

GROUPS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("metric_utterances.toml").read_text(encoding="utf-8")
)["group"]
ASKED = [(text, group["read"]) for group in GROUPS for text in group["asked"]]
HOUR = "2026-11-20T11:00:00Z/2026-11-20T12:00:00Z"
LAST_WEEK = "2026-11-09T00:00:00Z/2026-11-16T00:00:00Z"
YESTERDAY = "2026-11-19T00:00:00Z/2026-11-20T00:00:00Z"
FIRST = "CPU of payment in the last hour"


async def planned(text: str, **changes: Any) -> list[Call]:
    asked = question(text, **changes)
    return list(await BRAIN.plan(asked, await BRAIN.understand(asked), (), OFFER))


def start_and_end(call: Call) -> tuple[str, str]:
    return call.arguments["time_range"]["start"], call.arguments["time_range"]["end"]


@pytest.mark.parametrize(("text", "expected"), ASKED, ids=[text for text, _ in ASKED])
async def test_a_question_about_metrics_is_read_as_meant(text: str, expected: dict[str, Any]) -> None:
    """IN-06, IN-07: each way of saying it gives the same intent and the same slots."""
    assert read(await understood(text)) == expected


def test_every_group_has_its_paraphrases() -> None:
    assert all(len(set(group["asked"])) >= 5 for group in GROUPS)
    assert sum(len(group["asked"]) for group in GROUPS) >= 110


CHAINS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    ((FIRST, "and for checkout?"), {"services": ["checkout"], "measure": "cpu", "windows": [HOUR]}),
    ((FIRST, "last week?"), {"services": ["payment-service"], "measure": "cpu", "windows": [LAST_WEEK]}),
    ((FIRST, "by pod"), {"services": ["payment-service"], "measure": "cpu", "by": ["pod"], "windows": [HOUR]}),
    (
        (FIRST, "compare with yesterday"),
        {
            "intent": "metrics_compare",
            "services": ["payment-service"],
            "measure": "cpu",
            "windows": [HOUR, YESTERDAY],
        },
    ),
    ((FIRST, "what about memory?"), {"services": ["payment-service"], "measure": "memory", "windows": [HOUR]}),
    ((FIRST, "and for frontend?"), {"others": ["frontend"], "measure": "cpu", "windows": [HOUR]}),
    (
        (FIRST, "and for frontend?", "and for checkout?"),
        {"services": ["checkout"], "measure": "cpu", "windows": [HOUR]},
    ),
    (("p95 latency of checkout", "and p99?"), {"services": ["checkout"], "measure": "latency", "percentile": "99"}),
    (("memory of checkout", "and p99?"), {"services": ["checkout"], "measure": "latency", "percentile": "99"}),
    (
        ("top 5 services by CPU", "top 3 instead", "and by memory?"),
        {"intent": "metrics_top", "measure": "memory", "by": ["service"], "rank": "top 3"},
    ),
    (
        ("How many alerts fired on checkout yesterday?", "what about its cpu?"),
        {"services": ["checkout"], "measure": "cpu", "windows": [YESTERDAY]},
    ),
    ((FIRST, "what about alerts?"), {"intent": "alert_count", "services": ["payment-service"], "windows": [HOUR]}),
    ((FIRST, "why?"), {"intent": "cause", "services": ["payment-service"], "windows": [HOUR]}),
)


@pytest.mark.parametrize(("texts", "expected"), CHAINS, ids=[" / ".join(texts) for texts, _ in CHAINS])
async def test_a_follow_up_changes_one_slot_of_what_was_measured(texts: tuple[str, ...], expected: Any) -> None:
    assert read((await conversation(*texts))[-1]) == {"intent": "metrics", **expected}


async def test_a_name_that_only_metrics_know_is_not_carried_into_a_question_about_alerts() -> None:
    found = (await conversation("CPU of frontend", "and what about its alerts?"))[-1]
    assert (found.kind, found.reply) == ("cannot", "No service named frontend has sent an alert.")


async def test_a_number_has_no_severity() -> None:
    found = (await conversation(FIRST, "only the critical ones"))[-1]
    assert found.kind == "ask_back"
    assert found.reply.startswith("What is measured has no severity")
    assert len(found.suggestions) >= 2


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (FIRST, "cpu of payment-service"),
        ("p99 latency of checkout in production by pod", "p99 latency by pod of checkout in production"),
        ("which pods of checkout use more than 1 GiB memory", "memory > 1073741824 bytes by pod of checkout"),
        ("services with a latency of more than 2 seconds", "latency > 2 seconds by service"),
        ("services with an error rate above 5%", "error rate > 5% by service"),
        ("max memory of checkout today", "max memory of checkout"),
        ("requests per minute of checkout", "request rate per minute of checkout"),
        ("5xx errors of checkout", "errors of checkout"),
        ("requests with status 404 on checkout", "request rate with status 404 of checkout"),
        ("http_requests_total of checkout", "http_requests_total of checkout"),
        ("the 3 services with the least memory", "bottom 3 services by memory"),
        ("memory of pod checkout-3", "memory of pod checkout-3"),
        ("golden signals of checkout", "golden signals of checkout"),
        ("redis memory", "memory of redis"),
        ("cpu of team payments", "cpu of team payments"),
    ],
)
async def test_slots_are_asked_about_in_the_translators_own_words(text: str, asked: str) -> None:
    assert [call.arguments["question"] for call in await planned(text)] == [asked]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["name"])
def test_the_question_made_of_slots_measures_what_the_words_did(group: dict[str, Any]) -> None:
    """QT-01: one vocabulary: what the brain writes, the translator reads back."""
    given = {name: value for name, value in group["read"].items() if name not in ("intent", "windows")}
    slots = from_json(given)
    assert slots
    found = reading.read(asking.question(slots))
    assert " and ".join(" ".join(found.words[hit.first : hit.last]) for hit in found.measures) == given["measure"]
    assert found.percentile == given.get("percentile", "")
    assert found.by == tuple(given.get("by", ()))
    assert (f"{found.rank.order} {found.rank.count}" if found.rank else "") == given.get("rank", "")


async def test_a_month_is_asked_about_seven_days_at_a_time() -> None:
    """LIM-03."""
    calls = await planned("memory of checkout last month")
    assert [call.label for call in calls] == [f"part {number} of 5" for number in range(1, 6)]
    spans = [start_and_end(call) for call in calls]
    assert (spans[0][0], spans[-1][1]) == ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(parse(end) - parse(start) <= timedelta(hours=168) for start, end in spans)


async def test_exactly_seven_days_are_one_call_and_a_minute_more_are_two() -> None:
    """LIM-03: the boundary."""
    assert len(await planned("cpu of checkout in the last 168 hours")) == 1
    assert len(await planned("cpu of checkout in the last 10081 minutes")) == 2


async def test_more_than_five_weeks_are_not_asked_about_at_all() -> None:
    """LIM-03."""
    assert len(await planned("cpu of checkout last 35 days")) == 5
    assert await planned("cpu of checkout last 36 days") == []


async def test_two_times_are_one_call_and_two_names_are_two() -> None:
    [both] = await planned("p95 latency of checkout yesterday vs the day before")
    assert both.arguments == {
        "question": "p95 latency of checkout",
        "time_range": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"},
        "against": {"start": "2026-11-18T00:00:00Z", "end": "2026-11-19T00:00:00Z"},
    }
    named = await planned("Compare CPU between prod and staging")
    assert [(call.label, call.arguments["question"]) for call in named] == [
        ("production", "cpu in production"),
        ("staging", "cpu in staging"),
    ]
    mixed = await planned("cpu of checkout and frontend")
    assert [call.arguments["question"] for call in mixed] == ["cpu of checkout", "cpu of frontend"]


async def test_two_months_are_compared_piece_by_piece() -> None:
    calls = await planned("compare memory of checkout in September and October")
    assert [call.label for call in calls[:1]] == ["September, part 1 of 5"]
    assert len(calls) == 10
    assert all("against" not in call.arguments for call in calls)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how many cpu alerts yesterday", "metrics_mixed"),
        ("incidents caused by high cpu", "metrics_mixed"),
        ("alerts for queue last week", None),
        ("is checkout up?", "health_now"),
        ("restart checkout", "deed"),
        ("how many alerts on checkout today", "alert_count"),
        ("have we seen high memory before?", "postmortems"),
    ],
)
async def test_words_of_a_metric_do_not_take_over_other_questions(text: str, intent: str | None) -> None:
    found = (await understood(text)).intent
    assert not found.startswith("metrics") if intent is None else found == intent


async def test_an_application_is_measured_in_the_window_and_for_the_services_of_the_caller() -> None:
    window = {"start": "2026-11-18T00:00:00Z", "end": "2026-11-19T00:00:00Z"}
    [call] = await planned("cpu", services=("checkout",))
    assert call.arguments["question"] == "cpu of checkout"
    [other] = await planned("cpu of frontend", services=("checkout",))
    assert other.arguments["question"] == "cpu of frontend"
    assert start_and_end(call) != (window["start"], window["end"])


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.123, "percentunit", "12.3 %"), (0.99953, "percentunit", "99.95 %"), (0.999996, "percentunit", "99.9996 %"),
        (1.0, "percentunit", "100 %"), (0.0, "percentunit", "0 %"), (12.3, "percent", "12.3 %"),
        (1.4 * 2**30, "bytes", "1.4 GiB"), (512.0, "bytes", "512 B"), (1536.0, "Bps", "1.5 KiB/s"),
        (0.245, "s", "245 ms"), (1.25, "s", "1.25 s"), (4320.0, "s", "1 h 12 min"), (0.00005, "s", "50 µs"),
        (250.0, "ms", "250 ms"), (37.04, "reqps", "37 req/s"), (1204.0, "short", "1,204"), (0.42, "short", "0.42"),
        (0.00001234, "short", "0.000012"), (14.2, "d", "14.2 d"), (2.5, "cores", "2.5 cores"), (None, "s", "nothing"),
    ],
)  # fmt: skip
def test_values_are_said_with_the_unit_people_use(value: float | None, unit: str, said: str) -> None:
    assert plainly(units.said(value, unit)) == said
