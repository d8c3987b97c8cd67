"""Embeddings of texts from an OpenAI-compatible endpoint, and how near two of them are."""

import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias

import httpx
import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.errors import SourceError
from tools.masking import mask_text

Vector: TypeAlias = list[float]
SOURCE = "embeddings"
SECONDS = 5.0
LONGEST_TEXT = 8000
LARGEST_REPLY = 20_000_000


class Item(BaseModel):
    index: int
    embedding: Vector


class Reply(BaseModel):
    data: list[Item]


READER = TypeAdapter(Reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """`url` is the endpoint's base, as `https://api.openai.com/v1`."""

    http: httpx.AsyncClient
    url: str
    model: str
    key: str | None = field(default=None, repr=False)

    async def of(self, texts: Sequence[str]) -> list[Vector]:
        """One for each text, in their order; secrets in the texts stay here. Raises SourceError."""
        sent: dict[str, Any] = {"model": self.model, "input": [mask_text(text[:LONGEST_TEXT]) or " " for text in texts]}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = f"{self.url.rstrip('/')}/embeddings"
        try:
            response = await self.http.post(address, json=sent, headers=headers, timeout=SECONDS)
        except httpx.HTTPError as error:
            raise failed(f"did not answer: {type(error).__name__}", self.model) from error
        if response.status_code != HTTPStatus.OK:
            raise failed(f"answered {response.status_code}", self.model, response.status_code)
        return self.read(response.content, len(texts))

    def read(self, body: bytes, count: int) -> list[Vector]:
        try:
            items = READER.validate_python(orjson.loads(body[:LARGEST_REPLY])).data
        except (orjson.JSONDecodeError, ValidationError) as error:
            raise failed("answered with something else than embeddings", self.model) from error
        vectors = {item.index: item.embedding for item in items}
        if set(vectors) != set(range(count)) or len({len(vector) for vector in vectors.values()}) != 1:
            raise failed(f"answered with {len(items)} embeddings to {count} texts", self.model)
        return [vectors[place] for place in range(count)]


def failed(what: str, model: str, status: int | None = None) -> SourceError:
    return SourceError(
        f"The embeddings endpoint {what}.", source=SOURCE, request=f"embeddings of {model}", status=status
    )


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between them: 1 the same, 0 nothing in common; 0 for one without a length."""
    if len(one) != len(other):
        return 0.0
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(left * right for left, right in zip(one, other, strict=True)) / lengths if lengths else 0.0


@asynccontextmanager
async def open_embeddings(url: str | None, model: str, key: str | None) -> AsyncGenerator[Embeddings | None]:
    """The endpoint within reach until the block ends; None when none is configured. Nothing is asked yet."""
    if url is None:
        yield None
        return
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Embeddings(http=http, url=url, model=model, key=key)
