"""Decisions: who may see and decide a confirmation, and the one compare-and-set by which every entrance does it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain import audit, confirmations, permissions, users
from domain.actors import Actor
from domain.confirmations import Confirmation, Decision
from domain.database import Connection, Pool
from domain.errors import NotFound, Refused
from tools import ledger
from tools.call import Door
from tools.masking import mask_text
from tools.policy import Decision as PolicyDecision
from tools.spec import AnySpec, Pillar

STATUS: dict[str, Literal["approved", "rejected"]] = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person says. `sha256`, when given, has to be that of the arguments they were shown."""

    action: Literal["approve", "reject"]
    reason: str = ""
    sha256: str | None = None


async def visible(door: Door, pool: Pool, actor: Actor, confirmation_id: UUID) -> Confirmation:
    """The confirmation, for whoever asked for it and for those who may decide it. Raises NotFound to all others."""
    async with pool.connection() as db:
        found = await confirmations.fetch(db, confirmation_id)
        if found and (found.user_id == actor.user_id or await is_second(door, db, actor, found)):
            return found
    raise NotFound(f"There is no confirmation {confirmation_id} that is yours to see.")


async def waiting(door: Door, pool: Pool, actor: Actor) -> list[Confirmation]:
    """What waits for a decision: the actor's own, and what needs a second person and could be theirs to decide."""
    async with pool.connection() as db:
        found = await confirmations.waiting(db, actor.user_id)
        return [each for each in found if each.user_id == actor.user_id or await is_second(door, db, actor, each)]


async def decide(door: Door, pool: Pool, actor: Actor, confirmation_id: UUID, verdict: Verdict) -> Confirmation:
    """The confirmation as it stands after this person's word; at most one word ever counts.

    Raises NotFound, and Refused: `permission_denied` when the role does not hold the permission now,
    `confirmation_expired`, `already_decided`, `approval_mismatch` when other arguments were shown.
    """
    found = await visible(door, pool, actor, confirmation_id)
    async with pool.connection() as db, db.transaction():
        await refuse_wrong_person(door, db, actor, found, verdict)
        decision = Decision(
            status=STATUS[verdict.action],
            decided_by=actor.user_id,
            through=actor.entrance.value,
            reason=mask_text(verdict.reason),
            sha256=verdict.sha256,
        )
        if not await confirmations.decide(db, confirmation_id, decision):
            raise undecided(await confirmations.fetch(db, confirmation_id) or found, verdict)
        about = {
            "requester": found.requester,
            "arguments_sha256": found.arguments_sha256,
            "reason": mask_text(verdict.reason),
        }
        await audit.append(db, actor, ledger.entry(f"action_{decision.status}", found.id, found.tool, None, about))
        decided = await confirmations.fetch(db, confirmation_id)
    assert decided is not None  # noqa: S101 - this transaction has just written it
    return decided


async def refuse_wrong_person(door: Door, db: Connection, actor: Actor, found: Confirmation, verdict: Verdict) -> None:
    """Raises Refused unless this is the person whose word counts, with the permission in hand at this moment."""
    is_own = found.user_id == actor.user_id
    if verdict.action == "approve" and is_own and found.mode == "four_eyes":
        raise Refused(
            f"A change of risk {found.risk_level} needs a second person's approval.",
            code="needs_second_person",
            permission=found.permission,
            alternative="Ask somebody else who holds the permission to approve it.",
        )
    if verdict.action == "reject" and is_own:
        return
    standing = await policy_for(door, db, actor, found)
    if standing is None or standing.denies:
        raise Refused(
            f"Your role may not {verdict.action} {found.tool} now.",
            code="permission_denied",
            permission=found.permission,
            alternative="Ask someone whose role may.",
        )


async def is_second(door: Door, db: Connection, actor: Actor, found: Confirmation) -> bool:
    """Whether the actor could be the second person of a change that needs one."""
    if found.mode != "four_eyes":
        return False
    standing = await policy_for(door, db, actor, found)
    return standing is not None and not standing.denies


async def policy_for(door: Door, db: Connection, actor: Actor, found: Confirmation) -> PolicyDecision | None:
    """What the policy of now says of this actor and tool; None for a tool or a user that is no more."""
    spec: AnySpec | None = door.catalogue.get(found.tool)
    user = await users.fetch(db, actor.user_id)
    if spec is None or user is None or user.is_disabled:
        return None
    policy = await door.policy.at(await permissions.version(db), db)
    return policy.decide(frozenset(user.roles) & actor.ceiling, spec, Pillar(found.pillar))


def undecided(found: Confirmation, verdict: Verdict) -> Refused:
    """Why the word came to nothing."""
    if found.is_expired:
        return Refused(
            "The confirmation has expired; nothing was done.",
            code="confirmation_expired",
            alternative="Ask for it again.",
        )
    if found.status == "pending" and verdict.sha256 not in (None, found.arguments_sha256):
        return Refused(
            "The arguments you were shown are not the ones that are proposed.",
            code="approval_mismatch",
            alternative="Look at the confirmation again.",
        )
    by = f" by {found.decided_by}" if found.decided_by else ""
    return Refused(f"The confirmation is {found.status}{by} already.", code="already_decided")
