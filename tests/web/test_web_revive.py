import asyncio
from typing import Any
from uuid import uuid4

import pytest

from agents.brain import Call
from domain.database import Pool
from domain.errors import SourceError
from tests.house import ScriptedBrain, spec, worker
from tests.web.changes import MESSAGE, STREAM, World, card_of, decide, making, planning, proposed
from tests.web.entrance import admin, app, desk, frames, listening, person, signed
from tools.spec import Category, Pillar, Risk
from web.models.revive import ReviveReply

SESSIONS = "/api/v1/revive/sessions"
READS = {"pillars": frozenset({Pillar.REVIVE}), "category": Category.GRAFANA}


@pytest.fixture
def world() -> World:
    return World()


async def test_a_change_is_put_before_its_requester_in_the_seeds_shape(pool: Pool, world: World) -> None:
    """EP-06, RV-15, RV-17, RV-18."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        response = await web.post(MESSAGE, json={"message": "Create a dashboard for checkout", "mode": "grafana"})
    body = response.json()
    card = ReviveReply.model_validate(body).response.action_required
    assert card
    assert (response.status_code, world.made) == (200, [])
    assert body == {
        "session_id": body["session_id"],
        "run_id": body["run_id"],
        "status": "awaiting_confirmation",
        "response": {
            "content": "Create dashboard checkout: this waits for your approval.",
            "mode_detected": "grafana",
            "action_required": {
                "type": "create_dashboard",
                "title": "Create dashboard checkout",
                "details": {
                    "title": "checkout", "panels": ["request_rate"], "folder": "Services",
                    "lines": ["one panel"], "diff": "", "arguments": {"title": "checkout"},
                },
                "risk_level": "medium",
                "confirmation_id": str(card.confirmation_id),
                "expires_at": body["response"]["action_required"]["expires_at"],
                "seconds_left": card.seconds_left,
                "warnings": [],
                "arguments_sha256": card.arguments_sha256,
                "approval_mode": "self",
                "requester": "ann",
                "permission": "ai:revive:grafana:dashboard:create",
                "status": "pending",
                "created_at": body["response"]["action_required"]["created_at"],
            },
            "resources_created": [],
            "suggestions": [],
            "answer": None,
        },
        "tools_used": [],
        "tokens_used": 0,
    }  # fmt: skip
    assert 290 < card.seconds_left <= 300
    assert len(card.arguments_sha256) == 64


async def test_what_the_policy_allows_is_made_at_once_and_listed_with_its_link(pool: Pool, world: World) -> None:
    """EP-06, RV-17."""
    async with desk(pool, world.spec("create_annotation"), brain=making("note", tool="create_annotation")) as web:
        body = (await web.post(MESSAGE, json={"message": "note it"})).json()
    assert (body["status"], body["tools_used"], world.made) == ("completed", ["create_annotation"], ["note"])
    assert body["response"]["answer"]["summary"] == "note it: 1 results."
    assert body["response"]["content"].startswith("note it: 1 results.")
    assert "action_required" not in body["response"]
    assert "error" not in body
    assert body["response"]["resources_created"] == [
        {
            "action": "create_annotation", "type": "dashboard", "uid": "note", "name": "Note",
            "url": "https://grafana.example.com/d/note",
        }
    ]  # fmt: skip


async def test_what_is_changed_or_deleted_is_not_told_as_created(pool: Pool, world: World) -> None:
    tool = world.spec("silence_alert", risk=Risk.UPDATE)
    async with desk(pool, tool, brain=making("old", tool="silence_alert")) as web:
        body = (await web.post(MESSAGE, json={"message": "change it"})).json()
    assert (body["status"], body["response"]["resources_created"], world.made) == ("completed", [], ["old"])


async def test_reads_before_a_change_are_told_as_used(pool: Pool, world: World) -> None:
    rounds = [[Call(tool="search_echo", arguments={})], [Call(tool="create_dashboard", arguments={"title": "one"})]]
    brain = ScriptedBrain(rounds=rounds)
    async with desk(pool, spec("search_echo", **READS), world.spec(), brain=brain) as web:
        body = await proposed(web)
    assert body["tools_used"] == ["search_echo"]


async def test_a_role_that_may_not_is_told_which_permission_and_whom_to_ask(pool: Pool, world: World) -> None:
    """EP-06, PM-16, PM-22."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        response = await web.post(MESSAGE, json={"message": "make it"}, headers=person("eve", "engineer"))
    alternative = "Ask someone with the role admin or operator."
    assert (response.status_code, response.json()) == (
        403,
        {
            "error": "permission_denied",
            "message": f"Role 'engineer' cannot create a dashboard (create_dashboard). {alternative}",
            "required_permission": "ai:revive:grafana:dashboard:create",
            "alternative": alternative,
        },
    )
    assert world.made == []


