"""A person's first hour: a new folder, an ordinary account with only python3 and venv, and the README word for word."""

import json
import os
import re
import subprocess
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.programs import ROOT, end, free_port, pause

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text()
QUESTION = "How many alerts fired on payment-service last week?"
SET_UP_SECONDS = 600
ORDINARY = "nobody"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An account in a folder of its own, with nothing but the system's python3."""

    folder: Path
    environment: dict[str, str]
    user: str | None

    def start(self, *command: str, log: Path, extra: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                command, cwd=self.folder, env={**self.environment, **(extra or {})}, user=self.user,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def run(self, command: str, extra: Mapping[str, str] | None = None) -> str:
        """What a shell command printed; its failure fails the test with all of it."""
        done = subprocess.run(
            ["/bin/bash", "-euc", command], cwd=self.folder, env={**self.environment, **(extra or {})}, user=self.user,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SET_UP_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout


def bare_environment(home: Path) -> dict[str, str]:
    """Only the system's own programs; how packages are reached (proxies, mirrors, certificates) stays the machine's."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("PIP_", "SSL_", "REQUESTS_")) or "proxy" in key.lower()
    }
    return {**kept, "PATH": "/usr/bin:/bin", "HOME": str(home), "COLUMNS": "110", "LANG": "C.UTF-8"}


@pytest.fixture(scope="module")
def newcomer() -> Generator[Newcomer]:
    """A copy of what is in git, in a folder that belongs to an ordinary account."""
    with TemporaryDirectory(prefix="trivium-first-", ignore_cleanup_errors=True) as name:
        folder, home = Path(name) / "trivium", Path(name) / "home"
        folder.mkdir()
        home.mkdir()
        copy(folder)
        user = ORDINARY if os.geteuid() == 0 else None
        if user:
            subprocess.run(["chown", "-R", user, name], check=True)
        Path(name).chmod(0o755)
        yield Newcomer(folder, {**bare_environment(home), "PORT": str(free_port())}, user)


def copy(folder: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
        target.chmod((ROOT / name).stat().st_mode)


@pytest.fixture(scope="module")
def served(newcomer: Newcomer, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """`./dev run`, from nothing to serving; yields its log."""
    log = tmp_path_factory.mktemp("first") / "up.log"
    process = newcomer.start("./dev", "run", log=log)
    try:
        wait(process, newcomer, log)
        yield log
    finally:
        end(process)


def wait(process: subprocess.Popen[bytes], who: Newcomer, log: Path) -> None:
    for _ in range(SET_UP_SECONDS * 2):
        if process.poll() is not None:
            pytest.fail(f"ended with {process.returncode}: {log.read_text()}")
        try:
            if httpx.get(f"http://127.0.0.1:{who.environment['PORT']}/api/v1/health/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        pause(0.5)
    pytest.fail(log.read_text())


def blocks(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [body for name, body in fences if name == language]


def commands() -> list[str]:
    """Every command of the README's shell blocks, continuation lines joined, comments off."""
    text = "".join(block for block in blocks("") if not block.startswith("$"))
    lines = [re.sub(r"\s+# .*", "", line) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [re.sub(r"\s+", " ", line) for line in lines]


PRODUCTION = ("export", "HOST=", "./dev run migrate")
ELSEWHERE = ("./dev run", "./dev test", "./dev run chat", "./dev run sample remove")


def test_the_readme_has_the_commands_that_the_tests_below_run() -> None:
    assert set(ELSEWHERE) <= set(commands())


def test_a_bare_python_serves_and_says_what_it_set_up(served: Path) -> None:
    assert served.read_text().count("Setting up .venv (once)") == 1
    assert '"event": "serving"' in served.read_text()


def test_the_first_question_is_answered_with_number_severity_day_window_and_execution(
    newcomer: Newcomer, served: Path
) -> None:
    shown = newcomer.run(f'./dev run ask "{QUESTION}"')
    assert re.match(r"\d+ alerts fired on payment-service, .*\sUTC: \d+ critical, \d+ warning", shown)
    assert "By severity" in shown
    assert "by day" in shown
    assert re.search(r"e2 query_alerts_history ok: .*Z to .*Z, execution\s+[0-9a-f-]{36}", shown)
    assert "Setting up" not in shown
    assert served.exists()


def test_every_other_command_of_the_readme_works_as_written(newcomer: Newcomer, served: Path) -> None:
    port = newcomer.environment["PORT"]
    assert served.exists()
    inside = [line for line in commands() if not line.startswith(PRODUCTION) and line not in ELSEWHERE]
    for line in inside:
        if line.startswith("TOKEN="):
            continue
        before = next(line for line in commands() if line.startswith("TOKEN="))
        prefix = f"{before}\n" if "$TOKEN" in line else ""
        newcomer.run(prefix + line.replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
    answer = newcomer.run(
        "\n".join(
            line.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
            for line in commands()
            if line.startswith(("TOKEN=", "curl"))
        )
    )
    assert json.loads(answer)["answer"]["data"]


def test_the_change_that_the_readme_shows_waits_for_a_person_and_is_made_once_approved(
    newcomer: Newcomer, served: Path
) -> None:
    assert served.exists()
    (shown,) = [block for block in blocks("") if "./dev run revive" in block]
    line = shown.splitlines()[0].removeprefix("$ ")
    waits = json.loads(newcomer.run(f"{line} --json || test $? = 5"))["action_required"]
    assert waits["title"] in shown
    assert "done, approved by owner" in re.sub(
        r"\s+", " ", newcomer.run(f"./dev run approve {waits['confirmation_id']}")
    )


def test_a_conversation_goes_on_until_an_empty_line(newcomer: Newcomer, served: Path) -> None:
    assert served.exists()
    shown = newcomer.run(f'printf "%s\\n" "{QUESTION}" "only the critical ones" "" | ./dev run chat')
    assert "critical" in shown
    assert shown.count("alerts fired on payment-service") == 2


async def test_a_desktop_host_reaches_the_tools_by_the_readmes_own_configuration(
    newcomer: Newcomer, served: Path
) -> None:
    """DP-08."""
    assert served.exists()
    written = json.loads(blocks("json")[0])["mcpServers"]["trivium"]
    assert written == {"command": "/path/to/trivium/dev", "args": ["run", "mcp"]}
    command = [str(newcomer.folder / "dev"), *written["args"]]
    if newcomer.user:
        command = ["setpriv", f"--reuid={newcomer.user}", "--regid=nogroup", "--clear-groups", *command]
    server = StdioServerParameters(
        command=command[0], args=command[1:], env=newcomer.environment, cwd=str(newcomer.folder)
    )
    async with Client(stdio_client(server)) as client:
        listed = await client.list_tools()
        asked = await client.call_tool("ask", {"question": QUESTION})
    assert [tool.name for tool in listed.tools] == [
        "ask", "troubleshoot", "revive", "get_run", "confirm", "cancel_run", "list_runs",
    ]  # fmt: skip
    assert asked.structured_content
    assert asked.structured_content["status"] == "completed"


def test_the_readmes_script_prints_an_answer(newcomer: Newcomer, served: Path) -> None:
    assert served.exists()
    script = newcomer.folder / "script.py"
    script.write_text(blocks("python")[0])
    assert "firing" in newcomer.run(".venv/bin/python script.py")


def test_the_sample_estate_can_be_taken_out(newcomer: Newcomer, served: Path) -> None:
    assert served.exists()
    assert "sample estate is gone" in newcomer.run("./dev run sample remove")
    assert "No service named payment-service" in newcomer.run(f'./dev run ask "{QUESTION}"')


def test_a_second_start_sets_up_nothing(newcomer: Newcomer, served: Path, tmp_path: Path) -> None:
    assert served.exists()
    again = Newcomer(newcomer.folder, {**newcomer.environment, "PORT": str(free_port())}, newcomer.user)
    process = again.start("./dev", "run", log=tmp_path / "again.log")
    try:
        wait(process, again, tmp_path / "again.log")
    finally:
        end(process)
    assert "Setting up" not in (tmp_path / "again.log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can show what root gets")
def test_root_is_served_too(newcomer: Newcomer, served: Path) -> None:
    assert served.exists()
    with TemporaryDirectory(prefix="trivium-root-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        root = Newcomer(newcomer.folder, {**newcomer.environment, "HOME": home, "TRIVIUM_HOME": f"{home}/data"}, None)
        assert "version 18, migrated" in root.run("PORT=0 ./dev run doctor")
        assert "No service named payment-service" in root.run(f'./dev run ask "{QUESTION}"')


def test_the_production_commands_work_on_an_external_database(
    newcomer: Newcomer, served: Path, fresh_database_url: str, tmp_path: Path
) -> None:
    assert served.exists()
    exports = [line for line in commands() if line.startswith("export")]
    assert [line.split("=")[0] for line in exports] == ["export DATABASE_URL", "export TRIVIUM_JWT_SECRET"]
    environment = {**newcomer.environment, "DATABASE_URL": fresh_database_url, "PORT": str(free_port())}
    environment["TRIVIUM_JWT_SECRET"] = newcomer.run("openssl rand -hex 32").strip()
    outside = Newcomer(newcomer.folder, environment, newcomer.user)
    assert "at this build's version" in outside.run("./dev run migrate")
    process = outside.start("/bin/bash", "-c", "HOST=127.0.0.1 exec ./dev run serve", log=tmp_path / "serve.log")
    try:
        wait(process, outside, tmp_path / "serve.log")
    finally:
        end(process)
