"""Keeping MCP servers checked: every minute, each by one worker, and a server's tools as soon as they change."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from domain import mcp_checks
from domain.database import Pool
from domain.ending import ended
from domain.errors import NotFound
from tools.remote import Reach, RemoteTools

ALMOST = 0.9
LEAST_PAUSE_SECONDS = 1.0
log = structlog.get_logger("ai_ops")


@asynccontextmanager
async def open_remote(pool: Pool, reach: Reach) -> AsyncGenerator[RemoteTools]:
    """The catalogue as the tables have it; no server is spoken to before one of its tools is called.

    Leaving closes every session and ends every program that was started for one.
    """
    remote = RemoteTools(pool, reach)
    await remote.reload()
    try:
        yield remote
    finally:
        await remote.close()


@asynccontextmanager
async def keep_checked(remote: RemoteTools, seconds: float) -> AsyncGenerator[None]:
    """While this is open every server is looked at each `seconds`, and what it offers is in the catalogue."""
    keeper = asyncio.create_task(follow(remote, seconds), name="MCP servers")
    try:
        yield
    finally:
        await ended([keeper])


async def follow(remote: RemoteTools, seconds: float) -> None:
    while True:
        try:
            await once(remote, seconds)
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("MCP servers cannot be checked", error=str(error).splitlines()[:1])
        await asyncio.sleep(min(LEAST_PAUSE_SECONDS, seconds))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await remote.woken.wait()


async def once(remote: RemoteTools, seconds: float) -> None:
    """Every server that is due, or has said that its tools changed, has been looked at, all of them at once."""
    remote.woken.clear()
    restless, remote.restless = remote.restless, set()
    async with remote.pool.connection() as db:
        due = await mcp_checks.due(db, seconds * ALMOST)
    looked = await asyncio.gather(*(look(remote, each) for each in due | restless), return_exceptions=True)
    for outcome in looked:
        if isinstance(outcome, psycopg.Error | PoolTimeout | asyncio.CancelledError):
            raise outcome
        if isinstance(outcome, BaseException):
            log.error("checking an MCP server failed", exc_info=outcome)
    await remote.reload()


async def look(remote: RemoteTools, server_id: UUID) -> None:
    """The catalogue has what came of it at once: a server that answers does not wait for one that does not."""
    try:
        await remote.check(server_id)
    except NotFound:
        return  # it was removed meanwhile
    await remote.reload()