async def test_a_refusal_after_something_was_done_says_what_was_done(pool: Pool, world: World) -> None:
    tools = (world.spec("create_annotation"), world.spec("delete_dashboard", risk=Risk.DELETE))
    brain = planning(("create_annotation", "note"), ("delete_dashboard", "old"))
    rule = {"role": "admin", "pillar": "revive", "tool_name": "delete_dashboard", "permission": "deny"}
    async with desk(pool, *tools, brain=brain) as web:
        await web.put("/api/v1/admin/ai/permissions", json=rule)
        response = await web.post(MESSAGE, json={"message": "both"})
    body = response.json()
    assert (response.status_code, body["status"], world.made) == (200, "failed", ["note"])
    assert (body["error"]["error"], body["error"]["required_permission"]) == (
        "permission_denied",
        "ai:revive:grafana:dashboard:create",
    )
    assert [made["uid"] for made in body["response"]["resources_created"]] == ["note"]


async def test_a_change_of_which_nobody_knows_whether_it_was_made_is_not_told_as_made(pool: Pool, world: World) -> None:
    world.fault = SourceError("The connection was cut", source="grafana", is_uncertain=True)
    async with desk(pool, world.spec("create_annotation"), brain=making("note", tool="create_annotation")) as web:
        response = await web.post(MESSAGE, json={"message": "note it"})
    body = response.json()
    assert (response.status_code, body["status"], body["error"]["error"]) == (200, "failed", "outcome_unknown")
    assert body["response"]["resources_created"] == []


async def test_mode_page_and_selection_reach_the_brain(pool: Pool) -> None:
    """RV-15, RV-16."""
    brain = ScriptedBrain(rounds=())
    context = {
        "current_page": "/dashboards",
        "selected_items": ["checkout-overview"],
        "recent_actions": ["opened checkout-overview"],
        "timezone": "Europe/Berlin",
    }
    async with desk(pool, brain=brain) as web:
        body = (await web.post(MESSAGE, json={"message": "do", "mode": "aiops", "context": context})).json()
    seen = brain.seen[0]
    assert (seen.mode, seen.page, seen.selected, seen.zone.key, seen.pillar) == (
        "aiops", "/dashboards", ("checkout-overview",), "Europe/Berlin", Pillar.REVIVE,
    )  # fmt: skip
    assert body["response"]["mode_detected"] == "aiops"


async def test_the_mode_is_told_by_what_is_proposed_where_nobody_said_it(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        assert (await proposed(web))["response"]["mode_detected"] == "grafana"


INVALID: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    ({}, "message", "Field required"),
    ({"message": " \u0007 "}, "message", "is empty; say what to change, for example: create a dashboard for checkout"),
    ({"message": "x" * 4001}, "message", "String should have at most 4000 characters"),
    ({"message": "a", "mode": "grafan"}, "mode", "Input should be 'auto', 'grafana' or 'aiops'"),
    ({"message": "a", "context": {"page": "/"}}, "context.page", "Extra inputs are not permitted"),
    ({"message": "a", "context": {"selected_items": [1]}}, "context.selected_items[0]", None),
    ({"message": "a", "session_id": "x"}, "session_id", None),
)  # fmt: skip


async def test_a_request_that_cannot_be_taken_names_its_field(pool: Pool) -> None:
    """EP-06."""
    async with desk(pool) as web:
        for body, field, message in INVALID:
            response = await web.post(MESSAGE, json=body)
            details = response.json()["details"]
            assert (response.status_code, details[0]["field"]) == (422, field)
            assert message in (None, details[0]["message"])


