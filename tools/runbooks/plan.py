"""The plan: every deed of a run in order, exactly as it will be done; what is shown is made in the same way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

from domain.errors import Refused
from domain.servers import Server
from tools.runbooks.definition import (
    CheckStep,
    Definition,
    HttpProbe,
    HttpStep,
    OnFailure,
    SshProbe,
    SshStep,
    Step,
    WaitStep,
    targets,
)
from tools.runbooks.filling import Filler

Kind = Literal["ssh", "http", "wait", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Shell text for one server; its repr hides it, since it may hold a secret."""

    server: Server
    text: str = field(repr=False)
    expected: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    expected: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One step on one server, or anywhere. `act` None: only the time passes.

    A check asks again `every_seconds` until `act` is as expected and its output holds `contains`.
    """

    name: str
    kind: Kind
    act: Command | Request | None
    timeout_seconds: float
    on_failure: OnFailure
    contains: str = ""
    every_seconds: float = 0

    @property
    def server(self) -> str | None:
        return self.act.server.name if isinstance(self.act, Command) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    steps: tuple[Deed, ...]
    rollback: tuple[Deed, ...]


def made(definition: Definition, filler: Filler, servers: Mapping[str, Server]) -> Plan:
    """Raises Refused when a value does not fit where it stands, and for a server named twice in one step."""
    return Plan(
        steps=tuple(deed for step in definition.steps for deed in deeds(step, filler, servers)),
        rollback=tuple(deed for step in definition.rollback for deed in deeds(step, filler, servers)),
    )


def deeds(step: Step, filler: Filler, servers: Mapping[str, Server]) -> Iterator[Deed]:
    match step:
        case SshStep():
            for command in commands(step, step.name, filler, servers):
                yield deed(step, "ssh", command)
        case HttpStep():
            yield deed(step, "http", request(step, filler))
        case WaitStep():
            yield deed(step, "wait", None)
        case CheckStep():
            acts = commands(step.ssh, step.name, filler, servers) if step.ssh else []
            if step.http:
                acts = [request(step.http, filler)]
            for act in acts:
                yield deed(step, "check", act)


def deed(step: Step, kind: Kind, act: Command | Request | None) -> Deed:
    check = step if isinstance(step, CheckStep) else None
    return Deed(
        name=step.name,
        kind=kind,
        act=act,
        timeout_seconds=step.timeout_seconds,
        on_failure=step.on_failure,
        contains=check.contains if check else "",
        every_seconds=check.every_seconds if check else 0,
    )


def commands(
    part: SshStep | SshProbe, name: str, filler: Filler, servers: Mapping[str, Server]
) -> list[Command | Request]:
    names = [filler.server(target) for target in part.targets]
    if len(set(names)) < len(names):
        raise Refused(f"Step {name!r} would run twice on one server.", code="invalid_arguments")
    text = filler.command(part.command)
    return [Command(server=servers[name], text=text, expected=part.expected_exit_codes) for name in names]


def request(part: HttpStep | HttpProbe, filler: Filler) -> Request:
    step = part if isinstance(part, HttpStep) else None
    body = step.body if step else None
    headers = {name: filler.text(value) for name, value in part.headers.items()}
    if body is not None:
        headers = {"Content-Type": "application/json"} | headers
    return Request(
        method=step.method if step else "GET",
        url=filler.url(part.url),
        headers=headers,
        body=None if body is None else orjson.dumps(filler.json(body)),
        expected=part.expected_status,
    )


def server_names(definition: Definition, filler: Filler) -> list[str]:
    """Every server that the run needs, in order of first use."""
    steps = (*definition.steps, *definition.rollback)
    return list(dict.fromkeys(filler.server(target) for step in steps for target in targets(step)))
