"""SSH: one command on one server whose host key is pinned, and nothing left running there when it is to end.

Importing this costs half a second; who may not need it imports it where it is used.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias, cast
from uuid import uuid4

import asyncssh

from domain.errors import Refused, SourceError
from tools.sources.ssh_wrapper import LEFT_OVER, wrapped
from tools.sources.transcript import Transcript

LOGIN_SECONDS = 15.0
LEAST_SECONDS = 0.5
ENDING_SECONDS = 12.0
DRAIN_SECONDS = 1.0
DRAINS = 5
Create: TypeAlias = "Callable[..., Coroutine[None, None, tuple[asyncssh.SSHClientChannel[bytes], Session]]]"
REMOTE_MARGIN_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to log in, as whom, with what. `host_key` as OpenSSH writes it; `secret` a private key or a password."""

    name: str
    hostname: str
    port: int
    username: str
    host_key: str
    secret: str = field(repr=False)

    @property
    def has_key(self) -> bool:
        return self.secret.lstrip().startswith("-----BEGIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended: by itself with a code or a signal, or `is_late`: it was ended when its time was over."""

    exit_code: int | None
    signal: str | None = None
    is_late: bool = False


class Gatekeeper(asyncssh.SSHClient):
    """Knows which host key was presented when it was not the pinned one."""

    def __init__(self) -> None:
        self.presented: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.presented = key.get_fingerprint()
        return False


class Session(asyncssh.SSHClientSession[bytes]):
    """One command under way; what it writes goes to the transcript as it comes."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self.moved = asyncio.Event()
        self.is_closed = False
        self.exit_code: int | None = None
        self.signal: str | None = None

    @property
    def has_exited(self) -> bool:
        return self.exit_code is not None or self.signal is not None

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._transcript.feed(data, is_error=datatype is not None)
        self.moved.set()

    def eof_received(self) -> bool:
        """The input stays open when the output ends: its end would end the command."""
        return True

    def exit_status_received(self, status: int) -> None:
        self.exit_code = status
        self.moved.set()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: ARG002
        self.signal = signal
        self.moved.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - without an exit it was cut, whatever says
        self.is_closed = True
        self.moved.set()

    async def over(self, told: Callable[[], Awaitable[None]] | None = None) -> None:
        """The command has exited or the connection is lost. What it left in the background may hold the output open."""
        while not (self.is_closed or self.has_exited):
            await self._move(told)
        with suppress(TimeoutError):
            for _ in range(DRAINS):
                if self.is_closed:
                    break
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._move(told)
        if told:
            await told()

    async def _move(self, told: Callable[[], Awaitable[None]] | None) -> None:
        await self.moved.wait()
        self.moved.clear()
        if told:
            await told()


async def run(
    target: Target, command: str, *, seconds: float, transcript: Transcript, told: Callable[[], Awaitable[None]]
) -> Ending:
    """The command has ended by itself, or everything of it was ended after `seconds`; `told` is awaited as lines come.

    When this is cancelled the remote command is ended first; `transcript.may_run_on` says if that could not be seen.
    Raises SourceError: no connection, another host key, the credential was not accepted (nothing was done), or
    uncertain: the connection was cut, or what was to end may still run. Raises Refused for an unreadable credential.
    """
    began = time.monotonic()
    async with connected(target) as connection:
        left = max(LEAST_SECONDS, seconds - (time.monotonic() - began))
        remote = wrapped(command, mark=uuid4().hex, seconds=math.ceil(left) + REMOTE_MARGIN_SECONDS)
        channel, session = await started(connection, target, remote, transcript)
        is_late = False
        try:
            async with asyncio.timeout(left):
                await session.over(told)
        except TimeoutError:
            is_late = not session.has_exited
        finally:
            if not (session.has_exited or session.is_closed):
                transcript.may_run_on = True
                transcript.may_run_on = not await asyncio.shield(ended(channel, session))
            transcript.close()
            channel.close()
        if is_late:
            return late(target, seconds, transcript)
        if not session.has_exited:
            raise cut(target)
        return Ending(exit_code=session.exit_code, signal=session.signal)


async def started(
    connection: asyncssh.SSHClientConnection, target: Target, remote: str, transcript: Transcript
) -> tuple[asyncssh.SSHClientChannel[bytes], Session]:
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            create = cast("Create", connection.create_session)
            return await create(lambda: Session(transcript), remote, encoding=None)
    except asyncssh.ChannelOpenError as error:
        raise unreachable(target, f"it does not open a session ({error.reason})") from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise cut(target) from error


async def ended(channel: asyncssh.SSHClientChannel[bytes], session: Session) -> bool:
    """Whether it was seen that nothing of the command is left: the end of its input ends it."""
    with suppress(OSError):
        channel.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(ENDING_SECONDS):
            await session.over()
    return session.exit_code is not None and session.exit_code != LEFT_OVER


def late(target: Target, seconds: float, transcript: Transcript) -> Ending:
    if transcript.may_run_on:
        message = f"the command on {target.name} had not ended after {seconds:g} s, and may still run there"
        raise SourceError(message, source=target.name, is_uncertain=True)
    return Ending(exit_code=None, is_late=True)


@asynccontextmanager
async def connected(target: Target) -> AsyncGenerator[asyncssh.SSHClientConnection]:
    """A connection for the body. No agent, no configuration file, no key of this machine; closed in any case."""
    connection = await log_in(target)
    try:
        yield connection
    finally:
        connection.close()
        with suppress(TimeoutError, OSError, asyncssh.Error):
            async with asyncio.timeout(DRAIN_SECONDS):
                await connection.wait_closed()
        connection.abort()


async def log_in(target: Target) -> asyncssh.SSHClientConnection:
    keeper = Gatekeeper()
    pinned = host_key(target)
    algorithms = [*(name.decode() for name in pinned.sig_algorithms), *OTHER_KEYS]
    keys = [private_key(target)] if target.has_key else None
    try:
        async with asyncio.timeout(LOGIN_SECONDS + DRAIN_SECONDS):
            return await asyncssh.connect(
                target.hostname,
                target.port,
                username=target.username,
                client_factory=lambda: keeper,
                known_hosts=([pinned], [], []),
                server_host_key_algs=list(dict.fromkeys(algorithms)),
                config=None,
                agent_path=None,
                client_keys=keys,
                password=None if keys else target.secret,
                preferred_auth="publickey" if keys else "password,keyboard-interactive",
                gss_host=None,
                login_timeout=LOGIN_SECONDS,
                keepalive_interval=5,
                keepalive_count_max=3,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise another_key(target, pinned, keeper.presented) from error
    except asyncssh.PermissionDenied as error:
        raise not_let_in(target) from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise unreachable(target, reason(error)) from error


OTHER_KEYS = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
)  # fmt: skip


def host_key(target: Target) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(target.host_key)
    except asyncssh.KeyImportError as error:
        raise Refused(f"The pinned host key of {target.name} cannot be read.", code="invalid_host_key") from error


def private_key(target: Target) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(target.secret.strip() + "\n")
    except asyncssh.KeyImportError as error:  # its text may quote the key
        raise Refused(
            f"The credential of {target.name} is no private key that can be read.",
            code="secret_unreadable",
            alternative="Store an OpenSSH or PEM private key without a passphrase.",
        ) from error


def another_key(target: Target, pinned: asyncssh.SSHKey, presented: str | None) -> SourceError:
    shown = presented or "a key that cannot be read"
    return SourceError(
        f"{target.name} presented another host key than the pinned one: expected {pinned.get_fingerprint()},"
        f" presented {shown}. Nothing was sent. Find out why before you pin another key.",
        source=target.name,
    )


def not_let_in(target: Target) -> SourceError:
    what = "private key" if target.has_key else "password"
    message = f"{target.name} does not let {target.username} in with the stored {what}; nothing was run there"
    return SourceError(message, source=target.name)


def unreachable(target: Target, why: str) -> SourceError:
    message = f"{target.name} ({target.hostname}:{target.port}) cannot be reached: {why}; nothing was run there"
    return SourceError(message, source=target.name)


def cut(target: Target) -> SourceError:
    message = f"the connection to {target.name} was cut while the command ran: what it has done is unknown"
    return SourceError(message, source=target.name, is_uncertain=True)


def reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no login within {LOGIN_SECONDS:g} s"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
