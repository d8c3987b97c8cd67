"""The one door to every tool: policy, arguments, approval, deadline, masking, and a row whatever comes of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import orjson
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import artifacts, audit, executions
from domain.audit import Entry
from domain.database import Connection
from domain.errors import Refused, SourceError
from domain.executions import Closing, Opened, Opening
from tools.cleaning import canonical, clean, sha256, strip_text, validated
from tools.gates import Gates
from tools.masking import mask, mask_text, masked_json
from tools.policy import Decision, PolicyBook
from tools.preview import LARGEST_INLINE, LARGEST_WHOLE, preview
from tools.spec import AnySpec, Args, Catalogue, Json, Pillar, Risk, ToolContext, ToolResult

TRIES_OF_A_READ = 2
log = structlog.get_logger("ai_ops")


class ApprovalNeeded(Exception):  # noqa: N818 - the house's word for it
    """A person has to approve exactly this call first. Nothing was done."""

    def __init__(self, spec: AnySpec, arguments: Json, opened: Opened) -> None:
        super().__init__(f"{spec.name} changes something: a person has to approve it first")
        self.tool = spec.name
        self.risk = spec.risk
        self.permission = spec.permission
        self.arguments = arguments
        self.arguments_sha256 = sha256(canonical(arguments))
        self.execution_id = opened.id
        self.policy_version = opened.policy_version


@dataclass(frozen=True, slots=True)
class Door:
    """`call` is the only way to a handler; `offer` is what a person or a model may be shown."""

    catalogue: Catalogue
    policy: PolicyBook
    gates: Gates

    async def offer(self, context: ToolContext, policy_version: int) -> tuple[AnySpec, ...]:
        """The tools of this pillar that the actor may use, in catalogue order; the door decides again at every call."""
        policy = await self.policy.at(policy_version)
        roles = context.actor.roles & context.actor.ceiling
        specs = dict.fromkeys(self.catalogue.values())
        offered = (spec for spec in specs if context.pillar in spec.pillars)
        return tuple(spec for spec in offered if not policy.decide(roles, spec, context.pillar).denies)

    async def call(self, context: ToolContext, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Run one tool for the actor of `context`.

        Returns a ToolResult: ok, empty, or error when the source or the handler failed (never raises for those).
        Raises Refused (unknown tool, permission, arguments), ApprovalNeeded (nothing was done), and SourceError
        when our own database cannot record the call, in which case the handler was not reached.
        Each outcome is exactly one row in ai_tool_executions; result, refusal and approval carry its id.
        """
        attempt = Attempt(self, context, name, arguments)
        await attempt.open()
        try:
            return await attempt.run()
        except (Refused, ApprovalNeeded) as outcome:
            outcome.execution_id = attempt.opened.id
            await attempt.close_refused(outcome)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(attempt.close_cancelled())
            raise


