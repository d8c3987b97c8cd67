"""Revive end to end on real Postgres: proposed, decided, carried out at most once, told truthfully."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from agents.brain import Call
from domain import sessions
from domain.actors import Actor
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.sessions import Owner
from graphs.asking import Ask
from graphs.live import Outcome
from tests.house import ScriptedBrain, Worker, actor, spec, worker
from tools import decisions
from tools.decisions import Verdict
from tools.spec import AnySpec, Args, Category, Pillar, Preview, Risk, ToolContext, ToolResult

YES, NO = Verdict(action="approve"), Verdict(action="reject", reason="not today")


class Making(Args):
    title: str


@dataclass(slots=True)
class World:
    """What the changes of a test act on; `made` holds each deed once for every time it was done."""

    made: list[str] = field(default_factory=list[str])
    uncertain: bool = False

    async def make(self, context: ToolContext, args: Making) -> ToolResult:
        await context.progress(f"making {args.title}")
        self.made.append(args.title)
        if self.uncertain:
            return ToolResult(status="error", source="world", error="The connection was cut.", is_uncertain=True)
        return ToolResult(
            status="ok", source="world", data={"resource": {"type": "dashboard", "uid": args.title, "name": args.title}}
        )

    async def preview(self, context: ToolContext, args: Making) -> Preview:  # noqa: ARG002 - the spec's signature
        if args.title == "taken":
            raise Refused("The title is taken.", code="invalid_arguments", alternative="Choose another.")
        return Preview(title=f"Create dashboard {args.title}", lines=("one panel",), details={"title": args.title})

    def spec(self, name: str = "create_dashboard", **changes: Any) -> AnySpec:
        given: dict[str, Any] = {
            "pillars": frozenset({Pillar.REVIVE}),
            "category": Category.GRAFANA,
            "risk": Risk.CREATE,
            "permission": "ai:revive:grafana:dashboard:create",
            "args": Making,
            "idempotent": False,
            "preview": self.preview,
        }
        return spec(name, self.make, **(given | changes))


def making(*titles: str, tool: str = "create_dashboard") -> ScriptedBrain:
    return ScriptedBrain(rounds=[[Call(tool=tool, arguments={"title": title}) for title in titles]])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def admin(pool: Pool) -> Actor:
    return await actor(pool, "admin")


async def opened(house: Worker, who: Actor, session: UUID | None = None) -> Outcome:
    return await house.runner.ask(who, Ask(text="make it", graph="revive", session_id=session))


async def decided(house: Worker, who: Actor, outcome: Outcome, verdict: Verdict = YES) -> Outcome:
    """The word is given; how the run then stands."""
    assert outcome.waiting
    said = await house.approvals.decide(who, outcome.waiting.id, verdict)
    assert said.live
    found = await house.runner.finished(said.live)
    assert found
    return found


async def rows(pool: Pool, statement: Any) -> Sequence[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(statement)).fetchall()


async def test_confirmation_workflow(pool: Pool, world: World, admin: Actor) -> None:
    """TE-02, CF-08: proposed, shown, approved, carried out once, reported with what was made."""
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert (outcome.status, world.made) == ("awaiting_confirmation", [])
        assert outcome.waiting
        assert outcome.waiting.details["title"] == "Create dashboard checkout"
        ended = await decided(house, admin, outcome)
    assert (ended.status, world.made) == ("completed", ["checkout"])
    found = await rows(pool, "select status, outcome, result from trivium.ai_action_confirmations")
    assert [(row["status"], row["outcome"]) for row in found] == [("approved", "succeeded")]
    statuses = await rows(pool, "select result_status from trivium.ai_tool_executions order by created_at")
    assert [row["result_status"] for row in statuses] == ["pending_approval", "success"]


async def test_a_rejected_change_is_not_made_and_said_to_be_so(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        ended = await decided(house, admin, await opened(house, admin), NO)
    assert (ended.status, world.made) == ("rejected", [])


async def test_several_changes_are_decided_in_order_and_stop_at_the_first_refusal(
    pool: Pool, world: World, admin: Actor
) -> None:
    async with worker(pool, world.spec(), brain=making("one", "two", "three")) as house:
        second = await decided(house, admin, await opened(house, admin))
        assert (second.status, world.made) == ("awaiting_confirmation", ["one"])
        ended = await decided(house, admin, second, NO)
    assert (ended.status, world.made) == ("rejected", ["one"])


async def test_a_change_that_the_policy_allows_is_made_at_once_and_is_in_the_ledger(
    pool: Pool, world: World, admin: Actor
) -> None:
    tool = world.spec("create_annotation")
    async with worker(pool, tool, brain=making("note", tool="create_annotation")) as house:
        ended = await opened(house, admin)
    assert (ended.status, world.made) == ("completed", ["note"])
    found = await rows(pool, "select approval_mode, status, outcome from trivium.ai_action_confirmations")
    assert found == [{"approval_mode": "policy", "status": "approved", "outcome": "succeeded"}]


async def test_a_strict_user_is_asked_about_what_the_policy_allows(pool: Pool, world: World, admin: Actor) -> None:
    """CF-09: a preference only tightens."""
    async with pool.connection() as db:
        await db.execute("""update trivium.users set ai_preferences = '{"confirmation_level": "strict"}'""")
    tool = world.spec("create_annotation")
    async with worker(pool, tool, brain=making("note", tool="create_annotation")) as house:
        outcome = await opened(house, admin)
    assert (outcome.status, world.made) == ("awaiting_confirmation", [])


async def test_a_change_that_cannot_be_made_as_asked_is_refused_before_anybody_is_asked(
    pool: Pool, world: World, admin: Actor
) -> None:
    async with worker(pool, world.spec(), brain=making("taken")) as house:
        ended = await opened(house, admin)
    assert (ended.status, world.made) == ("failed", [])
    assert await rows(pool, "select id from trivium.ai_action_confirmations") == []


async def test_a_viewer_is_refused_with_permission_and_alternative(pool: Pool, world: World) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        ended = await opened(house, await actor(pool, "engineer"))
    assert ended.error
    assert (ended.status, ended.error["error"], ended.error["required_permission"]) == (
        "failed", "permission_denied", "ai:revive:grafana:dashboard:create",
    )  # fmt: skip
    assert "operator" in ended.error["alternative"]


async def test_an_uncertain_outcome_is_unknown_and_never_a_success(pool: Pool, world: World, admin: Actor) -> None:
    world.uncertain = True
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        ended = await decided(house, admin, await opened(house, admin))
    assert ended.error
    assert (ended.status, ended.error["error"]) == ("failed", "outcome_unknown")
    found = await rows(pool, "select outcome from trivium.ai_action_confirmations")
    assert found == [{"outcome": "unknown"}]


async def test_another_users_confirmation_is_as_if_it_were_not_there(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        with pytest.raises(NotFound):
            await house.approvals.decide(await actor(pool, "admin"), outcome.waiting.id, YES)
    assert world.made == []


async def test_one_of_a_hundred_approvals_counts_and_the_deed_is_done_once(
    pool: Pool, world: World, admin: Actor
) -> None:
    """CF-11."""
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        said = await asyncio.gather(
            *(house.approvals.decide(admin, outcome.waiting.id, YES) for _ in range(100)), return_exceptions=True
        )
        await house.approvals.settled(outcome.waiting.id, seconds=10)
    counted = [each for each in said if not isinstance(each, Refused)]
    assert (len(counted), world.made) == (1, ["checkout"])


async def test_an_approval_one_second_too_late_is_refused_and_the_run_ends_expired(
    pool: Pool, world: World, admin: Actor
) -> None:
    """CF-01, TE-02 confirmation_expiry."""
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        await aged(pool, 301)
        with pytest.raises(Refused) as refused:
            await house.approvals.decide(admin, outcome.waiting.id, YES)
        assert refused.value.code == "confirmation_expired"
        await house.runner.tend()
        run = await ended(house, admin, outcome.run_id)
    assert (run.status, world.made) == ("expired", [])


async def test_a_role_revoked_before_the_approval_bites(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        async with pool.connection() as db:
            await db.execute("delete from trivium.user_roles")
        with pytest.raises(Refused) as refused:
            await house.approvals.decide(admin, outcome.waiting.id, YES)
    assert (refused.value.code, world.made) == ("permission_denied", [])


async def test_an_edit_is_a_new_confirmation_and_the_old_one_can_no_longer_be_approved(
    pool: Pool, world: World, admin: Actor
) -> None:
    """RV-20."""
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        made = await house.approvals.edit(admin, outcome.waiting.id, {"title": "payment"})
        with pytest.raises(Refused) as refused:
            await house.approvals.decide(admin, outcome.waiting.id, YES)
        assert refused.value.code == "already_decided"
        said = await house.approvals.decide(admin, made.id, YES)
        assert said.live
        done = await house.runner.finished(said.live)
    assert done
    assert (done.status, world.made) == ("completed", ["payment"])


async def test_an_edit_that_cannot_be_taken_leaves_the_old_confirmation(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        with pytest.raises(Refused):
            await house.approvals.edit(admin, outcome.waiting.id, {"title": "taken"})
        ended = await decided(house, admin, outcome)
    assert (ended.status, world.made) == ("completed", ["checkout"])


async def test_a_new_message_sets_the_waiting_change_aside_and_says_so(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        first = await opened(house, admin)
        second = await opened(house, admin, first.session_id)
        assert first.waiting
        with pytest.raises(Refused):
            await house.approvals.decide(admin, first.waiting.id, YES)
        done = await decided(house, admin, second)
        await house.runner.tend()
        old = await ended(house, admin, first.run_id)
    assert done.answer
    assert "set aside" in " ".join(done.answer.notes)
    assert (old.status, world.made) == ("cancelled", ["checkout"])


async def test_a_run_approved_on_another_worker_goes_on_there(pool: Pool, world: World, admin: Actor) -> None:
    async with (
        worker(pool, world.spec(), brain=making("checkout")) as first,
        worker(pool, world.spec(), brain=making("checkout")) as second,
    ):
        outcome = await opened(first, admin)
        done = await decided(second, admin, outcome)
    assert (done.status, world.made) == ("completed", ["checkout"])


async def test_a_run_whose_approver_died_is_finished_by_the_next_worker(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        await decisions.decide(house.parts.door, pool, admin, outcome.waiting.id, YES)  # and then the process dies
        await house.runner.tend()
        run = await ended(house, admin, outcome.run_id)
    assert (run.status, world.made) == ("completed", ["checkout"])


async def test_four_eyes_needs_a_second_person_with_the_permission(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout"), four_eyes=("medium",)) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        with pytest.raises(Refused) as refused:
            await house.approvals.decide(admin, outcome.waiting.id, YES)
        assert refused.value.code == "needs_second_person"
        with pytest.raises(NotFound):
            await house.approvals.decide(await actor(pool, "viewer"), outcome.waiting.id, YES)
        second = await actor(pool, "operator")
        assert [each.id for each in await house.approvals.waiting(second)] == [outcome.waiting.id]
        done = await decided(house, second, outcome)
    assert (done.status, world.made) == ("completed", ["checkout"])
    found = await rows(
        pool,
        "select person.name = decider.name as same from trivium.ai_action_confirmations c "
        "join trivium.users person on person.id = c.user_id join trivium.users decider on decider.id = c.decided_by",
    )
    assert found == [{"same": False}]


async def test_a_cancelled_run_that_waited_does_nothing(pool: Pool, world: World, admin: Actor) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        await house.runner.cancel(admin, outcome.run_id)
        run = await ended(house, admin, outcome.run_id)
    assert (run.status, world.made) == ("cancelled", [])


async def test_sse_streaming(pool: Pool, world: World, admin: Actor) -> None:
    """TE-02: one run's events are numbered through the pause to the end."""
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        live = await house.runner.start(admin, Ask(text="make it", graph="revive"))
        await house.runner.finished(live)
        before = [event async for event in live.relay.read()]
        assert before[-1].type == "confirmation_required"
        assert live.outcome
        await decided(house, admin, live.outcome)
        events = [event async for event in told(house, admin, live.run_id)]
    numbers = [event.number for event in events]
    assert numbers == sorted(set(numbers))
    assert [event.type for event in events][-1] == "complete"
    assert [event.data["label"] for event in events if event.data.get("status") == "output"] == ["making checkout"]


