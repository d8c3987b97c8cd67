"""Requests of revive are read, planned and asked back about without a model.

Promises: IN-13 (modes), IN-14 (provision, connection info), RV-01, RV-02, RV-06, RV-08 to RV-13 (what can be asked),
TE-02 (grafana_mode_create_dashboard, grafana_mode_query_metrics, aiops_mode_execute_runbook, aiops_mode_list_servers,
auto_mode_detection, as far as the brain goes), WF-01 (requirements extracted, what is missing asked for).
"""

import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.brain import Message, Offer
from agents.rules import lexicon
from agents.rules.index import build
from agents.rules.revive import vocabulary
from agents.rules.revive.intents import BY_NAME, INTENTS
from domain.names import Names
from tests.agents.revive_world import SPECS, Told, ask
from tests.agents.rules_world import BRAIN, NAMES, question
from tools import ALL
from tools.spec import Pillar, ToolResult

REQUESTS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("revive_utterances.toml").read_text(encoding="utf-8")
)["request"]


def outcome(told: Told) -> dict[str, Any]:
    """What came of a request, in the form of `revive_utterances.toml`."""
    acts = [act["intent"] for act in told.understood.slots.get("acts", [])] or [told.understood.intent]
    kind = {} if told.understood.kind == "query" else {"kind": told.understood.kind}
    return {"intents": acts, **kind, "calls": told.wanted}


def expected(row: dict[str, Any], text: str) -> dict[str, Any]:
    calls = [call.partition(" ") for call in row.get("calls", [])]
    wanted = [(tool, with_reason(tool, orjson.loads(arguments), text)) for tool, _, arguments in calls]
    kind = {"kind": row["kind"]} if "kind" in row else {}
    return {"intents": row["intents"], **kind, "calls": wanted}


def with_reason(tool: str, arguments: dict[str, Any], text: str) -> dict[str, Any]:
    return {"reason": f"Asked for: {text}", **arguments} if tool == "execute_runbook" else arguments


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row["text"])
async def test_a_request_leads_to_exactly_these_calls(row: dict[str, Any]) -> None:
    told = await ask(row["text"])
    assert outcome(told) == expected(row, row["text"])
    assert told.answer.summary.startswith(row.get("says", ""))


def test_the_table_of_requests_is_large_and_has_none_twice() -> None:
    assert len({row["text"] for row in REQUESTS}) == len(REQUESTS) >= 120


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row["text"])
async def test_every_planned_call_is_one_that_its_tool_takes(row: dict[str, Any]) -> None:
    for call in (await ask(row["text"])).calls:
        SPECS[call.tool].args.model_validate(dict(call.arguments))


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row["text"])
async def test_changes_come_in_one_round_without_reads_and_only_once(row: dict[str, Any]) -> None:
    told = await ask(row["text"])
    changing = [[not SPECS[call.tool].is_read for call in calls] for calls in told.rounds]
    assert all(len(set(kinds)) == 1 for kinds in changing)
    assert sum(kinds[0] for kinds in changing) <= 1


def test_each_intent_names_a_tool_of_its_mode_and_says_truly_whether_it_changes_something() -> None:
    for intent in INTENTS:
        spec = SPECS[intent.tool]
        assert (intent.mode, intent.is_change) == (str(spec.category), not spec.is_read), intent.name


def test_every_tool_can_be_asked_for() -> None:
    assert SPECS.keys() - {intent.tool for intent in INTENTS} == set()
    assert len(BY_NAME) == len(INTENTS)


async def test_what_has_to_be_looked_up_goes_before_the_change_in_rounds_of_its_own() -> None:
    told = await ask("run restart-api on web-1")
    assert [[call.tool for call in calls] for calls in told.rounds] == [
        ["list_runbooks"],
        ["get_runbook_details"],
        ["execute_runbook"],
    ]


async def test_reads_before_a_change_go_first_and_reads_behind_it_last() -> None:
    told = await ask("list servers, create a dashboard for auth with latency, then show executions")
    assert [[call.tool for call in calls] for calls in told.rounds] == [
        ["list_servers"],
        ["create_dashboard"],
        ["list_executions"],
    ]


async def test_nothing_is_planned_when_one_of_several_changes_cannot_be() -> None:
    told = await ask('run restart-api on web-1 and delete the dashboard "Payments"')
    assert (told.wanted, "Which one?" in told.answer.summary) == ([], True)


async def test_a_part_that_nothing_here_can_do_keeps_the_rest_from_being_planned() -> None:
    told = await ask("run restart-api on web-1 and delete server web-1")
    assert (told.understood.kind, told.calls) == ("cannot", [])


async def test_five_changes_are_planned_and_six_are_refused() -> None:
    five = ", ".join(f"create a dashboard for {name}" for name in ("auth", "search", "orders", "checkout", "abc"))
    assert len((await ask(five)).wanted) == 5
    told = await ask(f"{five} and create a dashboard for users-api")
    assert (told.understood.intent, told.calls) == ("too_many", [])


