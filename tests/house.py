"""A house for tests: actors, a door on chosen tools, a runner with a scripted brain. Real Postgres behind all of it."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from agents.answer import Answer, Finding, Source
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from checkpoints.saver import PoolSaver
from domain import users
from domain.actors import Actor, Entrance
from domain.confirmations import RiskLevel
from domain.database import Pool
from domain.names import Directory
from domain.tokens import SCOPES
from graphs import inquiry, revive, troubleshooting
from graphs.approvals import Approvals
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits, Runner
from tools.call import Door
from tools.gates import Gates
from tools.policy import PolicyBook
from tools.sources.streams import Streams
from tools.spec import AnySpec, Args, Category, Pillar, Risk, ToolContext, ToolResult, ToolSpec

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Echo(Args):
    text: str = "hello"


async def echo(context: ToolContext, args: Echo) -> ToolResult:
    data = {"text": args.text, "scopes": sorted(context.scopes), "teams": sorted(context.actor.teams)}
    return ToolResult(status="ok", source="echo", data=data, query=f"echo {args.text}", as_of=context.clock())


def spec(name: str = "query_echo", handler: Any = echo, **changes: Any) -> ToolSpec[Any]:
    """A tool for tests: reads, belongs to inquiry, has one argument `text`."""
    given: dict[str, Any] = {
        "name": name,
        "title": "Echo",
        "description": "Says it again.",
        "pillars": frozenset({Pillar.INQUIRY}),
        "category": Category.INQUIRY,
        "risk": Risk.READ,
        "permission": "ai:inquiry:read",
        "args": Echo,
        "handler": handler,
        "source": "echo",
    }
    return ToolSpec(**(given | changes))


def door(pool: Pool, *specs: AnySpec) -> Door:
    return Door({item.name: item for item in specs}, PolicyBook(pool), Gates())


async def actor(pool: Pool, *roles: str, teams: Iterable[str] = (), name: str | None = None) -> Actor:
    """A new user with these roles and teams, come in by script."""
    name = name or f"user-{uuid4().hex[:8]}"
    async with pool.connection() as db:
        user_id = await users.ensure(db, name, roles=roles, teams=teams)
    return Actor(
        user_id=user_id,
        name=name,
        roles=frozenset(roles),
        teams=frozenset(teams),
        ceiling=frozenset(roles),
        scopes=frozenset(SCOPES),
        entrance=Entrance.SCRIPT,
        request_id=uuid4().hex,
    )


async def tool_context(pool: Pool, who: Actor, pillar: Pillar = Pillar.INQUIRY, now: datetime = NOW) -> ToolContext:
    """A context with a session of its own, outside any run."""
    return ToolContext(
        actor=who,
        pillar=pillar,
        session_id=await session(pool, who, pillar),
        run_id=None,
        message_id=None,
        database=pool,
        clock=lambda: now,
    )


async def session(pool: Pool, who: Actor, pillar: Pillar = Pillar.INQUIRY) -> UUID:
    make = "insert into trivium.ai_sessions (user_id, pillar) values (%(user_id)s, %(pillar)s) returning id"
    async with pool.connection() as db:
        row = await (await db.execute(make, {"user_id": who.user_id, "pillar": pillar.value})).fetchone()
    assert row
    return row["id"]


@dataclass(slots=True)
class ScriptedBrain:
    """Plans the given rounds of calls and answers with what they returned."""

    rounds: Sequence[Sequence[Call]] = ((Call(tool="query_echo", arguments={"text": "hi"}),),)
    name: Literal["rules", "model"] = "rules"
    seen: list[Question] = field(default_factory=list[Question])

    async def understand(self, question: Question) -> Understanding:
        self.seen.append(question)
        return Understanding(kind="query", intent="echo", slots={"text": question.text}, plain="an echo")

    async def plan(
        self,
        question: Question,  # noqa: ARG002
        understood: Understanding,  # noqa: ARG002
        gathered: Sequence[Gathered],
        offer: Offer,  # noqa: ARG002
    ) -> Sequence[Call]:
        done = 0
        for calls in self.rounds:
            if done >= len(gathered):
                return calls
            done += len(calls)
        return ()

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:  # noqa: ARG002
        return ()

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:  # noqa: ARG002
        return {}

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        summary = f"{question.text}: {len(gathered)} results."
        await emit(summary)
        return Answer(
            summary=summary,
            findings=tuple(
                Finding(text=str(item.result.data), executions=(str(item.result.execution_id),))
                for item in gathered
                if item.result.supports_claims
            ),
            sources=tuple(source(item) for item in gathered),
            tools_used=tuple(dict.fromkeys(item.result.tool for item in gathered)),
            understood=understood.plain,
        )


def source(item: Gathered) -> Source:
    result = item.result
    return Source(
        execution=str(result.execution_id),
        tool=result.tool,
        source=result.source,
        status=result.status,
        query=result.query,
        window=None,
        as_of=None,
        error=result.error,
        artifact_id=str(result.artifact_id) if result.artifact_id else None,
    )


@asynccontextmanager
async def runner(
    pool: Pool,
    *specs: AnySpec,
    brain: Brain | Callable[[], Brain] | None = None,
    per_minute: int = 10_000,
) -> AsyncGenerator[Runner]:
    """A runner on real Postgres, with this brain, or with one that the function makes for each run."""
    async with worker(pool, *specs, brain=brain, per_minute=per_minute) as opened:
        yield opened.runner


@dataclass(frozen=True, slots=True)
class Worker:
    """One process of the house: its parts, its runner, and where its people decide."""

    parts: Parts
    runner: Runner
    approvals: Approvals


@asynccontextmanager
async def worker(
    pool: Pool,
    *specs: AnySpec,
    brain: Brain | Callable[[], Brain] | None = None,
    per_minute: int = 10_000,
    four_eyes: Iterable[RiskLevel] = (),
    streams: Streams | None = None,
    drain_seconds: float = 20,
) -> AsyncGenerator[Worker]:
    """A worker on real Postgres; several on one pool are several workers on one database."""
    chosen = brain or ScriptedBrain()
    make = chosen if callable(chosen) else lambda: chosen
    saver = PoolSaver(pool)
    entry = door(pool, *(specs or (spec(),)))
    parts = Parts(
        pool=pool,
        door=replace(entry, worker=uuid4().hex, four_eyes=frozenset(four_eyes)),
        brain=make,
        graphs={
            "inquiry": inquiry.build().compile(checkpointer=saver),
            "troubleshooting": troubleshooting.build().compile(checkpointer=saver),
            "revive": revive.build().compile(checkpointer=saver),
        },
        directory=Directory(pool),
        clock=lambda: NOW,
    )
    limits = Limits(history_messages=10, limiter=Limiter(per_minute), drain_seconds=drain_seconds)
    async with Runner(parts, limits, streams) as opened:
        yield Worker(parts, opened, Approvals(parts, opened))
