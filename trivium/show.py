"""An answer on a terminal: verdict, facts, tables, a sparkline, and where each number came from."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agents.answer import Answer, Part, Source

Json: TypeAlias = dict[str, Any]
BARS = "▁▂▃▄▅▆▇█"
WIDEST_SPARK = 96
SEVERITY_STYLE = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def show(console: Console, answer: Answer) -> None:
    console.print(Group(*blocks(answer)))


def blocks(answer: Answer) -> Iterable[RenderableType]:
    yield Text(answer.summary, style="bold")
    for finding in answer.findings:
        yield Padding(Text(f"• {finding.text}", overflow="fold"), (0, 0, 0, 2))
    for part in answer.parts:
        yield Padding(drawn(part), (1, 0, 0, 2))
    for unknown in answer.unknown:
        yield Padding(
            Text(f"Could not establish: {unknown.what} {unknown.why} {unknown.settle}".rstrip()), (1, 0, 0, 2)
        )
    yield Padding(Group(*sources(answer)), (1, 0, 0, 0))
    if answer.suggestions:
        yield Padding(Text("Next: " + " · ".join(answer.suggestions), style="dim"), (1, 0, 0, 0))


def sources(answer: Answer) -> Iterable[RenderableType]:
    if answer.understood:
        yield Text(f"Read as: {answer.understood}", style="dim")
    for number, source in enumerate(answer.sources, 1):
        yield Text(source_line(number, source), style="dim", overflow="fold")
    who = (
        "Answered by rules, no model"
        if answer.brain == "rules"
        else f"Answered by a model, {answer.tokens_used} tokens"
    )
    yield Text(" · ".join([who, *answer.notes]), style="dim")


def source_line(number: int, source: Source) -> str:
    window = f", {source.window['start']} to {source.window['end']}" if source.window else ""
    trouble = f", {source.error}" if source.error else ""
    return f"e{number} {source.tool} {source.status}: {source.source}{window}, execution {source.execution}{trouble}"


def drawn(part: Part) -> RenderableType:
    match part.kind:
        case "table":
            return table(part.title, part.data["columns"], part.data["rows"])
        case "series":
            return series(part)
        case "stat":
            unit = part.data.get("unit") or ""
            return Text(f"{part.title}: {part.data['value']} {unit}".rstrip())
        case "events":
            keys = [{"key": key, "title": key.capitalize()} for key in ("at", "kind", "text")]
            return table(part.title, keys, part.data["rows"])


def table(title: str, columns: Sequence[Json], rows: Sequence[Json]) -> Table:
    """Numbers to the right, text to the left, severities in their colour and word."""
    drawing = Table(title=title, title_justify="left", title_style="", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        numeric = any(is_number(row.get(column["key"])) for row in rows)
        drawing.add_column(column["title"], justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawing.add_row(*(cell(row.get(column["key"])) for column in columns))
    return drawing


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell(value: object) -> Text:
    text = "–" if value is None else str(value)
    return Text(text, style=SEVERITY_STYLE.get(text, ""))


def series(part: Part) -> RenderableType:
    points: list[list[Any]] = part.data["points"]
    if not points:
        return Text(f"{part.title}: nothing")
    values = [value or 0 for _, value in points]
    span = f"{points[0][0]} … {points[-1][0]}, highest {max(values):g} {part.data.get('unit') or ''}"
    return Group(Text(part.title), Text(spark(values)), Text(span.rstrip(), style="dim"))


def spark(values: Sequence[float]) -> str:
    """One bar for each value from zero to the highest; the highest of each neighbourhood when there are too many."""
    step = -(-len(values) // WIDEST_SPARK)
    shown = [max(values[start : start + step]) for start in range(0, len(values), step)]
    highest = max(shown, default=0)
    if highest <= 0:
        return BARS[0] * len(shown)
    return "".join(BARS[min(len(BARS) - 1, round(value / highest * (len(BARS) - 1)))] for value in shown)
