"""The embedded server under real processes and real kills."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import LiteralString

import psycopg
import pytest

from domain.embedded_postgres import account, locks, programs, running, supervisor
from domain.embedded_postgres.cluster import Cluster
from domain.embedded_postgres.home import Home

REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
pytestmark = pytest.mark.slow
USER = """
import sys
from pathlib import Path
from domain.embedded_postgres import running
with running(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class User:
    """Another process that holds a share of the server until it is told to leave, or killed."""

    process: subprocess.Popen[str]

    def url(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, "the process ended before it had the server"
        return line

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.leave()


@pytest.fixture
def parent() -> Generator[Path]:
    """An empty directory that every account may pass; the server in it is gone when the test is over."""
    made = Path(tempfile.mkdtemp(prefix="trivium-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def prepared() -> Generator[Path]:
    """A home whose server has run once and stopped."""
    made = Path(tempfile.mkdtemp(prefix="trivium-test-"))
    made.chmod(0o755)
    with running(made / "home"):
        pass
    assert stopped(made / "home")
    yield made / "home"
    shutil.rmtree(made)


@pytest.fixture
def home(prepared: Path) -> Generator[Path]:
    """The prepared home, with the promise that nothing of a test is left running."""
    yield prepared
    assert stopped(prepared)


@pytest.fixture
def start() -> Generator[Callable[[Path], User]]:
    """What makes a new user of a home; users who are left at the end are killed."""
    users: list[User] = []

    def start_user(home: Path) -> User:
        environment = {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"], "PGPORT": "1", "PGDATA": "/nowhere"}
        command = [sys.executable, "-c", USER, str(home)]
        process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd="/", env=environment)
        users.append(User(process))
        return users[-1]

    yield start_user
    for user in users:
        user.kill()


def value(url: str, query: LiteralString) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def alive(url: str) -> bool:
    try:
        return value(url, "select 1") == 1
    except psycopg.OperationalError:
        return False


def eventually(claim: Callable[[], bool]) -> bool:
    return locks.wait_until(claim, time.monotonic() + PATIENCE_SECONDS)


def stopped(home: Path) -> bool:
    """Whether, soon, neither a supervisor nor any process of postgres is left."""

    def free(name: str) -> bool:
        with locks.opened(home / f"{name}.lock") as lock:
            return locks.own(lock)

    return eventually(lambda: free("supervisor") and free("postgres"))


def postmaster(home: Path) -> int:
    pid = Home(home).postmaster()
    assert pid is not None
    return pid


def processes() -> dict[int, tuple[int, str]]:
    """Every process: its id, its parent's id and its command line."""
    told = subprocess.run(["/bin/ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in told.stdout.splitlines()]
    return {int(pid): (int(parent), args) for pid, parent, args in rows}


def supervisor_of(home: Path) -> int:
    return processes()[postmaster(home)][0]


def test_two_cold_starts_at_once_share_one_server(parent: Path, start: Callable[[Path], User]) -> None:
    home = parent / "home"
    users = [start(home), start(home)]
    urls = {user.url() for user in users}
    assert len(urls) == 1
    commands = [args for _, args in processes().values()]
    assert len([args for args in commands if f"-D {home}/data" in args]) == 1
    assert len([args for args in commands if f"--supervise {home} " in args]) == 1
    for user in users:
        user.leave()
    assert stopped(home)


def test_a_killed_user_leaves_the_server_to_the_other_and_the_last_one_killed_ends_it(
    home: Path, start: Callable[[Path], User]
) -> None:
    first = start(home)
    url = first.url()
    second = start(home)
    assert second.url() == url
    server = postmaster(home)
    first.kill()
    rounds = 3 * supervisor.POLL_SECONDS
    assert not locks.wait_until(lambda: not alive(url), time.monotonic() + rounds)
    assert postmaster(home) == server
    second.kill()
    assert stopped(home)
    assert not alive(url)


def test_a_killed_server_comes_back_for_its_users_with_its_data(home: Path) -> None:
    with running(home) as url:
        with psycopg.connect(url) as connection:
            connection.execute("create table kept (n int)")
            connection.execute("set local synchronous_commit = on")
        killed = postmaster(home)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: alive(url))
        assert postmaster(home) != killed
        assert value(url, "select count(*) from kept") == 0


def test_a_user_who_comes_while_the_server_is_down_waits_for_it(home: Path) -> None:
    with running(home):
        os.kill(postmaster(home), signal.SIGKILL)
        with running(home) as url:
            assert alive(url)


@on_linux
def test_a_killed_supervisor_takes_the_server_along_and_the_next_start_works(home: Path) -> None:
    with running(home) as url:
        old = postmaster(home)
        os.kill(supervisor_of(home), signal.SIGKILL)
        assert stopped(home)
        assert not alive(url)
        with running(home) as again:
            assert again == url
            assert alive(url)
            assert postmaster(home) != old


def test_a_terminated_supervisor_shuts_the_server_down_cleanly(home: Path) -> None:
    with running(home):
        os.kill(supervisor_of(home), signal.SIGTERM)
        assert stopped(home)
    assert "database system is shut down" in (home / "server.log").read_text()


def test_a_server_without_supervisor_is_replaced(home: Path) -> None:
    """What is left of a killed supervisor where the kernel does not tell its child."""
    place, server = Home(home), account.of_server()
    found = programs.find(programs.candidates(), place)
    cluster = Cluster(place, programs.reachable(found, place, server), server)
    with locks.opened(place.lock("postgres")) as lock:
        assert locks.own(lock)
        orphan = subprocess.Popen(
            cluster.server_command(),
            stderr=subprocess.DEVNULL,
            pass_fds=(lock,),
            cwd="/",
            user=server.uid,
            group=server.gid,
            extra_groups=server.groups,
        )
    assert eventually(cluster.is_ready)
    with running(home) as url:
        assert alive(url)
        assert orphan.wait(PATIENCE_SECONDS) == 0
        assert postmaster(home) != orphan.pid


def test_a_pid_file_that_names_a_living_stranger_does_not_stop_the_start(home: Path) -> None:
    server = account.of_server()
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"], cwd="/", user=server.uid, group=server.gid, extra_groups=server.groups
    )
    for pid_file in Home(home).pid_files:
        pid_file.write_text(f"{stranger.pid}\n{home}/data\n1\n5432\n")
        server.give(pid_file)
    try:
        with running(home) as url:
            assert alive(url)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_killed_while_it_creates_the_data_is_made_good_by_the_next(
    parent: Path, start: Callable[[Path], User]
) -> None:
    home = parent / "home"
    first = start(home)
    assert eventually(lambda: any(home.glob(".trivium-draft-*/base")))
    first.kill()
    with running(home) as url:
        assert alive(url)
    assert eventually(lambda: not any(f"{home}/.trivium-draft-" in args for _, args in processes().values()))
    with running(home) as url:
        assert alive(url)
    assert stopped(home)
    assert not any(home.glob(".trivium-draft-*"))
