"""Running: deed after deed, each on record before and after, and an end that is told as it is."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import audit, credentials, runbook_executions
from domain.audit import Entry
from domain.database import Connection
from domain.errors import SourceError
from domain.runbook_executions import Final, Start
from tools.masking import MASK
from tools.runbooks import deeds, services
from tools.runbooks.deeds import LEAST_OUTPUT, LONGEST_OUTPUT, Means, Outcome, shortened
from tools.runbooks.hiding import Hider, refuse_short
from tools.runbooks.plan import Deed, Plan
from tools.runbooks.prepare import Prepared
from tools.spec import Json, ToolContext, ToolResult

SOURCE = "runbooks"
MOST_OUTPUT = 400_000
SAID: Mapping[Final, str] = {
    "succeeded": "every step succeeded",
    "failed": "a step failed",
    "rolled_back": "a step failed, and what was done was rolled back",
    "timed_out": "a step was not done in time and was ended",
    "cancelled": "it was stopped",
    "unknown": "it is not known what was done: look at the servers before anything else",
}


async def run(context: ToolContext, prepared: Prepared, reason: str) -> ToolResult:
    """The plan is carried out as far as it goes, and how far that is stands in the result and on record.

    Raises Refused before anything is done (quota, an unreadable credential), SourceError when Postgres takes no
    record any more: nothing further is done then. When cancelled, what runs on a server is ended and recorded first.
    """
    secrets, keys = await taken(context, prepared)
    means = Means(secrets=keys, hider=Hider([*secrets.values(), *keys.values()]), tell=context.progress)
    running = Running(context, prepared, prepared.plan(secrets), means)
    await running.start(reason)
    return await running.go()


async def taken(context: ToolContext, prepared: Prepared) -> tuple[dict[str, str], dict[str, str]]:
    """The secrets of parameters, and of servers, by their names; each use is on the audit log. Raises Refused."""
    purpose = f"runbook {prepared.runbook.name}"
    secrets: dict[str, str] = {}
    for name, credential in prepared.credentials.items():
        secrets[name] = await take(context, credential.id, f"{purpose}, parameter {name}")
        refuse_short(credential.name, secrets[name])
    used = {deed.server for deed in (*prepared.shown.steps, *prepared.shown.rollback)}
    keys: dict[str, str] = {}
    for server in prepared.servers.values():
        if server.name in used and server.credential_id:
            keys[server.name] = await take(context, server.credential_id, f"{purpose} on {server.name}")
    return secrets, keys


async def take(context: ToolContext, credential_id: UUID, purpose: str) -> str:
    keyring = context.resources.keyring
    return await credentials.take(context.database, context.actor, credential_id, purpose=purpose, keyring=keyring)


class Running:
    """One run under way."""

    def __init__(self, context: ToolContext, prepared: Prepared, plan: Plan, means: Means) -> None:
        self.context = context
        self.prepared = prepared
        self.means = means
        self.outcomes = [Outcome(deed=deed) for deed in plan.steps]
        self.undoing = [Outcome(deed=deed, is_rollback=True) for deed in plan.rollback]
        self.room = MOST_OUTPUT
        self.is_rolling_back = False
        self.is_finished = False
        self.id: UUID

    async def start(self, reason: str) -> None:
        """On record as running. A service is counted against its quota in the same transaction, one at a time."""
        runbook = self.prepared.runbook
        begun = Start(
            runbook_id=runbook.id,
            runbook_name=runbook.name,
            runbook_version=runbook.version,
            kind=runbook.kind,
            user_id=self.context.actor.user_id,
            confirmation_id=self.context.confirmation_id,
            tool_execution_id=self.context.execution_id,
            run_id=self.context.run_id,
            parameters=dict(self.prepared.values),
            reason=reason,
            steps=self.steps(),
            hourly_cost=self.prepared.charge.hourly,
        )
        async with self.context.database.connection() as db, db.transaction():
            await self.count(db)
            self.id = await runbook_executions.start(db, begun)
            await audit.append(db, self.context.actor, self.entry("runbook_started", {"reason": reason}))

    async def count(self, db: Connection) -> None:
        runbook = self.prepared.runbook
        if runbook.kind != "service_template":
            return
        await runbook_executions.lock_quota(db, runbook.name)
        usage = await runbook_executions.usage(db, runbook.name, self.context.actor.user_id)
        services.refuse_over_quota(self.prepared.charge, usage)

    async def go(self) -> ToolResult:
        try:
            status = await self.walk()
            await self.finish(status)
        except asyncio.CancelledError:
            await asyncio.shield(self.finish(self.stopped()))
            raise
        except (OperationalError, PoolTimeout) as error:
            message = "Postgres took no record of the run any more, so nothing further was done"
            raise SourceError(f"{message}. Execution {self.id}.", source="postgres", is_uncertain=True) from error
        finally:
            if not self.is_finished:
                with suppress(OperationalError, PoolTimeout):
                    await asyncio.shield(self.finish("unknown"))
        return self.result(status)

    async def walk(self) -> Final:
        for number, outcome in enumerate(self.outcomes, start=1):
            await self.do(outcome, f"[{number}/{len(self.outcomes)}]")
            match outcome.status:
                case "unknown":
                    return "unknown"
                case "failed" | "timed_out" if outcome.deed.on_failure == "rollback":
                    return await self.roll_back()
                case "failed" | "timed_out" if outcome.deed.on_failure == "stop":
                    return outcome.status
                case _:
                    continue
        return "succeeded"

    async def roll_back(self) -> Final:
        """Every rollback step, whatever becomes of the others; only an unknown outcome ends it."""
        self.is_rolling_back = True
        for number, outcome in enumerate(self.undoing, start=1):
            await self.do(outcome, f"[rollback {number}/{len(self.undoing)}]")
            if outcome.status == "unknown":
                return "unknown"
        return "rolled_back" if all(outcome.status == "succeeded" for outcome in self.undoing) else "failed"

    async def do(self, outcome: Outcome, place: str) -> None:
        outcome.status = "running"
        await self.record()
        await self.context.progress(f"{place} {headline(outcome.deed)}")
        try:
            await deeds.do(outcome, self.means)
        finally:
            outcome.output = shortened(outcome.output, max(LEAST_OUTPUT, min(LONGEST_OUTPUT, self.room)))
            self.room -= len(outcome.output)
        await self.record()
        await self.context.progress(f"{place} {outcome.status}{f': {outcome.error}' if outcome.error else ''}")

    def stopped(self) -> Final:
        every = (*self.outcomes, *self.undoing)
        return "unknown" if any(outcome.status == "unknown" for outcome in every) else "cancelled"

    def steps(self) -> list[Json]:
        return [outcome.as_json() for outcome in (*self.outcomes, *(self.undoing if self.is_rolling_back else ()))]

    async def record(self) -> None:
        async with self.context.database.connection() as db:
            await runbook_executions.record(db, self.id, self.steps())

    async def finish(self, status: Final) -> None:
        self.settle_open()
        async with self.context.database.connection() as db, db.transaction():
            await runbook_executions.finish(db, self.id, status, self.steps(), self.summary(status))
            await audit.append(db, self.context.actor, self.entry("runbook_finished", {"status": status}))
        self.is_finished = True

    def settle_open(self) -> None:
        """A deed that was begun and has no end is unknown, unless nothing of it had been sent."""
        for outcome in (*self.outcomes, *self.undoing):
            if outcome.status == "running":
                outcome.status = "not_run"

    def summary(self, status: Final) -> Json:
        kept: Json = {"message": self.message(status)}
        runbook = self.prepared.runbook
        if status == "succeeded" and runbook.connection:
            masks = dict.fromkeys(self.prepared.credentials, MASK)
            kept["connection"] = services.connection(runbook.connection, self.prepared.filler(masks), self.outcomes)
        return kept

    def message(self, status: Final) -> str:
        bad = [outcome for outcome in (*self.outcomes, *self.undoing) if outcome.error]
        passed = [outcome.deed.name for outcome in bad if status == "succeeded"]
        if passed:
            return f"{self.prepared.runbook.name} is done, passing over steps that failed: {', '.join(passed)}."
        told = "".join(f" {where(outcome)}: {(outcome.error or '').rstrip('.')}." for outcome in bad)
        undone = self.is_rolling_back and status == "failed"
        said = "a step failed, and the rollback is not complete" if undone else SAID[status]
        return f"{self.prepared.runbook.name}: {said}.{told}"

    def result(self, status: Final) -> ToolResult:
        runbook, priced = self.prepared.runbook, self.prepared.charge
        kept = self.summary(status)
        is_service = runbook.kind == "service_template"
        cost = {"currency": priced.currency, "hourly": float(priced.hourly)} if priced.hourly is not None else None
        data: Json = {
            "resource": {"type": "service" if is_service else "execution", "id": str(self.id), "name": runbook.name},
            "execution": str(self.id),
            "runbook": runbook.name,
            "version": runbook.version,
            "status": status,
            "steps": self.steps(),
            **kept,
            **({"cost": cost} if cost else {}),
        }
        done = status == "succeeded"
        return ToolResult(
            status="ok" if done else "error",
            source=SOURCE,
            data=data,
            query=f"runbook {runbook.name} version {runbook.version}",
            as_of=self.context.clock(),
            error=None if done else str(kept["message"]),
            is_uncertain=status == "unknown",
        )

    def entry(self, action: str, about: Json) -> Entry:
        runbook = self.prepared.runbook
        details: dict[str, Any] = {
            "execution": str(self.id),
            "version": runbook.version,
            "parameters": dict(self.prepared.values),
            "confirmation": str(self.context.confirmation_id) if self.context.confirmation_id else None,
        }
        session = self.context.session_id
        return Entry(
            action=action, target=runbook.name, details=details | about, session_id=session, tool="execute_runbook"
        )


def headline(deed: Deed) -> str:
    return f"{deed.name} ({deed.server})" if deed.server else deed.name


def where(outcome: Outcome) -> str:
    return f"{'rollback ' if outcome.is_rollback else ''}{headline(outcome.deed)}"
