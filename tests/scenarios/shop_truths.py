"""What the shop's Prometheus, Loki and record say themselves, to queries written by hand."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Any

import httpx
import psycopg
import pytest

from domain.windows import stamp
from tests.scenarios.shop_world import World

STEP = 60
DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The values of one series, as a person would sum them up."""

    values: tuple[float, ...]

    @property
    def numbers(self) -> dict[str, float]:
        return {"mean": fmean(self.values), "max": max(self.values), "min": min(self.values), "last": self.values[-1]}

    @property
    def side(self) -> dict[str, float]:
        return {"median": median(self.values), "most": max(self.values), "least": min(self.values)}


@dataclass(frozen=True, slots=True)
class Truth:
    world: World

    def at(self, query: str, when: datetime | None = None) -> float:
        """The one value of the query then; at the end of the load when no time is named."""
        values = {"query": query, "time": str((when or self.world.now).timestamp())}
        [found] = self.asked(self.world.prometheus, "query", values)
        return float(found["value"][1])

    def courses(self, query: str, start: datetime, end: datetime, step: int = STEP) -> dict[str, Course]:
        """Each series by its instance, from the last whole step down to the start."""
        steps = int((end - start).total_seconds()) // step
        first = end.timestamp() - steps * step
        values = {"query": query, "start": str(first), "end": str(end.timestamp()), "step": str(step)}
        return {
            item["metric"].get("instance", ""): Course(values=tuple(float(value) for _, value in item["values"]))
            for item in self.asked(self.world.prometheus, "query_range", values)
        }

    def course(self, query: str, start: datetime, end: datetime, step: int = STEP) -> Course:
        [found] = self.courses(query, start, end, step).values()
        return found

    def hour(self, query: str) -> Course:
        """The course in the hour before the load ended."""
        return self.course(query, self.world.now - timedelta(hours=1), self.world.now)

    def lines(self, query: str, start: datetime, limit: int) -> list[str]:
        """The newest lines since then, the newest first."""
        values = {"query": query, "start": stamp(start), "end": stamp(self.world.now), "limit": str(limit)}
        found = self.asked(f"{self.world.loki.url}/loki", "query_range", values)
        every = [(int(at), text) for item in found for at, text in item["values"]]
        return [text for _, text in sorted(every, reverse=True)]

    def counts(self, query: str, label: str = "") -> dict[str, int]:
        """The value of each series by this label, at the end of the load."""
        values = {"query": query, "time": str(self.world.now.timestamp())}
        found = self.asked(f"{self.world.loki.url}/loki", "query", values)
        return {item["metric"].get(label, ""): round(float(item["value"][1])) for item in found}

    def asked(self, url: str, path: str, values: dict[str, str]) -> list[dict[str, Any]]:
        version = "v1"
        answer = httpx.get(f"{url}/api/{version}/{path}", params=values, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["result"]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.world.database) as db:
            return db.execute(query.encode(), values).fetchall()


def same(told: float | None, truth: float) -> bool:
    """Whether it is the number, to the six digits that are told."""
    return told == pytest.approx(float(f"{truth:.{DIGITS}g}"), rel=1e-6)


def assert_same(told: dict[str, Any], truth: dict[str, float]) -> None:
    wrong = {key: (told[key], value) for key, value in truth.items() if not same(told[key], value)}
    assert not wrong, wrong


def seconds_in(query: str) -> int:
    """The seconds of the first range of a query."""
    found = re.search(r"\[(\d+)s\]", query)
    assert found, query
    return int(found[1])
