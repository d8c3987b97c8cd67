"""Two queries asked of a real Prometheus over the same made-up series: whether their answers are the same.

Each question has a stretch of time of its own, so that one database holds the series of all. An answer is the values
of its series at three instants; what the series are called does not count, but a label both sides carry must agree.
"""

import asyncio
import math
import subprocess
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from promql_parser import BinaryExpr, Expr, ParenExpr

from bench import generated, rules
from bench.generated import COPY
from tests.programs import free_port, program, running
from tools.grafana.promql import COMPARISONS, parse, quoted
from tools.translate.catalogue import MetricCatalogue
from tools.translate.promql import bounds
from tools.translate.promql.writing import label, written

BEGIN = 1_600_000_000
FINE, COARSE, FINE_FOR, LONGEST, APART = 30, 300, 1800, 15 * 86_400, 3600
INSTANTS, BETWEEN = 3, 300
# A share may be asked for as a percentage.
FACTORS = (1.0, 100.0, 0.01)
NEAR = 1e-6
WIDTH = 8
Answer: TypeAlias = list[tuple[dict[str, str], tuple[float, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was wanted, in forms that are equally good, and what came instead."""

    wanted: tuple[str, ...]
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    case: Case
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_asked`: the wanted query itself gave something to compare with. `is_equal_bare`: equal where what each is
    compared with is left out, `is_equal`: with it as well."""

    is_asked: bool
    is_equal_bare: bool = False
    is_equal: bool = False


def placed(cases: Iterable[Case]) -> Iterator[Placed]:
    """The stretch of time each is evaluated in, long enough for all it looks back at."""
    begin = BEGIN
    for case in cases:
        end = begin + reach(case)
        yield Placed(case=case, begin=begin, end=end)
        begin = end + APART


def reach(case: Case) -> int:
    longest = max((sum_of(each) for text in texts(case) for each in bounds.reaches(parse(text))), default=0)
    return int(min(longest, LONGEST)) + FINE_FOR


def sum_of(each: bounds.Reach) -> float:
    return (each.length + abs(each.offset)).total_seconds()


def texts(case: Case) -> tuple[str, ...]:
    return (*case.wanted, case.got) if case.got else case.wanted


def lines(item: Placed, catalogue: MetricCatalogue) -> Iterator[str]:
    """The samples in OpenMetrics, every 30 s where the queries look closely and every five minutes between."""
    trees = [parse(text) for text in item.case.wanted]
    offsets = {timedelta(), *(each.offset for text in texts(item.case) for each in bounds.reaches(parse(text)))}
    close = [item.end - offset.total_seconds() for offset in offsets]
    fine = (range(int(max(end - FINE_FOR, item.begin)), int(end) + 1, FINE) for end in close)
    times = sorted({*range(item.begin, item.end + 1, COARSE), *chain.from_iterable(fine)})
    for one in generated.made(trees, catalogue):
        head = f"{one.metric}{{{','.join(f'{label(name)}={quoted(value)}' for name, value in one.labels)}}}"
        yield from (f"{head} {one.at(at - item.begin, item.end)!r} {at}\n" for at in times if at <= item.end)


@asynccontextmanager
async def loaded(samples: Iterable[str], folder: Path) -> AsyncGenerator[str]:
    """A Prometheus that has these lines of OpenMetrics, by its address."""
    text, data = folder / "series.txt", folder / "data"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(samples)
        file.write("# EOF\n")
    load = [program("promtool"), "tsdb", "create-blocks-from", "--max-block-duration=5000h", "openmetrics", "-q"]
    await asyncio.to_thread(subprocess.run, [*load, text, data], check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("global: {}\n")
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y", "--log.level=error",
    ]  # fmt: skip
    with running(command, ready=f"{url}/-/ready", log=folder / "prometheus.log"):
        yield url


async def verdicts(cases: Sequence[Case], catalogue: MetricCatalogue, folder: Path) -> list[Verdict]:
    """Of every case, in order."""
    where = list(placed(cases))
    samples = chain.from_iterable(lines(item, catalogue) for item in where)
    async with loaded(samples, folder) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        turns = asyncio.Semaphore(WIDTH)

        async def one(item: Placed) -> Verdict:
            async with turns:
                return await verdict(http, item)

        return list(await asyncio.gather(*(one(item) for item in where)))


async def verdict(http: httpx.AsyncClient, item: Placed) -> Verdict:
    """Equal to any of the wanted forms, with its threshold and without."""
    found = [await against(http, item, wanted) for wanted in item.case.wanted]
    return Verdict(
        is_asked=any(each.is_asked for each in found),
        is_equal_bare=any(each.is_equal_bare for each in found),
        is_equal=any(each.is_equal for each in found),
    )


async def against(http: httpx.AsyncClient, item: Placed, wanted: str) -> Verdict:
    whole, bare = await answer(http, wanted, item), await answer(http, unlimited(wanted), item)
    if not bare and not whole:
        return Verdict(is_asked=False)
    if not item.case.got:
        return Verdict(is_asked=True)
    got, got_bare = await answer(http, item.case.got, item), await answer(http, unlimited(item.case.got), item)
    is_same_bare, is_telling = alike(bare, got_bare), bool(whole) and len(whole) < len(bare)
    is_same = alike(whole, got) and (is_telling or is_compared_alike(wanted, item.case.got))
    return Verdict(is_asked=True, is_equal_bare=is_same_bare, is_equal=is_same_bare and is_same)


def is_compared_alike(one: str, other: str) -> bool:
    """Whether both compare with the same, where the series made up do not tell."""
    return rules.parts(one).comparisons == rules.parts(other).comparisons


def unlimited(query: str) -> str:
    """The query without the comparison that makes an alert of it, and without what only guards a division."""
    return written(inner(parse(query)))


def inner(expr: Expr) -> Expr:
    match expr:
        case ParenExpr():
            return inner(expr.expr)
        case BinaryExpr() if str(expr.op) in COMPARISONS and generated.worth(expr.rhs) is not None:
            return inner(expr.lhs)
        case BinaryExpr() if str(expr.op) == "and" and is_guard(expr):
            return inner(expr.lhs)
        case _:
            return expr


def is_guard(expr: BinaryExpr) -> bool:
    return is_comparison(expr.rhs) and " / " in str(expr.lhs)


def is_comparison(expr: Expr) -> bool:
    return isinstance(expr, BinaryExpr) and str(expr.op) == ">" and generated.worth(expr.rhs) == 0


async def answer(http: httpx.AsyncClient, query: str, item: Placed) -> Answer:
    """Its series at the instants, none where the query fails."""
    asked = {"query": query, "start": item.end - (INSTANTS - 1) * BETWEEN, "end": item.end, "step": BETWEEN}
    body: Any = (await http.post("/api/v1/query_range", data=asked)).json()
    if body["status"] != "success":
        return []
    return [(without_name(each["metric"]), values(each["values"], item)) for each in body["data"]["result"]]


def without_name(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in ("__name__", COPY)}


def values(samples: Iterable[Sequence[Any]], item: Placed) -> tuple[float, ...]:
    """One value per instant; a place without a sample is told from every value."""
    there = {int(at): float(value) for at, value in samples}
    return tuple(there.get(item.end - place * BETWEEN, math.inf) for place in reversed(range(INSTANTS)))


def alike(one: Answer, other: Answer) -> bool:
    """The same values, as they are or as percentages, in series that agree in the labels both have."""
    return len(one) == len(other) and any(paired(one, other, factor) for factor in FACTORS)


def paired(one: Answer, other: Answer, factor: float) -> bool:
    left = list(other)
    for labels, samples in one:
        match = next((each for each in left if agree(labels, each[0]) and same(samples, each[1], factor)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(other[name] == value for name, value in one.items() if name in other)


def same(one: Sequence[float], other: Sequence[float], factor: float) -> bool:
    pairs = zip(one, other, strict=True)
    return all(
        math.isclose(a, b * factor, rel_tol=NEAR, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b)) for a, b in pairs
    )
