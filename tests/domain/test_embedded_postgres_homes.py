"""Where the embedded server can live, and what it says when it cannot; with real servers."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from domain.embedded_postgres import EmbeddedPostgresError, account, locks, programs, running
from domain.embedded_postgres.home import Home
from tests.programs import present

REPOSITORY = Path(__file__).parents[2]
MACHINE_S_OWN = Path("/usr/lib/postgresql")
SYSTEM_PYTHONS = [shutil.which(f"python3.{minor}", path="/usr/local/bin:/usr/bin") for minor in range(11, 20)]
pytestmark = [pytest.mark.slow, pytest.mark.long]
USE_ONCE = """
import sys
from pathlib import Path
from domain.embedded_postgres import running
with running(Path(sys.argv[1])):
    pass
"""


@pytest.fixture
def parent() -> Generator[Path]:
    """An empty directory that every account may pass, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="trivium-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def stopped(home: Path) -> bool:
    """Whether, soon, no supervisor is left; it is the last to go."""
    with locks.opened(home / "supervisor.lock") as lock:
        return locks.wait_until(lambda: locks.own(lock), time.monotonic() + 20)


def last_command(home: Path) -> str:
    """How postgres was started, as it notes itself."""
    return (home / "data" / "postmaster.opts").read_text()


def test_the_server_is_utf8_without_tcp_and_keeps_fsync(parent: Path) -> None:
    home = parent / "home"
    expected = {
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "off",
        "shared_buffers": "64MB",
        "max_connections": "60",
    }
    with running(home) as url, psycopg.connect(url) as connection:
        names = list(expected)
        rows = connection.execute("select name, current_setting(name) from unnest(%s::text[]) name", [names])
        assert dict(rows.fetchall()) == expected
        row = connection.execute("select lower('ÄÖ'), current_database()").fetchone()
        assert row == ("äö", "trivium")
    assert stopped(home)


@pytest.mark.parametrize("name", ["deep" * 30, "a, b", "it's mine"])
def test_any_directory_name_works_as_a_home(parent: Path, name: str) -> None:
    home = parent / name
    with running(home) as url:
        psycopg.connect(url).close()
        sockets = Home(home).sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stopped(home)
    if sockets.parent != home:
        shutil.rmtree(sockets)


@pytest.mark.parametrize(("seconds", "symptom"), [(1, "does not answer"), (60, "ended by itself again and again")])
def test_a_server_that_does_not_start_shows_the_end_of_its_log(parent: Path, seconds: float, symptom: str) -> None:
    home = parent / "home"
    with running(home):
        pass
    (home / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    assert stopped(home)
    with pytest.raises(EmbeddedPostgresError, match=symptom) as raised, running(home, timeout_seconds=seconds):
        pass
    assert 'unrecognized configuration parameter "no_such_setting"' in str(raised.value)
    assert stopped(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_the_wheel_in_place(parent: Path) -> None:
    python = present(next(filter(None, SYSTEM_PYTHONS), None), "python3.11 or newer that every account may run")
    nobody = account.of_server()
    wheel = programs.find(programs.candidates(), Home(parent)).directory.parents[1]
    shutil.copytree(REPOSITORY / "domain", parent / "domain", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (wheel.name, f"{wheel.name}.libs"):
        shutil.copytree(wheel.with_name(name), parent / name, symlinks=True)
    home = parent / "home"
    home.mkdir()
    nobody.give(home)
    subprocess.run(
        [python, "-c", USE_ONCE, str(home)],
        cwd="/",
        env={"PYTHONPATH": str(parent)},
        user=nobody.uid,
        group=nobody.gid,
        extra_groups=nobody.groups,
        check=True,
    )
    assert stopped(home)
    assert last_command(home).startswith(f"{parent / wheel.name}/pginstall")
    assert not list(home.glob("postgres-*"))


def test_without_the_wheel_the_machine_s_own_server_runs_where_it_is(parent: Path) -> None:
    present(next(MACHINE_S_OWN.glob("*/bin/postgres"), None), f"Postgres server in {MACHINE_S_OWN}")
    home = parent / "home"
    bare = [sys.executable, "-S", "-c", USE_ONCE, str(home)]  # -S: no site-packages, so no wheel
    subprocess.run(bare, cwd="/", env={"PYTHONPATH": str(REPOSITORY)}, check=True)
    assert stopped(home)
    assert last_command(home).startswith(f"{MACHINE_S_OWN}/{Home(home).major()}/bin/postgres")
    assert not list(home.glob("postgres-*"))
