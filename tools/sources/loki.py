"""Loki itself, over its HTTP API: lines, and numbers made of lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from tools.sources import failures
from tools.sources.endpoint import Body, Endpoint, Json
from tools.sources.prometheus import is_series, refused

LONGEST_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Loki:
    """Raises SourceError with its status when Loki fails, Refused when the query is at fault."""

    endpoint: Endpoint

    async def lines(self, query: str, start: datetime, end: datetime, limit: int) -> list[Json]:
        """The newest lines with start <= t < end as {at, text, labels}, `at` in nanoseconds, newest first."""
        times = {"start": nanoseconds(start), "end": nanoseconds(end)}
        asked = {"query": query, **times, "limit": str(limit), "direction": "backward"}
        body, data = await self.asked("/loki/api/v1/query_range", asked)
        if data.get("resultType") == "matrix":
            raise refused(self.endpoint.name, "it gives numbers, not lines")
        if data.get("resultType") != "streams":
            raise self.endpoint.strange("query", body)
        try:
            found = [line for stream in self.rows(body, data) for line in lines_of(stream)]
        except (TypeError, ValueError, KeyError) as error:
            raise self.endpoint.strange("query", body) from error
        return sorted(found, key=lambda line: int(line["at"]), reverse=True)

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Json]:
        """Series as {metric, values}."""
        times = {"start": nanoseconds(start), "end": nanoseconds(end), "step": str(step_seconds)}
        return await self.numbers("/loki/api/v1/query_range", {"query": query, **times}, "matrix")

    async def instant(self, query: str, at: datetime) -> list[Json]:
        """Series as {metric, value}."""
        return await self.numbers("/loki/api/v1/query", {"query": query, "time": nanoseconds(at)}, "vector")

    async def labels(self, start: datetime, end: datetime, label: str = "", query: str = "") -> list[str]:
        """The labels of the streams that the selector chooses, of all without one; or the values of one label."""
        path = f"/loki/api/v1/label/{quote(label, safe='')}/values" if label else "/loki/api/v1/labels"
        asked = {"start": nanoseconds(start), "end": nanoseconds(end)} | ({"query": query} if query else {})
        body = await self.endpoint.get(path, asked)
        answer = body.json()
        if body.status != 200 or answer is None or answer.get("status") != "success":
            raise self.endpoint.strange(f"GET {path}", body)
        found = answer.get("data")
        return [str(item) for item in cast("list[Any]", found)] if isinstance(found, list) else []

    async def healthy(self) -> None:
        """Loki answers whoever calls here."""
        body = await self.endpoint.get("/loki/api/v1/labels", {})
        answer = body.json()
        if answer is None or answer.get("status") != "success":
            raise self.endpoint.strange("GET /loki/api/v1/labels", body)

    async def numbers(self, path: str, asked: Json, kind: str) -> list[Json]:
        body, data = await self.asked(path, asked)
        if data.get("resultType") == "streams":
            raise refused(self.endpoint.name, "it gives lines, not numbers")
        found = self.rows(body, data)
        if data.get("resultType") != kind or not all(is_series(item) for item in found):
            raise self.endpoint.strange("query", body)
        return found

    async def asked(self, path: str, parameters: Json) -> tuple[Body, Json]:
        body = await self.endpoint.get(path, parameters)
        if body.status == 400:
            raise refused(self.endpoint.name, failures.readable(body.content[:4000].decode(errors="replace")))
        answer = body.json()
        data = answer.get("data") if answer and answer.get("status") == "success" else None
        if body.status != 200 or not isinstance(data, dict):
            raise self.endpoint.strange(f"GET {path}", body)
        return body, cast("Json", data)

    def rows(self, body: Body, data: Json) -> list[Json]:
        found = data.get("result")
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in cast("list[Any]", found)):
            raise self.endpoint.strange("query", body)
        return cast("list[Json]", found)


def lines_of(stream: Json) -> Iterator[Json]:
    labels = dict(stream["stream"])
    for at, text, *_ in cast("Iterable[list[Any]]", stream["values"]):
        yield {"at": str(int(at)), "text": str(text), "labels": labels}


def nanoseconds(time: datetime) -> str:
    """Exact to the microsecond, which a float is not."""
    return f"{int(time.timestamp())}{time.microsecond:06d}000"