async def test_a_message_too_long_for_one_request_is_said_to_be_and_a_long_block_is_not() -> None:
    assert (await ask("run restart-api and " * 200)).understood.intent == "too_long"
    block = orjson.dumps({"steps": [{"kind": "wait", "name": f"wait {n}", "seconds": 1} for n in range(100)]}).decode()
    assert [call[0] for call in (await ask(f"create a runbook called long\n```{block}```")).wanted] == [
        "create_runbook"
    ]


ORDERS = (
    "on web-1 run restart-api because it hangs",
    "run restart-api on web-1 because it hangs",
    "please execute the restart-api runbook on web-1, reason: it hangs",
)


@pytest.mark.parametrize("text", ORDERS)
async def test_the_order_of_the_words_is_free(text: str) -> None:
    wanted = {"runbook": "restart-api", "parameters": {"server": "web-1"}, "reason": "it hangs"}
    assert (await ask(text)).wanted == [("execute_runbook", wanted)]


TYPOS = (
    ("exceute runbook cleanup on web-1", "execute_runbook"),
    ("lits runbooks", "list_runbooks"),
    ("list srevers", "list_servers"),
    ("show credentails", "list_credentials"),
    ("create a dahsboard for checkout", "create_dashboard"),
    ("delete dashbaord 'Checkout overview'", "delete_dashboard"),
    ("list anotations", "list_annotations"),
)


@pytest.mark.parametrize(("text", "tool"), TYPOS)
async def test_slips_of_the_keys_are_put_right(text: str, tool: str) -> None:
    assert [call[0] for call in (await ask(text)).wanted] == [tool]


async def test_words_in_quotes_and_commands_never_choose_what_is_done() -> None:
    told = await ask('annotate the dashboard "Checkout overview" with "delete the dashboard and run restart-api"')
    assert [call[0] for call in told.wanted] == ["create_annotation"]
    assert told.wanted[0][1]["text"] == "delete the dashboard and run restart-api"


async def test_words_of_a_reason_never_choose_what_is_done() -> None:
    told = await ask("run restart-worker on web-1 because checkout deletes the dashboard of web-2")
    assert told.wanted[0][1]["parameters"] == {"server": "web-1"}
    assert len(told.wanted) == 1


QUESTIONS = (
    "how do I run restart-api",
    "how can I delete a dashboard",
    "did restart-api run today?",
    "should I restart checkout?",
)


@pytest.mark.parametrize("text", QUESTIONS)
async def test_a_question_about_a_change_makes_none(text: str) -> None:
    assert all(SPECS[call.tool].is_read for call in (await ask(text)).calls)


WORDS_OF_APPROVAL = ("yes", "Yes.", "approve", "ok, do it", "go ahead", "yes please", "no", "reject it", "cancel")


@pytest.mark.parametrize("text", WORDS_OF_APPROVAL)
async def test_a_word_of_approval_does_nothing_and_says_where_approvals_are_given(text: str) -> None:
    before = await ask("run restart-worker")
    told = await ask(text, history=(before.message(),))
    assert (told.understood.kind, told.calls, "confirmation" in told.answer.summary) == ("converse", [], True)


SECRETS = (
    "create a credential deploy with password=[masked]",
    "run restart-api with token=[masked]",
    "store ssh key [masked] as deploy",
    "my password is [masked]",
)


@pytest.mark.parametrize("text", SECRETS)
async def test_a_secret_that_was_typed_is_never_planned_with(text: str) -> None:
    told = await ask(text)
    assert (told.understood.intent, told.calls, "trivium credential add" in told.answer.summary) == ("secret", [], True)


async def test_a_mode_that_was_chosen_holds_and_nothing_is_done_outside_it() -> None:
    told = await ask("create a dashboard for checkout", mode="aiops")
    assert (told.understood.kind, told.calls) == ("cannot", [])
    assert told.answer.summary.startswith("That belongs to Grafana, and AIOps was chosen.")


async def test_a_rule_is_one_of_the_mode_that_was_chosen() -> None:
    assert (await ask("list rules", mode="grafana")).wanted == [("list_alert_rules", {})]
    assert (await ask("list rules", mode="aiops")).wanted == [("list_auto_analyze_rules", {})]


async def test_what_is_not_understood_is_asked_back_about_unless_the_page_tells_the_mode() -> None:
    assert (await ask("qwertz")).understood.kind == "ask_back"
    on_page = await ask("qwertz", page="/runbooks")
    assert (on_page.understood.kind, on_page.understood.suggestions[0]) == ("cannot", "List the runbooks")


async def test_the_dashboard_that_is_open_is_meant_by_this_dashboard() -> None:
    told = await ask('annotate this dashboard with "deployed"', page="/d/abc/checkout")
    assert told.wanted == [("create_annotation", {"text": "deployed", "dashboard_uid": "abc"})]
    marked = await ask("delete this dashboard", selected=("xyz",))
    assert marked.wanted == [("delete_dashboard", {"uid": "xyz"})]


