"""From a person's yes to the deed done: every check, claim and audit entry, against the least that could be written."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from agents.brain import Call
from bench.measure import Row, scratch, seconds
from checkpoints.saver import open_saver
from domain.actors import Actor
from domain.confirmations import Confirmation
from domain.database import Pool
from graphs.asking import Ask
from tests.house import ScriptedBrain, Worker, actor, echo, spec, tool_context, worker
from tools.decisions import Verdict
from tools.spec import AnySpec, Args, Category, Pillar, Preview, Risk, ToolContext, ToolResult

DEEDS, IN_RUNS, TURNS = 40, 10, 5
TOOL = "create_dashboard"
ARGUMENTS = {"text": "checkout"}
YES = Verdict(action="approve")
TABLES: tuple[LiteralString, ...] = (
    "create table bench_approvals (id bigint generated always as identity primary key, status text, body jsonb)",
    "create table bench_deeds (approval bigint references bench_approvals, at timestamptz default now(), body jsonb)",
)
ASKED = "insert into bench_approvals (status, body) values ('pending', %(body)s) returning id"
APPROVE = "update bench_approvals set status = 'approved' where id = %(id)s and status = 'pending' returning id"
DONE = "insert into bench_deeds (approval, body) values (%(id)s, %(body)s)"


async def rows() -> AsyncGenerator[Row]:
    async with scratch() as (pool, _):
        await open_saver(pool)
        async with pool.connection() as db:
            for statement in TABLES:
                await db.execute(statement)
        who = await actor(pool, "admin")
        yield await alone_row(pool, who)
        yield await run_row(pool, who)


async def preview(context: ToolContext, args: Args) -> Preview:  # noqa: ARG001 - the spec's signature
    return Preview(title="Create dashboard checkout", lines=("one panel",))


def changing(handler: Any = echo) -> AnySpec:
    return spec(
        TOOL, handler, pillars=frozenset({Pillar.REVIVE}), category=Category.GRAFANA, risk=Risk.CREATE,
        permission="ai:revive:grafana:dashboard:create", idempotent=False, preview=preview,
    )  # fmt: skip


async def alone_row(pool: Pool, who: Actor) -> Row:
    """Changes asked for outside any run: whoever says yes carries them out."""
    context = await tool_context(pool, who, Pillar.REVIVE)
    async with worker(pool, changing()) as house:

        async def ours() -> float:
            door = house.parts.door
            made = [await door.propose(context, TOOL, ARGUMENTS) for _ in range(DEEDS)]
            waiting = [each.id for each in made if isinstance(each, Confirmation)]
            return await seconds(lambda: approved(house, who, waiting))

        best, least = await in_pairs(ours, lambda: bare(pool, context))
    each, floor = best / DEEDS * 1000, least / DEEDS * 1000
    return Row(
        what="approval to deed done, outside a run; floor: one compare-and-set, one INSERT and the handler",
        ours=each, floor=floor, unit="ms", goal="≤ 12× and ≤ 50 ms", met=each <= 12 * floor and each <= 50,
    )  # fmt: skip


async def run_row(pool: Pool, who: Actor) -> Row:
    """Changes that a run waits with: the yes resumes the run, and its graph carries them out."""
    context, done = await tool_context(pool, who, Pillar.REVIVE), asyncio.Queue[None]()

    async def deed(context: ToolContext, args: Any) -> ToolResult:
        done.put_nowait(None)
        return await echo(context, args)

    brain = ScriptedBrain(rounds=[[Call(tool=TOOL, arguments=ARGUMENTS)]])
    async with worker(pool, changing(deed), brain=brain) as house:

        async def one(waiting: UUID) -> float:
            async def decided() -> None:
                said.append(await house.approvals.decide(who, waiting, YES))
                await done.get()

            said: list[Any] = []
            taken = await seconds(decided)
            ended = await house.runner.finished(said[0].live)
            assert ended
            assert ended.status == "completed"
            return taken

        async def ours() -> float:
            return sum([await one(await asked(house, who)) for _ in range(IN_RUNS)])

        best, least = await in_pairs(ours, lambda: bare(pool, context))
    each, floor = best / IN_RUNS * 1000, least / DEEDS * 1000
    return Row(
        what="approval to deed begun, in a run that waits; floor: one compare-and-set, one INSERT and the handler",
        ours=each, floor=floor, unit="ms", goal="≤ 100 ms", met=each <= 100,
    )  # fmt: skip


async def asked(house: Worker, who: Actor) -> UUID:
    outcome = await house.runner.ask(who, Ask(text="make it", graph="revive"))
    assert outcome.waiting
    return outcome.waiting.id


async def approved(house: Worker, who: Actor, waiting: list[UUID]) -> None:
    for one in waiting:
        decided = await house.approvals.decide(who, one, YES)
        assert decided.confirmation.outcome == "succeeded"


async def bare(pool: Pool, context: ToolContext) -> float:
    """The same deeds with nothing kept but who may do it once, and that it was done."""
    made = changing()
    async with pool.connection() as db:
        rows = [await (await db.execute(ASKED, {"body": Jsonb(ARGUMENTS)})).fetchone() for _ in range(DEEDS)]

    async def all_of_them() -> None:
        for row in rows:
            assert row
            async with pool.connection() as db:
                assert await (await db.execute(APPROVE, {"id": row["id"]})).fetchone()
            result = await made.handler(context, made.args.model_validate(ARGUMENTS))
            async with pool.connection() as db:
                await db.execute(DONE, {"id": row["id"], "body": Jsonb(result.data)})

    return await seconds(all_of_them)


async def in_pairs(ours: Any, floor: Any) -> tuple[float, float]:
    """The best of each, measured alternately; what they prepare is not counted. Each is warmed once."""
    await ours()
    await floor()
    pairs = [(await floor(), await ours()) for _ in range(TURNS)]
    return min(pair[1] for pair in pairs), min(pair[0] for pair in pairs)
