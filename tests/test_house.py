"""The house's own rules that no other tool checks."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from graphs import inquiry, revive, troubleshooting
from tests.requirements import PROMISES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LONGEST_MODULE = 300
BOUNDARIES = {"tools/handling.py", "graphs/live.py", "domain/masking.py"}
FORBIDDEN_NAMES = {"utils", "common", "helpers", "core", "manager"}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_a_module_says_what_it_is_and_stays_readable(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert not tree.body or ast.get_docstring(tree), "a module begins with one sentence a newcomer would want"
    assert text.count("\n") <= LONGEST_MODULE
    assert path.stem not in FORBIDDEN_NAMES


def test_a_broad_except_stands_only_at_a_boundary() -> None:
    found = {
        relative(path)
        for path in sources()
        if re.search(r"except (Exception|BaseException)\b|except:", path.read_text())
    }
    assert found <= BOUNDARIES | {relative(path) for path in sources() if path.parts[-2] in ("web", "mcp_server")}


def test_no_dependency_ships_a_package_named_like_a_room() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {room: owners[room] for room in ROOMS if room in owners and owners[room] != ["trivium"]} == {}


def test_the_lock_files_have_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        packages = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", text, re.MULTILINE)
        assert len(packages) > 50
        assert text.count("--hash=sha256:") >= len(packages)


def test_every_runtime_dependency_is_in_the_readmes_table() -> None:
    readme = (ROOT / "README.md").read_text()
    names = [re.split(r"[\[><=]", line)[0] for line in PROJECT["project"]["dependencies"]]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_the_drawing_in_the_docs_is_the_graph_we_run() -> None:
    drawn = (ROOT / "docs" / "graphs.md").read_text()
    for graph in (inquiry, troubleshooting, revive):
        assert graph.build().compile().get_graph().draw_mermaid().strip() in drawn


def test_every_promise_is_named_by_a_test_and_every_named_promise_is_kept() -> None:
    prefixes = "|".join(sorted({promise.partition("-")[0] for promise in PROMISES}))
    pattern = rf"\b(?:{prefixes})-\d{{2}}\b"
    tests = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = {promise for text in tests for promise in re.findall(pattern, text)}
    assert named == set(PROMISES)


def test_importing_a_room_does_nothing() -> None:
    """No environment is read, no client made, no event loop needed: each module imports in a bare process."""
    modules = [relative(path)[:-3].replace("/", ".").removesuffix(".__init__") for path in sources()]
    modules = [name for name in modules if not name.endswith("__main__") and name != "trivium.studio"]
    code = "import socket; socket.socket.connect = None; " + "; ".join(f"import {name}" for name in modules)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
