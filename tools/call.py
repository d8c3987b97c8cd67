"""The one door to every tool: policy, arguments, approval, deadline, masking, and a row whatever comes of it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from domain.confirmations import Confirmation, Proposal, RiskLevel
from domain.errors import Refused, SourceError
from domain.tracing import span
from tools import proposals
from tools.attempt import UNKNOWN, Attempt, Judge, ledger_category
from tools.cleaning import canonical, sha256, validated
from tools.counts import Counts
from tools.gates import Gates
from tools.handling import failure, handled
from tools.masking import mask_text
from tools.metrics.staleness import marked
from tools.policy import PolicyBook
from tools.proposals import Step
from tools.spec import AnySpec, Args, Catalogue, ToolContext, ToolResult

FIRST = Step()
ALONE = Step(of_run=False)


class ApprovalNeeded(Exception):  # noqa: N818 - the house's word for it
    """A person has to approve exactly this call first. Nothing was done; `confirmation` is the question put to them."""

    def __init__(self, confirmation: Confirmation, execution_id: UUID) -> None:
        super().__init__(f"{confirmation.tool} changes something: a person has to approve it first")
        self.confirmation = confirmation
        self.execution_id = execution_id


@dataclass(frozen=True, slots=True)
class Door:
    """`call` is the only way to a handler; `offer` is what a person or a model may be shown."""

    catalogue: Catalogue
    policy: PolicyBook
    gates: Gates
    four_eyes: frozenset[RiskLevel] = frozenset()
    worker: str = ""
    counts: Counts = field(default_factory=Counts)

    async def offer(self, context: ToolContext, policy_version: int) -> tuple[AnySpec, ...]:
        """The tools of this pillar that the actor may use, in catalogue order; the door decides again at every call."""
        policy = await self.policy.at(policy_version)
        roles = context.actor.roles & context.actor.ceiling
        specs = dict.fromkeys(self.catalogue.values())
        offered = (spec for spec in specs if context.pillar in spec.pillars)
        return tuple(spec for spec in offered if not policy.decide(roles, spec, context.pillar).denies)

    async def call(
        self, context: ToolContext, name: str, arguments: Mapping[str, Any], approval_id: UUID | None = None
    ) -> ToolResult:
        """Run one tool for the actor of `context`; with `approval_id`, under that approval and at most once.

        Returns a ToolResult: ok, empty, or error when the source or the handler failed (never raises for those).
        Raises Refused (unknown tool, permission, arguments, approval), ApprovalNeeded (nothing was done), and
        SourceError when our own database cannot record the call, in which case the handler was not reached.
        Each outcome is exactly one row in ai_tool_executions; result, refusal and approval carry its id.
        """
        with span("tool", tool=name if name in self.catalogue else UNKNOWN, pillar=context.pillar.value):
            return await self.called(context, name, arguments, approval_id)

    async def called(
        self, context: ToolContext, name: str, arguments: Mapping[str, Any], approval_id: UUID | None
    ) -> ToolResult:
        async with self.attempt(context, name, arguments) as attempt:
            if approval_id:
                return await self.carry_out(attempt, approval_id)
            spec, given = await attempt.admitted()
            if attempt.is_asked_about(spec):
                made = await self.put_forward(attempt, spec, given, ALONE)
                raise ApprovalNeeded(made, attempt.opened.id)
            if attempt.decision.effect == "audit_only":
                await attempt.note(spec)
            if not spec.is_read:
                given, _ = await proposals.prepared(spec, attempt.narrowed(), given)
            return await attempt.finish(await self.handled(attempt, spec, given))

    async def propose(
        self, context: ToolContext, name: str, arguments: Mapping[str, Any], step: Step = FIRST
    ) -> Confirmation | ToolResult:
        """Put one change before whoever has to approve it. What the policy asks nobody about is made at once, under
        a confirmation of its own all the same, so that it is made at most once however often this step is walked.

        Raises Refused as `call` does, also when the change could not be made as asked, and SourceError when what
        it acts on could not be looked at; nothing was done then.
        """
        async with self.attempt(context, name, arguments) as attempt:
            spec, given = await attempt.admitted()
            made = await self.put_forward(attempt, spec, given, step)
            if made.mode != "policy":
                return made
            attempt.arguments = made.arguments
            return await self.make(attempt, spec, made.id)

    @asynccontextmanager
    async def attempt(self, context: ToolContext, name: str, arguments: Mapping[str, Any]) -> AsyncGenerator[Attempt]:
        """One call, its row open, then closed whatever comes of it."""
        attempt = Attempt(Judge(self.catalogue, self.policy, self.counts), context, name, arguments)
        await attempt.open()
        try:
            yield attempt
        except Refused as refusal:
            refusal.execution_id = attempt.opened.id
            await attempt.close_refused(refusal)
            raise
        except SourceError as error:
            await attempt.close_failed(mask_text(str(error)))
            raise
        except asyncio.CancelledError:
            await asyncio.shield(attempt.close_failed("cancelled"))
            raise

    async def handled(
        self, attempt: Attempt, spec: AnySpec, arguments: Args, approval_id: UUID | None = None
    ) -> ToolResult:
        context = replace(attempt.narrowed(), confirmation_id=approval_id)
        return marked(await handled(self.gates.to(spec.source), spec, context, arguments), context.resources)

    async def put_forward(self, attempt: Attempt, spec: AnySpec, arguments: Args, step: Step) -> Confirmation:
        """The change is concrete, looked at, and on record as a confirmation. Raises Refused, SourceError."""
        if spec.is_read and not (step.is_asked or attempt.is_asked_about(spec)):
            raise Refused(f"{spec.name} only reads: there is nothing to approve.", code="invalid_arguments")
        proposals.refuse_secrets(spec, arguments.model_dump(mode="json"))
        settled, shown = await proposals.prepared(spec, attempt.narrowed(), arguments)
        given = settled.model_dump(mode="json")
        proposals.refuse_secrets(spec, given)
        level = proposals.level(spec, shown)
        proposal = Proposal(
            session_id=attempt.context.session_id,
            run_id=attempt.context.run_id if step.of_run else None,
            ordinal=step.ordinal,
            user_id=attempt.context.actor.user_id,
            pillar=attempt.context.pillar.value,
            tool=spec.name,
            category=ledger_category(spec, attempt.context.pillar),
            details=proposals.details(spec, shown, given, step.notes),
            arguments=given,
            sha256=sha256(canonical(given)),
            level=level,
            mode=proposals.mode(
                is_asked=step.is_asked or attempt.is_asked_about(spec), four_eyes=level in self.four_eyes
            ),
            permission=spec.permission,
            policy_version=attempt.opened.policy_version,
            proposed_in=attempt.opened.id,
        )
        return await attempt.put_on_record(proposal, step)

    async def carry_out(self, attempt: Attempt, approval_id: UUID) -> ToolResult:
        """What came of the approved change. The claim comes before anything else; its outcome is on record."""
        return await self.make(attempt, await attempt.permitted(), approval_id)

    async def make(self, attempt: Attempt, spec: AnySpec, approval_id: UUID) -> ToolResult:
        arguments = validated(spec, attempt.arguments)
        await attempt.claim(approval_id, self.worker)
        try:
            result = await self.handled(attempt, spec, arguments, approval_id)
        except Refused as refusal:  # it was approved, and then could not be done as it was shown
            result = failure(spec, mask_text(" ".join(filter(None, (str(refusal), refusal.alternative)))))
        except asyncio.CancelledError:
            stopped = failure(spec, f"{spec.name} was stopped while it ran", is_uncertain=True)
            await asyncio.shield(attempt.finish(stopped, approval_id))
            raise
        try:
            return await attempt.finish(result, approval_id)
        except SourceError as error:
            error.is_uncertain = True
            raise