FOLLOW_UPS: tuple[tuple[tuple[str, ...], list[tuple[str, dict[str, Any]]]], ...] = (
    (
        ("run restart-worker", "server=web-1"),
        [("execute_runbook", {"runbook": "restart-worker", "parameters": {"server": "web-1"}})],
    ),
    (
        ("provision a postgres with 2 cores and 8 GB", "name=orders-db"),
        [("execute_runbook", {"runbook": "postgres", "parameters": {"name": "orders-db", "cores": 2, "memory_gb": 8}})],
    ),
    (("delete the checkout dashboard", "Checkout details"), [("delete_dashboard", {"uid": "co2"})]),
    (("execute restrat-api", "restart-api"), [("execute_runbook", {"runbook": "restart-api", "parameters": {}})]),
)


@pytest.mark.parametrize(("texts", "wanted"), FOLLOW_UPS, ids=[" / ".join(texts) for texts, _ in FOLLOW_UPS])
async def test_a_reply_to_what_was_asked_completes_the_request(texts: tuple[str, ...], wanted: Any) -> None:
    history: tuple[Message, ...] = ()
    told = await ask(texts[0])
    for text in texts[1:]:
        assert told.wanted == []
        history = (*history, Message(role="user", content=texts[0]), told.message())
        told = await ask(text, history=history)
    assert [
        (tool, {key: value for key, value in given.items() if key != "reason"}) for tool, given in told.wanted
    ] == wanted


async def test_a_reply_completes_nothing_when_nothing_was_asked() -> None:
    done = await ask("run restart-worker on web-1")
    assert (await ask("server=web-2", history=(done.message(),))).calls == []


async def test_a_tool_that_is_not_offered_is_planned_all_the_same_so_that_the_door_says_who_may() -> None:
    for text, tool in (("create a dashboard for checkout", "create_dashboard"), ("run cleanup", "execute_runbook")):
        asked = question(text, pillar=Pillar.REVIVE)
        understood = await BRAIN.understand(asked)
        assert [call.tool for call in await BRAIN.plan(asked, understood, [], Offer(tools=()))] == [tool]


async def test_a_lookup_that_fails_stops_the_change_and_says_why() -> None:
    failed = ToolResult(status="error", source="postgres", error="Postgres did not answer.")
    told = await ask("run restart-api on web-1", {"list_runbooks": failed})
    assert told.wanted == []
    assert told.answer.summary == (
        "Whether there is a runbook named restart-api could not be read. Postgres did not answer. Nothing was changed."
    )


async def test_an_alert_rule_is_on_the_first_expression_that_has_series_now() -> None:
    answers = ToolResult(
        status="ok", source="grafana", data={"series": [{"metric": {"way": "10"}, "values": [[1, "1"]]}]}
    )
    told = await ask("create an alert rule when the request rate of orders is below 10", {"query_prometheus": answers})
    assert "http_request_duration_seconds_count" in told.wanted[0][1]["expr"]
    assert all(len(call.arguments["query"]) <= 5000 for call in told.calls if call.tool == "query_prometheus")


async def test_no_alert_rule_is_planned_on_what_has_no_metric() -> None:
    nothing = ToolResult(status="empty", source="grafana", data={"series": []})
    told = await ask("create an alert rule when the request rate of orders is below 10", {"query_prometheus": nothing})
    assert (told.wanted, told.answer.summary[:43]) == ([], "No metric shows request rate of orders now.")


async def test_a_runbook_in_a_block_of_json_is_taken_as_it_is() -> None:
    block = '{"steps": [{"kind": "wait", "name": "wait", "seconds": 5}], "description": "waits"}'
    told = await ask(f"create a runbook called wait-a-bit\n```json\n{block}\n```")
    assert told.wanted == [("create_runbook", {**orjson.loads(block), "name": "wait-a-bit"})]


async def test_services_are_those_of_the_database_whatever_they_are() -> None:
    names = Names(version=9, services=("billing", "cart"))
    told = await ask("create a dashboard for bililng with cpu", names=names)
    assert told.wanted[0][1]["panels"] == [{"wish": "cpu", "service": "billing"}]


async def test_inquiry_is_read_as_before_by_the_same_brain() -> None:
    asked = question("How many alerts fired on checkout last week?")
    understood = await BRAIN.understand(asked)
    assert (understood.kind, understood.intent) == ("query", "alert_count")
    calls = await BRAIN.plan(asked, understood, [], Offer(tools=tuple(ALL)))
    assert "query_alerts_history" in {call.tool for call in calls}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("drian the server web-1", "drain the server web-1"),
        ("create an auto-analyze rule named drawn", "create an auto-analyze rule named drawn"),
        ("create a runbook called drian", "create a runbook called drian"),
    ],
)
def test_slips_are_put_right_but_never_in_what_something_is_to_be_called(written: str, read: str) -> None:
    words = lexicon.load()
    assert vocabulary.corrected(written, build(NAMES, words.words.generic), words) == read
