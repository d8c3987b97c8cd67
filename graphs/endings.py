"""Endings: what the results of a run mean for the run itself."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from agents.brain import Gathered
from domain.runs import RunStatus
from tools.masking import mask_text

Json: TypeAlias = dict[str, Any]
UNTOLD = {
    "outcome_unknown": "Nobody can say whether the change was made; look at what it acts on.",
    "action_failed": "The change was not made; its record does not say why.",
}
BY_STANDING: dict[str, RunStatus] = {"rejected": "rejected", "expired": "expired", "superseded": "cancelled"}


def ending_of(gathered: Sequence[Gathered], deeds: Sequence[Json]) -> tuple[RunStatus, Json | None]:
    """The run's status, with an error when it did not do what was asked; the last change decides."""
    error = refusal(gathered)
    if not deeds:
        return ("failed", error) if error else ("completed", None)
    last = deeds[-1]
    if last["status"] in ("ok", "empty", "truncated"):
        return "completed", None
    standing: Json = last["data"].get("confirmation") or {}
    if standing.get("outcome") is None and standing:
        return BY_STANDING.get(standing["status"], "expired"), None
    return "failed", failed(last)


def failed(deed: Json) -> Json:
    """Why a change was not made, or that nobody knows whether it was."""
    if deed["status"] == "forbidden":
        return {"error": "permission_denied", "message": deed["error"], **closed(deed["data"])}
    code = "outcome_unknown" if deed["is_uncertain"] else "action_failed"
    return {"error": code, "message": deed["error"] or UNTOLD[code]}


def refusal(gathered: Sequence[Gathered]) -> Json | None:
    """Why nothing was answered, when everything that was asked for is closed to the actor."""
    if not gathered or any(item.result.status != "forbidden" for item in gathered):
        return None
    first = gathered[0].result
    return {"error": "insufficient_permissions", "message": first.error, **closed(first.data)}


def closed(data: Json) -> Json:
    """What the caller needs to ask the right person."""
    return {"required_permission": data.get("required_permission"), "alternative": data.get("alternative")}


def unavailable(error: Exception) -> Json:
    message = f"The database could not be reached, so nothing was answered: {mask_text(str(error))}"
    return {"error": "database_unavailable", "message": message}
