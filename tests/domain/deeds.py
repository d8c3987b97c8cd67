"""Deeds on the record as the door leaves them: calls, proposals, decisions, and what came of it."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

from domain import claims, confirmations, executions
from domain.actors import Actor
from domain.claims import Claim
from domain.confirmations import Decision, Mode, Outcome, Proposal
from domain.database import Pool
from domain.executions import Closing, Opening, ResultStatus
from tests.house import session
from tools.spec import Pillar

MOVE = "update trivium.ai_tool_executions set created_at = created_at - %(by)s where id = %(id)s"


@dataclass(frozen=True, slots=True)
class Deeds:
    pool: Pool

    async def begun(self, who: Actor, tool: str = "query_echo", **arguments: Any) -> UUID:
        opening = Opening(
            session_id=await session(self.pool, who, Pillar.REVIVE), run_id=None, message_id=None, user_id=who.user_id,
            tool=tool, category="revive_aiops", arguments=arguments, permission="ai:revive:aiops:echo:read",
        )  # fmt: skip
        async with self.pool.connection() as db:
            return (await executions.begin(db, opening)).id

    async def ended(self, made: UUID, status: ResultStatus = "success", milliseconds: int = 5, **result: Any) -> None:
        text = orjson.dumps({"status": "ok", "data": {}, "error": None} | result).decode()
        closing = Closing(
            id=made, status=status, result=text, sha256=None, granted=True, effect="allow", milliseconds=milliseconds
        )
        async with self.pool.connection() as db:
            await executions.finish(db, closing)

    async def call(self, who: Actor, tool: str = "query_echo", *args: Any, **result: Any) -> UUID:
        made = await self.begun(who, tool)
        await self.ended(made, *args, **result)
        return made

    async def proposed(self, who: Actor, mode: Mode = "self", **arguments: Any) -> UUID:
        """The confirmation of a proposal to restart something."""
        execution = await self.begun(who, "restart", **arguments)
        await self.ended(execution, "pending_approval")
        proposal = Proposal(
            session_id=await session(self.pool, who, Pillar.REVIVE), run_id=None, ordinal=1, user_id=who.user_id,
            pillar="revive", tool="restart", category="revive_aiops", details={}, arguments=arguments, sha256="s",
            level="high", mode=mode, permission="ai:revive:aiops:restart", policy_version=1, proposed_in=execution,
        )  # fmt: skip
        async with self.pool.connection() as db:
            return (await confirmations.propose(db, proposal)).id

    async def decided(self, made: UUID, by: Actor, status: Literal["approved", "rejected"], reason: str = "") -> None:
        decision = Decision(status=status, decided_by=by.user_id, through="http", reason=reason)
        async with self.pool.connection() as db:
            assert await confirmations.decide(db, made, decision)

    async def carried_out(self, made: UUID, who: Actor, outcome: Outcome, **result: Any) -> UUID:
        """The execution that did it, settled; one whose worker died is `executing`."""
        execution = await self.begun(who, "restart", service="checkout")
        wanted = Claim(
            id=made, user_id=who.user_id, tool="restart", sha256="s", execution_id=execution, worker="w",
            lease_seconds=30,
        )  # fmt: skip
        async with self.pool.connection() as db:
            assert await claims.claim(db, wanted)
            if outcome == "executing":
                return execution
            assert await claims.settle(db, made, execution, outcome, {})
        await self.ended(execution, "success" if outcome == "succeeded" else "error", **result)
        return execution

    async def earlier(self, made: UUID, by: Any) -> None:
        async with self.pool.connection() as db:
            await db.execute(MOVE, {"id": made, "by": by})
