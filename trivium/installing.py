"""`trivium mcp install`: one entry in a host's own file, with a copy of the file as it was; and out again."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from config.settings import Settings, is_loopback
from domain.errors import Refused
from trivium import hosts, members
from trivium.hosts import HOSTS, INPUT, Host, Machine
from trivium.members import Unreadable

Json: TypeAlias = dict[str, Any]
BACKUP = ".before-trivium"
CARRIED = "TRIVIUM_HOME"  # no secret, and without it another database is opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`variables` of this environment are written into the file with their values, because somebody asked for that.

    `token` names the variable whose value the host sends to `url`; the value itself is never written.
    """

    host: str
    name: str = "trivium"
    url: str | None = None
    in_project: bool = False
    exposes_tools: bool = False
    variables: tuple[str, ...] = ()
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What to say, line by line; nothing was written where `path` is None."""

    lines: tuple[str, ...]
    path: Path | None = None


def here() -> Machine:
    return Machine(platform=sys.platform, home=Path.home(), folder=Path.cwd(), environment=os.environ)


def install(wanted: Wanted, machine: Machine) -> Done:
    """The host has the server; a file that has it already stays untouched. Raises Refused, saying what to do."""
    host, path = HOSTS[wanted.host], file_of(wanted, machine)
    value = entry(wanted, machine)
    before = text_of(path)
    try:
        after = members.put(before, (host.servers, wanted.name), value)
        after = with_input(host, wanted, after)
        same = members.read(before) == members.read(after)
    except Unreadable as error:
        raise unreadable(path, error, snippet(wanted, machine)) from error
    if same:
        return Done((f"{host.title} has it already: {path}.",))
    kept = write(path, before, after)
    lines = (f"{host.title} has {wanted.name} in {path}.", *kept, host.afterwards, *missing(wanted, machine))
    return Done(tuple(filter(None, lines)), path)


def uninstall(wanted: Wanted, machine: Machine) -> Done:
    """The host has it no more, and all else as it was. Raises Refused."""
    host, path = HOSTS[wanted.host], file_of(wanted, machine)
    before = text_of(path)
    try:
        after = members.taken_out(before, (host.servers, wanted.name))
        after = without_input(host, after) if after != before else after
    except Unreadable as error:
        raise unreadable(path, error, f'Take "{wanted.name}" out of "{host.servers}" yourself.') from error
    if after == before:
        return Done((f"{host.title} does not have it: {path}.",))
    return Done((f"{host.title} has {wanted.name} no more: {path}.", *write(path, before, after)), path)


def snippet(wanted: Wanted, machine: Machine) -> str:
    """What is put into the host's file, as JSON of its own."""
    host = HOSTS[wanted.host]
    told: Json = {host.servers: {wanted.name: entry(wanted, machine)}}
    if asks(host, wanted):
        told["inputs"] = [INPUT]
    return json.dumps(told, indent=2, ensure_ascii=False)


def file_of(wanted: Wanted, machine: Machine) -> Path:
    host = HOSTS[wanted.host]
    if not wanted.in_project:
        return host.file(machine)
    if host.in_project is None:
        raise Refused(
            f"{host.title} has no file for one project.", code="invalid_arguments", alternative="Leave out --project."
        )
    return machine.folder / host.in_project


def entry(wanted: Wanted, machine: Machine) -> Json:
    """Raises Refused for what this host cannot take."""
    host = HOSTS[wanted.host]
    if wanted.url is None:
        if wanted.token:
            raise Refused("--token-from goes with --url.", code="invalid_arguments", alternative="Use --env instead.")
        return hosts.program(host, command(wanted), carried(wanted, machine.environment))
    if not host.takes_urls:
        raise Refused(
            f"{host.title} takes addresses in its window alone: Settings, Connectors, Add custom connector.",
            code="invalid_arguments",
            alternative="Leave out --url, so that it starts Trivium as a program.",
        )
    if wanted.variables:
        raise Refused(
            "--env goes with a program alone: an address has its own environment.",
            code="invalid_arguments",
            alternative="--token-from NAME names the variable that holds a token.",
        )
    return hosts.address(host, checked(wanted), wanted.token)


