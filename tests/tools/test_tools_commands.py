import ast
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
from pydantic import ValidationError

import tools.commands
import tools.shell
from domain import servers
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.servers import NewServer
from tests.house import actor, tool_context
from tests.tools.estate import Estate, at, open_estate
from tools.commands import SUGGEST_SSH_COMMAND
from tools.spec import Pillar, Risk, Scope, ToolContext, ToolResult

KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
STARTS = ("subprocess", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn", "os.startfile")
SSH_PORT = 22
LOOKS = "systemctl --no-pager status payment"


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "operator"), Pillar.TROUBLESHOOTING)


async def suggest(context: ToolContext, command: str, server: str | None = None) -> ToolResult:
    args = SUGGEST_SSH_COMMAND.args.model_validate(
        {"command": command, "server": server, "explanation": "Shows whether it runs."}
    )
    return await SUGGEST_SSH_COMMAND.handler(context, args)


async def add(pool: Pool, name: str, service: str = "") -> None:
    new = NewServer(
        name=name, hostname=f"{name}.example", username="deploy", host_key=KEY, service=service, created_by=None
    )
    async with pool.connection() as db:
        await servers.add(db, new)


class Watch:
    """The events of the interpreter while it is on: a hook cannot be taken off again."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[tuple[str, tuple[object, ...]]] = []
        sys.addaudithook(self.note)

    def note(self, event: str, args: tuple[object, ...]) -> None:
        if self.is_on:
            self.seen.append((event, args))


WATCH = Watch()


@contextmanager
def watched() -> Generator[list[tuple[str, tuple[object, ...]]]]:
    WATCH.seen, WATCH.is_on = [], True
    try:
        yield WATCH.seen
    finally:
        WATCH.is_on = False


async def test_a_command_that_looks_is_suggested_as_it_is(pool: Pool, context: ToolContext) -> None:
    """TS-03, TS-14"""
    await add(pool, "web-1")
    result = await suggest(context, f"  {LOOKS} ", "web-1")
    assert result.status == "ok"
    assert result.data == {
        "type": "command",
        "server": "web-1",
        "command": LOOKS,
        "explanation": "Shows whether it runs.",
        "class": "read_only",
        "reasons": [],
        "problems": [],
    }


async def test_a_command_that_changes_something_says_what(context: ToolContext) -> None:
    """TS-14: it is marked, and left to the person."""
    result = await suggest(context, "sudo systemctl restart payment")
    assert (result.data["class"], result.data["reasons"]) == ("changing", ["systemctl restart"])
    assert result.data["server"] is None


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("rm -rf /var/lib/data", "rm"),
        ("kubectl delete pod api-0", "kubectl delete"),
        ("ssh web-1 'sudo reboot'", "reboot"),
        ("psql -c 'drop table users'", "SQL: DROP"),
    ],
)
async def test_a_command_that_destroys_is_refused_with_what_was_found(
    context: ToolContext, command: str, reason: str
) -> None:
    """TS-14"""
    with pytest.raises(Refused, match=reason) as refused:
        await suggest(context, command)
    assert refused.value.code == "destructive_command"
    assert refused.value.alternative


async def test_a_command_that_cannot_work_is_refused_with_what_it_takes(context: ToolContext) -> None:
    """TS-15: the flag takes a revision number."""
    with pytest.raises(Refused, match="takes a revision number") as refused:
        await suggest(context, "kubectl rollout undo deployment/api --to-revision=previous")
    assert refused.value.code == "invalid_command"


@pytest.mark.parametrize("command", ["systemctl payment", "systemctl status 'open", "   ", "uptime\u200b"])
async def test_what_cannot_be_read_is_refused(context: ToolContext, command: str) -> None:
    with pytest.raises(Refused) as refused:
        await suggest(context, command)
    assert refused.value.code == "invalid_command"


async def test_a_server_that_is_not_there_is_refused_with_the_nearest(pool: Pool, context: ToolContext) -> None:
    await add(pool, "payment-01")
    with pytest.raises(Refused, match="no server named payment-1") as refused:
        await suggest(context, LOOKS, "payment-1")
    assert (refused.value.code, refused.value.alternative) == ("not_found", "Nearest: payment-01.")


async def test_a_server_of_another_teams_service_is_not_told_of_to_who_sees_own_alerts_alone(
    pool: Pool, estate: Estate
) -> None:
    await add(pool, "checkout-1", service="checkout")
    await estate.alert(at("10:15"), "HighCpuUsage", ends_at=None, team="others")
    given = {"command": LOOKS, "server": "checkout-1", "explanation": "Shows whether it runs."}
    assert (await estate.ask("suggest_ssh_command", None, **given)).status == "ok"
    with pytest.raises(NotFound):
        await estate.ask("suggest_ssh_command", Scope.OWN_ALERTS, **given)


async def test_nothing_is_started_and_no_machine_is_reached(pool: Pool, context: ToolContext) -> None:
    """TS-03: the interpreter itself sees no process and no connection but to the database."""
    await add(pool, "web-1")
    with watched() as seen:
        await suggest(context, f"{LOOKS}; ssh web-1 uptime; bash -c 'ls'", "web-1")
    assert [event for event, _ in seen if event.startswith(STARTS)] == []
    reached = [args[1] for event, args in seen if event == "socket.connect"]
    assert [address for address in reached if isinstance(address, tuple) and address[1] == SSH_PORT] == []
    assert [event for event, _ in seen if event == "socket.getaddrinfo"] == []


async def test_the_watch_would_see_a_process() -> None:
    with watched() as seen:
        sys.audit("subprocess.Popen", "uptime")
    assert [event for event, _ in seen if event.startswith(STARTS)] == ["subprocess.Popen"]


def test_nothing_in_its_code_can_start_a_process_or_open_a_connection() -> None:
    """TS-03"""
    assert tools.commands.__file__
    files = [Path(tools.commands.__file__), *sorted(Path(tools.shell.__path__[0]).glob("*.py"))]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert (
        names & {"os", "subprocess", "asyncio", "asyncssh", "pty", "socket", "httpx", "tools.runbooks.shell"} == set()
    )
    assert SUGGEST_SSH_COMMAND.risk is Risk.READ


@pytest.mark.parametrize("wrong", [{"command": ""}, {"command": "a" * 4001}, {"explanation": ""}, {"run": True}])
def test_arguments_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SUGGEST_SSH_COMMAND.args.model_validate({"command": "uptime", "explanation": "Shows the load."} | wrong)
