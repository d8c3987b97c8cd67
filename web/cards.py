"""Confirmations as they are told over HTTP."""

from domain.confirmations import Confirmation
from graphs import cards
from web.models.confirmations import ActionRequired, ActionResult, ConfirmationTold, Resource


def action_required(found: Confirmation) -> ActionRequired:
    return ActionRequired.model_validate(shown(found))


def confirmation_told(found: Confirmation) -> ConfirmationTold:
    return ConfirmationTold(
        **shown(found),
        run_id=found.run_id,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
        decided_through=found.decided_through,
        reason=found.reason,
        superseded_by=found.superseded_by,
        finished_at=found.finished_at,
        result=result_of(found),
    )


def shown(found: Confirmation) -> cards.Json:
    """The card; one whose time is over is told as expired before anybody has noted it down."""
    return cards.card(found) | ({"status": "expired"} if found.is_expired else {})


def result_of(found: Confirmation, why_not: str | None = None) -> ActionResult | None:
    """What came of it, None unless it was approved; `why_not` says what kept it from being begun."""
    if found.status != "approved":
        return None
    kept = found.result or {}
    return ActionResult(
        action=found.tool,
        success=found.outcome == "succeeded",
        outcome=found.outcome or "not_begun",
        resource=resource_of(found),
        error=kept.get("error") or (None if found.outcome else why_not),
    )


def resource_of(found: Confirmation) -> Resource | None:
    kept = (found.result or {}).get("resource")
    return Resource.model_validate(kept) if kept else None
