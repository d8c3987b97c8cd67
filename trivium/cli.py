"""The command line. Each command opens what it needs, does one thing, and says plainly what went wrong."""

import logging
import sys
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from trivium import logs
from trivium.command import duration, run, zone
from trivium.groups import GROUPS, Format

app = typer.Typer(
    help="Ask about your alerts, troubleshoot them, change things after approval.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


class Mode(StrEnum):
    AUTO = "auto"
    GRAFANA = "grafana"
    AIOPS = "aiops"


Question = Annotated[list[str], typer.Argument(help="The question, in plain words")]
TimeZone = Annotated[str | None, typer.Option(help="Calendar of words like yesterday, e.g. Europe/Berlin")]


@app.command()
def ask(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    question: Question,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON")] = False,
    format: Annotated[Format, typer.Option(help="text, json, csv (its tables) or md")] = Format.TEXT,  # noqa: A002
    session: Annotated[str | None, typer.Option(help="Continue this conversation")] = None,
    timezone: TimeZone = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the answer's charts into this file, too")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show queries before they run; exit code 5: they wait")
    ] = False,
) -> None:
    """Ask one question and print the answer."""
    from trivium import asking, changing  # noqa: PLC0415 - each command imports what it runs: `token` need not pay for it

    chosen = Format.JSON if as_json else format
    if preview:
        if svg or timezone or chosen not in (Format.TEXT, Format.JSON):
            raise typer.BadParameter("--preview goes with --session and --json alone")
        shown = changing.Manner(session=session, as_json=chosen is Format.JSON, is_question=True)
        run(lambda settings: changing.once(settings, " ".join(question), shown))
    manner = asking.Manner(format=chosen.value, session=session, zone=zone(timezone), svg=svg)
    run(lambda settings: asking.once(settings, " ".join(question), manner))


@app.command()
def artifact(  # noqa: PLR0913, PLR0917
    artifact_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, from the answer that names it")],
    path: Annotated[str, typer.Option(help="One of its lists, like /lines; one row, like /lines/17")] = "",
    offset: Annotated[int, typer.Option(min=0, help="First row")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most rows")] = 50,
    grep: Annotated[str, typer.Option(help="Only rows with these words; * anything between, | either")] = "",
    whole: Annotated[bool, typer.Option("--whole", help="All of it, as JSON")] = False,
) -> None:
    """Show a large result that an answer was made from: what is in it, some of its rows, or all of it."""
    from trivium import artifacts  # noqa: PLC0415

    wanted = artifacts.Wanted(id=artifact_id, path=path, offset=offset, limit=limit, grep=grep, is_whole=whole)
    run(lambda settings: artifacts.show(settings, wanted))


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
def troubleshoot(
    alert: Annotated[str, typer.Argument(help="Its id, fingerprint or name, from `trivium alerts`")],
    question: Annotated[list[str] | None, typer.Argument(help="What to know of it; nothing: its cause")] = None,
    session: Annotated[str | None, typer.Option(help="Continue this conversation")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, ask nobody")] = False,
) -> None:
    """Find what is behind one alert, shown as it comes in; a runbook runs after approval. Exit code 5: it waits."""
    from trivium import troubleshooting  # noqa: PLC0415

    manner = troubleshooting.Manner(session=session, as_json=as_json)
    run(lambda settings: troubleshooting.once(settings, alert, " ".join(question or ()), manner))


@app.command()
def alerts(
    firing: Annotated[bool, typer.Option("--firing", help="All that fire, not those of 24 hours")] = False,
    service: Annotated[str | None, typer.Option(help="Only those of this service")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, warning or info")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False,
) -> None:
    """The alerts that you may see."""
    from trivium import alerts as known  # noqa: PLC0415

    wanted = known.Wanted(is_firing=firing, service=service, severity=severity, limit=limit, as_json=as_json)
    run(lambda settings: known.show(settings, wanted))


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
def worker() -> None:
    """Carry out the analyses that rules ask for, beside `serve`: as many processes on as many machines as you like."""
    from trivium import working  # noqa: PLC0415

    run(working.work)


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
def login() -> None:
    """Print a link that opens the web page, once, as whom this machine acts for."""
    from trivium import login as entrance  # noqa: PLC0415

    run(entrance.print_link)


@app.command()
def doctor() -> None:
    """Check everything Trivium needs, and say how to mend what is missing."""
    from trivium import upkeep  # noqa: PLC0415

    run(upkeep.doctor)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our signs shows the rest
    logs.configure(logging.INFO if sys.argv[1:2] and sys.argv[1] in ("serve", "up", "worker") else logging.WARNING)
    app()
