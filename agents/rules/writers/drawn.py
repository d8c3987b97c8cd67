"""The parts of answers about metrics: the number, the charts, and every query with what it says in words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents import parts
from agents.answer import Part
from agents.rules import drawing
from agents.rules.measurements import Measured
from agents.rules.writers import sentences

COLUMNS: tuple[drawing.Column, ...] = (
    ("title", "Query"),
    ("plain", "In words"),
    ("query", "As sent"),
    ("confidence", "Sure", "%"),
)


def stats(one: Measured) -> tuple[Part, ...]:
    main = one.main
    if main is None or len(main.lines) != 1:
        return ()
    found = sentences.value(main, main.lines[0])
    if found is None:
        return ()
    data = {"name": main.title, "value": found, "unit": main.unit}
    return (Part(kind="stat", title=main.title, data=data, executions=one.executions),)


def charts(found: Sequence[Measured]) -> tuple[Part, ...]:
    """The charts of one side; of several, each chart with the lines of all of them."""
    if len(found) == 1:
        return tuple(parts.chart(each, found[0].executions) for each in found[0].charts)
    first = found[0].charts
    executions = tuple(dict.fromkeys(execution for one in found for execution in one.executions))
    drawn = [
        chart | {"title": common_title(found, at), "series": [*lines_at(found, at)]} for at, chart in enumerate(first)
    ]
    return tuple(parts.chart(each, executions) for each in drawn)


def common_title(found: Sequence[Measured], at: int) -> str:
    """The title that the charts of all sides share, without what each is of."""
    titles = {one.charts[at]["title"] for one in found if at < len(one.charts)}
    first: str = found[0].charts[at]["title"]
    return first if len(titles) == 1 else first.rpartition(" of ")[0] or first


def lines_at(found: Sequence[Measured], at: int) -> Iterator[dict[str, object]]:
    for one in found:
        for series in one.charts[at]["series"] if at < len(one.charts) else ():
            is_one = len(one.charts[at]["series"]) == 1
            yield series | {"name": one.label if is_one else f"{one.label}: {series['name']}"}


def queries(found: Sequence[Measured]) -> Part:
    """Every query as it was sent, and what it says in words."""
    rows = [
        {"title": shown.title, "plain": shown.plain, "query": shown.query, "confidence": round(100 * one.confidence)}
        for one in found
        for shown in one.shown
    ]
    once = list({row["query"]: row for row in rows}.values())
    heads = [dict(zip(("key", "title", "unit"), column, strict=False)) for column in COLUMNS]
    executions = tuple(dict.fromkeys(execution for one in found for execution in one.executions))
    return Part(kind="table", title="Queries", data={"columns": heads, "rows": once}, executions=executions)


def with_mark(part: Part, name: str, at: str) -> Part:
    if part.kind != "series":
        return part
    return replace(part, data=part.data | {"marks": [{"kind": "alert", "name": name, "at": at}]})
