"""A program as an MCP server: started for us alone, spoken to over its pipes, and ended with everything it started.

The SDK's own transport reads a line of any length into memory and lets the program write to our standard error.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage

from domain.errors import SourceError
from tools.sources import failures

POLITE_SECONDS = 2.0
LAST_WORDS = 2000
Incoming = MemoryObjectSendStream[SessionMessage | Exception]
Outgoing = MemoryObjectReceiveStream[SessionMessage]
Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is started. Of our own environment it gets PATH, HOME and the like, never our settings."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    largest: int = 10_000_000


@dataclass(slots=True)
class LastWords:
    """The end of what a program wrote to its standard error: why it did not start, mostly."""

    text: bytes = b""

    async def listen(self, errors: asyncio.StreamReader) -> None:
        while part := await errors.read(4096):
            self.text = (self.text + part)[-LAST_WORDS:]

    def __str__(self) -> str:
        return failures.readable(self.text.decode(errors="replace"))


@asynccontextmanager
async def spawned(program: Program, words: LastWords) -> AsyncGenerator[Streams]:
    """The program runs for the body; afterwards it has ended. When it ends by itself its messages end.

    Raises SourceError when it cannot be started.
    """
    process = await started(program)
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    assert process.stdin  # noqa: S101 - it was started with pipes
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    pumps = [
        asyncio.create_task(hear(process.stdout, incoming, words)),
        asyncio.create_task(tell(outgoing, process.stdin)),
        asyncio.create_task(words.listen(process.stderr)),
    ]
    try:
        yield read, write
    finally:
        await asyncio.shield(end(process, pumps))
        for stream in (incoming, read, write, outgoing):
            stream.close()


async def started(program: Program) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *program.command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={**get_default_environment(), **program.environment},
            start_new_session=True,
            limit=program.largest,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "its command cannot be run"
        message = f"{program.name} could not be started ({program.command[0]}): {why}"
        raise SourceError(message, source=program.name, retryable=True) from error


async def hear(output: asyncio.StreamReader, incoming: Incoming, words: LastWords) -> None:
    """Each line is a message, until the program ends, or writes a line that is too long to be one."""
    with incoming, suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, ConnectionError):
        try:
            while line := await output.readline():
                if line.strip():
                    await incoming.send(parsed(line))
        except ValueError:  # asyncio's word for a line over the limit
            words.text = b"a line that is too long to be read"


def parsed(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error


async def tell(outgoing: Outgoing, program: asyncio.StreamWriter) -> None:
    with outgoing, suppress(ConnectionError):
        async for each in outgoing:
            program.write(each.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await program.drain()


async def end(process: asyncio.subprocess.Process, pumps: list[asyncio.Task[None]]) -> None:
    """The end of its input asks it to go, then its whole group is told to, then made to."""
    if process.stdin:
        process.stdin.close()
    for sign in (None, signal.SIGTERM, signal.SIGKILL):
        if sign:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLITE_SECONDS):
                await process.wait()
                break
    for pump in pumps:
        pump.cancel()
    await asyncio.wait(pumps)
