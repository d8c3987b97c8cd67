"""What a read brought back, together with the exact statement that was sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, LiteralString, TypeVar, cast

from psycopg.rows import class_row

from domain.database import Connection
from domain.windows import stamp

T = TypeVar("T")
LONG = 20


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Rows in the order of the statement; `query` is that statement on one line, then its parameters as JSON."""

    rows: list[T]
    query: str


async def ask(db: Connection, kind: type[T], sql: LiteralString, parameters: Mapping[str, object]) -> Found[T]:
    """Every row of one statement as a `kind`, whose fields are the statement's columns."""
    async with db.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(sql, parameters)
        return Found(await cursor.fetchall(), readable(sql, parameters))


def readable(sql: str, parameters: Mapping[str, object]) -> str:
    """`select … -- {"services": ["checkout"], …}`; of a list over 20 values only the ends are shown."""
    shown = {name: shortened(value) for name, value in parameters.items()}
    return f"{' '.join(sql.split())} -- {json.dumps(shown, default=as_text, ensure_ascii=False)}"


def shortened(value: object) -> object:
    if not isinstance(value, list):
        return value
    values = cast("list[object]", value)
    return values if len(values) <= LONG else [values[0], f"… {len(values) - 2} more …", values[-1]]


def as_text(value: object) -> str:
    return stamp(value) if isinstance(value, datetime) else str(value)
