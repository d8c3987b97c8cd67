import asyncio
from typing import Any
from uuid import uuid4

import pytest

from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from graphs.asking import Ask
from tests.house import Worker, actor, worker
from tests.web.changes import (
    CONFIRM,
    STREAM,
    WAITING,
    World,
    aged,
    card_of,
    decide,
    making,
    proposed,
    rows,
)
from tests.web.entrance import admin, desk, frames, parts_of, person
from tools.decisions import Verdict
from web.confirmations import concluded
from web.desk import Desk, Visit
from web.meters import Meters

TAKEN = "select status, outcome, reason, decided_through from trivium.ai_action_confirmations order by created_at"


@pytest.fixture
def world() -> World:
    return World()


async def test_an_approval_is_answered_with_what_was_made_in_the_seeds_shape(pool: Pool, world: World) -> None:
    """EP-07, RV-22, CF-03, PM-07."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        response = await decide(web, asked["response"]["action_required"])
        run = (await web.get(f"/api/v1/runs/{asked['run_id']}")).json()
    assert (response.status_code, response.json()) == (
        200,
        {
            "confirmation_id": asked["response"]["action_required"]["confirmation_id"],
            "status": "approved",
            "run_id": asked["run_id"],
            "result": {
                "action": "create_dashboard",
                "success": True,
                "outcome": "succeeded",
                "resource": {
                    "type": "dashboard",
                    "uid": "checkout",
                    "name": "Checkout",
                    "url": "https://grafana.example.com/d/checkout",
                },
            },
        },
    )
    assert (run["status"], world.made) == ("completed", ["checkout"])


async def test_a_rejection_does_nothing_and_keeps_its_reason(pool: Pool, world: World) -> None:
    """EP-07, CF-03."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        card = asked["response"]["action_required"]
        response = await decide(web, card, "reject", reason="not\u0007 today")
    body = {"confirmation_id": card["confirmation_id"], "status": "rejected", "run_id": asked["run_id"]}
    assert (response.status_code, response.json(), world.made) == (200, body, [])
    assert await rows(pool, TAKEN) == [
        {"status": "rejected", "outcome": None, "reason": "not today", "decided_through": "http"}
    ]


