"""The answers of tools whose source nobody has connected."""

from tools.spec import ToolResult

METRICS = ToolResult(
    status="error",
    source="Prometheus",
    data={"code": "not_configured"},
    error="No metrics are connected: set MCP_GRAFANA_URL to an mcp-grafana, or PROMETHEUS_URL to a Prometheus.",
)
LOGS = ToolResult(
    status="error",
    source="Loki",
    data={"code": "not_configured"},
    error="No logs are connected: set MCP_GRAFANA_URL to an mcp-grafana, or LOKI_URL to a Loki.",
)
