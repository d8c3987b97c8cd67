"""Who signs in, and who somebody is."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from web.models.shape import Sent, Time, Told


class SessionOpening(Sent):
    """Either the code of a login link, or a token."""

    code: str | None = Field(default=None, min_length=1, max_length=200)
    token: str | None = Field(default=None, min_length=1, max_length=20_000)

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if (self.code is None) == (self.token is None):
            raise PydanticCustomError("one_of", "send either code or token")
        return self


class MeReply(Told):
    """`expires_at` is when the token, and with it the page's session, ends."""

    id: UUID
    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    scopes: tuple[str, ...]
    is_admin: bool
    expires_at: Time
