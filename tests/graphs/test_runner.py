import asyncio
from uuid import uuid4

import pytest

from agents.brain import Call, Question, Understanding
from domain.database import Pool
from domain.errors import NotFound, Refused
from graphs.asking import Ask
from graphs.limiter import RateLimited
from tests.house import ScriptedBrain, actor, runner, spec
from tools.spec import ToolContext, ToolResult

RECORDS = """
select
    (select count(*) from trivium.ai_sessions) as sessions,
    (select count(*) from trivium.runs where status = 'completed' and finished_at is not null) as completed,
    (select array_agg(role order by ordinal) from trivium.ai_messages) as roles,
    (select message_count from trivium.ai_sessions limit 1) as message_count,
    (select count(*) from trivium.ai_tool_executions where result_status = 'success') as executions,
    (select array_agg(type order by number) from trivium.run_events) as events,
    (select count(*) > 0 from checkpoints) as checkpointed,
    (select array_agg(action) from trivium.audit_logs) as audited
"""


async def test_one_question_leaves_session_run_messages_execution_events_and_checkpoint(pool: Pool) -> None:
    """CX-01, AU-01: the message is saved with its session, and the session is on the audit log."""
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        outcome = await running.ask(who, Ask(text="echo?"))
    assert outcome.answer
    assert (outcome.status, outcome.answer.summary) == ("completed", "echo?: 1 results.")
    async with pool.connection() as db:
        row = await (await db.execute(RECORDS)).fetchone()
    assert row == {
        "sessions": 1,
        "completed": 1,
        "roles": ["user", "assistant"],
        "message_count": 2,
        "executions": 1,
        "events": ["run", "tool_use", "tool_use", "chunk", "complete"],
        "checkpointed": True,
        "audited": ["session_started"],
    }


async def test_a_session_continues_with_its_last_messages(pool: Pool) -> None:
    who, brain = await actor(pool, "engineer"), ScriptedBrain()
    async with runner(pool, brain=brain) as running:
        first = await running.ask(who, Ask(text="one"))
        await running.ask(who, Ask(text="two", session_id=first.session_id))
    told = brain.seen[1].history
    assert [(message.role, message.content.split("\n")[0]) for message in told] == [
        ("user", "one"),
        ("assistant", "one: 1 results."),
    ]
    assert told[1].understanding == {
        "kind": "query", "intent": "echo", "slots": {"text": "one"}, "plain": "an echo", "reply": "", "suggestions": [],
    }  # fmt: skip


async def test_a_session_continues_with_the_large_results_that_were_kept(pool: Pool) -> None:
    """CX-07: who goes on can read in them, and sees none of another run's."""

    async def many(context: ToolContext, _args: object) -> ToolResult:
        data = {"rows": ["a line"] * 20_000}
        return ToolResult(status="ok", source="echo", data=data, as_of=context.clock())

    who, brain = await actor(pool, "engineer"), ScriptedBrain()
    async with runner(pool, spec(handler=many), brain=brain) as running:
        first = await running.ask(who, Ask(text="one"))
        await running.ask(who, Ask(text="elsewhere"))
        await running.ask(who, Ask(text="two", session_id=first.session_id))
    asked, answered = brain.seen[2].history
    async with pool.connection() as db:
        row = await (await db.execute("select id::text from trivium.artifacts order by created_at limit 1")).fetchone()
    assert row
    assert (asked.artifacts, answered.artifacts) == ((), (f"{row['id']} of query_echo",))


async def test_only_the_last_ten_messages_reach_a_run(pool: Pool) -> None:
    """CX-02."""
    who, brain = await actor(pool, "engineer"), ScriptedBrain(rounds=())
    async with runner(pool, brain=brain) as running:
        session_id = (await running.ask(who, Ask(text="q0"))).session_id
        for number in range(1, 7):
            await running.ask(who, Ask(text=f"q{number}", session_id=session_id))
    assert [message.content for message in brain.seen[-1].history if message.role == "user"] == [
        "q1",
        "q2",
        "q3",
        "q4",
        "q5",
    ]


async def test_another_persons_session_and_run_do_not_exist(pool: Pool) -> None:
    ann, bob = await actor(pool, "engineer"), await actor(pool, "admin")
    async with runner(pool) as running:
        outcome = await running.ask(ann, Ask(text="mine"))
        with pytest.raises(NotFound):
            await running.ask(bob, Ask(text="yours?", session_id=outcome.session_id))
        with pytest.raises(NotFound):
            await running.fetch(bob, outcome.run_id)
        with pytest.raises(NotFound):
            await running.ask(ann, Ask(text="no such session", session_id=uuid4()))
    async with pool.connection() as db:
        row = await (await db.execute("select count(*) as runs from trivium.runs")).fetchone()
    assert row == {"runs": 1}


