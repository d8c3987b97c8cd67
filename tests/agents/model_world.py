"""A small world for tests of the model's brain: rules that know one question, two tools, and a graph's walk by hand."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Offer, Question, Understanding
from agents.model import ModelBrain, open_model
from agents.model.proposals import MAX_ROUNDS
from domain.names import Names
from domain.windows import Window
from tests.model_server import ModelServer
from tools.spec import AnySpec, Args, Category, Pillar, Risk, ToolContext, ToolResult, ToolSpec

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
WINDOW = Window(datetime(2026, 11, 19, 9, 30, tzinfo=UTC), NOW)


class QueryAlerts(Args):
    service: str = Field(description="Service name")
    limit: int = Field(default=100, ge=1, le=1000)


class QueryLogs(Args):
    service: str


async def never(context: ToolContext, args: Args) -> ToolResult:
    raise AssertionError(f"a brain must not call handlers: {context} {args}")


def spec(name: str, args: type[Args]) -> AnySpec:
    return ToolSpec(
        name=name,
        title=name,
        description=f"{name} of one service",
        pillars=frozenset({Pillar.INQUIRY}),
        category=Category.INQUIRY,
        risk=Risk.READ,
        permission="ai:inquiry:read",
        args=args,
        handler=never,
    )


OFFER = Offer(tools=(spec("query_alerts", QueryAlerts), spec("query_logs", QueryLogs)))
QUESTION = Question(
    text="How many alerts did checkout have in the last 24 hours?", now=NOW, zone=ZoneInfo("UTC"), names=Names()
)
UNDERSTOOD = Understanding(
    kind="query", intent="count_alerts", slots={"service": "checkout"}, plain="alerts of checkout, last 24 hours"
)
RULES_CALL = Call(tool="query_alerts", arguments={"service": "checkout", "limit": 100}, label="alerts", id="1.1")
ALERTS = ToolResult(
    status="ok",
    source="trivium",
    data={"total": 47, "by_severity": {"critical": 12, "warning": 35}},
    query="select count(*)",
    window=WINDOW,
    as_of=NOW,
)
LOGS = ToolResult(status="ok", source="loki", data={"lines": ["timeout after 30 s", "ok"]}, window=WINDOW, as_of=NOW)


@dataclass(slots=True)
class Rules:
    """Rules for one question: one call, one sentence about its result. `written` is what they were given to write."""

    understood: Understanding = UNDERSTOOD
    written: list[Sequence[Gathered]] = field(default_factory=list[Sequence[Gathered]])
    name: Literal["rules", "model"] = "rules"

    async def understand(self, question: Question) -> Understanding:
        assert question
        return self.understood

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        assert question
        assert offer
        assert understood == self.understood, "the rules are given their own understanding back"
        assert all(one.call == RULES_CALL for one in gathered), "and their own calls"
        return () if any(one.call.label == RULES_CALL.label for one in gathered) else (RULES_CALL,)

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:  # noqa: ARG002
        return ()

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:  # noqa: ARG002
        return {}

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        assert question
        assert understood == self.understood
        self.written.append(gathered)
        total = gathered[0].result.data["total"] if gathered else None
        summary = f"checkout: {total} alerts." if gathered else understood.reply
        await emit(summary)
        return Answer(summary=summary, data={"total_alerts": total}, understood=understood.plain)


@dataclass(slots=True)
class Run:
    """One run as the graph walks it; `heard` is what was emitted, `calls` every call made."""

    brain: ModelBrain
    results: Mapping[str, ToolResult]
    question: Question = QUESTION
    offer: Offer = OFFER
    gathered: list[Gathered] = field(default_factory=list[Gathered])
    heard: list[str] = field(default_factory=list[str])

    async def emit(self, text: str) -> None:
        self.heard.append(text)

    async def answer(self) -> Answer:
        understood = await self.brain.understand(self.question)
        for _ in range(MAX_ROUNDS):
            calls = await self.brain.plan(self.question, understood, self.gathered, self.offer)
            if not calls:
                break
            self.gathered += [Gathered(call=call, result=self.result(call, at)) for at, call in enumerate(calls)]
        return await self.brain.write(self.question, understood, self.gathered, self.emit)

    def result(self, call: Call, position: int) -> ToolResult:
        number = len(self.gathered) + position + 1
        return replace(self.results[call.tool], execution_id=execution(number), tool=call.tool)

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        return [(one.call.tool, dict(one.call.arguments)) for one in self.gathered]


def execution(number: int) -> UUID:
    return UUID(int=number)


@asynccontextmanager
async def running(
    server: ModelServer | str, rules: Rules | None = None, *, seconds: float = 5, **changes: Any
) -> AsyncGenerator[Run]:
    """A run against the scripted server (or an address), with the real client. `changes` replace parts of Run."""
    url = server if isinstance(server, str) else server.base_url
    async with open_model(
        base_url=url, api_key=None, model="scripted", timeout_seconds=seconds, chunk_timeout_seconds=seconds
    ) as model:
        brain = ModelBrain(model, rules or Rules(), deadline_seconds=2 * seconds)
        yield replace(Run(brain=brain, results={"query_alerts": ALERTS, "query_logs": LOGS}), **changes)
