"""Numbers of many rows, group by group, in memory that does not grow with the rows."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Any, Literal, TypeAlias

import orjson

from tools.large.pointers import NOWHERE, within

Operation: TypeAlias = Literal["count", "sum", "min", "max", "avg", "p95"]
MOST_GROUPS = 10_000
MOST_KEPT = 1_000_000
LONGEST_KEY = 200
OTHERS = "(other groups)"
MISSING = "(none)"


@dataclass(slots=True)
class Group:
    """`values` are kept for percentiles alone."""

    rows: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, value: float) -> None:
        self.rows += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


RESULTS: dict[Operation, Callable[[Group], float]] = {
    "count": lambda group: group.rows,
    "sum": lambda group: group.total,
    "min": lambda group: group.least,
    "max": lambda group: group.most,
    "avg": lambda group: group.total / group.rows,
    "p95": lambda group: p95(group.values),
}


@dataclass(slots=True, kw_only=True)
class Tally:
    """`way` leads to the number in each row, `by` to the group. Rows without a number are counted in `skipped`."""

    operation: Operation
    way: Sequence[str] = ()
    by: Sequence[str] | None = None
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    seen: int = 0
    skipped: int = 0
    kept: int = 0
    is_full: bool = False

    def add(self, row: Any) -> None:
        self.seen += 1
        value = 1.0 if self.operation == "count" else number(within(row, self.way))
        if value is None:
            self.skipped += 1
            return
        group = self.group(row)
        group.add(value)
        if self.operation == "p95":
            self.keep(group, value)

    def group(self, row: Any) -> Group:
        key = MISSING if self.by is None else name(within(row, self.by))
        if key not in self.groups and len(self.groups) >= MOST_GROUPS:
            key = OTHERS
        return self.groups.setdefault(key, Group())

    def keep(self, group: Group, value: float) -> None:
        """Beyond a million values the rest is left out, which `is_full` says."""
        if self.kept < MOST_KEPT:
            group.values.append(value)
            self.kept += 1
        else:
            self.is_full = True

    def results(self) -> list[dict[str, Any]]:
        """Every group with its value and rows: the highest first, then by name."""
        result = RESULTS[self.operation]
        told = [
            {"group": key, "value": neat(result(group)), "rows": group.rows}
            for key, group in self.groups.items()
            if self.operation != "p95" or group.values
        ]
        return sorted(told, key=lambda row: (-row["value"], row["group"]))


def p95(values: "array[float]") -> float:
    """The least value that 95 % of all are not above."""
    return sorted(values)[ceil(len(values) * 0.95) - 1]


def number(value: Any) -> float | None:
    """A number, also one written as text, as Prometheus does; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if isfinite(read) else None


def name(value: Any) -> str:
    if value is NOWHERE or value is None or value == "":
        return MISSING
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text[:LONGEST_KEY]


def neat(value: float) -> float | int:
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.10g}")
