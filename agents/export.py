"""An answer as a file: CSV of what its tables hold, or Markdown of all of it."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from agents.answer import Answer, Part, unknown_text
from agents.parts import seconds
from domain.windows import stamp

Json: TypeAlias = dict[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(answer: Answer) -> str:
    """Every table and series of the answer; comment lines before each name it, its query and its window."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for part in answer.parts:
        columns, rows = grid(part)
        if not columns:
            continue
        out.write(f"# {part.title}\n")
        for line in provenance(answer, part):
            out.write(f"# {line}\n")
        writer.writerow(columns)
        writer.writerows([safe(value) for value in row] for row in rows)
    return out.getvalue()


def safe(value: object) -> object:
    """A text that a spreadsheet would run as a formula is kept a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def provenance(answer: Answer, part: Part) -> Iterable[str]:
    for source in answer.sources:
        if source.execution in part.executions:
            window = f"{source.window['start']} to {source.window['end']}" if source.window else "no window"
            yield f"{source.tool}, {window}, execution {source.execution}: {' '.join(source.query.split())}"


def grid(part: Part) -> tuple[list[str], list[list[Any]]]:
    """Column titles and rows of a part; no columns when it is no table."""
    match part.kind:
        case "table":
            keys = [column["key"] for column in part.data["columns"]]
            return [column["title"] for column in part.data["columns"]], [
                [row.get(key) for key in keys] for row in part.data["rows"]
            ]
        case "series":
            return lines(part) if "series" in part.data else single(part)
        case "logs":
            keys = ["at", "level", "text", "labels"]
            return keys, [[shown(row.get(key)) for key in keys] for row in part.data["rows"]]
        case "events":
            keys = ["at", "kind", "text"]
            return keys, [[row.get(key) for key in keys] for row in part.data["rows"]]
        case "stat":
            return [], []


def single(part: Part) -> tuple[list[str], list[list[Any]]]:
    return ["time", part.data.get("unit") or "value"], part.data["points"]


def lines(part: Part) -> tuple[list[str], list[list[Any]]]:
    """A column for each line; a row for each time at which any of them has a point."""
    values: dict[float, dict[int, Any]] = {}
    for number, line in enumerate(part.data["series"]):
        for time, value in line["points"]:
            values.setdefault(seconds(time), {})[number] = value
    count, unit = len(part.data["series"]), part.data.get("unit") or ""
    names = [line.get("name") or part.title for line in part.data["series"]]
    heads = [f"{name} ({unit})" if unit else name for name in names]
    rows = [[written(time), *(values[time].get(number) for number in range(count))] for time in sorted(values)]
    return ["time", *heads], rows


def written(time: float) -> str:
    return stamp(datetime.fromtimestamp(time, UTC))


def shown(value: object) -> object:
    """Labels as one text."""
    if not isinstance(value, dict):
        return value
    pairs = cast("dict[str, object]", value)
    return ", ".join(f"{key}={pairs[key]}" for key in sorted(pairs))


def as_markdown(answer: Answer) -> str:
    lines = [f"**{answer.summary}**", "", *(f"- {finding.text}" for finding in answer.findings)]
    for part in answer.parts:
        columns, rows = grid(part)
        if columns:
            lines += ["", f"### {part.title}", "", row_of(columns), row_of("---" for _ in columns), *map(row_of, rows)]
    if answer.unknown:
        lines += ["", "### Could not establish", "", *(f"- {unknown_text(item)}" for item in answer.unknown)]
    lines += ["", *(f"> {line}" for part in answer.parts for line in provenance(answer, part))]
    return "\n".join(lines).rstrip() + "\n"


def row_of(cells: Iterable[object]) -> str:
    return "| " + " | ".join("" if cell is None else on_one_line(cell) for cell in cells) + " |"


def on_one_line(cell: object) -> str:
    return " ".join(str(cell).replace("|", "\\|").splitlines())
