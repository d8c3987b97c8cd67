"""The command line. Each command opens what it needs, does one thing, and says plainly what went wrong."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.console import Console

from config.settings import Settings
from trivium import logs

app = typer.Typer(
    help="Ask about your alerts, troubleshoot them, change things after approval.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
sample = typer.Typer(help="The labelled sample estate.", no_args_is_help=True)
app.add_typer(sample, name="sample")
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MD = "md"


Question = Annotated[list[str], typer.Argument(help="The question, in plain words")]
TimeZone = Annotated[str | None, typer.Option(help="Calendar of words like yesterday, e.g. Europe/Berlin")]


@app.command()
def ask(
    question: Question,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON")] = False,
    format: Annotated[Format, typer.Option(help="text, json, csv (its tables) or md")] = Format.TEXT,  # noqa: A002
    session: Annotated[str | None, typer.Option(help="Continue this conversation")] = None,
    timezone: TimeZone = None,
) -> None:
    """Ask one question and print the answer."""
    from trivium import asking  # noqa: PLC0415 - each command imports what it runs: `trivium token` need not pay for it

    chosen = Format.JSON if as_json else format
    run(
        lambda settings: asking.once(settings, " ".join(question), asking.Manner(chosen.value, session, zone(timezone)))
    )


@app.command()
def chat(timezone: TimeZone = None) -> None:
    """Ask one question after another; each may refer to the last."""
    from trivium import asking  # noqa: PLC0415

    run(lambda settings: asking.conversation(settings, zone(timezone)))


@app.command()
def up(
    empty: Annotated[bool, typer.Option("--empty", help="Do not fill a new database with the sample estate")] = False,
) -> None:
    """Serve, complete, on this machine: a new database gets the labelled sample estate."""
    from trivium import serving  # noqa: PLC0415

    run(lambda settings: serving.serve(settings, with_sample=not empty))


@app.command()
def serve() -> None:
    """Serve HTTP on HOST and PORT."""
    from trivium import serving  # noqa: PLC0415

    run(lambda settings: serving.serve(settings, with_sample=False))


@app.command()
def mcp() -> None:
    """Serve MCP over stdin and stdout, for desktop hosts."""
    from trivium import mcp as entrance  # noqa: PLC0415

    logs.configure(logging.WARNING)
    entrance.main()


@app.command()
def migrate() -> None:
    """Bring the database to this build's version."""
    from trivium import upkeep  # noqa: PLC0415

    run(upkeep.migrate)


@app.command()
def token(
    user: Annotated[str, typer.Option(help="Whom the token speaks for; made when new")],
    role: Annotated[
        list[str] | None, typer.Option(help="admin, operator, engineer or viewer; repeat for several")
    ] = None,
    ttl: Annotated[str, typer.Option(help="How long it is valid: 30m, 1h, 7d")] = "1h",
    scope: Annotated[list[str] | None, typer.Option(help="inquiry, troubleshooting, revive or ingest")] = None,
    team: Annotated[list[str] | None, typer.Option(help="Teams of a new user")] = None,
) -> None:
    """Print a token for a person, or with `--scope ingest` for Alertmanager."""
    from trivium import upkeep  # noqa: PLC0415

    wanted = upkeep.Wanted(user, tuple(role or ()), tuple(scope or ()), tuple(team or ()), duration(ttl))
    run(lambda settings: upkeep.print_token(settings, wanted))


@app.command()
def doctor() -> None:
    """Check everything Trivium needs, and say how to mend what is missing."""
    from trivium import upkeep  # noqa: PLC0415

    run(upkeep.doctor)


@sample.command("remove")
def sample_remove() -> None:
    """Remove every sample row; real rows stay."""
    from trivium import upkeep  # noqa: PLC0415

    run(upkeep.remove_sample)


def zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"{name} is no IANA time zone; write for example Europe/Berlin") from error


def duration(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], units.get(text[-1:])
    if not unit or not number.isdigit() or int(number) == 0:
        raise typer.BadParameter(f"{text} is no duration; write for example 30m, 1h or 7d")
    return timedelta(**{unit: int(number)})


def run(command: Callable[[Settings], Coroutine[Any, Any, int]]) -> None:
    """Runs the command and exits with what it returns; a known failure is one line on stderr and exit code 1."""
    try:
        settings = Settings.read()
    except ValidationError as error:
        for problem in error.errors():
            errors.print(f"{str(problem['loc'][0]).upper()}: {problem['msg']}", style="red")
        raise SystemExit(2) from error
    raise SystemExit(finished(command(settings)))


def finished(command: Coroutine[Any, Any, int]) -> int:
    import uvloop  # noqa: PLC0415

    from trivium.failures import KNOWN  # noqa: PLC0415

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(command)
    except KNOWN as error:
        errors.print(str(error), style="red")
        if alternative := getattr(error, "alternative", None):
            errors.print(alternative)
        return 1
    except KeyboardInterrupt:
        return 130


def main() -> None:
    logs.configure(logging.INFO if "serve" in sys.argv[1:2] or "up" in sys.argv[1:2] else logging.WARNING)
    app()
