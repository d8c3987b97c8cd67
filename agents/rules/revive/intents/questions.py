"""What can be asked in plain words: measured values, log lines, health, the unusual, savings and what is known.

The words are read by inquiry's own table (`agents.rules.revive.questions`), so none of these has cues.
"""

from collections.abc import Mapping

from agents.rules.revive.intents.shape import Intent
from agents.rules.revive.modes import Mode

MODES: Mapping[str, Mode] = {
    "query_metrics": "grafana",
    "query_logs": "grafana",
    "get_application_health": "aiops",
    "detect_anomalies": "aiops",
    "recommend_optimizations": "aiops",
    "search_knowledge": "aiops",
}


def question(tool: str) -> Intent:
    return Intent(
        name=tool,
        mode=MODES[tool],
        tool=tool,
        cues=(),
        needs={"is_whole": "Of which service?"},
        about="{asked}",
        is_question=True,
        in_either=True,
    )


INTENTS = tuple(map(question, MODES))
