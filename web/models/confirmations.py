"""Changes that wait for a person's word: the card, the word, and what came of it."""

from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.confirmations import Mode, RiskLevel, Standing
from web.models.shape import Json, Sent, Time, Told, is_none

LONGEST_REASON = 500


class ActionRequired(Told):
    """A change as the person who decides is shown it; `details` has the seeds' keys (title, panels, folder), and
    beside them `lines` in words, a unified `diff` where something that exists is changed, and the `arguments`."""

    type: str
    title: str
    details: Json
    risk_level: RiskLevel
    confirmation_id: UUID
    expires_at: Time
    seconds_left: int
    warnings: tuple[str, ...]
    arguments_sha256: str
    approval_mode: Mode
    requester: str
    permission: str
    status: Standing
    created_at: Time


class Resource(Told):
    """What a change made or changed: a `uid` in Grafana, an `id` here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    uid: str | None = Field(default=None, exclude_if=is_none)
    id: str | None = Field(default=None, exclude_if=is_none)
    name: str | None = Field(default=None, exclude_if=is_none)
    url: str | None = Field(default=None, exclude_if=is_none)


class ActionResult(Told):
    """What came of an approved change. `unknown`: it may have been made, and nobody can say; `not_begun`: it was
    approved and nobody has begun it."""

    action: str
    success: bool
    outcome: Literal["executing", "succeeded", "failed", "unknown", "not_begun"]
    resource: Resource | None
    error: str | None = Field(default=None, exclude_if=is_none)


class ConfirmationTold(ActionRequired):
    """A confirmation as it stands, with its `result` once it was approved."""

    run_id: UUID | None
    decided_by: str | None
    decided_at: Time | None
    decided_through: str | None
    reason: str
    superseded_by: UUID | None
    finished_at: Time | None
    result: ActionResult | None


class ConfirmationsReply(Told):
    confirmations: tuple[ConfirmationTold, ...]


class ApproversReply(Told):
    """`roles` hold the permission; `names` are people of these roles other than the requester, where a second person
    is needed, at most twenty."""

    approval_mode: Mode
    roles: tuple[str, ...]
    names: tuple[str, ...]


class ConfirmRequest(Sent):
    """`edit` takes the new `arguments` whole and puts a new confirmation in the place of this one."""

    action: Literal["approve", "reject", "edit"]
    reason: str = Field(default="", max_length=LONGEST_REASON, description="Of a yes or a no, kept on the audit log")
    arguments: dict[str, Any] | None = Field(default=None, description="With `edit` alone")
    arguments_sha256: str | None = Field(
        default=None, max_length=64, description="Of the arguments that were shown: others are refused"
    )

    @model_validator(mode="after")
    def arguments_belong_to_an_edit(self) -> Self:
        if (self.action == "edit") != (self.arguments is not None):
            raise PydanticCustomError("edit", "arguments are sent with edit, and only with edit")
        return self


class ConfirmReply(Told):
    """`result` of an approval, `superseded_by` and `action_required` of an edit, `next` when the run waits again."""

    confirmation_id: UUID
    status: Standing
    run_id: UUID | None
    result: ActionResult | None = Field(default=None, exclude_if=is_none)
    superseded_by: UUID | None = Field(default=None, exclude_if=is_none)
    action_required: ActionRequired | None = Field(default=None, exclude_if=is_none)
    next: ActionRequired | None = Field(default=None, exclude_if=is_none)
