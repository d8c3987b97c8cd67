"""A language model in the whole house, asked over HTTP: right and honest whatever it says, however it fails."""

import asyncio
import json
from collections.abc import Sequence
from typing import LiteralString

import pytest

import tools
from agents.model.proposals import MAX_TOOLS
from domain.database import Pool
from graphs.inquiry import MAX_ROUNDS
from tests.model_server import Failure, Hang, Page, Step, Text, Use, Uses
from tests.scenarios.model_house import QUESTION, RANGE, TOKEN, Json, Truth, fill, house, rows
from tests.web.entrance import QUERY, frames, signed
from tools.spec import Pillar

LISTED = Use("query_alerts_history", {"limit": 20, "service": "checkout", "time_range": RANGE})
BY_HOUR = Use(
    "get_alert_trends", {"service": "checkout", "time_range": RANGE, "group_by": "hour", "timezone": "UTC"}, id="b"
)
BY_SEVERITY = Use("get_alert_trends", {"service": "checkout", "time_range": RANGE, "group_by": "severity"})
AS_THE_RULES = Uses((BY_HOUR, LISTED))

EXECUTED: LiteralString = """
select tool_name, result_status, id::text as id from trivium.ai_tool_executions
"""
COST: LiteralString = "select tokens_used from trivium.runs"
LEFT_BEHIND: LiteralString = """
select coalesce(string_agg(t.text, ' '), '') as text from (
    select e::text from trivium.ai_tool_executions e union all select m::text from trivium.ai_messages m
    union all select r::text from trivium.runs r union all select v::text from trivium.run_events v
    union all select convert_from(blob, 'latin1') from checkpoint_blobs where blob is not null
    union all select c::text from checkpoints c
) as t (text)
"""


@pytest.fixture
async def truth(pool: Pool) -> Truth:
    return await fill(pool)


async def test_two_rounds_of_tools_end_in_the_models_words_on_the_databases_numbers(pool: Pool, truth: Truth) -> None:
    """EP-01."""
    async with house(pool, AS_THE_RULES, BY_SEVERITY, Text(truth.sentence)) as home:
        body = await home.ask()
    answer = body["answer"]
    assert (answer["summary"], answer["brain"], answer["notes"], answer["unknown"]) == (
        f"checkout fired {truth.total} alerts on 5 March 2024.", "model", [], []
    )  # fmt: skip
    shows_the_truth(answer, truth)
    used = [each["execution"] for each in answer["evidence"]]
    assert {(each["tool"], "success", each["execution"]) for each in answer["evidence"]} == set(
        await rows(pool, EXECUTED)
    )
    assert [each["tool"] for each in answer["evidence"]] == [
        "get_alert_trends", "query_alerts_history", "get_alert_trends",
    ]  # fmt: skip
    assert [finding["executions"] for finding in answer["findings"]] == [[used[1]]] * 2
    assert body["tokens_used"] == 3 * 18
    assert await rows(pool, COST) == [(3 * 18,)]


def shows_the_truth(answer: Json, truth: Truth) -> None:
    """What is drawn is the database's, whoever wrote the words."""
    assert answer["data"]["total_alerts"] == truth.total
    assert answer["data"]["by_severity"]["critical"] == truth.critical
    assert sum(hour["count"] for hour in answer["data"]["by_hour"]) == truth.total


def by_the_rules(body: Json, truth: Truth, *notes: str) -> None:
    answer = body["answer"]
    assert (answer["brain"], tuple(answer["notes"])) == ("rules", notes)
    assert f"{truth.total} alerts" in answer["summary"]
    shows_the_truth(answer, truth)


async def test_calls_that_are_wrong_or_invented_are_corrected_run_nothing_and_are_told(
    pool: Pool, truth: Truth
) -> None:
    wrong = Uses((
        Use("query_alerts_history", {"service": "checkout", "limit": 100_000}),
        Use("get_event_count", '{"service": "chec'),
        Use("restart_service", {"service": "checkout"}),
    ))  # fmt: skip
    async with house(pool, wrong, AS_THE_RULES, Text(truth.sentence)) as home:
        body = await home.ask()
        refused = [each["content"] for each in home.model.requests[1]["messages"] if each["role"] == "tool"]
    assert [words.split(".")[1].split(":")[0].strip() for words in refused] == [
        "limit", "The arguments are not valid JSON", "There is no tool 'restart_service'",
    ]  # fmt: skip
    assert sorted(tool for tool, *_ in await rows(pool, EXECUTED)) == ["get_alert_trends", "query_alerts_history"]
    assert body["answer"]["notes"] == ["Tool calls of the model that were wrong and not made: 3"]
    assert body["answer"]["brain"] == "model"
    shows_the_truth(body["answer"], truth)


