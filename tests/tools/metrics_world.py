"""A real Prometheus filled with a history that is known to the sample, and a plain client of it for tests."""

import math
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from domain.errors import Refused, SourceError
from tests.programs import free_port, program, running
from tools.series import series
from tools.series.series import Series

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = datetime(2026, 11, 19, tzinfo=UTC)
MOST_SAMPLES = 10_000
Value = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Told:
    """One series: its value at each epoch second of a stretch, every `every` seconds."""

    metric: str
    start: datetime
    end: datetime
    every: int
    value: Value

    def lines(self) -> Iterator[str]:
        at, end = self.start.timestamp(), self.end.timestamp()
        while at <= end:
            value = self.value(at)
            if not math.isnan(value):
                yield f"{self.metric} {value!r} {at}"
            at += self.every


def constant(value: float) -> Value:
    return lambda _: value


def counter(rate: Value, start: datetime) -> Value:
    """A counter that grows by `rate` per second; the rate is constant within each minute."""
    first = start.timestamp()
    grown: dict[int, float] = {0: 0.0}

    def value(at: float) -> float:
        minute = int((at - first) // 60)
        for number in range(len(grown) - 1, minute):
            grown[number + 1] = grown[number] + 60 * rate(first + number * 60)
        return grown[minute] + (at - first - minute * 60) * rate(first + minute * 60)

    return value


def during(start: str, end: str, inside: float, outside: float, day: datetime = DAY) -> Value:
    """`inside` in start <= t < end of the day, `outside` else."""
    first = datetime.fromisoformat(f"{day.date()}T{start}+00:00").timestamp()
    last = datetime.fromisoformat(f"{day.date()}T{end}+00:00").timestamp()
    return lambda at: inside if first <= at < last else outside


def written(told: list[Told], file: Path) -> None:
    """OpenMetrics text; each family stands together, as promtool demands."""
    with file.open("w") as out:
        for name in sorted({item.metric.split("{")[0] for item in told}):
            out.write(f"# TYPE {name} unknown\n")
            for item in told:
                if item.metric.split("{")[0] == name:
                    out.writelines(f"{line}\n" for line in item.lines())
        out.write("# EOF\n")


@contextmanager
def prometheus(told: list[Told], folder: Path) -> Generator[str]:
    """The URL of a real Prometheus that has exactly these samples."""
    written(told, folder / "history.txt")
    made = subprocess.run(
        [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", folder / "history.txt", folder / "data"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y", f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with running(command, ready=f"{url}/-/ready", log=folder / "prometheus.log"):
        yield url


@dataclass(slots=True)
class Plain:
    """A MetricSource that asks Prometheus directly. `broken` queries fail, as those of a source that is down."""

    url: str
    broken: Callable[[str], bool] = lambda _: False
    name: str = "Prometheus of tests"
    asked: list[str] = field(default_factory=list[str])

    async def instant(self, query: str, at: datetime) -> list[Series]:
        data = await self.get("query", query, time=at.timestamp())
        return series.vector([{"value": data["result"]}] if data["resultType"] == "scalar" else data["result"])

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        assert end - start <= timedelta(hours=168)
        assert (end - start) / timedelta(seconds=step_seconds) < 10_000
        times = {"start": start.timestamp(), "end": end.timestamp(), "step": step_seconds}
        found = (await self.get("query_range", query, **times))["result"]
        if sum(len(item["values"]) for item in found) > MOST_SAMPLES:
            raise Refused("too many samples", code="too_many_samples")
        return series.matrix(found, start, end, step_seconds)

    async def names(self) -> frozenset[str]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.url}/api/v1/label/__name__/values")
        return frozenset(answer.json()["data"])

    async def get(self, path: str, query: str, **times: float) -> dict[str, Any]:
        self.asked.append(query)
        if self.broken(query):
            raise SourceError("Prometheus did not answer in time", source=self.name, request=query)
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.url}/api/v1/{path}", data={"query": query, **times})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]
