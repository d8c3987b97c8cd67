"""What revive tells at the end: what was made and on whose word, and plainly what was not.

Promises: RV-17, RV-22 (mode_detected, resources_created, actions), CF-03 (rejected), and that no fault is a success.
"""

from typing import Any

import pytest

from agents.answer import Answer, Unknown, from_json
from agents.rules.revive.deeds import CHECKS
from tests.agents.revive_world import SPECS, ask, confirmation
from tools.spec import ToolResult

RUN = "run restart-api on web-1"
BOTH = "run restart-api on web-1 and create an incident 'Checkout is down' severity major"


def not_made(status: str, **changes: Any) -> ToolResult:
    """What the graph gives for a change that was not approved."""
    data = {"confirmation": confirmation(status, **changes)}
    return ToolResult(status="forbidden", source="approval", error="Nothing was done.", data=data)


async def test_a_change_is_told_with_its_approver_its_link_and_its_execution() -> None:
    told = await ask("create a dashboard for checkout with CPU")
    text = (
        "Create dashboard for checkout with CPU: done, approved by ann. "
        "Dashboard Checkout overview: http://grafana.example/x"
    )
    assert told.answer.summary == text
    assert [(each.text, each.executions) for each in told.answer.findings] == [
        (text, ("00000000-0000-0000-0000-000000000001",))
    ]


async def test_the_data_have_the_keys_of_the_seeds() -> None:
    told = await ask("create a dashboard for checkout with CPU")
    resource = {"type": "dashboard", "uid": "new", "name": "Checkout overview", "url": "http://grafana.example/x"}
    assert told.answer.data == {
        "mode_detected": "grafana",
        "resources_created": [resource],
        "actions": [
            {
                "action": "create_dashboard",
                "success": True,
                "status": "succeeded",
                "resource": resource,
                "confirmation_id": "00000000-0000-0000-0000-00000000004d",
            }
        ],
    }


async def test_a_change_that_made_nothing_new_is_no_created_resource() -> None:
    told = await ask("delete the dashboard 'Checkout overview'")
    assert (told.answer.data["resources_created"], told.answer.data["actions"][0]["success"]) == ([], True)


NOT_MADE = (
    (not_made("rejected"), "rejected", "rejected by ann; nothing was done."),
    (not_made("rejected", reason="too risky"), "rejected", "rejected by ann (too risky); nothing was done."),
    (not_made("expired"), "expired", "not decided in time, so its confirmation expired; nothing was done."),
    (not_made("superseded"), "superseded", "set aside before anybody decided; nothing was done."),
    (
        ToolResult(status="forbidden", source="policy", error="Role 'viewer' cannot execute. Ask an admin."),
        "refused",
        "not done. Role 'viewer' cannot execute. Ask an admin.",
    ),
    (
        ToolResult(status="error", source="runbooks", error="Step 1 ended with exit code 1"),
        "failed",
        "failed. Step 1 ended with exit code 1.",
    ),
    (
        ToolResult(status="error", source="grafana", error="The connection was cut", is_uncertain=True),
        "unknown",
        f"it is not known whether this was done. The connection was cut. {CHECKS['execute_runbook']}",
    ),
)


@pytest.mark.parametrize(("result", "status", "words"), NOT_MADE, ids=[words for _, _, words in NOT_MADE])
async def test_what_was_not_made_is_said_plainly_and_never_as_a_success(
    result: ToolResult, status: str, words: str
) -> None:
    told = await ask(RUN, {"execute_runbook": result})
    assert told.answer.summary == f"Run restart-api on web-1: {words}"
    action = told.answer.data["actions"][0]
    assert (action["success"], action["status"], told.answer.data["resources_created"]) == (False, status, [])


async def test_what_nobody_knows_stands_among_the_unknown_with_what_would_settle_it() -> None:
    lost = ToolResult(status="error", source="grafana", error="The connection was cut", is_uncertain=True)
    told = await ask("create an incident 'Checkout is down' severity major", {"create_incident": lost})
    assert told.answer.unknown == (
        Unknown(
            what="Whether this was done: Create incident “Checkout is down” (major)",
            why="No answer says so.",
            settle="Look at the incidents in Grafana before it is declared again.",
        ),
    )


async def test_an_uncertain_result_is_unknown_even_when_it_says_ok() -> None:
    odd = ToolResult(status="ok", source="grafana", is_uncertain=True)
    told = await ask(RUN, {"execute_runbook": odd})
    assert told.answer.data["actions"][0]["success"] is False


