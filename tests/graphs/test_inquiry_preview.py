"""Queries shown before they run: approved, edited or rejected by the person who asked, on real Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Question, Understanding
from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused
from graphs.asking import Ask
from graphs.live import Outcome
from tests.house import ScriptedBrain, Worker, actor, spec, worker
from tools.decisions import Verdict
from tools.spec import AnySpec, Args, Preview, ToolContext, ToolResult

YES, NO = Verdict(action="approve"), Verdict(action="reject", reason="too wide")


class Asking(Args):
    question: str
    query: str = ""


@dataclass(slots=True)
class Source:
    """What the queries of a test are sent to."""

    asked: list[str] = field(default_factory=list[str])

    async def query(self, context: ToolContext, args: Asking) -> ToolResult:  # noqa: ARG002 - the spec's signature
        self.asked.append(args.query)
        return ToolResult(status="ok", source="metrics", data={"text": args.query}, query=args.query)

    async def settle(self, context: ToolContext, args: Asking) -> Asking:  # noqa: ARG002 - the spec's signature
        if args.query.startswith("not"):
            raise Refused("This is no query.", code="bad_expression")
        return Asking(question=args.question, query=args.query or f"rate({args.question}[5m])")

    async def preview(self, context: ToolContext, args: Asking) -> Preview:  # noqa: ARG002 - the spec's signature
        return Preview(title="Run this query?", lines=(args.query,))

    def spec(self, name: str = "query_metrics", **changes: Any) -> AnySpec:
        given = {"args": Asking, "settle": self.settle, "preview": self.preview}
        return spec(name, changes.pop("handler", self.query), **(given | changes))


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def engineer(pool: Pool) -> Actor:
    return await actor(pool, "engineer")


def asking(*questions: str) -> ScriptedBrain:
    return ScriptedBrain(rounds=[[Call(tool="query_metrics", arguments={"question": each}) for each in questions]])


async def opened(house: Worker, who: Actor, *, preview: bool = True) -> Outcome:
    return await house.runner.ask(who, Ask(text="how much cpu?", preview=preview))


async def after(house: Worker, who: Actor, outcome: Outcome, verdict: Verdict = YES) -> Outcome:
    assert outcome.waiting
    said = await house.approvals.decide(who, outcome.waiting.id, verdict)
    assert said.live
    found = await house.runner.finished(said.live)
    assert found
    return found


async def test_nothing_is_shown_to_who_did_not_ask_for_it(pool: Pool, source: Source, engineer: Actor) -> None:
    """QT-14: the preview is optional."""
    async with worker(pool, source.spec(), brain=asking("cpu")) as house:
        outcome = await opened(house, engineer, preview=False)
    assert (outcome.status, outcome.waiting, source.asked) == ("completed", None, [""])


async def test_a_query_is_shown_whole_before_it_runs_and_runs_once_approved(
    pool: Pool, source: Source, engineer: Actor
) -> None:
    """QT-14."""
    async with worker(pool, source.spec(), brain=asking("cpu")) as house:
        outcome = await opened(house, engineer)
        assert outcome.status == "awaiting_confirmation"
        assert source.asked == []
        assert outcome.waiting
        assert outcome.waiting.details["lines"] == ["rate(cpu[5m])"]
        assert outcome.waiting.risk_level == "low"
        ended = await after(house, engineer, outcome)
    assert (ended.status, source.asked) == ("completed", ["rate(cpu[5m])"])
    assert ended.answer
    assert ended.answer.tools_used == ("query_metrics",)


async def test_an_edited_query_runs_in_place_of_the_one_that_was_shown(
    pool: Pool, source: Source, engineer: Actor
) -> None:
    """QT-14: resume with the edited query, looked through again."""
    async with worker(pool, source.spec(), brain=asking("cpu")) as house:
        outcome = await opened(house, engineer)
        assert outcome.waiting
        with pytest.raises(Refused):
            await house.approvals.edit(engineer, outcome.waiting.id, {"question": "cpu", "query": "not one"})
        made = await house.approvals.edit(engineer, outcome.waiting.id, {"question": "cpu", "query": "sum(up)"})
        with pytest.raises(Refused):
            await house.approvals.decide(engineer, outcome.waiting.id, YES)
        said = await house.approvals.decide(engineer, made.id, YES)
        assert said.live
        ended = await house.runner.finished(said.live)
    assert ended
    assert (ended.status, source.asked) == ("completed", ["sum(up)"])


async def test_a_rejected_query_never_runs_and_the_answer_says_so(pool: Pool, source: Source, engineer: Actor) -> None:
    async with worker(pool, source.spec(), brain=asking("cpu")) as house:
        ended = await after(house, engineer, await opened(house, engineer), NO)
    assert (ended.status, source.asked) == ("rejected", [])
    assert ended.answer
    assert [(each.status, each.error) for each in ended.answer.sources] == [
        ("forbidden", "It was rejected; nothing was done.")
    ]


async def test_several_queries_are_shown_one_after_the_other(pool: Pool, source: Source, engineer: Actor) -> None:
    async with worker(pool, source.spec(), brain=asking("cpu", "memory")) as house:
        first = await opened(house, engineer)
        second = await after(house, engineer, first)
        assert second.status == "awaiting_confirmation"
        assert source.asked == ["rate(cpu[5m])"]
        ended = await after(house, engineer, second)
    assert (ended.status, source.asked) == ("completed", ["rate(cpu[5m])", "rate(memory[5m])"])


async def test_the_run_goes_on_with_another_worker_and_keeps_what_it_had_gathered(
    pool: Pool, source: Source, engineer: Actor
) -> None:
    """The first query ran on a worker that is gone when the second is approved."""
    async with worker(pool, source.spec(), brain=asking("cpu", "memory")) as house:
        second = await after(house, engineer, await opened(house, engineer))
    async with worker(pool, source.spec(), brain=asking("cpu", "memory")) as house:
        ended = await after(house, engineer, second)
    assert ended.status == "completed"
    assert ended.answer
    first, last = (each.text for each in ended.answer.findings)
    assert first == "{'text': 'rate(cpu[5m])'}"
    assert last.startswith("{'text': 'rate(memory[5m])'")
    assert source.asked == ["rate(cpu[5m])", "rate(memory[5m])"]


async def test_what_reads_our_own_records_is_not_asked_about(pool: Pool, source: Source, engineer: Actor) -> None:
    brain = ScriptedBrain(rounds=[[Call(tool="query_echo", arguments={"text": "alerts"})]])
    async with worker(pool, spec(), source.spec(), brain=brain) as house:
        outcome = await opened(house, engineer)
    assert outcome.status == "completed"


async def test_a_large_result_of_before_the_pause_comes_back_whole(pool: Pool, engineer: Actor) -> None:
    """Its record is only a preview, and a list that was cut supports no claim."""
    rows = [{"place": place, "text": "x" * 40} for place in range(2000)]

    async def listing(context: ToolContext, args: Asking) -> ToolResult:  # noqa: ARG001 - the spec's signature
        return ToolResult(status="ok", source="metrics", data={"rows": rows, "text": args.question})

    source = Source()
    brain = CountingBrain(rounds=asking("cpu", "memory").rounds)
    async with worker(pool, source.spec(handler=listing), brain=brain) as house:
        second = await after(house, engineer, await opened(house, engineer))
        ended = await after(house, engineer, second)
    assert ended.status == "completed"
    assert brain.counts == [2000, 2000]


class CountingBrain(ScriptedBrain):
    """Counts the rows of each result that it writes from."""

    counts: list[int]

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        self.counts = [len(item.result.data["rows"]) for item in gathered]
        return await super().write(question, understood, gathered, emit)