def checked(wanted: Wanted) -> str:
    """The address, ending in /mcp where it says no path. Raises Refused for one a token must not travel to."""
    parts = urlsplit(wanted.url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise Refused(
            f"{wanted.url} is no address of a server.",
            code="invalid_arguments",
            alternative="Write for example https://trivium.example/mcp",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Refused(
            f"{wanted.url} is not encrypted, and a token would travel to it in the open.",
            code="invalid_arguments",
            alternative="Use its https address.",
        )
    query = "&".join(filter(None, (parts.query, "expose=tools" if wanted.exposes_tools else "")))
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/mcp", query, ""))


def command(wanted: Wanted) -> tuple[str, ...]:
    """This very installation: a host that was started from a window finds no program by its name."""
    script = Path(sys.executable).with_name("trivium.exe" if sys.platform == "win32" else "trivium")
    started = (str(script),) if script.exists() else (sys.executable, "-m", "trivium")
    return (*started, "mcp", *(("--expose", "tools") if wanted.exposes_tools else ()))


def carried(wanted: Wanted, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that the program is started with. Raises Refused for one that is not set."""
    unset = [name for name in wanted.variables if not environment.get(name)]
    if unset:
        raise Refused(
            f"{', '.join(unset)} is not set here, so there is nothing to write.",
            code="invalid_arguments",
            alternative="Set it for this command, or leave out --env.",
        )
    names = dict.fromkeys((*((CARRIED,) if environment.get(CARRIED) else ()), *wanted.variables))
    return {name: environment[name] for name in names}


def missing(wanted: Wanted, machine: Machine) -> list[str]:
    """What Trivium is told by this environment and will not be told by the host's."""
    if wanted.url:
        return []
    known = {field.upper() for field in Settings.model_fields} - {CARRIED, *wanted.variables}
    left = sorted(known & machine.environment.keys())
    return [f"Set here, and not in the file: {', '.join(left)}. --env NAME writes one with its value."] if left else []


def asks(host: Host, wanted: Wanted) -> bool:
    return bool(host.asks_for and wanted.url and wanted.token)


def with_input(host: Host, wanted: Wanted, text: str) -> str:
    inputs = inputs_of(text) if asks(host, wanted) else [INPUT]
    return text if INPUT in inputs else members.put(text, ("inputs",), [*inputs, INPUT])


def without_input(host: Host, text: str) -> str:
    """The question goes with the last server that asks it."""
    if not host.asks_for or host.asks_for in text or INPUT not in (inputs := inputs_of(text)):
        return text
    left = [each for each in inputs if each != INPUT]
    return members.put(text, ("inputs",), left) if left else members.taken_out(text, ("inputs",))


def inputs_of(text: str) -> list[Any]:
    found: Any = members.read(text).get("inputs") or []
    if not isinstance(found, list):
        raise Unreadable("inputs holds no list")
    return cast("list[Any]", found)


def text_of(path: Path) -> str:
    """Its text as it is, line ends too; nothing where there is no file. Raises Refused when it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise Refused(f"{path} could not be read: {why}.", code="unreadable", alternative="Mend or move it.") from error


def write(path: Path, before: str, after: str) -> tuple[str, ...]:
    """The file is the new one, whole or not at all; where there was one, it is kept beside it. Raises Refused."""
    real = path.resolve()
    backup, fresh = real.with_name(real.name + BACKUP), real.with_name(f"{real.name}.{uuid4().hex[:8]}")
    had = real.exists()
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(after)
        if had:
            shutil.copymode(real, fresh)
            shutil.copy2(real, backup)
        fresh.replace(real)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise Refused(
            f"{path} could not be written: {error.strerror or error}.",
            code="not_written",
            alternative="--print shows what to put into it.",
        ) from error
    return (f"As it was: {backup}.",) if before or had else ()


def unreadable(path: Path, error: Unreadable, instead: str) -> Refused:
    return Refused(
        f"{path} is no plain JSON ({error}), so it was left as it is. Comments and trailing commas are not taken.",
        code="unreadable",
        alternative=f"Mend it, or put this into it yourself:\n{instead}",
    )
