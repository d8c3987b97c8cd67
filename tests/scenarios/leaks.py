"""Leaks: everything that a database keeps, as text, and which planted secrets stand in a text."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from psycopg import sql

from domain.database import Pool
from tests.planted import PLANTED

TABLES = """
select schemaname as schema, tablename as name from pg_tables
where schemaname in ('trivium', 'public') and tablename not like 'kept_%'
"""


async def dumped(pool: Pool) -> dict[str, str]:
    """The rows of every table as text by its name: JSON as its texts, bytes as they are and unpacked."""
    async with pool.connection() as db:
        tables = await (await db.execute(TABLES)).fetchall()
        found: dict[str, str] = {}
        for table in tables:
            statement = sql.SQL("select * from {}").format(sql.Identifier(table["schema"], table["name"]))
            rows = await (await db.execute(statement)).fetchall()
            found[table["name"]] = "\n".join(part for row in rows for part in parts(row))
    return found


def parts(value: Any) -> Iterator[str]:
    """Every text in it, keys too."""
    match value:
        case dict():
            for key, entry in cast("Mapping[str, Any]", value).items():
                yield str(key)
                yield from parts(entry)
        case list() | tuple():
            for entry in cast("Iterable[Any]", value):
                yield from parts(entry)
        case bytes():
            yield value.decode("latin-1")
            yield unpacked(value).decode("latin-1")
        case _:
            yield str(value)


def unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error:
        return b""


def leaked(told: Mapping[str, str]) -> dict[str, list[str]]:
    """The kinds of the planted secrets that stand in each text; nothing for a text that holds none."""
    found = {
        place: [planted.kind for planted in PLANTED if any(secret in text for secret in planted.secrets)]
        for place, text in told.items()
    }
    return {place: kinds for place, kinds in found.items() if kinds}
