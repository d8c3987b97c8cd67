"""What could not be established is said with its reason, and nothing is claimed from a result that failed."""

from typing import Any

import pytest

from agents.answer import Unknown
from agents.brain import Gathered, Offer
from tests.agents.rules_world import BRAIN, OFFER, UTTERANCES, alert, ask, question, result, severities, understood
from tools.spec import Status, ToolResult

QUESTION = "how many alerts on checkout last week"
HISTORY: dict[str, Any] = {
    "total": 3,
    "by_severity": severities(warning=3),
    "by_status": {"firing": 0, "resolved": 3},
    "alerts": [],
    "limit": 20,
    "offset": 0,
}


async def nothing(words: str) -> None:
    assert words


def failed(status: Status = "error", error: str | None = "the database did not answer in 10 s") -> ToolResult:
    return result(9, {}, status, error=error)


async def test_a_failed_part_is_unknown_and_the_rest_still_answers() -> None:
    told = await ask(QUESTION, [failed(), result(2, HISTORY)])
    assert told.answer.summary.startswith("3 alerts fired on checkout")
    assert told.answer.unknown == (
        Unknown(
            what="The number of alerts over time",
            why="the database did not answer in 10 s",
            settle="Ask again when the source answers.",
        ),
    )
    assert [source.status for source in told.answer.sources] == ["error", "ok"]
    assert "by_day" not in told.answer.data


async def test_when_everything_failed_no_number_is_claimed() -> None:
    told = await ask(QUESTION, [failed(), failed("forbidden", "aggregates only")])
    assert told.answer.summary.replace("\u00a0", " ") == (
        "Not known: how many alerts fired on checkout, 9–15 Nov 2026 UTC."
    )
    assert (told.answer.findings, told.answer.data, told.answer.parts) == ((), {}, ())
    assert [unknown.settle for unknown in told.answer.unknown] == [
        "Ask again when the source answers.",
        "Ask someone whose role may read it.",
    ]


async def test_a_failure_without_a_reason_still_says_what_happened() -> None:
    told = await ask("what is firing right now?", [failed("truncated", None)])
    assert [unknown.why for unknown in told.answer.unknown] == ["query_alerts_history answered with status truncated."]


@pytest.mark.parametrize("row", UTTERANCES["question"], ids=lambda row: row["text"])
async def test_no_answer_claims_anything_from_results_that_failed(row: dict[str, Any]) -> None:
    asked = question(row["text"])
    understanding = await BRAIN.understand(asked)
    calls = await BRAIN.plan(asked, understanding, (), OFFER)
    gathered = [Gathered(call=call, result=failed()) for call in calls]
    assert await BRAIN.plan(asked, understanding, gathered, OFFER) == ()
    answer = await BRAIN.write(asked, understanding, gathered, nothing)
    assert answer.findings == ()
    assert answer.parts == ()
    assert len(answer.unknown) >= bool(calls)
    assert answer.summary.startswith("Not known: ") or not calls


async def test_one_failed_side_means_nothing_is_compared() -> None:
    trends: dict[str, Any] = {
        "total": 3,
        "by_severity": severities(warning=3),
        "group_by": "severity",
        "groups": [],
        "peak": None,
    }
    told = await ask("compare alerts this week and last week", [result(1, trends), failed()])
    assert told.answer.summary == (
        "Not known: alerts of last week and this week could not both be read, so nothing is compared."
    )
    assert [unknown.what for unknown in told.answer.unknown] == ["The number of alerts over time (this week)"]


async def test_a_tool_that_was_not_offered_is_named_as_the_gap() -> None:
    asked = question(QUESTION)
    understanding = await understood(QUESTION)
    offer = Offer(tools=tuple(tool for tool in OFFER.tools if tool.name == "query_alerts_history"))
    calls = await BRAIN.plan(asked, understanding, (), offer)
    gathered = [Gathered(call=call, result=result(1, HISTORY)) for call in calls]
    answer = await BRAIN.write(asked, understanding, gathered, nothing)
    assert answer.summary.startswith("3 alerts fired on checkout")
    assert [(unknown.what, unknown.why) for unknown in answer.unknown] == [
        ("The number of alerts over time", "The tool get_alert_trends is not open to this role.")
    ]


async def test_a_narrowing_that_a_tool_cannot_do_is_said_and_not_dropped() -> None:
    told = await ask(
        "events for team payments yesterday",
        [result(1, {"total": 3, "by_level": severities(warning=3), "busiest": None})],
    )
    assert told.answer.summary.replace("\u00a0", " ") == "3 events, Thu 19 Nov 2026 UTC: 3 warning."
    assert [(unknown.what, unknown.why) for unknown in told.answer.unknown] == [
        (
            "The number of events narrowed by team",
            "get_event_count cannot be narrowed by team, so it covers all of them.",
        )
    ]


async def test_what_a_role_may_not_see_is_said_and_the_length_of_a_list_is_no_gap() -> None:
    hidden = "rows of single alerts are hidden: your role sees aggregates only"
    row = alert("DiskFull", "info", "2026-11-10T10:00:00Z")
    results = [
        result(1, HISTORY | {"alerts": [row]}, cut="only alerts of your teams are counted; 1 of 3 alerts are listed"),
    ]
    told = await ask("list alerts on checkout last week", results)
    assert [finding.text for finding in told.answer.findings][-1] == "Only alerts of your teams are counted."
    assert told.answer.sources[0].cut == "only alerts of your teams are counted; 1 of 3 alerts are listed"
    told = await ask("list alerts on checkout last week", [result(1, HISTORY, cut=hidden)])
    assert told.answer.findings[-1].text == "Rows of single alerts are hidden: your role sees aggregates only."


async def test_an_incident_that_a_role_may_not_see_is_not_called_absent() -> None:
    data: dict[str, Any] = {
        "total": 4, "by_status": {"open": 0, "resolved": 4}, "by_severity": severities(critical=4), "by_service": [],
        "by_title": [], "incidents": [], "limit": 5, "offset": 0,
    }  # fmt: skip
    told = await ask("what caused the last incident", [result(1, data)])
    assert told.answer.summary == "Not known: single incidents are not shown to this role."


async def test_a_grouping_that_no_tool_can_do_is_refused_with_those_that_can() -> None:
    found = await understood("which team has the most alerts")
    assert (found.kind, found.reply) == (
        "cannot",
        "This cannot be grouped by team, only by service, alert, severity or environment.",
    )


async def test_leaving_a_name_out_is_refused_and_not_ignored() -> None:
    found = await understood("alerts except checkout yesterday")
    assert (found.kind, found.reply) == (
        "cannot",
        "Leaving names out of a question is not possible here; name the ones to look at.",
    )


async def test_an_incident_that_is_not_recorded_is_a_real_zero_and_one_not_read_is_not() -> None:
    none: dict[str, Any] = {"incident": None, "events": [], "events_total": 0}
    told = await ask("timeline of INC-99", [result(1, none, "empty")])
    assert told.answer.summary == (
        "No incident called INC-99 is recorded (the database answered, so this is a real zero)."
    )
    told = await ask("why did INC-99 happen", [result(1, none, "empty")])
    assert told.answer.summary.startswith("No incident called INC-99 is recorded")
    told = await ask("timeline of INC-99", [failed()])
    assert told.answer.summary == "Not known: INC-99 could not be read."
