"""Cards: a confirmation as a person is shown it, in the shape that Studio, chat pages and our own page draw."""

from typing import Any, TypeAlias

from domain.confirmations import Confirmation

Json: TypeAlias = dict[str, Any]


def card(found: Confirmation) -> Json:
    """Everything needed to decide, and nothing secret: the arguments are the masked ones."""
    shown = found.details
    return {
        "confirmation_id": str(found.id),
        "type": found.tool,
        "title": shown["title"],
        "details": {
            **shown["details"],
            "lines": shown["lines"],
            "diff": shown["diff"],
            "arguments": shown["arguments"],
        },
        "warnings": shown["warnings"],
        "risk_level": found.risk_level,
        "approval_mode": found.mode,
        "requester": found.requester,
        "arguments_sha256": found.arguments_sha256,
        "permission": found.permission,
        "status": found.status,
        "created_at": found.created_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "seconds_left": max(0, round(found.seconds_left)),
    }


def request(found: Confirmation) -> Json:
    """The interrupt's value: the human-in-the-loop request of LangChain's pages, with our ids beside it.

    An answer has to name the confirmation (`confirmation_id`), so that a late yes never answers another question.
    """
    shown = card(found)
    text = "\n".join([shown["title"], *shown["details"]["lines"], *shown["warnings"], shown["details"]["diff"]])
    return {
        "action_requests": [
            {"name": found.tool, "args": shown["details"]["arguments"], "description": text.strip()},
        ],
        "review_configs": [{"action_name": found.tool, "allowed_decisions": ["approve", "reject"]}],
        "confirmation_id": shown["confirmation_id"],
        "expires_at": shown["expires_at"],
        "action": shown,
        "answer": {"confirmation_id": shown["confirmation_id"], "decisions": [{"type": "approve"}]},
    }


def standing(found: Confirmation) -> Json:
    """What the answer says of it afterwards."""
    return {
        "id": str(found.id),
        "status": found.status,
        "mode": found.mode,
        "title": found.details["title"],
        "risk_level": found.risk_level,
        "requester": found.requester,
        "decided_by": found.decided_by,
        "decided_through": found.decided_through,
        "decided_at": found.decided_at.isoformat() if found.decided_at else None,
        "reason": found.reason,
        "outcome": found.outcome,
    }


def answered(value: object, confirmation_id: str) -> tuple[str, str] | None:
    """The decision (`approve`, `reject`) and its reason in a resume value that names this confirmation, else None."""
    if not isinstance(value, dict):
        return None
    given: Json = value  # pyright: ignore[reportUnknownVariableType] - whatever a client sent
    if given.get("confirmation_id") != confirmation_id:
        return None
    decisions = given.get("decisions")
    first = decisions[0] if isinstance(decisions, list) and len(decisions) == 1 else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not isinstance(first, dict):
        return None
    kind, message = first.get("type"), first.get("message")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return (str(kind), str(message or "")) if kind in ("approve", "reject") else None  # pyright: ignore[reportUnknownArgumentType]