async def told(house: Worker, who: Actor, run_id: UUID) -> AsyncGenerator[Any]:
    async for event in house.runner.events(who, run_id):
        yield event


async def ended(house: Worker, who: Actor, run_id: UUID) -> Any:
    """The run once it has ended; the test's own time limit ends a run that does not."""
    while True:
        run = await house.runner.fetch(who, run_id)
        if run.status not in ("running", "queued"):
            return run
        await asyncio.sleep(0.02)


async def aged(pool: Pool, seconds: int) -> None:
    """Every confirmation was made this much earlier. The trigger refuses such an edit, so it is away meanwhile."""
    async with pool.connection() as db, db.transaction():
        await db.execute("set local session_replication_role = replica")
        await db.execute(
            "update trivium.ai_action_confirmations set expires_at = expires_at - make_interval(secs => %(seconds)s)",
            {"seconds": seconds},
        )


async def test_a_reader_who_joins_after_the_approval_is_told_the_first_leg_too(
    pool: Pool, world: World, admin: Actor
) -> None:
    async with worker(pool, world.spec(), brain=making("one", "two")) as house:
        first = await opened(house, admin)
        await decided(house, admin, first)
        events = [event.type async for event in some(told(house, admin, first.run_id), 9)]
    assert events[0] == "run"
    assert events.count("confirmation_required") == 2


