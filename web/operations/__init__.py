"""Every path: who may, what goes in, what comes out. Routes and OpenAPI description are made from this table."""

from web.operations import (
    admin,
    alerts,
    artifacts,
    datasources,
    house,
    ingest,
    inquiry,
    knowledge,
    mcp_servers,
    people,
    queries,
    revive,
    runs,
)
from web.operations.shape import Operation

OPERATIONS: tuple[Operation, ...] = (
    *inquiry.OPERATIONS,
    *revive.OPERATIONS,
    *alerts.OPERATIONS,
    *runs.OPERATIONS,
    *artifacts.OPERATIONS,
    *people.OPERATIONS,
    *admin.OPERATIONS,
    *mcp_servers.OPERATIONS,
    *datasources.OPERATIONS,
    *queries.OPERATIONS,
    *knowledge.OPERATIONS,
    *ingest.OPERATIONS,
    *house.OPERATIONS,
)
