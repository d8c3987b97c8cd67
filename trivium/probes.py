"""Probes: whether the optional parts answer, for whoever asks if this process is ready."""

from collections.abc import Mapping
from functools import partial

from domain import mcp_servers
from domain.database import Pool
from domain.errors import SourceError
from trivium.service import Service
from web.desk import Probe


def of(service: Service) -> Mapping[str, Probe]:
    """By the part's name; mcp-grafana only where one is configured."""
    found: dict[str, Probe] = {"mcp_servers": partial(ask_servers, service.pool)}
    if grafana := service.resources.grafana:
        found["mcp_grafana"] = grafana.read.healthy
    return found


async def ask_servers(pool: Pool) -> None:
    """Every registered server that is switched on was well when it was last looked at. Raises SourceError."""
    async with pool.connection() as db:
        servers = await mcp_servers.everyone(db)
    away = [f"{server.name} is {server.status}" for server in servers if server.is_enabled and not server.is_usable]
    if away:
        raise SourceError("; ".join(away), source="mcp")
