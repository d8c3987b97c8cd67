"""So many seconds of load and faults at once, then peace, then the verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from domain.database import Pool
from tests.scenarios import chaos_verdict
from tests.scenarios.chaos_load import Tally, person
from tests.scenarios.chaos_world import World, breakable
from tests.sshd import Sshd

KINDS = ("question", "stream", "proposal", "approval", "outcome", "alert")
PEOPLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`pause` are the seconds between two faults, `longest_stop` those of a SIGSTOP, at the least and at the most."""

    seconds: float
    serves: int = 3
    workers: int = 2
    seed: int = 1
    pause: tuple[float, float] = (2.0, 6.0)
    longest_stop: float = 8.0


@dataclass(frozen=True, slots=True)
class Report:
    plan: Plan
    tally: Tally
    faults: Counter[str]
    exits: Counter[int]
    ends: dict[str, int]
    found: list[str]

    def lines(self) -> list[str]:
        """The table, for people."""
        tally = self.tally
        rows = [f"{'':10} {'begun':>6} {'done':>6} {'at once':>8} {'p50 s':>7} {'p95 s':>7} {'max s':>7}"]
        for kind in KINDS:
            begun, done = tally.begun[kind], tally.done[kind]
            first = f"{tally.at_once[kind] / max(1, begun):.1%}"
            times = " ".join(f"{tally.share(kind, percent):7.2f}" for percent in (50, 95, 100))
            rows.append(f"{kind:10} {begun:6d} {done:6d} {first:>8} {times}")
        told = ", ".join(f"{what} {times}" for what, times in sorted(self.faults.items()))
        rows += [
            f"available: {self.available:.2%} at the first try, {self.finished:.2%} within two minutes of trying",
            f"streams cut and gone on with: {tally.cuts}",
            f"faults: {told}; SIGTERM ended with {dict(self.exits)}",
            f"on record: {', '.join(f'{what} {count}' for what, count in sorted(self.ends.items()))}",
        ]
        return rows + [f"FAULT {fault}" for fault in self.found]

    @property
    def available(self) -> float:
        """Requests that the first server they went to served. Outcomes are waited for and streams cut on purpose."""
        kinds = [kind for kind in KINDS if kind != "outcome"]
        return sum(self.tally.at_once[kind] for kind in kinds) / max(1, sum(self.tally.begun[kind] for kind in kinds))

    @property
    def finished(self) -> float:
        return sum(self.tally.done[kind] for kind in KINDS) / max(1, sum(self.tally.begun[kind] for kind in KINDS))


async def rampage(pool: Pool, database_url: str, folder: Path, sshd: Sshd, plan: Plan) -> Report:
    tally, chance = Tally(), Random(plan.seed)  # noqa: S311 - the same faults every time
    async with AsyncExitStack() as stack:
        opening = breakable(pool, database_url, folder, sshd, serves=plan.serves, workers=plan.workers)
        world = await stack.enter_async_context(opening)
        people = [
            await stack.enter_async_context(person(f"person-{number}", world, tally, plan.seed * 100 + number))
            for number in range(PEOPLE)
        ]
        end = time.monotonic() + plan.seconds
        loads = [
            asyncio.create_task(kept_up(act, end, pause))
            for one in people
            for act, pause in ((one.ask, 0.5), (one.listen, 0.2), (one.change, 1.0), (one.fire, 4.0))
        ]
        await havoc(world, chance, end, plan)
        await asyncio.gather(*loads)
        found = await chaos_verdict.faults(world, people)
        return Report(plan, tally, world.faults, world.exits, await chaos_verdict.ends(world), found)


async def kept_up(act: Callable[[], Awaitable[None]], end: float, pause: float) -> None:
    while time.monotonic() < end:
        await act()
        await asyncio.sleep(pause)


async def havoc(world: World, chance: Random, end: float, plan: Plan) -> None:
    """Faults one after another, up to two at a time, and Redis away or hung now and then."""
    under_way = set[asyncio.Task[None]]()
    turn = 0
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(*plan.pause))
        turn += 1
        if turn % 6 == 0:
            lost = world.lose_redis if turn % 12 == 0 else world.hang_redis
            under_way.add(asyncio.create_task(lost(chance.uniform(1, 6))))
        elif len(under_way) < 2:
            breaking = world.break_down(chance, longest_stop=plan.longest_stop)
            under_way.add(asyncio.create_task(breaking))
        done = {task for task in under_way if task.done()}
        for task in done:
            task.result()
        under_way -= done
    await asyncio.gather(*under_way)
