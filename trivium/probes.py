"""Probes: whether the optional parts answer, for whoever asks if this process is ready."""

from collections.abc import Mapping
from functools import partial

from agents.llm.registry import Models
from domain import mcp_servers
from domain.database import Pool
from domain.errors import SourceError
from trivium.service import Service
from web.desk import Probe


def of(service: Service) -> Mapping[str, Probe]:
    """By the part's name; mcp-grafana, Redis and language models only where there are some at the start."""
    found: dict[str, Probe] = {"mcp_servers": partial(ask_servers, service.pool)}
    if service.streams:
        found["redis"] = service.streams.ping
    if service.models.names or service.models.problems:
        found["llm"] = partial(ask_models, service.models)
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


async def ask_models(models: Models) -> None:
    """Some language model can be asked that was not unwell when it was last looked at or used. Raises SourceError."""
    if not models.are_well:
        raise SourceError("no language model is well: rules answer", source="llm")
