"""What can be asked of Grafana besides: incidents, queries as given, who is on call."""

import re

from agents.rules.phrases import capital
from agents.rules.revive import machines, measures, traces, values
from agents.rules.revive.intents import names
from agents.rules.revive.intents.dashboards import title
from agents.rules.revive.intents.shape import Finder, Intent
from agents.rules.revive.said import Said

INCIDENT = Finder(tool="list_incidents", search="", rows="incidents", called=("title", "id"), key="id", noun="incident")


def incident_title(said: Said) -> str | None:
    found = title(said)
    if found or said.clause.noun is None:
        return found
    rest = re.sub(
        r"^\s*(?::|about|for|because|that|as|of)?\s*", "", said.text[said.clause.noun.end :], flags=re.IGNORECASE
    )
    plain = re.split(r",|\bwith\s+severity\b|\bseverity\b|\bas\s+(?:critical|major|minor)\b", rest, maxsplit=1)[0]
    return capital(said.clause.restore(plain)) or None


def incident_id(said: Said) -> str | None:
    match = re.search(r"\b(?:incident|number|id|#)\s*#?\s*(?P<id>\d{1,9})\b", said.text, re.IGNORECASE)
    return match["id"] if match else None


def incident_severity(said: Said) -> str | None:
    match = re.search(r"\b(pending|critical|major|minor)\b", said.text, re.IGNORECASE)
    return match[1].casefold() if match else values.severity(said)


INTENTS = (
    Intent(
        name="list_incidents",
        mode="grafana",
        tool="list_incidents",
        cues=("read incident",),
        reads={"status": machines.incident_status, "limit": values.limit},
        takes=("status", "limit"),
        about="incidents in Grafana",
        extras=(" that are {status}", ", newest {limit}"),
    ),
    Intent(
        name="create_incident",
        mode="grafana",
        tool="create_incident",
        cues=("create incident", "add incident", "run incident", "update incident new"),
        reads={"title": incident_title, "severity": incident_severity},
        takes=("title", "severity"),
        needs={"title": "What is the incident about?", "severity": "How severe is it: critical, major or minor?"},
        is_change=True,
        about="create incident “{title}”",
        extras=(" ({severity})",),
    ),
    Intent(
        name="update_incident",
        mode="grafana",
        tool="update_incident",
        cues=("resolve incident", "update incident", "annotate incident"),
        reads={
            "name": lambda said: None if incident_id(said) else names.named(said),
            "incident": incident_id,
            "status": machines.incident_status,
            "severity": incident_severity,
            "new_title": values.new_title,
        },
        takes=("incident_id=incident", "status", "severity", "title=new_title"),
        needs={
            "incident|name": "Which incident?",
            "status|severity|new_title": "What is to change: its status, severity or title?",
        },
        finds=INCIDENT,
        into="incident_id",
        is_change=True,
        about="update incident {name}",
        extras=(" {incident}", ": {status}", ": severity {severity}", ": title “{new_title}”"),
    ),
    Intent(
        name="query_prometheus",
        mode="grafana",
        tool="query_prometheus",
        cues=("read promql", "run promql"),
        reads={"expr": measures.expression, "since": values.since, "until": values.until},
        takes=("query=expr", "start=since", "end=until"),
        needs={"expr": "Which expression? Put it in backquotes, for example `sum(rate(http_requests_total[5m]))`."},
        about="query Prometheus: {expr}",
    ),
    Intent(
        name="query_loki",
        mode="grafana",
        tool="query_loki",
        cues=("read logql", "run logql"),
        reads={"expr": measures.expression, "since": values.since, "until": values.until, "limit": values.limit},
        takes=("query=expr", "start=since", "end=until", "limit"),
        needs={"expr": 'Which expression? Put it in backquotes, for example `{app="checkout"} |= "error"`.'},
        about="query Loki: {expr}",
    ),
    Intent(
        name="query_tempo",
        mode="grafana",
        tool="query_tempo",
        cues=("read traceql", "run traceql"),
        reads={"expr": traces.traceql, "since": values.since, "until": values.until},
        takes=("query=expr", "start=since", "end=until"),
        needs={"expr": "Which traces? Put the TraceQL in backquotes, for example `{ status = error }`."},
        about="query Tempo: {expr}",
    ),
    Intent(
        name="list_oncall_teams",
        mode="grafana",
        tool="list_oncall_teams",
        cues=("read oncall_team",),
        about="on-call teams",
    ),
    Intent(
        name="get_oncall_schedule",
        mode="grafana",
        tool="get_oncall_schedule",
        cues=("read oncall",),
        reads={"team": values.team},
        takes=("team",),
        about="who is on call",
        extras=(" in team {team}",),
    ),
)
