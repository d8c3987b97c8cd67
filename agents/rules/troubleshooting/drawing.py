"""What is drawn of a diagnosis: the causes as a table, and the measures that moved."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from agents import parts as making
from agents.answer import Part
from agents.brain import Gathered
from agents.rules.troubleshooting.case import DEPENDENCY
from agents.rules.troubleshooting.diagnose import Diagnosis

Json: TypeAlias = dict[str, Any]
MOST_CHARTS = 3
COLUMNS = [
    {"key": "title", "title": "Cause"},
    {"key": "confidence", "title": "Confidence"},
    {"key": "for", "title": "For"},
    {"key": "against", "title": "Against"},
    {"key": "unknown", "title": "Not looked at"},
]


def parts(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> list[Part]:
    return [*causes(diagnosis), *list(charts(diagnosis, gathered))[:MOST_CHARTS]]


def causes(diagnosis: Diagnosis) -> list[Part]:
    rows: list[Json] = [
        {
            "title": each.title,
            "confidence": each.confidence,
            "for": len(each.in_favour),
            "against": len(each.against),
            "unknown": len(each.unknown),
        }
        for each in diagnosis.hypotheses
    ]
    shown = tuple(dict.fromkeys(execution for execution in diagnosis.case.parts.values() if execution))
    data = {"columns": COLUMNS, "rows": rows}
    return [Part(kind="table", title="Causes", data=data, executions=shown)] if rows else []


def charts(diagnosis: Diagnosis, gathered: Sequence[Gathered]) -> Iterator[Part]:
    """The service's own first, then those of what it depends on."""
    looks = [each for each in gathered if each.call.label == "impact" or each.call.label.startswith(DEPENDENCY)]
    for each in sorted(looks, key=lambda each: (each.call.label != "impact", each.call.label)):
        if each.result.supports_claims:
            for chart in each.result.data.get("charts", ()):
                yield making.chart(chart, (diagnosis.case.parts[each.call.label],))
