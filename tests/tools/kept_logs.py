"""A LogSource over lines that a test holds: selectors of one label, one line filter, counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.errors import SourceError
from tools.metrics.asking import Line
from tools.series.series import Series

QUERY = re.compile(r'\{(?P<label>\w+)="(?P<value>[^"]*)"\}(?: \|~ "(?P<filter>[^"]*)")?')
COUNT = re.compile(r"sum\(count_over_time\((?P<query>.*?) ?\[(?P<seconds>\d+)s\]\)\)")


@dataclass(slots=True)
class Kept:
    """`asked` are the limits of the pages that were asked for."""

    kept: Sequence[Line]
    is_down: bool = False
    name: str = "Loki of tests"
    asked: list[int] = field(default_factory=list[int])

    async def lines(self, query: str, start: datetime, end: datetime, limit: int) -> Sequence[Line]:
        self.asked.append(limit)
        found = self.matching(query, start, end)
        return sorted(found, key=lambda line: line.at, reverse=True)[:limit]

    async def instant(self, query: str, at: datetime) -> list[Series]:
        counted = COUNT.fullmatch(query)
        assert counted, query
        found = self.matching(counted["query"], at - timedelta(seconds=int(counted["seconds"])), at)
        return [Series(times=(at.timestamp(),), values=(float(len(found)),), labels={})] if found else []

    async def window(self, query: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        raise AssertionError(f"no tool asks logs for a range: {query} {start} {end} {step_seconds}")

    def matching(self, query: str, start: datetime, end: datetime) -> list[Line]:
        if self.is_down:
            raise SourceError("Loki did not answer in time", source=self.name, request=query)
        asked = QUERY.fullmatch(query)
        assert asked, query
        wanted = re.compile(asked["filter"] or "")
        return [
            line
            for line in self.kept
            if start <= line.at < end and line.labels.get(asked["label"]) == asked["value"] and wanted.search(line.text)
        ]
