"""A dashboard as Grafana keeps it (schema 39, Grafana 10 and later), and as people read it. Nothing is sent here."""

import copy
import difflib
from collections.abc import Iterable, Iterator, Sequence

from tools.grafana.panel_arguments import Kind, Panel
from tools.grafana.reading import items, part, text, words
from tools.sources.grafana import Datasource
from tools.spec import Json

SCHEMA = 39
WIDTH, HEIGHT, PER_ROW = 12, 8, 2
REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS: dict[Kind, Json] = {
    "timeseries": {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": REDUCE,
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
    },
    "gauge": {
        "reduceOptions": REDUCE,
        "orientation": "auto",
        "showThresholdLabels": False,
        "showThresholdMarkers": True,
    },
    "table": {"cellHeight": "sm", "showHeader": True},
}


def new(title: str, panels: Sequence[Panel], tags: Sequence[str], source: Datasource) -> Json:
    """A dashboard that Grafana has not seen yet: it gives the uid."""
    return {
        "title": title,
        "tags": list(tags),
        "schemaVersion": SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "refresh": "1m",
        "annotations": {"list": []},
        "templating": {"list": []},
        "panels": [drawn(panel, number, place(number - 1, 0), source) for number, panel in enumerate(panels, start=1)],
    }


def place(position: int, below: int) -> Json:
    """The square of the panel at `position`, two beside each other, from the line `below` on."""
    row, column = divmod(position, PER_ROW)
    return {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": below + row * HEIGHT}


def drawn(panel: Panel, number: int, square: Json, source: Datasource) -> Json:
    """One panel as Grafana keeps it."""
    where = {"type": source.kind, "uid": source.uid}
    return {
        "id": number,
        "type": panel.type,
        "title": panel.title or "",
        **({"description": panel.description} if panel.description else {}),
        "gridPos": square,
        "datasource": where,
        "fieldConfig": {"defaults": defaults(panel), "overrides": []},
        "options": copy.deepcopy(OPTIONS[panel.type]),
        "targets": [
            target(panel.type, letter, query.expr, query.legend) | {"datasource": where}
            for letter, query in zip("ABCDEFGHIJ", panel.all_queries, strict=False)
        ],
    }


def defaults(panel: Panel) -> Json:
    steps = [{"color": "green", "value": None}]
    steps += [{"color": step.color, "value": step.value} for step in sorted(panel.thresholds, key=lambda t: t.value)]
    line = {"thresholdsStyle": {"mode": "line"}} if panel.thresholds and panel.type == "timeseries" else {}
    color = "palette-classic" if panel.type == "timeseries" else "thresholds"
    return {
        "color": {"mode": color},
        "custom": line,
        "thresholds": {"mode": "absolute", "steps": steps},
        **({"unit": panel.unit} if panel.unit else {}),
    }


def target(kind: Kind, letter: str, expr: str, legend: str | None) -> Json:
    """A table shows the values of now, everything else a stretch of time."""
    is_table = kind == "table"
    return {
        "refId": letter,
        "expr": expr,
        "legendFormat": legend or "__auto",
        "editorMode": "code",
        "instant": is_table,
        "range": not is_table,
        **({"format": "table"} if is_table else {}),
    }


def panels_of(board: Json) -> Iterator[Json]:
    """Every panel, those inside collapsed rows too, the rows themselves left out."""
    for panel in items(board, "panels"):
        if panel.get("type") != "row":
            yield panel
        yield from items(panel, "panels")


def expressions(panel: Json) -> list[str]:
    """What it queries, in whatever language its datasource speaks."""
    return [first_text(target, ("expr", "query", "rawSql", "target")) for target in items(panel, "targets")]


def first_text(value: Json, keys: Iterable[str]) -> str:
    return next((found for key in keys if isinstance(found := value.get(key), str)), "")


def summary(panel: Json) -> Json:
    unit = part(panel, "fieldConfig", "defaults").get("unit")
    return {
        "id": panel.get("id"),
        "title": text(panel, "title"),
        "type": text(panel, "type") or ("library panel" if panel.get("libraryPanel") else ""),
        "expressions": expressions(panel),
        **({"unit": unit} if unit else {}),
        **({"description": panel["description"]} if panel.get("description") else {}),
    }


def summaries(board: Json) -> list[Json]:
    """Its panels; a dashboard of the second schema keeps them under `elements`."""
    if "elements" not in board:
        return [summary(panel) for panel in panels_of(board)]
    elements = part(board, "elements")
    return [element_summary(part(elements, name, "spec")) for name in elements]


def element_summary(spec: Json) -> Json:
    queries = [part(item, "spec", "query", "spec") for item in items(spec, "data", "spec", "queries")]
    return {
        "id": spec.get("id"),
        "title": text(spec, "title"),
        "type": first_text(part(spec, "vizConfig"), ("group", "kind")),
        "expressions": [text(query, "expr") for query in queries],
    }


def variables(board: Json) -> list[Json]:
    found = items(board, "templating", "list") or [part(item, "spec") for item in items(board, "variables")]
    return [{"name": item.get("name"), "type": item.get("type"), "query": query_text(item)} for item in found]


def query_text(variable: Json) -> str:
    return text(part(variable, "query"), "query") or first_text(variable, ("query",))


def outline(board: Json) -> list[str]:
    """The dashboard in lines that people can compare."""
    tags = ", ".join(words(board, "tags")) or "none"
    return [f"title: {board.get('title', '')}", f"tags: {tags}", "panels:", *panel_lines(board)]


def panel_lines(board: Json) -> Iterator[str]:
    for panel in panels_of(board):
        told = summary(panel)
        yield f"- {told['title'] or 'untitled'} ({told['type']})"
        yield from query_lines(panel)
        if "unit" in told:
            yield f"    unit: {told['unit']}"
        if "description" in told:
            yield f"    description: {told['description']}"
        marks = ", ".join(thresholds(panel))
        if marks:
            yield f"    thresholds: {marks}"


def query_lines(panel: Json) -> Iterator[str]:
    for expr, item in zip(expressions(panel), items(panel, "targets"), strict=True):
        legend = text(item, "legendFormat")
        yield f"    query: {expr}"
        if legend not in ("", "__auto"):
            yield f"      legend: {legend}"


def thresholds(panel: Json) -> list[str]:
    steps = items(panel, "fieldConfig", "defaults", "thresholds", "steps")
    return [
        f"{step.get('color')} from {step['value']:g}" for step in steps if isinstance(step.get("value"), int | float)
    ]


def diff(before: Sequence[str], after: Sequence[str], name: str) -> str:
    """A unified diff of two outlines, empty when they say the same."""
    return "\n".join(difflib.unified_diff(before, after, f"{name} (now)", f"{name} (then)", lineterm=""))
