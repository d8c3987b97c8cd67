"""Prometheus itself, over its HTTP API, and whatever speaks that API: Mimir, Thanos, VictoriaMetrics."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from domain.errors import Refused, SourceError
from domain.windows import stamp
from tools.sources import failures
from tools.sources.endpoint import Body, Endpoint, Json

Found: TypeAlias = tuple[list[Json], tuple[str, ...]]

AT_FAULT = ("bad_data", "execution")
MOST_METADATA = "20000"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Raises SourceError with its status when Prometheus fails, Refused when the query is at fault."""

    endpoint: Endpoint

    async def instant(self, query: str, at: datetime) -> Found:
        """Series as {metric, value}, and Prometheus's warnings; a scalar is a series without labels."""
        return await self.asked("/api/v1/query", {"query": query, "time": stamp(at)}, ("vector", "scalar"))

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> Found:
        """Series as {metric, values}, and Prometheus's warnings."""
        times = {"start": stamp(start), "end": stamp(end), "step": str(step_seconds)}
        return await self.asked("/api/v1/query_range", {"query": query, **times}, ("matrix",))

    async def names(self, selector: str = "") -> list[str]:
        """Of all series, or of those that `selector` selects."""
        body = await self.endpoint.get("/api/v1/label/__name__/values", {"match[]": selector} if selector else {})
        found = data_of(self.endpoint, "GET /api/v1/label/__name__/values", body)[0]
        if not isinstance(found, list):
            raise self.endpoint.strange("names", body)
        return [str(name) for name in cast("list[Any]", found)]

    async def metadata(self) -> list[Json]:
        """Metrics as {metric, type, help}; a histogram is named without its `_bucket`."""
        body = await self.endpoint.get("/api/v1/metadata", {"limit": MOST_METADATA})
        return metadata_of(data_of(self.endpoint, "GET /api/v1/metadata", body)[0])

    async def healthy(self) -> None:
        """Prometheus answers a query to whoever calls here."""
        body = await self.endpoint.get("/api/v1/query", {"query": "1"})
        data_of(self.endpoint, "GET /api/v1/query", body)

    async def asked(self, path: str, form: dict[str, str], kinds: tuple[str, ...]) -> Found:
        body = await self.endpoint.post(path, {**form, "timeout": f"{self.endpoint.seconds:g}s"})
        data, warnings = data_of(self.endpoint, f"POST {path}", body)
        return series_of(self.endpoint, body, data, kinds), warnings


def data_of(endpoint: Endpoint, request: str, body: Body) -> tuple[Any, tuple[str, ...]]:
    """`data` of an answer that says success, and its warnings. Raises SourceError or Refused for any other."""
    answer = body.json()
    if answer is None or answer.get("status") not in ("success", "error"):
        raise endpoint.strange(request, body)
    if answer["status"] == "error":
        raise problem(endpoint, request, body, answer)
    if body.status != 200 or "data" not in answer:
        raise endpoint.strange(request, body)
    warnings = cast("list[Any]", answer.get("warnings") or [])
    return answer["data"], tuple(failures.readable(str(text)) for text in warnings)


def metadata_of(data: Any) -> list[Json]:
    """Prometheus's {metric: [{type, help}, ...]}, the first entry of each; a type it does not know is ""."""
    found: list[Json] = []
    for metric, entries in (cast("Json", data) if isinstance(data, dict) else {}).items():
        first: Any = cast("list[Any]", entries)[0] if isinstance(entries, list) and entries else None
        if isinstance(first, dict):
            entry = cast("Json", first)
            kind = str(entry.get("type") or "").replace("unknown", "")
            found.append({"metric": metric, "type": kind, "help": str(entry.get("help") or "")})
    return found


def problem(endpoint: Endpoint, request: str, body: Body, answer: Json) -> Exception:
    """What Prometheus says is wrong: with the query, or with itself."""
    kind, said = str(answer.get("errorType", "")), failures.readable(str(answer.get("error", "")))
    if kind in AT_FAULT and body.status < 500:
        return refused(endpoint.name, said)
    error = f"{endpoint.name} answered with HTTP {body.status} ({kind}: {said})"
    return SourceError(error, source=endpoint.name, request=request, status=body.status, retryable=body.status >= 500)


def refused(name: str, said: str) -> Refused:
    return Refused(f"{name} does not take this query: {said or 'it did not say why'}.", code="bad_expression")


def series_of(endpoint: Endpoint, body: Body, data: Any, kinds: tuple[str, ...]) -> list[Json]:
    """Raises Refused for a string or a range, which are no numbers at a time; SourceError for another schema."""
    answer = cast("Json", data) if isinstance(data, dict) else {}
    kind, result = answer.get("resultType"), answer.get("result")
    if kind in ("vector", "scalar", "matrix", "string") and kind not in kinds:
        raise refused(endpoint.name, f"it gives a {kind}, which is no {kinds[0]}")
    if kind not in kinds or not isinstance(result, list):
        raise endpoint.strange("query", body)
    found = cast("list[Any]", result)
    if kind == "scalar":
        return [{"metric": {}, "value": found}]
    if not all(is_series(item) for item in found):
        raise endpoint.strange("query", body)
    return cast("list[Json]", found)


def is_series(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    series = cast("Json", item)
    samples: Any = series.get("values") if "values" in series else [series.get("value")]
    return isinstance(series.get("metric", {}), dict) and is_samples(samples)


def is_samples(samples: Any) -> bool:
    if not isinstance(samples, list):
        return False
    pairs = cast("list[Any]", samples)
    return all(isinstance(pair, list) and len(cast("list[Any]", pair)) == 2 for pair in pairs)