class Attempt:
    """One call on its way through the door."""

    def __init__(self, door: Door, context: ToolContext, name: str, arguments: Mapping[str, Any]) -> None:
        self.door = door
        self.context = context
        self.spec = door.catalogue.get(name)
        self.name = self.spec.name if self.spec else mask_text(strip_text(name))[:100]
        self.arguments, self.problem = readable(arguments)
        self.started = time.perf_counter()
        self.opened: Opened
        self.decision = Decision(effect="deny")

    async def open(self) -> None:
        context, spec = self.context, self.spec
        opening = Opening(
            session_id=context.session_id,
            run_id=context.run_id,
            message_id=context.message_id,
            user_id=context.actor.user_id,
            tool=self.name,
            category=ledger_category(spec, context.pillar) if spec else "unknown",
            arguments=mask(self.arguments),
            permission=spec.permission if spec else None,
        )
        async with self.ledger() as db:
            self.opened = await executions.begin(db, opening)

    @asynccontextmanager
    async def ledger(self) -> AsyncGenerator[Connection]:
        """A connection to record on. Raises SourceError when Postgres does not take the record."""
        try:
            async with self.context.database.connection() as db:
                yield db
        except (OperationalError, PoolTimeout) as error:
            message = f"Postgres did not take the record of {self.name}: {first_line(error)}"
            raise SourceError(message, source="postgres", retryable=True) from error

    async def run(self) -> ToolResult:
        spec = self.spec
        if self.problem:
            raise self.problem
        if spec is None:
            raise Refused(f"There is no tool named {self.name!r}.", code="unknown_tool", alternative=self.nearest())
        self.decision = await self.decide(spec)
        if self.decision.denies:
            raise self.refusal(spec)
        arguments = validated(spec, self.arguments)
        if self.decision.effect == "confirm":
            raise ApprovalNeeded(spec, arguments.model_dump(mode="json"), self.opened)
        if self.decision.effect == "audit_only":
            await self.note(spec)
        return await self.finish(await self.handle(spec, arguments))

    async def note(self, spec: AnySpec) -> None:
        """What may be done but is watched stands on the audit log before it is done."""
        details = {"arguments": mask(self.arguments), "execution": str(self.opened.id)}
        entry = Entry(
            action="tool_called", target=spec.name, details=details, session_id=self.context.session_id, tool=spec.name
        )
        async with self.ledger() as db:
            await audit.append(db, self.context.actor, entry)

    async def decide(self, spec: AnySpec) -> Decision:
        if not self.opened.is_active:
            raise Refused(
                f"{self.context.actor.name} is disabled.", code="permission_denied", permission=spec.permission
            )
        policy = await self.door.policy.at(self.opened.policy_version)
        roles = frozenset(self.opened.roles) & self.context.actor.ceiling
        return policy.decide(roles, spec, self.context.pillar)

    async def handle(self, spec: AnySpec, arguments: Args) -> ToolResult:
        """The handler's result, or the failure as a result: someone else's (SourceError) or a bug of ours."""
        context = self.narrowed()
        tries = TRIES_OF_A_READ if spec.is_read else 1
        try:
            async with asyncio.timeout(spec.deadline_seconds):
                for left in reversed(range(tries)):
                    try:
                        return await self.once(spec, context, arguments)
                    except SourceError as error:
                        if not (left and error.retryable):
                            return failure(spec, mask_text(str(error)))
        except TimeoutError:
            self.door.gates.to(spec.source).failed()
            return failure(spec, f"{spec.source} did not answer {spec.name} in {spec.deadline_seconds:g} s")
        except Refused:
            raise
        except Exception:
            incident = uuid4().hex[:12]
            log.exception("tool failed", tool=spec.name, error_id=incident)
            return failure(spec, f"{spec.name} failed inside Trivium; the log has it as {incident}")
        raise AssertionError("unreachable")

    async def once(self, spec: AnySpec, context: ToolContext, arguments: Args) -> ToolResult:
        async with self.door.gates.to(spec.source).enter():
            try:
                return await spec.handler(context, arguments)
            except (OperationalError, PoolTimeout) as error:
                message = f"Postgres did not answer {spec.name}: {first_line(error)}"
                raise SourceError(message, source="postgres", retryable=True) from error

    async def finish(self, result: ToolResult) -> ToolResult:
        """Masked and on record; over 32 KB the record is a preview and the whole an artifact.

        A result over 1 MB comes back as its preview, `truncated`: lists that are not whole support no claim.
        """
        masked, body = masked_json(result.data)
        error = result.error and mask_text(result.error)
        final = replace(result, data=masked, execution_id=self.opened.id, tool=self.name, error=error)
        shown, cut = (masked, "") if len(body) <= LARGEST_INLINE else preview(masked)
        async with self.ledger() as db:
            if cut:
                owner = self.context.actor.user_id
                kept = await artifacts.keep(db, execution_id=self.opened.id, user_id=owner, body=body)
                final = replace(final, artifact_id=kept)
            if len(body) > LARGEST_WHOLE:
                why = f"{self.name} returned {len(body) / 1e6:.1f} MB, too much to conclude from: ask for less."
                cuts = "; ".join(filter(None, (result.cut, cut)))
                final = replace(final, status="truncated", data=shown, cut=cuts, error=why)
            status = "error" if final.status in ("error", "forbidden") else "success"
            text = orjson.dumps({"status": final.status, "data": shown, "error": final.error}).decode()
            await executions.finish(db, self.closing(status, text, sha256(body), granted=True))
        return final

    async def close_refused(self, outcome: Refused | ApprovalNeeded) -> None:
        pending = isinstance(outcome, ApprovalNeeded)
        text = orjson.dumps({"status": "refused", "error": mask_text(str(outcome))}).decode()
        granted = pending or not self.decision.denies
        closing = self.closing("pending_approval" if pending else "blocked", text, None, granted=granted)
        async with self.ledger() as db:
            await executions.finish(db, closing)

    async def close_cancelled(self) -> None:
        closing = self.closing("error", '{"status": "error", "error": "cancelled"}', None, granted=True)
        async with self.ledger() as db:
            await executions.finish(db, closing)

    def closing(self, status: executions.ResultStatus, text: str, digest: str | None, *, granted: bool) -> Closing:
        milliseconds = round((time.perf_counter() - self.started) * 1000)
        effect = self.decision.effect if self.spec else None
        return Closing(
            id=self.opened.id, status=status, result=text, sha256=digest, granted=granted, effect=effect,
            milliseconds=milliseconds,
        )  # fmt: skip

    def narrowed(self) -> ToolContext:
        actor = replace(self.context.actor, roles=frozenset(self.opened.roles), teams=frozenset(self.opened.teams))
        return replace(self.context, actor=actor, scopes=self.decision.scopes)

    def refusal(self, spec: AnySpec) -> Refused:
        roles = " and ".join(sorted(frozenset(self.opened.roles) & self.context.actor.ceiling)) or "none"
        deed = "use" if spec.risk is Risk.READ else spec.risk.value
        return Refused(
            f"Role '{roles}' cannot {deed} {spec.title.lower()} ({spec.name}).",
            code="permission_denied",
            permission=spec.permission,
            alternative=ask_someone(self.decision),
        )

    def nearest(self) -> str:
        offered = sorted({spec.name for spec in self.door.catalogue.values() if self.context.pillar in spec.pillars})
        return f"Tools here: {', '.join(offered)}."


def readable(arguments: Mapping[str, Any]) -> tuple[Json, Refused | None]:
    """The cleaned arguments, or none and the refusal: a call that cannot be read is on record too."""
    try:
        return clean(arguments), None
    except Refused as problem:
        return {}, problem


def failure(spec: AnySpec, message: str) -> ToolResult:
    return ToolResult(status="error", source=spec.source, error=message, tool=spec.name)


def ask_someone(decision: Decision) -> str:
    if not decision.allowing:
        return "No role may do this here; an admin can change that."
    return f"Ask someone with the role {' or '.join(decision.allowing)}."


def ledger_category(spec: AnySpec, pillar: Pillar) -> str:
    """The seeds' word in ai_tool_executions: `revive_grafana`, `revive_aiops`, else the pillar."""
    return f"revive_{spec.category.value}" if pillar is Pillar.REVIVE else pillar.value


def first_line(error: Exception) -> str:
    return mask_text(next(iter(str(error).splitlines()), type(error).__name__))
