"""Whose service it is, where a role may look at its own alerts only."""

import re
from collections.abc import Iterable

from domain import ownership
from domain.database import Connection
from domain.errors import NotFound
from domain.filters import Owner
from tools.arguments import owner
from tools.spec import ToolContext

# `app="checkout"`, `pod=~"checkout-.*|cart-.*"`: a label and its values. A line filter (`|= "checkout"`) is none.
MATCHER = re.compile(r'[A-Za-z_][\w.]*\s*=~?\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)')
WORD = re.compile(r"\w(?:[\w.-]*\w)?")


async def check(context: ToolContext, *services: str) -> None:
    """Raises NotFound when the call is narrowed to own alerts, and none of the services is within the actor's reach."""
    mine = owner(context)
    if mine is None:
        return
    async with context.database.connection() as db:
        if not await ownership.reaches(db, mine, services):
            raise foreign(services[0])


async def check_queries(context: ToolContext, queries: Iterable[str]) -> None:
    """As `check`, for each service that a label matcher of the queries names.

    A query that names none is not held back: datasources are closed to other people's series by their own labels.
    """
    mine = owner(context)
    if mine is None:
        return
    said = words_in(queries)
    if not said:
        return
    async with context.database.connection() as db:
        for service in [name for name in await ownership.services(db) if name in said]:
            if not await ownership.reaches(db, mine, (service,)):
                raise foreign(service)


async def reach(db: Connection, mine: Owner | None) -> tuple[str, ...] | None:
    """The services that a narrowed call may tell of; None: all."""
    return tuple(await ownership.reach(db, mine)) if mine else None


def words_in(queries: Iterable[str]) -> set[str]:
    """The names that the values of label matchers are made of."""
    values = [quoted or plain for query in queries for quoted, plain in MATCHER.findall(query)]
    return {word for value in values for word in WORD.findall(value)}


def foreign(service: str) -> NotFound:
    return NotFound(f"{service} has no alert of your teams or assigned to you.")
