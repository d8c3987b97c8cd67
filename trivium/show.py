"""An answer on a terminal: verdict, facts, tables, charts, log lines, and where each number came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agents.answer import Answer, Part, Source, unknown_text
from agents.plots import plot_of
from trivium.cells import SPOKEN, is_number, text_of
from trivium.charts import Chart

Json: TypeAlias = dict[str, Any]
BARS = "▁▂▃▄▅▆▇█"
WIDEST_SPARK = 96
MOST_ROWS = 12
NARROW = 60
LONGEST_WORD = 32
MORE = "… and {} more: --format csv has them all"
ON_ONE_LINE = frozenset({"summary", "title"})
PROSE = ON_ONE_LINE | {"text", "root_cause", "resolution", "lessons", "highlight"}
EVENT_COLUMNS = (
    {"key": "at", "title": "Time (UTC)"},
    {"key": "kind", "title": "Event"},
    {"key": "text", "title": "What"},
)
LOG_COLUMNS = (
    {"key": "at", "title": "Time (UTC)"},
    {"key": "level", "title": "Level"},
    {"key": "text", "title": "Line"},
)
SEVERITY_STYLE = {"critical": "bold red", "error": "red", "warning": "yellow", "info": "cyan", "debug": "dim"}


def show(console: Console, answer: Answer) -> None:
    console.print(Group(*blocks(answer)))


def blocks(answer: Answer) -> Iterable[RenderableType]:
    yield Text(answer.summary, style="bold")
    for finding in answer.findings:
        yield Padding(Text(f"• {finding.text}", overflow="fold"), (0, 0, 0, 2))
    for part in answer.parts:
        yield Padding(drawn(part), (1, 0, 0, 2))
    for unknown in answer.unknown:
        yield Padding(Text(f"Could not establish: {unknown_text(unknown)}"), (1, 0, 0, 2))
    yield Padding(Group(*sources(answer)), (1, 0, 0, 0))
    if answer.suggestions:
        yield Padding(Text("Next: " + " · ".join(answer.suggestions), style="dim"), (1, 0, 0, 0))


def sources(answer: Answer) -> Iterable[RenderableType]:
    if answer.understood:
        yield Text(f"Read as: {answer.understood}", style="dim")
    for number, source in enumerate(answer.sources, 1):
        yield Text(source_line(number, source), style="dim", overflow="fold")
        if source.artifact_id:
            yield Text(f"   whole result: trivium artifact {source.artifact_id}", style="dim", overflow="fold")
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
            return Chart(plot_of(part)) if "series" in part.data else series(part)
        case "logs":
            return Logs(part)
        case "stat":
            return Text(f"{part.title}: {text_of(part.data['value'], part.data.get('unit') or '')}")
        case "events":
            return table(part.title, EVENT_COLUMNS, part.data["rows"])


def table(title: str, columns: Sequence[Json], rows: Sequence[Json]) -> RenderableType:
    """Numbers to the right, text to the left; the first rows, and a line that says how many more there are."""
    drawing = Table(title=title, title_justify="left", title_style="", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        key = column["key"]
        numeric = any(is_number(row.get(key)) for row in rows)
        folds = key not in ON_ONE_LINE and (key in PROSE or is_long(key, rows))
        drawing.add_column(
            column["title"],
            justify="right" if numeric else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
            ratio=1 if key in PROSE else None,
        )
    for row in rows[:MOST_ROWS]:
        drawing.add_row(*(cell(row.get(column["key"]), column.get("unit") or "") for column in columns))
    if len(rows) <= MOST_ROWS:
        return drawing
    return Group(drawing, Text(MORE.format(len(rows) - MOST_ROWS), style="dim"))


def is_long(key: str, rows: Sequence[Json]) -> bool:
    """Whether a column needs more than a line where there is little room; else the short ones beside it would go."""
    return any(len(str(row.get(key) or "")) > LONGEST_WORD for row in rows[:MOST_ROWS])


def cell(value: object, unit: str) -> Text:
    text = text_of(value, unit)
    return Text(text, style=SEVERITY_STYLE.get(text, ""))


@dataclass(frozen=True, slots=True)
class Logs:
    """Lines beside their time and level; below them where there is no room for that."""

    part: Part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows: Sequence[Json] = self.part.data["rows"]
        if options.max_width < NARROW:
            yield from listed(self.part.title, rows)
        else:
            yield table(self.part.title, LOG_COLUMNS, rows)
        if self.part.data["total"] > len(rows):
            yield Text(f"… of {self.part.data['total']:,} lines", style="dim")


def listed(title: str, rows: Sequence[Json]) -> Iterable[Text]:
    yield Text(title)
    for row in rows[:MOST_ROWS]:
        yield Text(text_of(row["at"]), style="dim").append(" ").append_text(cell(row["level"], ""))
        yield Text(f"  {row['text']}", overflow="fold")
    if len(rows) > MOST_ROWS:
        yield Text(MORE.format(len(rows) - MOST_ROWS), style="dim")


def series(part: Part) -> RenderableType:
    points: list[list[Any]] = part.data["points"]
    unit = part.data.get("unit") or ""
    if not points:
        return Text(f"{part.title}: nothing")
    values = [value or 0 for _, value in points]
    span = f"{text_of(points[0][0])} … {text_of(points[-1][0])}, highest {text_of(max(values), unit)}"
    spoken = span if unit in SPOKEN else f"{span} {unit}"
    return Group(Text(part.title), Text(spark(values)), Text(spoken, style="dim"))


def spark(values: Sequence[float]) -> str:
    """One bar for each value from zero to the highest; the highest of each neighbourhood when there are too many."""
    step = -(-len(values) // WIDEST_SPARK)
    shown = [max(values[start : start + step]) for start in range(0, len(values), step)]
    highest = max(shown, default=0)
    if highest <= 0:
        return BARS[0] * len(shown)
    return "".join(BARS[min(len(BARS) - 1, round(value / highest * (len(BARS) - 1)))] for value in shown)
