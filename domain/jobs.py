"""The job queue's tables in our database: procrastinate's own schema, brought to the installed version at start."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString, cast

from domain.database import Connection

PACKAGE = "procrastinate"
KNOWN = "select name from trivium.job_migrations"
RECORD = "insert into trivium.job_migrations (name) select unnest(%(names)s::text[])"


async def install(db: Connection) -> list[str]:
    """The queue's tables are those of the installed version; returns the files applied now, in order.

    They stand beside LangGraph's, where an unqualified name finds them, so one pool (and pgbouncer) serves all. A new
    database gets the whole schema at once, an older one the files it lacks. Call inside `database.starting`.
    """
    known = {row["name"] for row in await (await db.execute(KNOWN)).fetchall()}
    missing = [name for name in await asyncio.to_thread(names) if name not in known]
    if missing and not known:
        await apply(db, "schema.sql", missing)
    elif missing:
        for name in missing:  # each alone: a new value of a type cannot be used in the transaction that made it
            await apply(db, f"migrations/{name}", [name])
    return missing


async def apply(db: Connection, file: str, done: list[str]) -> None:
    step = await asyncio.to_thread((folder() / file).read_text, encoding="utf-8")
    async with db.transaction():
        await db.execute(cast("LiteralString", step), prepare=False)
        await db.execute(RECORD, {"names": done})


def names() -> list[str]:
    """The package's own migrations, in the order they are to be applied."""
    return sorted(file.name for file in (folder() / "migrations").glob("*.sql"))


def folder() -> Path:
    """Where the package keeps its SQL; found without importing it, which costs a start that runs no job time."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed: install Trivium again.")
    return Path(spec.origin).parent / "sql"