async def test_what_was_not_reached_says_why() -> None:
    told = await ask(BOTH, {"execute_runbook": not_made("rejected")})
    assert told.answer.summary == "0 of 2 changes were made."
    assert [each.text for each in told.answer.findings] == [
        "Run restart-api on web-1: rejected by ann; nothing was done.",
        "Create incident “Checkout is down” (major): not reached, because a change before it was not made.",
    ]
    assert [each["status"] for each in told.answer.data["actions"]] == ["rejected", "not_reached"]


async def test_several_changes_are_told_one_by_one() -> None:
    told = await ask(BOTH)
    assert told.answer.summary == "Both changes were made."
    assert [each["success"] for each in told.answer.data["actions"]] == [True, True]


async def test_what_the_policy_allows_is_not_said_to_be_approved_by_anybody() -> None:
    allowed = {"confirmation": confirmation("approved", decided_through="policy", decided_by="ann")}
    told = await ask(RUN, {"execute_runbook": ToolResult(status="ok", source="runbooks", data=allowed)})
    assert told.answer.summary == "Run restart-api on web-1: done, which the policy allows without asking."


async def test_a_dry_run_says_that_nothing_was_executed_and_what_would_be() -> None:
    shown = ToolResult(
        status="ok", source="runbooks", data={"dry_run": True, "commands": ["web-1: systemctl restart api"]}
    )
    told = await ask(f"dry {RUN}", {"execute_runbook": shown})
    assert told.answer.summary.endswith("Nothing was executed; it would do this: web-1: systemctl restart api")


async def test_what_was_provisioned_says_how_to_reach_it() -> None:
    made = ToolResult(
        status="ok",
        source="runbooks",
        data={
            "resource": {"type": "service", "id": "42", "name": "redis"},
            "connection": {"host": "redis-1", "port": "6379"},
        },
    )
    told = await ask("spin up a redis", {"execute_runbook": made})
    assert told.answer.summary == "Provision redis: done. Service redis (42). Connection: host: redis-1; port: 6379."


async def test_what_is_read_is_a_table_and_a_sentence() -> None:
    rows = [
        {"name": "web-1", "hostname": "10.0.0.7", "port": 22},
        {"name": "web-2", "hostname": "10.0.0.8", "port": 22},
    ]
    told = await ask("list servers", {"list_servers": ToolResult(status="ok", source="test", data={"servers": rows})})
    assert told.answer.summary == "2 servers: web-1 and web-2."
    (part,) = told.answer.parts
    assert (part.kind, part.data["rows"]) == ("table", rows)
    assert [column["title"] for column in part.data["columns"]] == ["Server", "Address", "Port"]


async def test_nothing_found_is_an_answer() -> None:
    none = ToolResult(status="empty", source="test", data={"servers": []})
    told = await ask("list servers", {"list_servers": none})
    assert (told.answer.summary, told.answer.unknown, told.answer.parts) == ("No servers were found.", (), ())


async def test_a_read_that_failed_is_no_answer() -> None:
    failed = ToolResult(status="error", source="postgres", error="Postgres did not answer list_servers.")
    told = await ask("list servers", {"list_servers": failed})
    assert told.answer.summary == "Postgres did not answer list_servers."
    assert [(each.what, each.settle) for each in told.answer.unknown] == [
        ("Servers", "Ask again when the source answers.")
    ]


async def test_a_request_that_fits_several_asks_and_offers_each() -> None:
    told = await ask("delete the checkout dashboard")
    assert told.answer.summary == (
        "“checkout” fits 2 dashboards equally well: Checkout overview or Checkout details. Which one? "
        "Nothing was changed."
    )
    assert told.answer.suggestions == (
        "delete the Checkout overview dashboard",
        "delete the Checkout details dashboard",
    )
    assert told.answer.data == {"mode_detected": "grafana", "resources_created": [], "actions": []}


EVERYTHING = (
    RUN,
    BOTH,
    "list servers",
    "delete the checkout dashboard",
    "yes",
    "why is checkout slow",
    "show runbook cleanup",
)


@pytest.mark.parametrize("text", EVERYTHING)
async def test_every_answer_survives_being_kept_as_json(text: str) -> None:
    answer = (await ask(text)).answer
    assert isinstance(answer, Answer)
    assert from_json(answer.as_json()).as_json() == answer.as_json()


@pytest.mark.parametrize("text", EVERYTHING)
async def test_the_tools_used_and_the_sources_are_those_of_the_calls(text: str) -> None:
    told = await ask(text)
    assert set(told.answer.tools_used) == {call.tool for call in told.calls} <= SPECS.keys()
    assert [source.tool for source in told.answer.sources] == [call.tool for call in told.calls]
