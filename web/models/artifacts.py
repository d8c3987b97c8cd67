"""Large results and their rows."""

from typing import Any
from uuid import UUID

from pydantic import Field

from web.models.shape import Asked, Told


class RowsAsked(Asked):
    """`path` is a list of the result, like /lines; without one it is the longest."""

    path: str = Field("", max_length=500)
    offset: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=1000)


class RowsReply(Told):
    """`lists` are the rows of every long list and text of the result by its path."""

    artifact_id: UUID
    path: str
    offset: int
    total: int
    rows: tuple[Any, ...]
    lists: dict[str, int]