async def some(events: AsyncGenerator[Any], count: int) -> AsyncGenerator[Any]:
    """The first few: the run waits, so its stream does not end."""
    async for event in events:
        yield event
        count -= 1
        if not count or (event.type == "confirmation_required" and event.number > 5):
            return


async def test_deleting_a_conversation_keeps_the_record_of_what_it_changed(
    pool: Pool, world: World, admin: Actor
) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await decided(house, admin, await opened(house, admin))
    async with pool.connection() as db:
        assert await sessions.delete(db, outcome.session_id, user_id=admin.user_id)
        owner = Owner(user_id=admin.user_id, pillar="revive")
        assert await sessions.page(db, owner, limit=10, offset=0) == ([], 0)
    assert await rows(pool, "select content from trivium.ai_messages") == []
    assert await rows(pool, "select outcome from trivium.ai_action_confirmations") == [{"outcome": "succeeded"}]


async def test_a_conversation_cannot_be_deleted_while_its_change_is_approved(
    pool: Pool, world: World, admin: Actor
) -> None:
    async with worker(pool, world.spec(), brain=making("checkout")) as house:
        outcome = await opened(house, admin)
        assert outcome.waiting
        await decisions.decide(house.parts.door, pool, admin, outcome.waiting.id, YES)
        with pytest.raises(Refused):
            async with pool.connection() as db:
                await sessions.delete(db, outcome.session_id, user_id=admin.user_id)
