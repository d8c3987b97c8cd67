"""How long a desktop host waits for the list of tools, and what an idle server holds in memory."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from bench.measure import Row, scratch, seconds
from tests.programs import free_port, running

ROOT = Path(__file__).parents[1]
SECRET = "a-secret-for-measuring-of-more-than-32-bytes"  # noqa: S105
MEMORY_MEGABYTES = 200
SETTLE_SECONDS = 3
TURNS = 5
BARE = "import mcp.server.lowlevel, mcp.server.stdio"


async def rows() -> AsyncGenerator[Row]:
    async with scratch(size=2) as (_, url):
        yield await tools_list(url)
        yield await idle_memory(url)


async def tools_list(url: str) -> Row:
    """A real client over stdio, from starting the process to the answer of tools/list."""
    environment = {**os.environ, "DATABASE_URL": url, "TRIVIUM_JWT_SECRET": SECRET}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "trivium", "mcp"], env=environment, cwd=str(ROOT)
    )

    async def ours() -> float:
        began = time.perf_counter()
        async with asyncio.timeout(30), Client(stdio_client(server)) as client:
            await client.list_tools()
            return time.perf_counter() - began

    async def floor() -> None:
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", BARE], check=True)

    await floor()
    pairs = [(await ours(), await seconds(floor)) for _ in range(TURNS)]
    best, least = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return Row(
        what="MCP over stdio to the answer of tools/list; floor: python importing mcp's server",
        ours=best, floor=least, unit="s", goal="≤ 1.5×", met=best <= 1.5 * least,
    )  # fmt: skip


async def idle_memory(url: str) -> Row:
    port = free_port()
    environment = {"DATABASE_URL": url, "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port)}
    command, ready = [sys.executable, "-m", "trivium", "serve"], f"http://127.0.0.1:{port}/api/v1/health/ready"
    with (
        TemporaryDirectory() as folder,
        running(command, ready=ready, log=Path(folder) / "log", environment=environment) as process,
    ):
        await asyncio.sleep(SETTLE_SECONDS)
        megabytes = resident(process.pid)
    return Row(
        what="resident memory of an idle `serve`", ours=megabytes, floor=MEMORY_MEGABYTES, unit="MB",
        goal=f"≤ {MEMORY_MEGABYTES} MB", met=megabytes <= MEMORY_MEGABYTES,
    )  # fmt: skip


def resident(pid: int) -> float:
    """Resident megabytes of a process. Source: proc(5), VmRSS is in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000