async def test_rounds_go_on_until_the_plan_is_empty_and_end_at_four(pool: Pool) -> None:
    call = Call(tool="query_echo", arguments={})
    who = await actor(pool, "engineer")
    async with runner(pool, brain=ScriptedBrain(rounds=[[call, call], [call]])) as running:
        outcome = await running.ask(who, Ask(text="three"))
    assert outcome.answer
    assert outcome.answer.summary == "three: 3 results."
    async with runner(pool, brain=ScriptedBrain(rounds=[[call]] * 50)) as running:
        outcome = await running.ask(who, Ask(text="endless"))
    assert outcome.answer
    assert outcome.answer.summary == "endless: 4 results."


async def test_events_can_be_read_late_and_from_any_number(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        outcome = await running.ask(who, Ask(text="late"))
        whole = [event async for event in running.events(who, outcome.run_id)]
        rest = [event async for event in running.events(who, outcome.run_id, after=whole[2].number)]
    assert [event.type for event in whole] == ["run", "tool_use", "tool_use", "chunk", "complete"]
    assert rest == whole[3:]
    assert outcome.answer
    assert whole[-1].data["answer"]["summary"] == outcome.answer.summary


async def test_live_readers_get_every_event_once(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        live = await running.start(who, Ask(text="live"))

        async def read() -> list[int]:
            return [event.number async for event in running.events(who, live.run_id)]

        assert await asyncio.gather(*(read() for _ in range(5))) == [[1, 2, 3, 4, 5]] * 5


async def test_a_cancelled_run_ends_as_cancelled_with_its_call_on_record(pool: Pool) -> None:
    who, reached = await actor(pool, "engineer"), asyncio.Event()

    async def hang(_context: ToolContext, _args: object) -> ToolResult:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with runner(pool, spec(handler=hang)) as running:
        live = await running.start(who, Ask(text="slow"))
        await reached.wait()
        await running.cancel(who, live.run_id)
        outcome = await running.finished(live)
        run = await running.fetch(who, live.run_id)
    assert outcome
    assert (outcome.status, run.status) == ("cancelled", "cancelled")
    async with pool.connection() as db:
        row = await (await db.execute("select result_status, result from trivium.ai_tool_executions")).fetchone()
    assert row == {"result_status": "error", "result": '{"status":"error","error":"cancelled"}'}


async def test_a_dead_workers_run_is_begun_anew_by_another(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    expired = "update trivium.runs set status = 'running', lease_until = now() - interval '1 second', answer = null"
    async with runner(pool) as running:
        outcome = await running.ask(who, Ask(text="again"))
        async with pool.connection() as db:
            await db.execute(expired)
    async with runner(pool) as other:
        await other.tend()
        events = [event async for event in other.events(who, outcome.run_id)]
        run = await other.fetch(who, outcome.run_id)
    assert (run.status, run.attempt, run.answer and run.answer["summary"]) == ("completed", 2, "again: 1 results.")
    assert events[0].number == 1_000_001


async def test_a_run_that_three_workers_died_on_is_given_up(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    expired = "update trivium.runs set status = 'running', lease_until = now() - interval '1 second', attempt = 3"
    async with runner(pool) as running:
        outcome = await running.ask(who, Ask(text="deadly"))
        async with pool.connection() as db:
            await db.execute(expired)
        await running.tend()
        run = await running.fetch(who, outcome.run_id)
    assert run.status == "failed"
    assert run.error == {"error": "gave_up", "message": "Given up: 3 workers died on this question."}


async def test_more_questions_than_the_limit_are_refused_with_a_time(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool, per_minute=2) as running:
        await running.ask(who, Ask(text="1"))
        await running.ask(who, Ask(text="2"))
        with pytest.raises(RateLimited) as refused:
            await running.ask(who, Ask(text="3"))
    assert 1 <= refused.value.retry_after_seconds <= 60


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "x" * 4001])
async def test_an_unreadable_question_is_refused_before_anything_is_stored(pool: Pool, text: str) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool) as running:
        with pytest.raises(Refused):
            await running.ask(who, Ask(text=text))


async def test_a_bug_in_a_brain_is_said_plainly_and_recorded(pool: Pool) -> None:
    class Broken(ScriptedBrain):
        async def understand(self, question: Question) -> Understanding:
            raise ZeroDivisionError(question.text)

    who = await actor(pool, "engineer")
    async with runner(pool, brain=Broken()) as running:
        outcome = await running.ask(who, Ask(text="boom"))
        run = await running.fetch(who, outcome.run_id)
    assert outcome.error
    assert run.error == outcome.error
    assert (run.status, outcome.error["error"]) == ("failed", "internal_error")
    assert "its log has it as" in outcome.error["message"]
