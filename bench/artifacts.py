"""A large log answer, taken in, searched, added up and downloaded: how much memory that needs, beside a small one."""

import asyncio
import resource
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from bench.measure import Row, scratch
from domain import database, users
from domain.actors import Actor, Entrance
from domain.database import Pool
from tools.artifacts import TOOLS
from tools.call import Door
from tools.gates import Gates
from tools.large import scanning
from tools.large.keeping import keeping
from tools.policy import PolicyBook
from tools.spec import Args, Category, Pillar, Risk, ToolContext, ToolResult, ToolSpec

LARGE_MEGABYTES, SMALL_MEGABYTES = 50, 1
BATCH = 500
LINE = 'level=error msg="database timeout after 30s" trace=4bf92f3577b34da6 path=/api/v1/checkout user=u-' + "x" * 90
SESSION = "insert into trivium.ai_sessions (user_id, pillar) values (%(user)s, 'inquiry') returning id"


async def rows() -> AsyncGenerator[Row]:
    async with scratch() as (_, url):
        floor, ours = [await measured(url, megabytes) for megabytes in (SMALL_MEGABYTES, LARGE_MEGABYTES)]
    yield Row(
        what=f"memory for a {LARGE_MEGABYTES} MB log answer beside one of {SMALL_MEGABYTES} MB, seen from outside",
        ours=ours,
        floor=floor,
        unit="MB",
        goal="≤ 1.25×",
        met=ours <= 1.25 * floor,
    )


async def measured(url: str, megabytes: int) -> float:
    """The most memory of a process that does all of it, in MB."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.artifacts", url, str(megabytes), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"bench.artifacts ended with {child.returncode}")
    return float(told)


class Asked(Args):
    megabytes: int


async def take_in(context: ToolContext, args: Asked) -> ToolResult:
    """As a source's handler does it: batch after batch, none of them held."""
    async with keeping(context) as keeper:
        while keeper.size_bytes < args.megabytes * 1_000_000:
            start = keeper.row_count
            await keeper.add([{"at": start + n, "line": LINE} for n in range(BATCH)])
    return ToolResult(status="ok", source="bench", data={"rows": keeper.row_count}, artifact_id=keeper.artifact_id)


TAKE_IN = ToolSpec(
    name="query_logs",
    title="Logs",
    description="Logs.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=Asked,
    handler=take_in,
    deadline_seconds=60,
)


async def work(url: str, megabytes: int) -> None:
    async with database.open_pool(url, size=4) as pool:
        context = await visitor(pool)
        door = Door({spec.name: spec for spec in (TAKE_IN, *TOOLS)}, PolicyBook(pool), Gates())
        result = await door.call(context, "query_logs", {"megabytes": megabytes})
        assert result.artifact_id, result.error
        named = {"artifact_id": str(result.artifact_id)}
        found = await door.call(context, "grep_artifact", {**named, "pattern": "database*timeout"})
        added = await door.call(context, "aggregate_artifact", {**named, "op": "avg", "field": "at"})
        assert found.data["total_matches"] == added.data["rows"] == result.data["rows"]
        assert await downloaded(pool, result.artifact_id) > megabytes * 1_000_000


async def downloaded(pool: Pool, artifact_id: UUID) -> int:
    return sum([part async for part in scanning.each(pool, artifact_id, None, lambda piece: len(piece.body))])


async def visitor(pool: Pool) -> ToolContext:
    async with pool.connection() as db:
        user_id = await users.ensure(db, "bench", roles=("engineer",), teams=())
        row = await (await db.execute(SESSION, {"user": user_id})).fetchone()
    assert row
    engineer = frozenset({"engineer"})
    who = Actor(
        user_id=user_id, name="bench", roles=engineer, teams=frozenset(), ceiling=engineer, scopes=frozenset(),
        entrance=Entrance.SCRIPT, request_id="bench",
    )  # fmt: skip
    return ToolContext(
        actor=who, pillar=Pillar.INQUIRY, session_id=row["id"], run_id=None, message_id=None, database=pool,
        clock=lambda: datetime.now(UTC),
    )  # fmt: skip


def most_megabytes() -> float:
    """Of this process since it runs this program; `ru_maxrss` would begin with what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
    print(most_megabytes())
