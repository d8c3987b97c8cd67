"""What becomes of our run when LangGraph's server walks the graph: walked to its end, failed, left or stopped."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.types import Command

from checkpoints.saver import PoolSaver
from config.settings import Settings
from domain.actors import Entrance
from domain.database import Pool
from domain.errors import Refused
from domain.identity import Identity
from domain.names import Directory
from domain.runs import Run
from graphs import inquiry, revive
from graphs.runner import Runner
from tests.graphs.test_revive import World, making
from tests.house import ScriptedBrain, door, runner, spec
from tools.spec import ToolContext, ToolResult
from trivium.holding import Held
from trivium.portions import label_rules
from trivium.service import Service
from trivium.studio import ReviveState, State, Visit

CONFIG: Any = {"configurable": {"thread_id": "a studio thread"}}


class Hanging:
    """A tool that never comes back."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()

    async def __call__(self, _context: ToolContext, _args: object) -> ToolResult:
        self.entered.set()
        await asyncio.Event().wait()
        raise AssertionError


class Studio:
    """The dev server's part: one thread, a compiled graph for each run."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.saver = InMemorySaver()
        self.held = Held(self.opening)

    @asynccontextmanager
    async def opening(self) -> AsyncGenerator[Service]:
        yield self.service

    async def run(self, given: Any, **how: Any) -> Any:
        async with Visit(self.held) as visit:
            drawing = StateGraph(State, input_schema=inquiry.Input)
            graph: Any = inquiry.draw(drawing, visit.adapt).compile(checkpointer=self.saver)
            return await graph.ainvoke(given, CONFIG, **how)

    async def revive(self, given: Any, **how: Any) -> Any:
        async with Visit(self.held, "revive") as visit:
            drawing = StateGraph(ReviveState, input_schema=revive.Input)
            graph: Any = revive.draw(drawing, visit.adapt).compile(checkpointer=self.saver)
            return await graph.ainvoke(given, CONFIG, **how)

    async def update(self, values: Any, as_node: str) -> None:
        async with Visit(self.held, "revive") as visit:
            drawing = StateGraph(ReviveState, input_schema=revive.Input)
            graph: Any = revive.draw(drawing, visit.adapt).compile(checkpointer=self.saver)
            await graph.aupdate_state(CONFIG, values, as_node=as_node)

    async def replay(self, config: Any) -> Any:
        async with Visit(self.held, "revive") as visit:
            drawing = StateGraph(ReviveState, input_schema=revive.Input)
            graph: Any = revive.draw(drawing, visit.adapt).compile(checkpointer=self.saver)
            return await graph.ainvoke(None, config)

    async def history(self) -> list[Any]:
        async with Visit(self.held, "revive") as visit:
            drawing = StateGraph(ReviveState, input_schema=revive.Input)
            graph: Any = revive.draw(drawing, visit.adapt).compile(checkpointer=self.saver)
            return [state async for state in graph.aget_state_history(CONFIG)]

    async def recorded(self) -> list[Run]:
        return await self.service.runner.newest(await self.service.actor(Entrance.STUDIO))


@asynccontextmanager
async def studio(pool: Pool, running: Runner) -> AsyncGenerator[Studio]:
    settings, nothing = Settings(database_url=None), cast("Any", None)
    service = Service(
        settings=settings,
        pool=pool,
        saver=PoolSaver(pool),
        identity=Identity(pool, None),
        directory=Directory(pool),
        door=door(pool),
        runner=running,
        approvals=nothing,
        resources=nothing,
        sources=nothing,
        remote=nothing,
        queried=nothing,
        models=nothing,
        labels=label_rules(settings),
        streams=None,
        key=None,
    )
    opened = Studio(service)
    async with opened.held:
        yield opened


def asked(text: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text)]}


async def test_each_question_of_a_thread_is_a_run_with_evidence_of_its_own(pool: Pool) -> None:
    brain = ScriptedBrain()
    async with runner(pool, brain=brain) as running, studio(pool, running) as dev:
        first = await dev.run(asked("one"))
        second = await dev.run(asked("two"))
        runs = await dev.recorded()
    assert [(run.question, run.status, str(run.session_id)) for run in runs] == [
        ("two", "completed", first["session_id"]), ("one", "completed", first["session_id"]),
    ]  # fmt: skip
    assert second["answer"]["summary"] == "two: 1 results."
    made = [{each["execution"] for each in state["evidence"]} for state in (first, second)]
    assert made[0].isdisjoint(made[1])
    assert [message.role for message in brain.seen[1].history] == ["user", "assistant"]


class Failing(ScriptedBrain):
    async def understand(self, question: Any) -> Any:
        raise ZeroDivisionError(question.text)


async def test_a_failing_node_fails_the_run_and_the_record_says_so(pool: Pool) -> None:
    async with runner(pool, brain=Failing()) as running, studio(pool, running) as dev:
        with pytest.raises(ZeroDivisionError):
            await dev.run(asked("one"))
        (run,) = await dev.recorded()
    assert (run.status, run.error and run.error["error"]) == ("failed", "internal_error")


async def test_a_run_cancelled_at_another_entrance_stops_in_studio(pool: Pool) -> None:
    tool = Hanging()
    async with runner(pool, spec(handler=tool)) as running, studio(pool, running) as dev:
        walking = asyncio.create_task(dev.run(asked("one")))
        await tool.entered.wait()
        (run,) = await dev.recorded()
        await running.cancel(await dev.service.actor(Entrance.CLI), run.id)
        with pytest.raises(Refused, match="The run was cancelled"):
            await walking
        (run,) = await dev.recorded()
    assert run.status == "cancelled"


async def test_a_run_cancelled_in_studio_is_on_record_as_cancelled(pool: Pool) -> None:
    tool = Hanging()
    async with runner(pool, spec(handler=tool)) as running, studio(pool, running) as dev:
        walking = asyncio.create_task(dev.run(asked("one")))
        await tool.entered.wait()
        walking.cancel()
        await asyncio.wait([walking])
        (run,) = await dev.recorded()
    assert walking.cancelled()
    assert run.status == "cancelled"


async def test_a_run_left_at_a_breakpoint_is_cancelled_and_begins_again_only_with_its_question(pool: Pool) -> None:
    async with runner(pool) as running, studio(pool, running) as dev:
        await dev.run(asked("one"), interrupt_before=["answer"])
        with pytest.raises(Refused, match="of yours that waits"):
            await dev.run(None)
        await dev.run(asked("one"))
        runs = await dev.recorded()
    assert [run.status for run in runs] == ["completed", "cancelled"]


@pytest.mark.parametrize("given", [{"messages": []}, asked(" ")])
async def test_an_empty_question_is_refused_and_leaves_no_run(pool: Pool, given: Any) -> None:
    async with runner(pool) as running, studio(pool, running) as dev:
        with pytest.raises(Refused, match="The question is empty"):
            await dev.run(given)
        assert await dev.recorded() == []


async def test_a_session_of_somebody_else_in_the_thread_is_not_continued(pool: Pool) -> None:
    foreign = "00000000-0000-4000-8000-000000000001"
    async with runner(pool) as running, studio(pool, running) as dev:
        drawing = StateGraph(State, input_schema=inquiry.Input)
        graph = inquiry.draw(drawing).compile(checkpointer=dev.saver)
        await graph.aupdate_state(CONFIG, {"session_id": foreign}, as_node="answer")
        with pytest.raises(Refused, match=f"There is no session {foreign} of yours"):
            await dev.run(asked("one"))


def yes(state: Any) -> Command[Any]:
    """The answer that Studio sends when somebody copies the one that the card offers."""
    return Command(resume=state["__interrupt__"][0].value["answer"])


async def test_a_change_waits_in_studio_and_its_answer_is_heard_by_the_ledger(pool: Pool) -> None:
    world = World()
    async with runner(pool, world.spec(), brain=making("checkout")) as running, studio(pool, running) as dev:
        asked_back = await dev.revive(asked("make it"))
        (run,) = await dev.recorded()
        assert (run.status, world.made) == ("awaiting_confirmation", [])
        done = await dev.revive(yes(asked_back))
        (run,) = await dev.recorded()
    assert (run.status, world.made) == ("completed", ["checkout"])
    assert done["answer"]["summary"] == "make it: 1 results."


async def test_an_answer_that_does_not_name_the_confirmation_asks_again(pool: Pool) -> None:
    """CF-11: a scalar yes could have been meant for another question."""
    world = World()
    async with runner(pool, world.spec(), brain=making("checkout")) as running, studio(pool, running) as dev:
        await dev.revive(asked("make it"))
        again = await dev.revive(Command(resume={"decisions": [{"type": "approve"}]}))
        (run,) = await dev.recorded()
        assert (run.status, world.made) == ("awaiting_confirmation", [])
        await dev.revive(yes(again))
    assert world.made == ["checkout"]


@pytest.mark.parametrize("node", ["execute", "report", "propose", "confirm"])
async def test_a_command_that_jumps_over_the_question_does_nothing(pool: Pool, node: str) -> None:
    world = World()
    async with runner(pool, world.spec(), brain=making("checkout")) as running, studio(pool, running) as dev:
        await dev.revive(asked("make it"))
        await dev.revive(Command(goto=node))
        (run,) = await dev.recorded()
    assert world.made == []
    assert run.status != "completed"


async def test_a_forged_state_does_nothing(pool: Pool) -> None:
    world = World()
    async with runner(pool, world.spec(), brain=making("checkout")) as running, studio(pool, running) as dev:
        await dev.revive(asked("make it"))
        await dev.update({"standing": "approved"}, as_node="confirm")
        await dev.revive(None)
    assert world.made == []


async def test_replaying_every_checkpoint_after_the_deed_does_it_no_second_time(pool: Pool) -> None:
    world = World()
    async with runner(pool, world.spec(), brain=making("checkout")) as running, studio(pool, running) as dev:
        await dev.revive(yes(await dev.revive(asked("make it"))))
        assert world.made == ["checkout"]
        for state in await dev.history():
            with suppress(Refused):  # the run has ended; from its very beginning it is a new run, which waits
                await dev.replay(state.config)
    assert world.made == ["checkout"]
