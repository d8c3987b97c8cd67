"""One call on its way through the door: opened on the record, judged, and closed whatever comes of it."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import artifacts, audit, confirmations, executions
from domain.audit import Entry
from domain.claims import Claim
from domain.confirmations import Confirmation, Proposal
from domain.database import Connection
from domain.errors import Refused, SourceError
from domain.executions import Closing, Opened, Opening
from tools import ledger, proposals
from tools.cleaning import canonical, clean, sha256, strip_text, validated
from tools.counts import Counts
from tools.handling import first_line
from tools.masking import mask_text, masked_json
from tools.policy import Decision, PolicyBook
from tools.preview import LARGEST_INLINE, LARGEST_WHOLE, preview
from tools.proposals import Step
from tools.spec import AnySpec, Args, Catalogue, Json, Pillar, ToolContext, ToolResult

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judge:
    """What a call is judged by: the tools there are, and the policy of now; and where it is counted."""

    catalogue: Catalogue
    policy: PolicyBook
    counts: Counts


class Attempt:
    """One call on its way through the door."""

    def __init__(self, judge: Judge, context: ToolContext, name: str, arguments: Mapping[str, Any]) -> None:
        self.judge = judge
        self.context = context
        self.spec = judge.catalogue.get(name)
        self.name = self.spec.name if self.spec else mask_text(strip_text(name))[:100]
        self.arguments, self.problem = readable(arguments)
        self.started = time.perf_counter()
        self.is_closed = False
        self.opening: Opening
        self.opened: Opened
        self.decision = Decision(effect="deny")

    async def open(self) -> None:
        context, spec = self.context, self.spec
        self.opening = Opening(
            session_id=context.session_id,
            run_id=context.run_id,
            message_id=context.message_id,
            user_id=context.actor.user_id,
            tool=self.name,
            category=ledger_category(spec, context.pillar) if spec else "unknown",
            arguments=proposals.recordable(spec, self.arguments),
            permission=spec.permission if spec else None,
            is_read=spec is not None and spec.is_read,
        )
        async with self.ledger() as db:
            self.opened = await executions.begin(db, self.opening)

    @asynccontextmanager
    async def ledger(self) -> AsyncGenerator[Connection]:
        """A connection to record on. Raises SourceError when Postgres does not take the record."""
        try:
            async with self.context.database.connection() as db:
                yield db
        except (OperationalError, PoolTimeout) as error:
            message = f"Postgres did not take the record of {self.name}: {first_line(error)}"
            raise SourceError(message, source="postgres", retryable=True) from error

    def is_asked_about(self, spec: AnySpec) -> bool:
        """Whether somebody has to agree: the policy says so, or the user wants to be asked about every change."""
        return self.decision.effect == "confirm" or (self.opened.is_strict and not spec.is_read)

    async def admitted(self) -> tuple[AnySpec, Args]:
        """The tool and its arguments, secrets sealed, for an actor who may use it. Raises Refused."""
        spec = await self.permitted()
        self.arguments = proposals.sealed(spec, self.context, self.arguments)
        return spec, validated(spec, self.arguments)

    async def permitted(self) -> AnySpec:
        spec = self.spec
        if self.problem:
            raise self.problem
        if spec is None:
            raise Refused(f"There is no tool named {self.name!r}.", code="unknown_tool", alternative=self.nearest())
        self.decision = await self.decide(spec)
        if self.decision.denies:
            raise self.refusal(spec)
        return spec

    async def note(self, spec: AnySpec) -> None:
        """What may be done but is watched stands on the audit log before it is done."""
        details = {"arguments": proposals.recordable(spec, self.arguments), "execution": str(self.opened.id)}
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
        policy = await self.judge.policy.at(self.opened.policy_version)
        roles = frozenset(self.opened.roles) & self.context.actor.ceiling
        return policy.decide(roles, spec, self.context.pillar)

    async def put_on_record(self, proposal: Proposal, step: Step) -> Confirmation:
        """The confirmation stands, in place of what an edit supersedes; a call that waits for it is closed."""
        async with self.ledger() as db, db.transaction():
            if step.replaces and not await confirmations.supersede(db, step.replaces, reason="edited"):
                raise Refused(f"Confirmation {step.replaces} can no longer be edited.", code="already_decided")
            made = await confirmations.propose(db, proposal)
            if step.replaces:
                await confirmations.link(db, step.replaces, made.id)
            about = {"arguments": made.details["arguments"], "level": made.risk_level, "mode": made.mode}
            proposed = ledger.entry("action_proposed", made.id, made.tool, self.opened.id, about)
            await audit.append(db, self.context.actor, proposed)
            if made.mode != "policy":
                text = orjson.dumps({"status": "pending_approval", "confirmation": str(made.id)}).decode()
                await self.close(db, self.closing("pending_approval", text, None, granted=True))
        return made

    async def claim(self, approval_id: UUID, worker: str) -> None:
        """This call, and no other ever, carries the confirmation out. Raises Refused or NotFound saying why not."""
        wanted = Claim(
            id=approval_id,
            user_id=self.context.actor.user_id,
            tool=self.name,
            sha256=sha256(canonical(self.arguments)),
            execution_id=self.opened.id,
            worker=worker,
            lease_seconds=ledger.LEASE_SECONDS,
        )
        async with self.ledger() as db:
            await ledger.claim(db, self.context.actor, wanted)

    async def finish(self, result: ToolResult, approval_id: UUID | None = None) -> ToolResult:
        """Masked and on record; over 32 KB the record is a preview and the whole an artifact.

        What was done under an approval is settled in the same transaction. A result over 1 MB comes back as its
        preview, `truncated`: lists that are not whole support no claim.
        """
        masked, body = masked_json(result.data)
        error = result.error and mask_text(result.error)
        final = replace(result, data=masked, execution_id=self.opened.id, tool=self.name, error=error)
        shown, cut = (masked, "") if len(body) <= LARGEST_INLINE else preview(masked)
        async with self.ledger() as db, db.transaction() if approval_id or cut else nullcontext():
            if len(body) > LARGEST_WHOLE:
                why = f"{self.name} returned {len(body) / 1e6:.1f} MB, too much to conclude from: ask for less."
                cuts = "; ".join(filter(None, (result.cut, cut)))
                final = replace(final, status="truncated", data=shown, cut=cuts, error=why)
            status = "error" if final.status in ("error", "forbidden") else "success"
            text = orjson.dumps({"status": final.status, "data": shown, "error": final.error}).decode()
            await self.close(db, self.closing(status, text, sha256(body), granted=True))
            if cut and final.artifact_id is None:
                owner = self.context.actor.user_id
                kept = await artifacts.keep(db, execution_id=self.opened.id, user_id=owner, body=masked)
                final = replace(final, artifact_id=kept)
            if approval_id:
                final = await ledger.settle(db, self.context.actor, approval_id, final)
        return final

    async def close(self, db: Connection, closing: Closing) -> None:
        if not await executions.finish(db, closing) and self.opening.is_read:
            await executions.restore(db, self.opened.id, self.opening)
            await executions.finish(db, closing)
        self.is_closed = True
        self.judge.counts.called(self.spec.name if self.spec else UNKNOWN, closing.status, closing.milliseconds / 1000)

    async def close_refused(self, refusal: Refused) -> None:
        if self.is_closed:
            return
        text = orjson.dumps({"status": "refused", "error": mask_text(str(refusal))}).decode()
        async with self.ledger() as db:
            await self.close(db, self.closing("blocked", text, None, granted=not self.decision.denies))

    async def close_failed(self, why: str) -> None:
        if self.is_closed:
            return
        text = orjson.dumps({"status": "error", "error": why}).decode()
        async with self.ledger() as db:
            await self.close(db, self.closing("error", text, None, granted=True))

    def closing(self, status: executions.ResultStatus, text: str, digest: str | None, *, granted: bool) -> Closing:
        milliseconds = round((time.perf_counter() - self.started) * 1000)
        effect = self.decision.effect if self.spec else None
        return Closing(
            id=self.opened.id, status=status, result=text, sha256=digest, granted=granted, effect=effect,
            milliseconds=milliseconds, is_followed=self.opening.is_read and self.opening.run_id is not None,
        )  # fmt: skip

    def narrowed(self) -> ToolContext:
        actor = replace(self.context.actor, roles=frozenset(self.opened.roles), teams=frozenset(self.opened.teams))
        given = self.context.resources
        version = self.opened.datasources_version
        resources = given.sources.bound(given, actor, self.decision.scopes, version) if given.sources else given
        return replace(
            self.context, actor=actor, scopes=self.decision.scopes, execution_id=self.opened.id, resources=resources
        )

    def refusal(self, spec: AnySpec) -> Refused:
        roles = " and ".join(sorted(frozenset(self.opened.roles) & self.context.actor.ceiling)) or "none"
        wanted = f"use {spec.title.lower()}" if spec.is_read else spec.title.lower()
        return Refused(
            f"Role '{roles}' cannot {wanted} ({spec.name}).",
            code="permission_denied",
            permission=spec.permission,
            alternative=ask_someone(self.decision),
        )

    def nearest(self) -> str:
        offered = sorted({spec.name for spec in self.judge.catalogue.values() if self.context.pillar in spec.pillars})
        return f"Tools here: {', '.join(offered)}."


def readable(arguments: Mapping[str, Any]) -> tuple[Json, Refused | None]:
    """The cleaned arguments, or none and the refusal: a call that cannot be read is on record too."""
    try:
        return clean(arguments), None
    except Refused as problem:
        return {}, problem


def ask_someone(decision: Decision) -> str:
    if not decision.allowing:
        return "No role may do this here; an admin can change that."
    return f"Ask someone with the role {' or '.join(decision.allowing)}."


def ledger_category(spec: AnySpec, pillar: Pillar) -> str:
    """The seeds' word in ai_tool_executions: `revive_grafana`, `revive_aiops`, else the pillar."""
    return f"revive_{spec.category.value}" if pillar is Pillar.REVIVE else pillar.value
