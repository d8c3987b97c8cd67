"""A world for runbooks: servers whose sshd is real, credentials that are files, tools called as the door calls them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from domain import credentials, runbook_executions, servers
from domain.credentials import NewCredential
from domain.database import Pool
from domain.errors import Refused
from domain.runbook_executions import Execution
from domain.servers import NewServer
from tests.house import actor, tool_context
from tests.programs import pause
from tests.sshd import Sshd, processes
from tools import runbook_executions as execution_tools
from tools import runbook_tools
from tools.cleaning import validated
from tools.spec import AnySpec, Pillar, Preview, ToolContext, ToolResult

SPECS: dict[str, AnySpec] = {spec.name: spec for spec in (*runbook_tools.TOOLS, *execution_tools.TOOLS)}
GONE_LOOKS = 100


@dataclass(slots=True)
class World:
    """Calls tools without a door. `lines` is the progress that was told; `seen` waits for one of them."""

    pool: Pool
    context: ToolContext
    lines: list[str] = field(default_factory=list[str])
    _waiting: list[tuple[str, asyncio.Event]] = field(default_factory=list[tuple[str, asyncio.Event]])

    async def tell(self, line: str) -> None:
        self.lines.append(line)
        for text, event in self._waiting:
            if text in line:
                event.set()

    async def seen(self, text: str) -> None:
        event = asyncio.Event()
        self._waiting.append((text, event))
        if any(text in line for line in self.lines):
            event.set()
        await event.wait()

    async def call(self, tool: str, **arguments: Any) -> ToolResult:
        spec = SPECS[tool]
        return await spec.handler(self.context, validated(spec, arguments))

    async def preview(self, tool: str, **arguments: Any) -> Preview:
        """As a person would be shown it, made concrete first."""
        spec = SPECS[tool]
        assert spec.preview
        given = validated(spec, arguments)
        settled = await spec.settle(self.context, given) if spec.settle else given
        return await spec.preview(self.context, settled)

    async def refused(self, tool: str, **arguments: Any) -> str:
        """What the preview refuses with; the handler, which might be reached without it, does as well."""
        said: list[str] = []
        for attempt in (self.preview, self.call):
            try:
                await attempt(tool, **arguments)
            except Refused as problem:
                said.append(" ".join(filter(None, (str(problem), problem.alternative))))
        assert len(said) == 2
        assert said[0] == said[1]
        return said[0]

    async def store(self, *steps: dict[str, Any], name: str = "fix", **more: Any) -> None:
        result = await self.call("create_runbook", name=name, steps=list(steps), **more)
        assert result.status == "ok"

    async def run(self, name: str = "fix", **arguments: Any) -> ToolResult:
        return await self.call("execute_runbook", runbook=name, reason="a test", **arguments)

    async def rows(self) -> list[Execution]:
        async with self.pool.connection() as db:
            return (await runbook_executions.newest(db, runbook_executions.ExecutionFilter(), 100)).rows

    async def row(self) -> Execution:
        (row,) = await self.rows()
        return row

    async def credential(self, name: str, path: Path, kind: Any = "ssh_key") -> UUID:
        new = NewCredential(name=name, kind=kind, reference=f"file:{path}", created_by=self.context.actor.user_id)
        async with self.pool.connection() as db:
            return (await credentials.add(db, new)).id

    async def server(self, name: str, sshd: Sshd, credential_id: UUID | None, host_key: str = "") -> None:
        new = NewServer(
            name=name,
            hostname=sshd.hostname,
            port=sshd.port,
            username=sshd.username,
            host_key=host_key or sshd.host_key,
            credential_id=credential_id,
            created_by=self.context.actor.user_id,
        )
        async with self.pool.connection() as db:
            await servers.add(db, new)


async def world(pool: Pool) -> World:
    context = await tool_context(pool, await actor(pool, "admin"), Pillar.REVIVE)
    made = World(pool, context)
    made.context = replace(context, progress=made.tell)
    return made


async def with_servers(pool: Pool, sshd: Sshd, *names: str) -> World:
    """A world whose servers are all the same sshd."""
    made = await world(pool)
    key = await made.credential("deploy-key", sshd.key_file)
    for name in names or ("web-1",):
        await made.server(name, sshd, key)
    return made


def ssh(name: str, command: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "ssh", "server": "web-1", "command": command, "timeout_seconds": 20} | more


def statuses(result: ToolResult) -> list[str]:
    return [step["status"] for step in result.data["steps"]]


def gone(marker: str, look: Callable[[str], list[str]] = processes) -> bool:
    """Whether no process names the marker any more, soon."""
    for _ in range(GONE_LOOKS):
        if not look(marker):
            return True
        pause(0.1)
    return False
