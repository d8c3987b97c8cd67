"""Users as an admin sees them, and what each has chosen for themselves."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from web.models.shape import Pagination, Sent, Told, Word

Words = Annotated[tuple[Word, ...], Field(max_length=100)]


class PreferencesChange(Sent):
    """Keys that are not sent stay. `strict` asks about every change; `standard` about those the policy asks about."""

    default_pillar: Literal["inquiry", "troubleshooting", "revive"] = "inquiry"
    preferred_llm: Word | None = None
    confirmation_level: Literal["standard", "strict"] = "standard"


class PreferencesReply(Told):
    default_pillar: Literal["inquiry", "troubleshooting", "revive"] = "inquiry"
    preferred_llm: str | None = None
    confirmation_level: Literal["standard", "strict"] = "standard"


class UserTold(Told):
    id: UUID
    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    is_disabled: bool


class UsersReply(Told):
    users: tuple[UserTold, ...]
    pagination: Pagination


class UserChange(Sent):
    """Keys that are not sent, or null, stay; a list that is sent replaces the one that stands."""

    roles: Words | None = None
    teams: Words | None = None
    is_disabled: bool | None = None
