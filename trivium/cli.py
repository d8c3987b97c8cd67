"""The command line. Each command opens what it needs, does one thing, and says plainly what went wrong."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
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
audit = typer.Typer(help="The audit log: is it as it was recorded, and what does it say.", no_args_is_help=True)
app.add_typer(audit, name="audit")
credential = typer.Typer(help="Stored credentials; their values are never shown.", no_args_is_help=True)
app.add_typer(credential, name="credential")
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MD = "md"


class CredentialKind(StrEnum):
    SSH_KEY = "ssh_key"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    TOKEN = "token"  # noqa: S105


class Mode(StrEnum):
    AUTO = "auto"
    GRAFANA = "grafana"
    AIOPS = "aiops"


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
def revive(
    request: Annotated[list[str], typer.Argument(help="The change, in plain words")],
    mode: Annotated[Mode, typer.Option(help="auto, grafana or aiops")] = Mode.AUTO,
    session: Annotated[str | None, typer.Option(help="Continue this conversation")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, ask nobody")] = False,
) -> None:
    """Change something; each change is shown and made only after a person approved it. Exit code 5: it waits."""
    from trivium import changing  # noqa: PLC0415

    manner = changing.Manner(mode=mode.value, session=session, as_json=as_json)
    run(lambda settings: changing.once(settings, " ".join(request), manner))


@app.command()
def approvals(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False) -> None:
    """What waits for your approval."""
    from trivium import changing  # noqa: PLC0415

    run(lambda settings: changing.approvals(settings, as_json=as_json))


@app.command()
def approve(
    confirmation: Annotated[str, typer.Argument(help="Its id, from `trivium approvals`")],
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead")] = False,
    reason: Annotated[str, typer.Option(help="Kept with the decision")] = "",
) -> None:
    """Approve (or --reject) one waiting change, and see it carried out."""
    from trivium import changing  # noqa: PLC0415

    action = "reject" if reject else "approve"
    run(lambda settings: changing.approve(settings, confirmation, action, reason))


@app.command()
def translate(
    words: Question,
    logql: Annotated[bool, typer.Option("--logql", help="To LogQL rather than PromQL")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the translation as JSON")] = False,
    catalogue: Annotated[Path | None, typer.Option(help="Metric names from this file, not from Prometheus")] = None,
) -> None:
    """Print the query for plain words, how it reads back, how sure that is and what was repaired; sends none of it."""
    from trivium import translating  # noqa: PLC0415

    run(lambda settings: translating.once(" ".join(words), translating.wanted(settings, logql, as_json, catalogue)))


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


@credential.command("add")
def credential_add(
    name: Annotated[str, typer.Argument(help="Its name, which servers and runbooks use")],
    kind: Annotated[CredentialKind, typer.Option(help="ssh_key, password or token")],
    username: Annotated[str, typer.Option(help="Whose it is")] = "",
    description: Annotated[str, typer.Option(help="What it is for")] = "",
    reference: Annotated[str | None, typer.Option(help="env:NAME or file:/path instead of the value")] = None,
) -> None:
    """Store a credential; its value comes by a pipe or a hidden prompt, or stays where the reference leads."""
    from trivium import credentials  # noqa: PLC0415

    wanted = credentials.Wanted(
        name=name, kind=kind.value, username=username, description=description, reference=reference
    )
    run(lambda settings: credentials.add(settings, wanted))


@credential.command("rotate")
def credential_rotate() -> None:
    """Seal every stored credential anew with the first of TRIVIUM_SECRET_KEYS."""
    from trivium import credentials  # noqa: PLC0415

    run(credentials.rotate)


@audit.command("verify")
def audit_verify() -> None:
    """Check every audit entry against the chain and the anchor file; exits with 4 and says where when it is broken."""
    from trivium import auditing  # noqa: PLC0415

    run(auditing.verify)


@audit.command("list")
def audit_list(
    user: Annotated[str | None, typer.Option(help="Only what this user did")] = None,
    tool: Annotated[str | None, typer.Option(help="Only calls of this tool")] = None,
    since: Annotated[str, typer.Option(help="How far back: 30m, 24h, 7d")] = "24h",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False,
) -> None:
    """Who did what, on whose approval, with what result."""
    from trivium import auditing  # noqa: PLC0415

    wanted = auditing.Wanted(since=duration(since), limit=limit, user=user, tool=tool, as_json=as_json)
    run(lambda settings: auditing.show(settings, wanted))


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

    from domain.masking import mask_text  # noqa: PLC0415
    from trivium.failures import KNOWN  # noqa: PLC0415

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(command)
    except KNOWN as error:
        errors.print(mask_text(str(error)), style="red")
        if alternative := getattr(error, "alternative", None):
            errors.print(mask_text(alternative))
        return 1
    except KeyboardInterrupt:
        return 130


def main() -> None:
    logs.configure(logging.INFO if "serve" in sys.argv[1:2] or "up" in sys.argv[1:2] else logging.WARNING)
    app()
