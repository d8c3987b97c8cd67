"""What the agents may do: each tool a spec, all of them in one tuple, one door (`call`) in front."""

from tools import alerts, changes, incidents, postmortems, timelines, trends
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
)


def catalogue() -> Catalogue:
    """Every tool by its name and by each of its aliases."""
    return {name: spec for spec in ALL for name in (spec.name, *spec.aliases)}
