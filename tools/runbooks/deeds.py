"""Doing one deed: a command, a request, a wait or a check, and what can be said of it afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from domain.errors import Refused, SourceError
from domain.servers import Server
from tools.runbooks.hiding import Hider
from tools.runbooks.plan import Command, Deed, Request
from tools.sources.transcript import Transcript

Status: TypeAlias = Literal["running", "succeeded", "failed", "timed_out", "cancelled", "unknown", "not_run"]
Json: TypeAlias = dict[str, Any]
LONGEST_OUTPUT = 16_000
LEAST_OUTPUT = 1_000
LONGEST_ANSWER = 2_000
LINES_TOLD = 1_000


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What is known of a deed by now. `unknown`: it may have been done. `answer` is what it wrote to stdout."""

    deed: Deed
    is_rollback: bool = False
    status: Status = "not_run"
    exit_code: int | None = None
    http_status: int | None = None
    seconds: float = 0
    output: str = ""
    answer: str = field(default="", repr=False)
    error: str | None = None

    def as_json(self) -> Json:
        where = {"server": self.deed.server} if self.deed.server else {}
        numbers = {"exit_code": self.exit_code, "http_status": self.http_status}
        given = {key: value for key, value in numbers.items() if value is not None}
        end = {"seconds": round(self.seconds, 3), "output": self.output, "error": self.error}
        back = {"rollback": True} if self.is_rollback else {}
        return {"name": self.deed.name, "kind": self.deed.kind, **where, "status": self.status, **given, **end, **back}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What deeds are done with: the secret of each server by its name, what to hide, and who is told."""

    secrets: Mapping[str, str] = field(repr=False)
    hider: Hider
    tell: Callable[[str], Awaitable[None]]


async def do(outcome: Outcome, means: Means) -> None:
    """The outcome says how it went. When cancelled it does too, and the remote command was ended."""
    started = time.monotonic()
    transcript = Transcript(means.hider.lines)
    outcome.status = "unknown"
    try:
        await attempt(outcome, means, transcript)
    except SourceError as error:
        outcome.status = "unknown" if error.is_uncertain else "failed"
        outcome.error = means.hider.line(str(error))
    except Refused as refusal:
        outcome.status = "failed"
        outcome.error = means.hider.line(" ".join(filter(None, (str(refusal), refusal.alternative))))
    except asyncio.CancelledError:
        cancelled(outcome, transcript)
        raise
    finally:
        outcome.seconds = time.monotonic() - started
        keep(outcome, transcript)


async def attempt(outcome: Outcome, means: Means, transcript: Transcript) -> None:
    deed = outcome.deed
    if deed.kind == "check":
        await check(outcome, means)
    elif isinstance(deed.act, Command):
        await command(outcome, deed.act, means, transcript)
    elif deed.act:
        await request(outcome, deed.act, deed.timeout_seconds, transcript)
    else:
        await asyncio.sleep(deed.timeout_seconds)
        outcome.status = "succeeded"


async def command(outcome: Outcome, act: Command, means: Means, transcript: Transcript) -> None:
    from tools.sources import ssh  # noqa: PLC0415 - half a second of imports that most processes never need

    told = 0

    async def tell() -> None:
        nonlocal told
        lines = transcript.untold()
        for line in lines[: max(0, LINES_TOLD - told)]:
            await means.tell(line)
        if told < LINES_TOLD <= told + len(lines):
            await means.tell("… more lines are recorded without being shown here")
        told += len(lines)

    target = target_of(ssh, act.server, means)
    seconds = outcome.deed.timeout_seconds
    ending = await ssh.run(target, act.text, seconds=seconds, transcript=transcript, told=tell)
    outcome.exit_code = ending.exit_code
    if ending.is_late:
        outcome.status = "timed_out"
        outcome.error = f"not done after {seconds:g} s; it was ended on {act.server.name}, nothing of it runs there"
    elif ending.exit_code in act.expected:
        outcome.status = "succeeded"
    else:
        outcome.status = "failed"
        ended = f"signal {ending.signal}" if ending.signal else f"exit code {ending.exit_code}"
        outcome.error = f"ended with {ended}; expected {spelled(act.expected)}"


def target_of(ssh: Any, server: Server, means: Means) -> Any:
    return ssh.Target(
        name=server.name,
        hostname=server.hostname,
        port=server.port,
        username=server.username,
        host_key=server.host_key,
        secret=means.secrets[server.name],
    )


async def request(outcome: Outcome, act: Request, seconds: float, transcript: Transcript) -> None:
    from tools.runbooks import http  # noqa: PLC0415 - a fifth of a second of imports

    try:
        async with asyncio.timeout(seconds):
            status = await http.send(act, seconds=seconds, transcript=transcript)
    except TimeoutError as error:
        raise http.no_answer(act, f"had not answered after {seconds:g} s") from error
    outcome.http_status = status
    outcome.status = "succeeded" if status in act.expected else "failed"
    if status not in act.expected:
        outcome.error = f"answered HTTP {status}; expected {spelled(act.expected)}"


async def check(outcome: Outcome, means: Means) -> None:
    """Asks until it is as expected. A probe that fails is asked again; only the end of the time ends it."""
    deed = outcome.deed
    try:
        async with asyncio.timeout(deed.timeout_seconds):
            while True:
                probe = await probed(deed, means)
                outcome.exit_code, outcome.http_status = probe.exit_code, probe.http_status
                outcome.output, outcome.answer, outcome.error = probe.output, probe.answer, probe.error
                if is_met(probe):
                    outcome.status = "succeeded"
                    return
                await asyncio.sleep(deed.every_seconds)
    except TimeoutError:
        outcome.status = "timed_out"
        last = outcome.error or f"the output did not hold {deed.contains!r}"
        outcome.error = f"not as expected within {deed.timeout_seconds:g} s; last: {last}"


async def probed(deed: Deed, means: Means) -> Outcome:
    kind = "ssh" if isinstance(deed.act, Command) else "http"
    once = Deed(
        name=deed.name, kind=kind, act=deed.act, timeout_seconds=deed.timeout_seconds, on_failure="stop",
        contains=deed.contains,
    )  # fmt: skip
    probe = Outcome(deed=once)
    await do(probe, means)
    return probe


def is_met(probe: Outcome) -> bool:
    return probe.status == "succeeded" and probe.deed.contains in probe.output


def cancelled(outcome: Outcome, transcript: Transcript) -> None:
    sent = isinstance(outcome.deed.act, Request) and outcome.deed.act.method not in ("GET", "HEAD")
    if transcript.may_run_on:
        outcome.status = "unknown"
        outcome.error = f"stopped, but the command may still run on {outcome.deed.server}"
    elif sent:
        outcome.status = "unknown"
        outcome.error = "stopped before the answer came: what was asked for may have been done"
    else:
        outcome.status = "cancelled"
        outcome.error = "stopped; nothing of it runs any more"


def keep(outcome: Outcome, transcript: Transcript) -> None:
    """The ends of what was written; a check has its last probe's already."""
    if outcome.deed.kind == "check":
        return
    outcome.output = shortened(transcript.text())
    outcome.answer = transcript.answer().strip()[:LONGEST_ANSWER]


def shortened(text: str, longest: int = LONGEST_OUTPUT) -> str:
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n… {len(text) - longest:,} characters left out …\n{text[-half:]}"


def spelled(codes: tuple[int, ...]) -> str:
    return " or ".join(map(str, codes))
