"""Trivium in a host's own file: put in, taken out, and all else in the file as its owner wrote it."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import Refused
from trivium import members
from trivium.hosts import HOSTS, Machine
from trivium.installing import BACKUP, Wanted, install, snippet, uninstall
from trivium.members import Unreadable

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "hosts.md").read_text()
SECRET = "s3cret-of-thirty-two-bytes-and-more"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "project"
    folder.mkdir()
    return Machine(platform="linux", home=tmp_path / "home", folder=folder, environment={})


def file(machine: Machine, host: str = "cursor") -> Path:
    return HOSTS[host].file(machine)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("host", "platform", "path"),
    [
        ("claude-desktop", "darwin", "Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", "AppData/Roaming/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", ".config/Claude/claude_desktop_config.json"),
        ("claude-code", "darwin", ".claude.json"),
        ("claude-code", "win32", ".claude.json"),
        ("claude-code", "linux", ".claude.json"),
        ("vscode", "darwin", "Library/Application Support/Code/User/mcp.json"),
        ("vscode", "win32", "AppData/Roaming/Code/User/mcp.json"),
        ("vscode", "linux", ".config/Code/User/mcp.json"),
        ("cursor", "darwin", ".cursor/mcp.json"),
        ("cursor", "win32", ".cursor/mcp.json"),
        ("cursor", "linux", ".cursor/mcp.json"),
    ],
)
def test_each_hosts_file_is_where_it_keeps_it_on_each_system(
    machine: Machine, host: str, platform: str, path: str
) -> None:
    assert file(replace(machine, platform=platform), host) == machine.home / path


def test_a_folder_that_the_environment_names_is_used(machine: Machine, tmp_path: Path) -> None:
    moved = {"XDG_CONFIG_HOME": str(tmp_path / "x"), "APPDATA": str(tmp_path / "a"), "CLAUDE_CONFIG_DIR": str(tmp_path)}
    there = replace(machine, environment=moved)
    assert file(there, "vscode") == tmp_path / "x" / "Code" / "User" / "mcp.json"
    assert file(replace(there, platform="win32"), "claude-desktop").parent == tmp_path / "a" / "Claude"
    assert file(there, "claude-code") == tmp_path / ".claude.json"


@pytest.mark.parametrize("host", HOSTS)
def test_a_new_file_has_the_server_and_nothing_else(machine: Machine, host: str) -> None:
    done = install(Wanted(host=host), machine)
    path, told = file(machine, host), json.loads(file(machine, host).read_text())
    ((name, entry),) = told[HOSTS[host].servers].items()
    assert list(told) == [HOSTS[host].servers]
    assert (name, entry["args"][-1], Path(entry["command"]).is_absolute()) == ("trivium", "mcp", True)
    assert entry.get("type") == ("stdio" if host in ("claude-code", "vscode") else None)
    assert "env" not in entry
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.with_name(path.name + BACKUP).exists()
    assert done.lines[0] == f"{HOSTS[host].title} has trivium in {path}."
    assert json.loads(snippet(Wanted(host=host), machine)) == told


OWNED = """{
\t"theme":   "dark",\t
\t"mcpServers": { "other": {"command": "x", "args": [1.0, 1e5, "\\u00e9", "é"]} },
\t"big": 123456789012345678901234567890, "last" : [ ]
}"""


def test_all_else_in_the_file_stays_byte_for_byte_and_a_copy_is_kept(machine: Machine) -> None:
    path = written(file(machine), OWNED)
    path.chmod(0o640)
    install(Wanted(host="cursor"), machine)
    text = path.read_text()
    begin, end = text.index(',\n\t\t"trivium"'), text.index(' },\n\t"big"')
    assert text[:begin] + text[end:] == OWNED
    assert json.loads(text)["mcpServers"]["trivium"]["args"][-1] == "mcp"
    backup = path.with_name(path.name + BACKUP)
    assert backup.read_text() == OWNED
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    done = uninstall(Wanted(host="cursor"), machine)
    assert path.read_text() == OWNED
    assert done.lines == (f"Cursor has trivium no more: {path}.", f"As it was: {backup}.")


@pytest.mark.parametrize(
    "before",
    [
        "", " \n", "{}", "{\n}\n", '{"mcpServers": {}}', '{"mcpServers": {"a": {}}}\r\n', '\ufeff{"a": 1}',
        '{\r\n    "a": {"mcpServers": 1},\r\n    "mcpServers": {\r\n        "trivium": {"command": "old"}\r\n    }}',
    ],
)  # fmt: skip
def test_installing_twice_is_installing_once_and_uninstalling_leaves_the_rest(machine: Machine, before: str) -> None:
    path = written(file(machine), before)
    install(Wanted(host="cursor"), machine)
    once, seen = path.read_bytes(), path.stat().st_mtime_ns
    again = install(Wanted(host="cursor"), machine)
    assert (again.path, path.read_bytes(), path.stat().st_mtime_ns) == (None, once, seen)
    assert again.lines == (f"Cursor has it already: {path}.",)
    text = once.decode()
    assert ("\r\n" in text) == ("\r\n" in before)
    assert not re.search(r"(?<!\r)\n", text) or "\r\n" not in before
    assert text.startswith("\ufeff") == before.startswith("\ufeff")
    uninstall(Wanted(host="cursor"), machine)
    left = members.read(path.read_bytes().decode())
    was = members.read(before)
    was.get("mcpServers", {}).pop("trivium", None)
    assert left == {"mcpServers": {}} | was
    assert uninstall(Wanted(host="cursor"), machine).path is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  // mine\n  "mcpServers": {}\n}', "line 2, column 3"),
        ('{"mcpServers": {},}', "line 1, column 19"),
        ("[]", "it holds no object"),
        ('{"mcpServers": []}', "mcpServers holds no object"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_and_what_to_do_is_said(machine: Machine, text: str, said: str) -> None:
    path = written(file(machine), text)
    for work in (install, uninstall):
        with pytest.raises(Refused) as refused:
            work(Wanted(host="cursor"), machine)
        assert str(path) in str(refused.value)
        assert said in str(refused.value)
        assert refused.value.alternative
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_what_is_to_be_put_in_by_hand_is_told_with_the_refusal(machine: Machine) -> None:
    written(file(machine), "{ // mine\n}")
    with pytest.raises(Refused) as refused:
        install(Wanted(host="cursor"), machine)
    assert snippet(Wanted(host="cursor"), machine) in (refused.value.alternative or "")


def test_a_file_that_is_a_link_stays_one(machine: Machine, tmp_path: Path) -> None:
    kept = written(tmp_path / "dotfiles" / "mcp.json", '{"a": 1}')
    link = file(machine)
    link.parent.mkdir(parents=True)
    link.symlink_to(kept)
    install(Wanted(host="cursor"), machine)
    assert link.is_symlink()
    assert json.loads(kept.read_text())["a"] == 1
    assert "trivium" in json.loads(kept.read_text())["mcpServers"]


def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(machine: Machine) -> None:
    written(machine.home / ".cursor", "a file where a folder has to be")
    with pytest.raises(Refused, match=r"could not be (read|written)"):
        install(Wanted(host="cursor"), machine)


def test_no_secret_is_written_unless_it_is_asked_for(machine: Machine) -> None:
    told = {
        "DATABASE_URL": f"postgresql://me:{SECRET}@db/x",
        "TRIVIUM_TOKEN": SECRET,
        "TRIVIUM_HOME": "/data",
        "X": "1",
    }
    there = replace(machine, environment=told)
    done = install(Wanted(host="cursor"), there)
    assert SECRET not in file(machine).read_text()
    assert json.loads(file(machine).read_text())["mcpServers"]["trivium"]["env"] == {"TRIVIUM_HOME": "/data"}
    assert done.lines[-1] == (
        "Set here, and not in the file: DATABASE_URL, TRIVIUM_TOKEN. --env NAME writes one with its value."
    )
    install(Wanted(host="cursor", variables=("TRIVIUM_TOKEN",)), there)
    entry = json.loads(file(machine).read_text())["mcpServers"]["trivium"]
    assert entry["env"] == {"TRIVIUM_HOME": "/data", "TRIVIUM_TOKEN": SECRET}
    with pytest.raises(Refused, match="LLM_API_KEY is not set here"):
        install(Wanted(host="cursor", variables=("LLM_API_KEY",)), there)


@pytest.mark.parametrize(
    ("host", "value"),
    [("claude-code", "${TRIVIUM_TOKEN}"), ("cursor", "${env:TRIVIUM_TOKEN}"), ("vscode", "${input:trivium-token}")],
)
def test_an_address_is_sent_a_token_that_stands_elsewhere(machine: Machine, host: str, value: str) -> None:
    there = replace(machine, environment={"TRIVIUM_TOKEN": SECRET})
    wanted = Wanted(host=host, url="https://trivium.example", token="TRIVIUM_TOKEN", exposes_tools=True)
    install(wanted, there)
    told = json.loads(file(machine, host).read_text())
    entry = told[HOSTS[host].servers]["trivium"]
    assert entry.pop("type", "http") == "http"
    assert entry == {
        "url": "https://trivium.example/mcp?expose=tools",
        "headers": {"Authorization": f"Bearer {value}"},
    }
    assert SECRET not in file(machine, host).read_text()
    assert [item["id"] for item in told.get("inputs", [])] == (["trivium-token"] if host == "vscode" else [])
    uninstall(wanted, there)
    assert json.loads(file(machine, host).read_text()) == {HOSTS[host].servers: {}}


def test_the_question_for_a_token_stands_beside_others_and_goes_with_its_last_server(machine: Machine) -> None:
    mine = {"type": "promptString", "id": "mine"}
    path = written(file(machine, "vscode"), json.dumps({"inputs": [mine], "servers": {}}))
    one = Wanted(host="vscode", url="https://a.example", token="T")
    install(one, machine)
    install(replace(one, name="second"), machine)
    assert [item["id"] for item in json.loads(path.read_text())["inputs"]] == ["mine", "trivium-token"]
    uninstall(one, machine)
    assert len(json.loads(path.read_text())["inputs"]) == 2
    uninstall(replace(one, name="second"), machine)
    assert json.loads(path.read_text()) == {"inputs": [mine], "servers": {}}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(host="claude-desktop", url="https://a.example"), "in its window alone: Settings, Connectors"),
        (Wanted(host="claude-desktop", in_project=True), "has no file for one project"),
        (Wanted(host="cursor", url="http://a.example"), "is not encrypted"),
        (Wanted(host="cursor", url="a.example"), "is no address"),
        (Wanted(host="cursor", url="https://me:pw@a.example"), "is no address"),
        (Wanted(host="cursor", url="https://a.example", variables=("X",)), "--env goes with a program alone"),
        (Wanted(host="cursor", token="X"), "--token-from goes with --url"),
    ],
)
def test_what_a_host_cannot_take_is_refused_with_the_way_it_can(machine: Machine, wanted: Wanted, said: str) -> None:
    with pytest.raises(Refused) as refused:
        install(wanted, machine)
    assert said in str(refused.value)
    assert refused.value.alternative
    assert not machine.home.exists()


def test_a_project_has_a_file_of_its_own(machine: Machine) -> None:
    for host, path in (("claude-code", ".mcp.json"), ("vscode", ".vscode/mcp.json"), ("cursor", ".cursor/mcp.json")):
        install(Wanted(host=host, in_project=True, url="http://127.0.0.1:8080/mcp/"), machine)
        told = json.loads((machine.folder / path).read_text())
        assert told[HOSTS[host].servers]["trivium"]["url"] == "http://127.0.0.1:8080/mcp"
    assert not machine.home.exists()


def test_a_value_where_an_object_has_to_be_is_no_place_to_put_something() -> None:
    with pytest.raises(Unreadable, match="a holds no object"):
        members.put('{"a": 1}', ("a", "b"), 2)
    assert members.put('{"a": null}', ("a", "b"), 2) == '{"a": {\n    "b": 2\n  }}'


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("console") for line in block.splitlines() if line]


def run(line: str, home: Path, database_url: str) -> subprocess.CompletedProcess[str]:
    """A line of the guide, by this very installation, in a home and a folder of its own."""
    program, *words = shlex.split(line)
    assert program == "trivium"
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRIVIUM_TOKEN": SECRET}
    environment = known | {"DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET}
    return subprocess.run(
        [sys.executable, "-m", "trivium", *words],
        cwd=home, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_guide_works(line: str, tmp_path: Path, database_url: str) -> None:
    if "uninstall" in line:
        assert run(line.replace("uninstall", "install"), tmp_path, database_url).returncode == 0
    done = run(line, tmp_path, database_url)
    assert done.returncode == 0, done.stderr
    texts = [path.read_text() for path in tmp_path.rglob("*.json")]
    assert ("install" in line and "--print" not in line) == bool(texts)
    assert (SECRET in "".join(texts)) == ("--env" in line)
    for text in texts:
        assert members.read(text)


def test_the_guide_shows_exactly_what_is_written(machine: Machine) -> None:
    shown = [json.loads(block) for block in blocks("json")]
    for wanted in (
        *(Wanted(host=host) for host in HOSTS),
        *(
            Wanted(host=host, url="https://trivium.example/mcp", token="TRIVIUM_TOKEN")
            for host in ("claude-code", "vscode", "cursor")
        ),
    ):
        told = json.loads(snippet(wanted, machine))
        entry = told[HOSTS[wanted.host].servers]["trivium"]
        if "command" in entry:
            entry |= {"command": "/path/to/trivium", "args": ["mcp"]}
        assert told in shown, json.dumps(told, indent=2)


def test_the_commands_help_names_every_host() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trivium", "mcp", "install", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip
    assert all(host in done.stdout for host in HOSTS)
