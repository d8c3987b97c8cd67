"""The paths of single queries, and of what an application's profile asks for."""

from domain.tokens import PILLARS
from web import queries
from web.desk import Guarded
from web.models.problems import Problem, Refusal
from web.models.queries import (
    AppLogsReply,
    AppMetricsReply,
    LogsAsked,
    LokiQuery,
    MetricsAsked,
    PrometheusQuery,
    QueryTold,
)
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

ANSWERED = {
    200: Reply("What was found, and the exact query", {JSON: QueryTold}),
    400: Reply("The body is no JSON, or the query is at fault", {JSON: Refusal}),
    502: Reply("The source failed", {JSON: Problem}),
}
WITHOUT = {400: Reply("The profile does not say what to ask for", {JSON: Refusal})}

OPERATIONS = (
    Operation(
        method="POST",
        path="/api/grafana/query/prometheus",
        entry=Guarded(queries.query_prometheus, PILLARS),
        summary="Run a PromQL query",
        body=PrometheusQuery,
        replies={**SIGNED, **SENT, **ANSWERED},
    ),
    Operation(
        method="POST",
        path="/api/grafana/query/loki",
        entry=Guarded(queries.query_loki, PILLARS),
        summary="Run a LogQL query",
        body=LokiQuery,
        replies={**SIGNED, **SENT, **ANSWERED},
    ),
    Operation(
        method="GET",
        path="/api/grafana/metrics/{app_id}",
        entry=Guarded(queries.get_app_metrics, PILLARS),
        summary="The default metrics of each part of an application",
        parameters=MetricsAsked,
        replies={200: Reply("A result for each", {JSON: AppMetricsReply}), **WITHOUT, **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/grafana/logs/{app_id}",
        entry=Guarded(queries.get_app_logs, PILLARS),
        summary="The newest lines of each part of an application",
        parameters=LogsAsked,
        replies={200: Reply("A result for each", {JSON: AppLogsReply}), **WITHOUT, **SIGNED, **CHECKED, **OWN},
    ),
)  # fmt: skip
