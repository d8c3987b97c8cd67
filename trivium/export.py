"""An answer as a file: CSV of what its tables hold, or Markdown of all of it."""

import csv
import io
from collections.abc import Iterable
from typing import Any, TypeAlias

from agents.answer import Answer, Part, unknown_text

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
            return ["time", part.data.get("unit") or "value"], part.data["points"]
        case "events":
            keys = ["at", "kind", "text"]
            return keys, [[row.get(key) for key in keys] for row in part.data["rows"]]
        case "stat":
            return [], []


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
    return "| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in cells) + " |"