async def test_a_token_without_the_pillar_changes_nothing(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        response = await web.post(MESSAGE, json={"message": "a"}, headers=signed("ann", roles=("admin",)))
    assert (response.status_code, response.json()["required_permission"]) == (403, "scope revive")


async def test_a_new_message_sets_aside_what_waited_and_says_so(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        first = await proposed(web)
        second = await web.post(MESSAGE, json={"message": "again", "session_id": first["session_id"]})
        refused = await decide(web, first["response"]["action_required"])
        done = await decide(web, second.json()["response"]["action_required"])
    assert (refused.status_code, refused.json()["error"]) == (409, "already_decided")
    assert (done.json()["result"]["success"], world.made) == (True, ["checkout"])


async def test_sessions_are_listed_read_and_deleted_by_their_owner_alone(pool: Pool) -> None:
    """EP-09, AU-08."""
    async with desk(pool, brain=ScriptedBrain(rounds=())) as web:
        asked = (await web.post(MESSAGE, json={"message": "one"})).json()
        inquiry = (await web.post("/api/v1/inquiry/query", json={"query": "two"})).json()
        path, bob = f"{SESSIONS}/{asked['session_id']}", admin("bob")
        listed = (await web.get(SESSIONS)).json()
        found = (await web.get(path)).json()
        messages = (await web.get(f"{path}/messages")).json()
        foreign = [
            await web.get(path, headers=bob),
            await web.get(f"{path}/messages", headers=bob),
            await web.delete(path, headers=bob),
            await web.get(f"{SESSIONS}/{uuid4()}"),
            await web.get(f"{SESSIONS}/{inquiry['session_id']}"),
            await web.delete(f"{SESSIONS}/{inquiry['session_id']}"),
        ]
        empty = (await web.get(SESSIONS, headers=bob)).json()
        deleted = [(await web.delete(path)).status_code, (await web.delete(path)).status_code]
    assert [item["id"] for item in listed["sessions"]] == [asked["session_id"]]
    assert found.keys() == {"session_id", "messages", "pagination", "runs"}
    assert [run["id"] for run in found["runs"]] == [asked["run_id"]]
    assert {key: found[key] for key in messages} == messages
    assert [(item["role"], item["run_id"]) for item in messages["messages"]] == [
        ("user", asked["run_id"]), ("assistant", asked["run_id"]),
    ]  # fmt: skip
    assert [response.status_code for response in foreign] == [404] * 6
    assert (empty["sessions"], deleted) == ([], [204, 404])


async def test_a_stream_ends_at_the_pause_with_the_card_that_the_json_reply_has(pool: Pool, world: World) -> None:
    """EP-10."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        streamed = await web.post(MESSAGE, json={"message": "make it"}, headers=STREAM)
        number, kind, last = frames(streamed.text)[-1]
        card = (await web.get(f"/api/v1/revive/confirmations/{last['confirmation_id']}")).json()
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert [kind for _, kind, _ in frames(streamed.text)] == ["run", "tool_use", "confirmation_required"]
    assert (number, kind, last["run_id"]) == (3, "confirmation_required", card["run_id"])
    assert last["action"].keys() <= card.keys()
    assert (last["action"]["arguments_sha256"], last["action"]["details"]) == (
        card["arguments_sha256"],
        card["details"],
    )


async def test_one_reader_follows_a_run_through_its_pause_and_its_approval_to_the_end(pool: Pool, world: World) -> None:
    """EP-10."""
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as house,
        listening(app(pool, house.runner, house=house)) as web,
    ):
        web.headers.update(admin())
        asked = await proposed(web)
        waiting = asyncio.Event()

        async def follow() -> str:
            lines: list[str] = []
            async with web.stream("GET", f"/api/v1/runs/{asked['run_id']}/events") as response:
                async for line in response.aiter_lines():
                    lines.append(line)
                    if line == "event: confirmation_required":
                        waiting.set()
            return "\n".join(lines).strip()

        following = asyncio.create_task(follow())
        await waiting.wait()
        await decide(web, asked["response"]["action_required"])
        told = frames(await following)
    assert [number for number, _, _ in told] == sorted({number for number, _, _ in told})
    assert [kind for _, kind, _ in told][-1] == "complete"
    assert [data["label"] for _, kind, data in told if kind == "tool_use" and data["status"] == "output"] == [
        "making checkout"
    ]


async def test_a_run_that_waits_is_told_as_waiting(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        run = (await web.get(f"/api/v1/runs/{asked['run_id']}")).json()
        card = await card_of(web, headers=admin("bob"))
    assert (run["status"], run["answer"], run["error"], card["requester"]) == (
        "awaiting_confirmation",
        None,
        None,
        "bob",
    )
