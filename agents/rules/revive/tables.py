"""How what was read is shown: for each tool where its rows stand, what they are called, and the columns drawn."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from agents.answer import Part
from agents.rules import phrases
from agents.rules.revive import translated

FILE = Path(__file__).with_name("tables.toml")
Json: TypeAlias = dict[str, Any]
Column: TypeAlias = tuple[str, str]
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows under `rows`, counted as `noun`, each called by `called`."""

    rows: str
    noun: str
    called: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing under `key` ("" when the data is the thing itself), with the fields that are drawn."""

    key: str
    noun: str
    called: str
    fields: tuple[Column, ...]


@cache
def listings() -> dict[str, Listing]:
    return {tool: Listing(**shape(entry, "columns")) for tool, entry in load()["listings"].items()}


@cache
def cards() -> dict[str, Card]:
    return {tool: Card(**shape(entry, "fields")) for tool, entry in load()["cards"].items()}


def shape(entry: Json, columns: str) -> Json:
    return {**entry, columns: tuple(tuple(column) for column in entry[columns])}


@cache
def load() -> Json:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def rows_of(tool: str, data: Mapping[str, Any]) -> list[Json]:
    return list(data.get(listings()[tool].rows) or [])


def said(tool: str, data: Mapping[str, Any]) -> str:
    """What a result says in one sentence: how many there are and which, or what the one thing is."""
    card = cards().get(tool)
    if card:
        thing = data.get(card.key) or data
        return f"{phrases.capital(card.noun)} {thing.get(card.called) or ''}".strip() + status_of(thing)
    listing = listings().get(tool)
    if listing is None:
        return "It was read."
    rows = rows_of(tool, data)
    total = max(len(rows), int(data.get("total") or 0))
    names = list(dict.fromkeys(named(row.get(listing.called)) for row in rows))
    if tool == "translate_query" and rows:
        return translated.said(data)
    if total == 0:
        return f"No {phrases.plural(listing.noun)} were found."
    if tool in (
        "query_audit_logs",
        "list_executions",
        "list_annotations",
        "query_loki",
        "query_prometheus",
        "query_tempo",
        "list_sift_investigations",
    ):
        return f"{phrases.count(total, listing.noun)}."
    return f"{phrases.count(total, listing.noun)}: {phrases.some(names, MOST_NAMED)}."


def status_of(thing: Mapping[str, Any]) -> str:
    return f": {thing['status']}." if isinstance(thing.get("status"), str) else "."


def named(value: Any) -> str:
    return value if isinstance(value, str) else cell(value)


def part(tool: str, title: str, data: Mapping[str, Any], execution: str) -> Part | None:
    """The table of a result; None when there is nothing to draw. Columns that are empty everywhere are left out."""
    card = cards().get(tool)
    if card:
        thing = data.get(card.key) or data
        fields = [
            {"field": name, "value": cell(thing.get(key))}
            for key, name in card.fields
            if thing.get(key) not in (None, "", [], {})
        ]
        return table(title, (("field", ""), ("value", "")), fields, execution) if fields else None
    listing = listings().get(tool)
    rows = rows_of(tool, data) if listing else []
    if listing is None or not rows:
        return None
    columns = tuple(
        column for column in listing.columns if any(row.get(column[0]) not in (None, "", []) for row in rows)
    )
    return table(title, columns, [{key: cell(row.get(key)) for key, _ in columns} for row in rows], execution)


def table(title: str, columns: Sequence[Column], rows: Sequence[Json], execution: str) -> Part:
    heads = [{"key": key, "title": name} for key, name in columns]
    return Part(kind="table", title=title, data={"columns": heads, "rows": list(rows)}, executions=(execution,))


def cell(value: Any) -> Any:
    """A value as a table shows it: lists and objects as words."""
    if is_samples(value):
        return value[-1][1]
    if isinstance(value, list):
        return ", ".join(str(cell(entry)) for entry in value)  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(value, dict):
        return called(value) or " ".join(f"{key}={cell(entry)}" for key, entry in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
    return value


def is_samples(value: Any) -> bool:
    """Whether it is the samples of one series, [time, value] each: of these the last is shown."""
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(entries) and all(isinstance(each, list) for each in entries)


def called(entry: Mapping[str, Any]) -> str:
    """The name of an object that has one: a panel, a parameter, a step, somebody on call."""
    return str(entry.get("title") or entry.get("name") or entry.get("username") or "")