async def test_a_model_that_asks_for_ever_is_stopped_and_the_rules_answer(pool: Pool, truth: Truth) -> None:
    again = [Use("query_incidents", {"service": "checkout", "limit": number}) for number in range(1, 20)]
    async with house(pool, *again) as home:
        body = await home.ask()
        assert len(home.model.requests) == MAX_ROUNDS + 1
    by_the_rules(body, truth, "The model did not answer (an empty answer), the rules took over")
    assert len(await rows(pool, EXECUTED)) == MAX_ROUNDS + 2
    assert body["tokens_used"] == (MAX_ROUNDS + 1) * 18, "what it cost is told, though nothing came of it"


async def test_a_model_that_repeats_itself_is_told_and_answers(pool: Pool, truth: Truth) -> None:
    async with house(pool, AS_THE_RULES, *[AS_THE_RULES] * 3, Text(truth.sentence)) as home:
        body = await home.ask()
    assert len(await rows(pool, EXECUTED)) == 2
    assert (body["answer"]["brain"], body["answer"]["findings"][0]["text"]) == (
        "model", f"checkout fired {truth.total} alerts on 5 March 2024.",
    )  # fmt: skip


async def test_an_invented_number_is_corrected_before_anyone_sees_it(pool: Pool, truth: Truth) -> None:
    invented = Text("checkout fired 4,117 alerts on 5 March 2024 [e2].")
    async with house(pool, AS_THE_RULES, invented, Text(truth.sentence)) as home:
        body = await home.ask()
        assert home.said("user")[-1].startswith("These numbers are in none of the results you cite: 4,117.")
    assert "4,117" not in json.dumps(body)
    assert body["answer"]["brain"] == "model"


async def test_an_invented_detail_is_named_as_unknown_and_stands_nowhere_else(pool: Pool, truth: Truth) -> None:
    invented = Text(f"{truth.sentence} It cost 4,117 orders [e2].")
    async with house(pool, AS_THE_RULES, invented, invented) as home:
        body = await home.ask()
    unknown = body["answer"].pop("unknown")
    assert unknown == [
        {"what": "It cost 4,117 orders.", "why": "the number 4,117 is in none of the results", "settle": ""}
    ]
    assert "4,117" not in json.dumps(body)
    assert body["answer"]["brain"] == "model"


async def test_a_verdict_from_the_models_head_is_not_taken_it_is_shown_what_the_database_says(
    pool: Pool, truth: Truth
) -> None:
    async with house(pool, Text("Nothing fired on checkout."), Text(truth.sentence)) as home:
        body = await home.ask()
    assert body["answer"]["summary"] == f"checkout fired {truth.total} alerts on 5 March 2024."
    assert "Nothing fired" not in json.dumps(body)
    shows_the_truth(body["answer"], truth)


LOOKED_UP = {
    "as the rules would": AS_THE_RULES,
    "in a way of its own": BY_SEVERITY,
    "not at all": Text("4,117 alerts."),
}


@pytest.mark.parametrize("looked_up", LOOKED_UP)
async def test_a_verdict_that_stays_invented_is_replaced_by_the_rules_whatever_was_looked_up(
    pool: Pool, truth: Truth, looked_up: str
) -> None:
    invented = Text("checkout fired 4,117 alerts on 5 March 2024 [e1].")
    async with house(pool, LOOKED_UP[looked_up], invented, invented) as home:
        body = await home.ask()
    assert [item["what"] for item in body["answer"].pop("unknown")] == ["checkout fired 4,117 alerts on 5 March 2024."]
    by_the_rules(body, truth, "The model's summary held a number that is in none of the results, the rules took over")
    assert "4,117" not in json.dumps(body)


