"""Prometheus and Loki themselves, asked for what a catalogue holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from domain.errors import SourceError
from tools.grafana.reading import part
from tools.sources.endpoint import Endpoint
from tools.sources.loki import Loki
from tools.sources.prometheus import Prometheus


@dataclass(frozen=True, slots=True)
class FromPrometheus:
    """A loading.Prometheus."""

    prometheus: Prometheus
    clock: Callable[[], datetime]

    async def metric_names(self) -> Iterable[str]:
        return await self.prometheus.names()

    async def metadata(self) -> Mapping[str, tuple[str, str]]:
        return {item["metric"]: (item["type"], item["help"]) for item in await self.prometheus.metadata()}

    async def instant(self, query: str) -> Iterable[Mapping[str, Any]]:
        series, _ = await self.prometheus.instant(query, self.clock())
        return [part(item, "metric") for item in series]


@dataclass(frozen=True, slots=True)
class FromLoki:
    """A loading.Loki."""

    loki: Loki

    async def label_names(self) -> Iterable[str]:
        return texts(await data(self.loki.endpoint, "/loki/api/v1/labels", {}))

    async def label_values(self, label: str) -> Iterable[str]:
        return texts(await data(self.loki.endpoint, f"/loki/api/v1/label/{quote(label, safe='')}/values", {}))


async def data(endpoint: Endpoint, path: str, parameters: Mapping[str, str]) -> Any:
    """`data` of an answer that says success. Raises SourceError for any other."""
    body = await endpoint.get(path, parameters)
    answer = body.json()
    if body.status != 200 or answer is None or answer.get("status") != "success":
        raise SourceError(
            f"{endpoint.name} did not answer {path}", source=endpoint.name, request=path, status=body.status
        )
    return answer.get("data")


def texts(value: Any) -> list[str]:
    return [str(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []
