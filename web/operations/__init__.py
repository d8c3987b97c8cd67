"""Every path: who may, what goes in, what comes out. Routes and OpenAPI description are made from this table."""

from web.operations import admin, datasources, house, ingest, inquiry, people, queries, revive, runs
from web.operations.shape import Operation

OPERATIONS: tuple[Operation, ...] = (
    *inquiry.OPERATIONS,
    *revive.OPERATIONS,
    *runs.OPERATIONS,
    *people.OPERATIONS,
    *admin.OPERATIONS,
    *datasources.OPERATIONS,
    *queries.OPERATIONS,
    *ingest.OPERATIONS,
    *house.OPERATIONS,
)
