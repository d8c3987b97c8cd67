"""The secrets with which MCP servers let us in: read at each opening, and moved when the sealing key changes."""

import asyncio

from psycopg.rows import class_row

from domain import credentials
from domain.database import Connection
from domain.errors import Refused
from domain.mcp_servers import COLUMNS, McpServer
from domain.secrets import Keyring


async def revealed(server: McpServer, keyring: Keyring | None) -> str | None:
    """The secret of this server, None when it asks for none. Raises Refused, saying why, when it cannot be had."""
    if server.credential_kind == "none":
        return None
    if server.reference:
        return await asyncio.to_thread(credentials.fetch, server.reference)
    if keyring is None:
        raise Refused(
            f"The credential of the MCP server {server.name} is sealed, and no key is set to open it.",
            code="no_secret_key",
            alternative="Set TRIVIUM_SECRET_KEYS where Trivium runs.",
        )
    return keyring.open(server.sealed or "")


SEALED = f"select {COLUMNS} from trivium.mcp_servers where sealed is not null for update"
MOVE = "update trivium.mcp_servers set sealed = %(sealed)s where id = %(id)s"


async def move(db: Connection, keyring: Keyring) -> int:
    """Every sealed secret is under the ring's first key; returns how many. To be called in a transaction.

    Raises Refused when no key of the ring opens one of them.
    """
    async with db.cursor(row_factory=class_row(McpServer)) as cursor:
        await cursor.execute(SEALED)
        moved = [{"id": one.id, "sealed": keyring.reseal(one.sealed or "")} for one in await cursor.fetchall()]
        await cursor.executemany(MOVE, moved)
    return len(moved)
