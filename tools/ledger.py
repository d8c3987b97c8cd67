"""The ledger's side of a call: the one claim under which a change is made, and what came of it."""

from dataclasses import replace
from uuid import UUID

from domain import audit, claims, confirmations
from domain.actors import Actor
from domain.audit import Entry
from domain.claims import Claim
from domain.confirmations import Confirmation, Outcome
from domain.database import Connection
from domain.errors import NotFound, Refused
from tools.spec import Json, ToolResult

LEASE_SECONDS = 30.0
LOST: Json = {
    "status": "error",
    "error": "The worker that carried this out stopped in the middle; it may have been done, wholly or in part.",
}


async def claim(db: Connection, actor: Actor, wanted: Claim) -> None:
    """This call, and no other ever, carries the confirmation out. Raises Refused or NotFound saying why not."""
    async with db.transaction():
        if not await claims.claim(db, wanted):
            raise unclaimed(wanted, await confirmations.fetch(db, wanted.id))
        await audit.append(db, actor, entry("action_started", wanted.id, wanted.tool, wanted.execution_id, {}))


def unclaimed(wanted: Claim, found: Confirmation | None) -> Refused:
    """Why the claim was not granted, in the words of whoever has to do something about it."""
    if found is None or found.user_id != wanted.user_id:
        return NotFound(f"There is no confirmation {wanted.id} of yours.")
    if found.tool != wanted.tool or found.arguments_sha256 != wanted.sha256:
        return Refused(
            "What is to be done is not what was approved.",
            code="approval_mismatch",
            alternative="Propose it again: only the exact arguments that were shown can be carried out.",
        )
    match found.status:
        case "pending":
            return Refused(f"Confirmation {found.id} has not been approved.", code="not_approved")
        case "approved" if found.outcome is None:
            return Refused(
                "The approval is older than five minutes.", code="confirmation_expired", alternative="Ask for it again."
            )
        case "approved":
            return Refused(f"It was carried out once already: {found.outcome}.", code="already_executed")
        case _:
            return Refused(f"Confirmation {found.id} is {found.status}.", code="not_approved")


async def settle(db: Connection, actor: Actor, confirmation_id: UUID, result: ToolResult) -> ToolResult:
    """The outcome is on record with its audit entry; the result as it may be told.

    When the reconciler was faster, its `unknown` stands and the result is uncertain.
    """
    assert result.execution_id is not None  # noqa: S101 - the door has set it
    found, kept = outcome(result), summary(result)
    if not await claims.settle(db, confirmation_id, result.execution_id, found, kept):
        return replace(result, is_uncertain=True)
    finished = entry("action_finished", confirmation_id, result.tool, result.execution_id, {"outcome": found, **kept})
    await audit.append(db, actor, finished)
    return result


def outcome(result: ToolResult) -> Outcome:
    if result.status in ("ok", "empty", "truncated"):
        return "succeeded"
    return "unknown" if result.is_uncertain else "failed"


def summary(result: ToolResult) -> Json:
    """What the confirmation keeps of a result: enough to say what was made and where, without the whole."""
    return {
        "status": result.status,
        "error": result.error,
        "resource": result.data.get("resource"),
        "tool": result.tool,
    }


def entry(action: str, confirmation_id: UUID, tool: str, execution_id: UUID | None, details: Json) -> Entry:
    given = {"confirmation": str(confirmation_id), "execution": str(execution_id) if execution_id else None, **details}
    return Entry(action=action, target=tool, details=given, tool=tool)


async def tidy(db: Connection) -> None:
    """What nobody decided in time is expired, and what a dead worker left in the middle is unknown; both on record."""
    async with db.transaction():
        for confirmation_id in await confirmations.expire(db):
            await audit.append(db, None, entry("action_expired", confirmation_id, "", None, {}))
        for confirmation_id in await claims.reconcile(db, LOST):
            await audit.append(db, None, entry("action_finished", confirmation_id, "", None, {"outcome": "unknown"}))
