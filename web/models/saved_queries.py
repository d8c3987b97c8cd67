"""Queries that people keep for themselves, by a name of their own."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from domain.saved_queries import Language
from tools.cleaning import strip_text
from web.models.shape import Sent, Time, Told, only_printable


def readable(text: str) -> str:
    if strip_text(text) != text:
        raise PydanticCustomError("readable", "has control characters in it")
    return text


def not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "is empty; write a question or a query")
    return text


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(only_printable)]
Query = Annotated[str, Field(max_length=5000), AfterValidator(readable), AfterValidator(not_blank)]
Description = Annotated[str, Field(max_length=1000), AfterValidator(readable)]


class SavedQuerySent(Sent):
    """`language` words: `query` is a question in plain words. `datasource_id` is where a query of metrics or logs is
    asked; null: at the default one."""

    name: Name
    language: Language = "words"
    query: Query
    description: Description = ""
    datasource_id: UUID | None = None


class SavedQueryTold(Told):
    id: UUID
    name: str
    language: Language
    query: str
    description: str
    datasource_id: UUID | None
    created_at: Time
    updated_at: Time


class SavedQueriesReply(Told):
    """By name, at most 1,000."""

    queries: tuple[SavedQueryTold, ...]
