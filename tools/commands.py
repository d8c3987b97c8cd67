"""A shell command suggested to the person on call: checked and explained, never run."""

from pydantic import Field

from domain import servers
from domain.errors import Refused
from domain.servers import Server
from tools import own
from tools.servers import SOURCE as SERVERS
from tools.servers import unknown
from tools.shell.classify import Classified, classify
from tools.shell.kinds import Kind
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium command reader"
LONGEST = 4000


class SuggestSshCommand(Args):
    command: str = Field(min_length=1, max_length=LONGEST, description="One shell command, as it would be typed there")
    server: str | None = Field(None, max_length=100, description="Name of the server it is meant for")
    explanation: str = Field(min_length=1, max_length=1000, description="What it shows, and why it helps")


async def suggest_ssh_command(context: ToolContext, args: SuggestSshCommand) -> ToolResult:
    """Raises Refused for a command that destroys or cannot work, and for a server that is not in the inventory."""
    read = classify(args.command.strip())
    refuse(read)
    server = await named(context, args.server) if args.server else None
    return ToolResult(
        status="ok",
        source=f"{SOURCE}, {SERVERS}" if server else SOURCE,
        data=suggestion(args, server, read),
        as_of=context.clock(),
    )


def refuse(read: Classified) -> None:
    if read.kind is Kind.DESTRUCTIVE:
        raise Refused(
            f"This command would destroy something: {'; '.join(read.reasons)}.",
            code="destructive_command",
            alternative="Suggest a command that only looks, or a runbook, which asks before it acts.",
        )
    if read.problems:
        raise Refused(
            f"This command would not work: {'; '.join(read.problems)}.",
            code="invalid_command",
            alternative="Correct it and suggest it again.",
        )


async def named(context: ToolContext, name: str) -> Server:
    async with context.database.connection() as db:
        server = await servers.by_name(db, name)
        if server is None:
            raise unknown("server", name, await servers.names(db))
    if server.service:
        await own.check(context, server.service)
    return server


def suggestion(args: SuggestSshCommand, server: Server | None, read: Classified) -> Json:
    return {
        "type": "command",
        "server": server.name if server else None,
        "command": args.command.strip(),
        "explanation": args.explanation.strip(),
        "class": read.kind.value,
        "reasons": list(read.reasons),
        "problems": list(read.problems),
    }


SUGGEST_SSH_COMMAND = ToolSpec(
    name="suggest_ssh_command",
    title="Suggest a command",
    description="A shell command for a person to run. It says whether it only looks or changes; never run.",
    pillars=frozenset({Pillar.TROUBLESHOOTING}),
    category=Category.TROUBLESHOOTING,
    risk=Risk.READ,
    permission="ai:troubleshooting:read",
    args=SuggestSshCommand,
    handler=suggest_ssh_command,
)
TOOLS = (SUGGEST_SSH_COMMAND,)