async def test_a_secret_in_a_reason_is_not_kept(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        await decide(web, await card_of(web), "reject", reason="the password=hunter2hunter2 is wrong")
    assert "hunter2" not in str(await rows(pool, TAKEN))
    assert "hunter2" not in str(await rows(pool, "select details from trivium.audit_logs"))


async def test_an_edit_is_a_new_card_and_the_old_one_can_no_longer_be_approved(pool: Pool, world: World) -> None:
    """EP-07, RV-20, CF-03."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        old = asked["response"]["action_required"]
        edited = (await decide(web, old, "edit", arguments={"title": "payment"})).json()
        late = await decide(web, old)
        gone = (await web.get(f"{WAITING}/{old['confirmation_id']}")).json()
        done = await decide(web, edited["action_required"])
    new = edited["action_required"]
    assert edited == {
        "confirmation_id": old["confirmation_id"],
        "status": "superseded",
        "run_id": asked["run_id"],
        "superseded_by": new["confirmation_id"],
        "action_required": new,
    }
    assert new.keys() == old.keys()
    assert (new["details"]["arguments"], new["arguments_sha256"] != old["arguments_sha256"]) == (
        {"title": "payment"},
        True,
    )
    assert (late.status_code, late.json()["error"]) == (409, "already_decided")
    assert (gone["status"], gone["superseded_by"], gone["result"]) == ("superseded", new["confirmation_id"], None)
    assert (done.json()["result"]["resource"]["uid"], world.made) == ("payment", ["payment"])


async def test_an_edit_that_cannot_be_taken_leaves_the_old_card(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        unknown = await decide(web, card, "edit", arguments={"titel": "payment"})
        taken = await decide(web, card, "edit", arguments={"title": "taken"})
        other = await decide(web, card, "edit", arguments={"title": "b"}, arguments_sha256="0" * 64)
        world.is_away = True
        away = await decide(web, card, "edit", arguments={"title": "payment"})
        world.is_away = False
        done = await decide(web, card)
    assert (unknown.status_code, unknown.json()["details"][0]["field"]) == (422, "arguments")
    assert unknown.json()["alternative"] == "It takes: title."
    assert (taken.status_code, taken.json()) == (
        422,
        {
            "error": "validation_error",
            "message": "The title is taken.",
            "details": [{"field": "arguments", "message": "The title is taken."}],
            "alternative": "Choose another.",
        },
    )
    assert (other.status_code, other.json()["error"]) == (409, "approval_mismatch")
    assert (away.status_code, away.json()) == (
        502,
        {"error": "source_unavailable", "message": "Grafana did not answer in 20 s"},
    )
    assert (done.json()["status"], world.made) == ("approved", ["checkout"])


async def test_a_confirmation_of_another_person_is_as_if_it_were_not_there(pool: Pool, world: World) -> None:
    """EP-07, CF-04."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card, bob = await card_of(web), admin("bob")
        nowhere = card | {"confirmation_id": str(uuid4())}
        responses = [
            await decide(web, card, headers=bob),
            await decide(web, card, "reject", headers=bob),
            await decide(web, card, "edit", arguments={"title": "mine"}, headers=bob),
            await web.get(f"{WAITING}/{card['confirmation_id']}", headers=bob),
            await decide(web, nowhere),
        ]
        seen = (await web.get(WAITING, headers=bob)).json()
    gone = [(response.status_code, response.json()["error"]) for response in responses]
    assert (gone, seen, world.made) == ([(404, "not_found")] * 5, {"confirmations": []}, [])


async def test_only_the_first_word_counts(pool: Pool, world: World) -> None:
    """EP-07, CF-11."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        answers = await asyncio.gather(*(decide(web, card) for _ in range(8)))
        late = await decide(web, card, "reject")
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert (late.status_code, late.json()) == (
        409,
        {"error": "already_decided", "message": "The confirmation is approved by ann already."},
    )
    assert world.made == ["checkout"]


async def test_a_word_on_other_arguments_than_those_proposed_does_not_count(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        wrong = await decide(web, card, arguments_sha256="0" * 64)
        right = await decide(web, card, arguments_sha256=card["arguments_sha256"])
    assert (wrong.status_code, wrong.json()["error"]) == (409, "approval_mismatch")
    assert (right.status_code, world.made) == (200, ["checkout"])


async def test_a_word_after_five_minutes_comes_too_late(pool: Pool, world: World) -> None:
    """EP-07, CF-01."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        await aged(pool, 301)
        answers = [
            await decide(web, card),
            await decide(web, card, "reject"),
            await decide(web, card, "edit", arguments={"title": "b"}),
        ]
        seen = (await web.get(f"{WAITING}/{card['confirmation_id']}")).json()
        listed = (await web.get(WAITING)).json()
    expired = {
        "error": "confirmation_expired",
        "message": "The confirmation has expired; nothing was done.",
        "alternative": "Ask for it again.",
    }
    assert [(answer.status_code, answer.json()) for answer in answers] == [(410, expired)] * 3
    assert (seen["status"], seen["seconds_left"], listed, world.made) == ("expired", 0, {"confirmations": []}, [])


async def test_a_role_that_was_revoked_approves_nothing(pool: Pool, world: World) -> None:
    """SE-03."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        async with pool.connection() as db:
            await db.execute("delete from trivium.user_roles")
        response = await decide(web, card)
    assert (response.status_code, response.json()) == (
        403,
        {
            "error": "permission_denied",
            "message": "Your role may not approve create_dashboard now.",
            "required_permission": "ai:revive:grafana:dashboard:create",
            "alternative": "Ask someone whose role may.",
        },
    )
    assert world.made == []


async def test_four_eyes_need_a_second_person_who_holds_the_permission(pool: Pool, world: World) -> None:
    """CF-04, EP-07."""
    ben, eve = person("ben", "operator"), person("eve", "engineer")
    async with desk(pool, world.spec(), brain=making("checkout"), four_eyes=("medium",)) as web:
        asked = await proposed(web)
        card = asked["response"]["action_required"]
        own = await decide(web, card)
        stranger = await decide(web, card, headers=eve)
        edited = await decide(web, card, "edit", arguments={"title": "b"}, headers=ben)
        listed = (await web.get(WAITING, headers=ben)).json()["confirmations"]
        done = await decide(web, card, headers=ben | STREAM)
        told = (await web.get(f"{WAITING}/{card['confirmation_id']}")).json()
        foreign = await web.get(f"/api/v1/runs/{asked['run_id']}", headers=ben)
    assert asked["response"]["content"] == "Create dashboard checkout: this waits for a second person's approval."
    assert (own.status_code, own.json()["error"]) == (403, "needs_second_person")
    assert (own.json()["required_permission"], own.json()["alternative"]) == (
        "ai:revive:grafana:dashboard:create",
        "Ask somebody else who holds the permission to approve it.",
    )
    assert [stranger.status_code, edited.status_code, foreign.status_code] == [404, 404, 404]
    assert [(each["confirmation_id"], each["requester"]) for each in listed] == [(card["confirmation_id"], "ann")]
    assert (done.headers["content-type"], done.json()["result"]["success"]) == ("application/json", True)
    assert (told["decided_by"], told["requester"], told["decided_through"]) == ("ben", "ann", "http")
    assert world.made == ["checkout"]


async def test_a_confirmation_is_told_with_how_it_stands_and_what_came_of_it(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        card = asked["response"]["action_required"]
        path = f"{WAITING}/{card['confirmation_id']}"
        before = (await web.get(path)).json()
        listed = (await web.get(WAITING)).json()["confirmations"]
        result = (await decide(web, card, reason="go")).json()["result"]
        after = (await web.get(path)).json()
    moving = {"seconds_left": before["seconds_left"]}
    nobody = {
        "decided_by": None, "decided_at": None, "decided_through": None, "reason": "", "superseded_by": None,
        "finished_at": None, "result": None,
    }  # fmt: skip
    assert before == card | moving | {"run_id": asked["run_id"]} | nobody
    assert [each["confirmation_id"] for each in listed] == [card["confirmation_id"]]
    assert after == before | {
        "status": "approved", "decided_by": "ann", "decided_at": after["decided_at"], "decided_through": "http",
        "reason": "go", "finished_at": after["finished_at"], "seconds_left": after["seconds_left"], "result": result,
    }  # fmt: skip
    assert after["finished_at"] >= after["decided_at"]


async def test_what_the_run_waits_for_next_comes_with_the_answer(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("one", "two")) as web:
        first = await decide(web, await card_of(web))
        second = await decide(web, first.json()["next"])
    assert first.json()["next"]["details"]["arguments"] == {"title": "two"}
    assert (second.json().keys() & {"next"}, world.made) == (set(), ["one", "two"])


async def test_what_waits_in_another_conversation_is_not_what_comes_next(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        await proposed(web)
        done = await decide(web, await card_of(web))
    assert "next" not in done.json()


async def test_a_change_that_failed_is_told_as_failed(pool: Pool, world: World) -> None:
    world.fault = SourceError("Grafana said 412: somebody else has saved it", source="grafana")
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        response = await decide(web, await card_of(web))
    assert (response.status_code, response.json()["result"]) == (
        200,
        {
            "action": "create_dashboard",
            "success": False,
            "outcome": "failed",
            "resource": None,
            "error": "Grafana said 412: somebody else has saved it",
        },
    )


async def test_a_change_of_which_nobody_knows_is_told_as_unknown(pool: Pool, world: World) -> None:
    world.fault = SourceError("The connection was cut", source="grafana", is_uncertain=True)
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        result = (await decide(web, await card_of(web))).json()["result"]
    assert (result["outcome"], result["success"], result["error"]) == ("unknown", False, "The connection was cut")


async def test_a_change_that_takes_long_is_told_as_executing_with_its_run(pool: Pool, world: World) -> None:
    """EP-07."""
    world.open.clear()
    who = await actor(pool, "admin")
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        waiting = (await house.runner.ask(who, Ask(text="make it", graph="revive"))).waiting
        assert waiting
        decided = await house.approvals.decide(who, waiting.id, Verdict(action="approve"))
        await world.reached.wait()
        reply = await concluded(visit_of(house, who), decided, seconds=0)
        world.open.set()
    assert (reply.status, reply.run_id) == ("approved", waiting.run_id)
    assert reply.result
    assert (reply.result.outcome, reply.result.success, world.made) == ("executing", False, ["checkout"])


def visit_of(house: Worker, who: Actor) -> Visit:
    """A visit of which nobody looks at the request."""
    nothing: Any = None
    desk = Desk(parts=parts_of(house.parts.pool, house.runner, house=house), meters=Meters(), document=b"")
    return Visit(desk=desk, request=nothing, actor=who)


async def test_a_stream_tells_the_rest_of_the_run_from_the_approval_on(pool: Pool, world: World) -> None:
    """EP-10."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        path = f"{CONFIRM}/{asked['response']['action_required']['confirmation_id']}"
        streamed = await web.post(path, json={"action": "approve"}, headers=STREAM)
        whole = frames((await web.get(f"/api/v1/runs/{asked['run_id']}/events")).text)
    rest = frames(streamed.text)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert [kind for _, kind, _ in whole[:3]] == ["run", "tool_use", "confirmation_required"]
    assert rest == whole[3:]
    assert (rest[0][0], rest[-1][1], world.made) == (4, "complete", ["checkout"])


async def test_a_stream_of_several_changes_ends_at_the_next_pause(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("one", "two")) as web:
        card = await card_of(web)
        streamed = await web.post(f"{CONFIRM}/{card['confirmation_id']}", json={"action": "approve"}, headers=STREAM)
    _, kind, data = frames(streamed.text)[-1]
    assert (kind, data["action"]["details"]["arguments"], world.made) == (
        "confirmation_required",
        {"title": "two"},
        ["one"],
    )


async def test_an_approval_on_one_worker_carries_on_what_another_began(pool: Pool, world: World) -> None:
    async with (
        desk(pool, world.spec(), brain=making("checkout")) as one,
        desk(pool, world.spec(), brain=making("checkout")) as two,
    ):
        card = await card_of(one)
        done = await decide(two, card)
    assert (done.json()["result"]["outcome"], world.made) == ("succeeded", ["checkout"])


async def test_a_change_that_was_set_aside_by_its_cancelled_run_is_not_made(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        asked = await proposed(web)
        await web.post(f"/api/v1/runs/{asked['run_id']}/cancel")
        response = await decide(web, asked["response"]["action_required"])
    assert (response.status_code, response.json()["error"], world.made) == (409, "already_decided", [])


INVALID: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "action"),
    ({"action": "yes"}, "action"),
    ({"action": "approve", "arguments": {"title": "b"}}, "body"),
    ({"action": "edit"}, "body"),
    ({"action": "approve", "reason": "x" * 501}, "reason"),
    ({"action": "approve", "sha": "x"}, "sha"),
)


async def test_a_word_that_cannot_be_read_decides_nothing(pool: Pool, world: World) -> None:
    """EP-07."""
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        card = await card_of(web)
        for body, field in INVALID:
            response = await web.post(f"{CONFIRM}/{card['confirmation_id']}", json=body)
            assert (response.status_code, response.json()["details"][0]["field"]) == (422, field)
        still = (await web.get(WAITING)).json()["confirmations"]
    assert ([each["confirmation_id"] for each in still], world.made) == ([card["confirmation_id"]], [])


async def test_changes_of_two_people_are_decided_apart(pool: Pool, world: World) -> None:
    async with desk(pool, world.spec(), brain=making("checkout")) as web:
        ann, bob = await card_of(web), await card_of(web, headers=admin("bob"))
        lists = [(await web.get(WAITING, headers=headers)).json() for headers in (admin("ann"), admin("bob"))]
        await decide(web, bob, headers=admin("bob"))
        still = (await web.get(f"{WAITING}/{ann['confirmation_id']}")).json()
    assert [[each["requester"] for each in found["confirmations"]] for found in lists] == [["ann"], ["bob"]]
    assert (still["status"], world.made) == ("pending", ["checkout"])
