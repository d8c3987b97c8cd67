"""A query asked for in words, shown: as it would be sent, what it says, and how sure that is."""

from collections.abc import Mapping
from typing import Any

from agents.answer import Finding, Part
from agents.rules import phrases

NAMES = {"promql": "PromQL", "logql": "LogQL"}


def said(data: Mapping[str, Any]) -> str:
    """ "PromQL for “p95 latency of checkout”: `histogram_quantile(...)`, which is ... Nothing was run." """
    first, *others = data["queries"]
    language = NAMES.get(data["language"], data["language"])
    more = f" and {phrases.count(len(others), 'more query')}" if others else ""
    return f"{language} for “{data['question']}”: `{first['query']}`{more}. Nothing was run."


def more(data: Mapping[str, Any], executions: tuple[str, ...]) -> tuple[tuple[Finding, ...], tuple[Part, ...]]:
    """What each query says in plain words, and what was assumed to write it."""
    plain = [f"In words: {phrases.capital(each['plain'])}." for each in data["queries"] if each["plain"]]
    decided = [*data["assumed"], *data["repairs"], *data["notes"]]
    sure = f"{round(100 * data['confidence'])} % sure: {'; '.join(data['why'])}."
    return tuple(Finding(text=text, executions=executions) for text in (*plain, *decided, sure)), ()