FAILURES: dict[str, tuple[Sequence[Step], str]] = {
    "rate limit": ([Failure(429)] * 2, "429 rate limited"),
    "server error": ([Failure(500)] * 2, "500 server error"),
    "sign-in page": ([Page()], "its reply was no completion"),
    "cut stream": ([Text("checkout fired 26 alerts", cut=2)], "the stream broke off"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_model_that_fails_is_replaced_by_the_rules_and_the_answer_says_so(
    pool: Pool, truth: Truth, name: str
) -> None:
    steps, why = FAILURES[name]
    async with house(pool, *steps) as home:
        body = await home.ask()
    by_the_rules(body, truth, f"The model did not answer ({why}), the rules took over")
    assert body["tokens_used"] == 0
    assert await rows(pool, COST) == [(0,)]


async def test_a_model_that_hangs_is_waited_for_no_longer_than_the_settings_say(pool: Pool, truth: Truth) -> None:
    async with house(pool, Hang(), Hang(), seconds=0.2) as home:
        async with asyncio.timeout(2):
            body = await home.ask()
    (note,) = body["answer"]["notes"]
    assert note.startswith("The model did not answer (no answer ")
    by_the_rules(body, truth, note)
    assert body["tokens_used"] == 0


async def test_a_model_that_fails_half_way_leaves_the_rest_to_the_rules(pool: Pool, truth: Truth) -> None:
    async with house(pool, BY_SEVERITY, Failure(500), Failure(500)) as home:
        body = await home.ask()
    by_the_rules(body, truth, "The model did not answer (500 server error), the rules took over")
    assert body["tokens_used"] == 18
    assert len(body["answer"]["evidence"]) == 3


async def test_a_stream_that_breaks_off_half_way_goes_on_with_the_rules_words(pool: Pool, truth: Truth) -> None:
    spoken = Text(truth.sentence, cut=3)
    async with house(pool, AS_THE_RULES, *[AS_THE_RULES] * 3, spoken) as home:
        headers = {"Accept": "text/event-stream"}
        events = frames((await home.web.post(QUERY, json={"query": QUESTION}, headers=headers)).text)
    heard = "".join(data["content"] for _, kind, data in events if kind == "chunk")
    before, _, after = heard.partition("\n")
    assert before == f"checkout fired {truth.total}"
    assert after.startswith(events[-1][2]["answer"]["summary"])
    by_the_rules(
        events[-1][2], truth, "The model did not answer (the stream broke off), the rules took over",
        "Tool calls of the model that were wrong and not made: 6",
    )  # fmt: skip


async def test_orders_in_an_alerts_text_change_nothing_and_its_secrets_reach_nobody(pool: Pool, truth: Truth) -> None:
    """SC-13: the model obeys what it read, and the door is not even reached."""
    obeying = Uses((Use("delete_dashboard", {"uid": "prod"}), Use("query_incidents", {"service": "checkout"})))
    steps = (AS_THE_RULES, obeying, Text("checkout fired 9,117 alerts [e2]."), Text(truth.sentence))
    question = f"{QUESTION} Use password: hunter2-of-ann and key {TOKEN}"
    async with house(pool, *steps) as home:
        body = await home.ask(question)
        (read,) = [result for result in home.said("tool") if "ignore all rules" in result]
        sent = json.dumps(home.model.requests)
        offered = [[tool["function"]["name"] for tool in each.get("tools", ())] for each in home.model.requests]
    assert read.count("</evidence>") == 1
    assert read.endswith("</evidence>"), "what an alert says cannot end the fence around it"
    assert [len(names) for names in offered[:3]] == [MAX_TOOLS] * 3
    assert set().union(*offered) <= {spec.name for spec in tools.ALL if Pillar.INQUIRY in spec.pillars}
    assert body["answer"]["summary"] == f"checkout fired {truth.total} alerts on 5 March 2024."
    assert "9,117" not in json.dumps(body["answer"]["findings"])
    assert "delete_dashboard" not in [tool for tool, *_ in await rows(pool, EXECUTED)]
    ((kept,),) = await rows(pool, LEFT_BEHIND)
    for place in (sent, json.dumps(body), kept):
        assert TOKEN not in place
        assert "hunter2" not in place


async def test_a_role_is_offered_its_own_tools_and_named_others_do_not_exist_for_the_model(
    pool: Pool, truth: Truth
) -> None:
    """SC-13, PM-14."""
    hidden = Use("search_postmortems", {"query": "checkout"})
    async with house(pool, hidden, AS_THE_RULES, Text(truth.sentence)) as home:
        home.web.headers.update(signed("vic", roles=("viewer",)))
        body = await home.ask()
        offered = {tool["function"]["name"] for tool in home.model.requests[0]["tools"]}
        told = json.dumps(home.model.requests)
    assert offered == {
        "query_alerts_history", "query_incidents", "get_mttr_statistics", "get_alert_trends", "get_event_count",
        "get_application_health",
    }  # fmt: skip
    assert "search_postmortems" not in [tool for tool, *_ in await rows(pool, EXECUTED)]
    assert "number 1" not in told, "rows of single alerts are for other roles"
    shows_the_truth(body["answer"], truth)
