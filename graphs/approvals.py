"""Approvals: a person's word on a change, from whichever entrance, and the run that goes on after it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from domain import confirmations, run_events, runs, users
from domain.actors import Actor, Entrance
from domain.confirmations import Confirmation
from domain.errors import NotFound, Refused
from domain.runs import FINAL
from graphs import cards
from graphs.events import ConfirmationRequired, body
from graphs.live import Live, Parts
from graphs.runner import Runner
from tools import decisions
from tools.cleaning import strip_text
from tools.decisions import Verdict
from tools.masking import mask_text
from tools.proposals import Step
from tools.spec import Pillar, ToolContext

WAKE_SECONDS = 5.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Decided:
    """The confirmation after the word, and the run that goes on here; None when there is none or another has it."""

    confirmation: Confirmation
    live: Live | None = None


class Approvals:
    """Every entrance decides here. The ledger lets one word count, and the deed be done at most once."""

    def __init__(self, parts: Parts, runner: Runner) -> None:
        self._parts = parts
        self._runner = runner

    async def fetch(self, actor: Actor, confirmation_id: UUID) -> Confirmation:
        """Raises NotFound for one that is not the actor's to see, Refused when the token does not open its pillar."""
        found = await decisions.visible(self._parts.door, self._parts.pool, actor, confirmation_id)
        refuse_scope(actor, found)
        return found

    async def waiting(self, actor: Actor) -> list[Confirmation]:
        """What waits for this actor's word, oldest first."""
        found = await decisions.waiting(self._parts.door, self._parts.pool, actor)
        return [each for each in found if each.pillar in actor.scopes]

    async def decide(self, actor: Actor, confirmation_id: UUID, verdict: Verdict) -> Decided:
        """The word is given and the run goes on. Raises Refused and NotFound as `decisions.decide` does."""
        await self.fetch(actor, confirmation_id)
        verdict = replace(verdict, reason=mask_text(strip_text(verdict.reason)))
        decided = await decisions.decide(self._parts.door, self._parts.pool, actor, confirmation_id, verdict)
        if decided.run_id:
            return Decided(decided, await self._wake(decided.run_id))
        if decided.may_start:
            await self._carry_out(actor, decided)
        return Decided(await self._reread(decided))

    async def edit(self, actor: Actor, confirmation_id: UUID, arguments: Mapping[str, Any]) -> Confirmation:
        """A new confirmation with other arguments in the place of this one, which can no longer be approved.

        Only who asked for the change may edit it. Raises Refused when the new arguments cannot be taken; the old
        confirmation then stays.
        """
        found = await self.fetch(actor, confirmation_id)
        if found.user_id != actor.user_id:
            raise NotFound(f"Confirmation {confirmation_id} is not yours to edit; you can reject it.")
        if not found.is_open:
            raise decisions.undecided(found, Verdict(action="approve"))
        step = Step(ordinal=found.ordinal, of_run=found.run_id is not None, is_asked=True, replaces=found.id)
        made = await self._parts.door.propose(self._context(actor, found), found.tool, arguments, step)
        assert isinstance(made, Confirmation)  # noqa: S101 - a step that asks is never carried out by proposing it
        await self._tell(made)
        return made

    async def settled(self, confirmation_id: UUID, *, seconds: float) -> Confirmation:
        """The confirmation once its outcome is known, or as it stands after `seconds`."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while True:
            async with self._parts.pool.connection() as db:
                found = await confirmations.fetch(db, confirmation_id)
            if found is None:
                raise NotFound(f"There is no confirmation {confirmation_id}.")
            is_over = found.outcome not in (None, "executing") or found.status != "approved"
            if is_over or clock() >= end or self._runner.left.is_set():
                return found
            await asyncio.sleep(POLL_SECONDS)

    async def _wake(self, run_id: UUID) -> Live | None:
        """The run goes on here; one that is about to wait is waited for, one that goes on elsewhere is left alone."""
        clock = asyncio.get_running_loop().time
        end = clock() + WAKE_SECONDS
        while clock() < end:
            if live := await self._runner.go_on(run_id):
                return live
            async with self._parts.pool.connection() as db:
                status = await runs.status_of(db, run_id)
            if status is None or status in FINAL:
                return None
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def _carry_out(self, actor: Actor, found: Confirmation) -> None:
        """A change outside any run is made by whoever hears the word, on behalf of who asked for it."""
        requester = actor if actor.user_id == found.user_id else await self._requester(found)
        await self._parts.door.call(self._context(requester, found), found.tool, found.arguments, approval_id=found.id)

    async def _requester(self, found: Confirmation) -> Actor:
        async with self._parts.pool.connection() as db:
            user = await users.fetch(db, found.user_id)
        roles = frozenset(user.roles if user else ())
        return Actor(
            user_id=found.user_id,
            name=found.requester,
            roles=roles,
            teams=frozenset(user.teams if user else ()),
            ceiling=roles,
            scopes=frozenset({found.pillar}),
            entrance=Entrance.SCRIPT,
            request_id=uuid4().hex,
        )

    def _context(self, actor: Actor, found: Confirmation) -> ToolContext:
        return ToolContext(
            actor=actor,
            pillar=Pillar(found.pillar),
            session_id=found.session_id,
            run_id=found.run_id,
            message_id=None,
            database=self._parts.pool,
            clock=self._parts.clock,
            resources=self._parts.resources,
        )

    async def _reread(self, found: Confirmation) -> Confirmation:
        async with self._parts.pool.connection() as db:
            return await confirmations.fetch(db, found.id) or found

    async def _tell(self, made: Confirmation) -> None:
        """Whoever follows the run sees the new card."""
        if made.run_id is None:
            return
        told = ConfirmationRequired(run_id=str(made.run_id), confirmation_id=str(made.id), action=cards.card(made))
        async with self._parts.pool.connection() as db:
            number = await run_events.last_number(db, made.run_id) + 1
            event = {"run_id": str(made.run_id), "number": number, "type": told.type, "data": body(told)}
            await run_events.tell(db, [event])


def refuse_scope(actor: Actor, found: Confirmation) -> None:
    """Raises Refused when the token does not open the pillar of the change."""
    if found.pillar not in actor.scopes:
        raise Refused(
            f"This token does not reach {found.pillar}.", code="permission_denied", permission=f"scope {found.pillar}"
        )
