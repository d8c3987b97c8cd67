"""`trivium mcp`: the server for a host on this machine, and its entry in the host's own file."""

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from trivium import logs
from trivium.command import errors

if TYPE_CHECKING:
    from trivium.installing import Wanted

mcp = typer.Typer(help="Serve MCP over stdin and stdout, for desktop hosts; put it into a host's file.")


class Exposed(StrEnum):
    TOOLS = "tools"


class HostName(StrEnum):
    CLAUDE_DESKTOP = "claude-desktop"
    CLAUDE_CODE = "claude-code"
    VSCODE = "vscode"
    CURSOR = "cursor"


Expose = Annotated[Exposed | None, typer.Option(help="tools: your permitted tools stand beside Trivium's own")]
HostOption = Annotated[HostName, typer.Option("--host", help="Whose file")]
Name = Annotated[str, typer.Option(help="What the host calls it")]
Project = Annotated[bool, typer.Option("--project", help="The file of this folder's project, not yours")]


@mcp.callback(invoke_without_command=True)
def serve(context: typer.Context, expose: Expose = None) -> None:
    """Serve MCP over stdin and stdout, for desktop hosts."""
    if context.invoked_subcommand:
        return
    from trivium import mcp as entrance  # noqa: PLC0415 - each command imports what it runs

    logs.configure(logging.WARNING)
    entrance.main(exposes_tools=expose is Exposed.TOOLS)


@mcp.command()
def install(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    host: HostOption,
    url: Annotated[str | None, typer.Option(help="Of a Trivium that serves HTTP; nothing: the host starts one")] = None,
    name: Name = "trivium",
    project: Project = False,
    expose: Expose = None,
    env: Annotated[list[str] | None, typer.Option(help="Write this variable with its value; repeat")] = None,
    token_from: Annotated[str | None, typer.Option(help="Variable that holds the token for --url")] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would be written, write nothing")] = False,
) -> None:
    """Put Trivium into a host's file of MCP servers. A copy of the file as it was is kept beside it."""
    from trivium import installing  # noqa: PLC0415

    wanted = installing.Wanted(
        host=host.value,
        name=name,
        url=url,
        in_project=project,
        exposes_tools=expose is Exposed.TOOLS,
        variables=tuple(env or ()),
        token=token_from,
    )
    if only_print:
        shown(wanted)
    else:
        done(wanted, is_wanted=True)


@mcp.command()
def uninstall(host: HostOption, name: Name = "trivium", project: Project = False) -> None:
    """Take Trivium out of a host's file again; all else in it stays."""
    from trivium import installing  # noqa: PLC0415

    done(installing.Wanted(host=host.value, name=name, in_project=project), is_wanted=False)


def shown(wanted: "Wanted") -> None:
    from trivium import installing  # noqa: PLC0415

    try:
        path, text = installing.file_of(wanted, installing.here()), installing.snippet(wanted, installing.here())
    except Refused as refused:
        raise told(refused) from refused
    errors.print(f"For {path}:")
    typer.echo(text)


def done(wanted: "Wanted", *, is_wanted: bool) -> None:
    from trivium import installing  # noqa: PLC0415

    try:
        work = installing.install if is_wanted else installing.uninstall
        result = work(wanted, installing.here())
    except Refused as refused:
        raise told(refused) from refused
    for line in result.lines:
        typer.echo(line)


def told(refused: Refused) -> SystemExit:
    errors.print(str(refused), style="red", markup=False)
    if refused.alternative:
        errors.print(refused.alternative, markup=False)
    return SystemExit(1)
