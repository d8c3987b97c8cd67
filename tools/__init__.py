"""What the agents may do: each tool a spec, all of them in one tuple, one door (`call`) in front."""

from tools import (
    alert_context,
    alerts,
    anomalies,
    artifacts,
    audit_logs,
    auto_analyze_rules,
    changes,
    commands,
    credentials,
    health,
    impact,
    incidents,
    knowledge,
    optimise,
    plain_words,
    postmortems,
    runbook_executions,
    runbook_match,
    runbook_tools,
    servers,
    sift,
    similar,
    timelines,
    trends,
)
from tools.grafana import alert_rules, annotations, dashboards, oncall, queries
from tools.grafana import incidents as grafana_incidents
from tools.spec import AnySpec, Catalogue

ALL: tuple[AnySpec, ...] = (
    alerts.QUERY_ALERTS_HISTORY,
    trends.GET_ALERT_TRENDS,
    alerts.GET_EVENT_COUNT,
    incidents.QUERY_INCIDENTS,
    incidents.GET_MTTR_STATISTICS,
    timelines.GET_INCIDENT_TIMELINE,
    changes.CORRELATE_ALERTS_CHANGES,
    postmortems.SEARCH_POSTMORTEMS,
    *health.TOOLS,
    *impact.TOOLS,
    *anomalies.TOOLS,
    *optimise.TOOLS,
    *knowledge.TOOLS,
    *artifacts.TOOLS,
    *sift.TOOLS,
    *alert_context.TOOLS,
    *similar.TOOLS,
    *runbook_match.TOOLS,
    *commands.TOOLS,
    *plain_words.TOOLS,
    *dashboards.TOOLS,
    *alert_rules.TOOLS,
    *queries.TOOLS,
    *annotations.TOOLS,
    *grafana_incidents.TOOLS,
    *oncall.TOOLS,
    *runbook_tools.TOOLS,
    *runbook_executions.TOOLS,
    *servers.TOOLS,
    *credentials.TOOLS,
    *auto_analyze_rules.TOOLS,
    *audit_logs.TOOLS,
)


def catalogue() -> Catalogue:
    """Every tool by its name and by each of its aliases."""
    return {name: spec for spec in ALL for name in (spec.name, *spec.aliases)}
