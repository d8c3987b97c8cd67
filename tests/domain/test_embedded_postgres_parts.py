"""The parts of the embedded server that need no server: what is found, refused and said."""

import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from domain.embedded_postgres import EmbeddedPostgresError, account, programs, running
from domain.embedded_postgres.account import Account
from domain.embedded_postgres.cluster import Cluster, create, locales
from domain.embedded_postgres.home import MAX_SOCKET_BYTES, SOCKET_NAME, Home, make_private, prepare

REPOSITORY = Path(__file__).parents[2]
ON_WINDOWS = """
import os, signal, subprocess, sys, tempfile, shutil, hashlib, ctypes, importlib.util
from pathlib import Path
for name in ("fcntl", "pwd"):
    sys.modules[name] = None
del os.geteuid, os.fork, signal.SIGKILL, signal.SIGQUIT
sys.platform = "win32"
from domain.embedded_postgres import EmbeddedPostgresError, running
try:
    with running(Path("home")):
        print("started")
except EmbeddedPostgresError as error:
    print(error)
"""


@pytest.fixture
def open_directory() -> Generator[Path]:
    """An empty directory that every account may pass, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="trivium-test-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def install(directory: Path, version: str) -> Path:
    """Programs that only know their version."""
    for name in programs.NEEDED:
        script(directory / name, f"echo 'postgres (PostgreSQL) {version}'")
    return directory


def home_made_by(root: Path, major: int) -> Home:
    (root / "data").mkdir(parents=True)
    (root / "data" / "PG_VERSION").write_text(f"{major}\n")
    return Home(root)


def test_the_first_candidate_is_taken_for_a_new_home(tmp_path: Path) -> None:
    places = [install(tmp_path / "a", "18.4"), install(tmp_path / "b", "16.9 (Debian 16.9-1)")]
    assert programs.find(places, Home(tmp_path)) == programs.Programs(tmp_path / "a", "18.4", 18)


def test_the_candidate_that_made_the_data_goes_before_a_newer_one(tmp_path: Path) -> None:
    places = [install(tmp_path / "a", "18.4"), install(tmp_path / "b", "16.9 (Debian 16.9-1)")]
    found = programs.find(places, home_made_by(tmp_path / "home", 16))
    assert found == programs.Programs(tmp_path / "b", "16.9", 16)


def test_candidates_that_are_old_incomplete_or_broken_are_passed_over(tmp_path: Path) -> None:
    incomplete = install(tmp_path / "incomplete", "18.1")
    (incomplete / "initdb").unlink()
    broken = install(tmp_path / "broken", "18.1")
    (broken / "postgres").write_bytes(b"\x7fELF for another machine")
    places = [
        tmp_path / "missing",
        incomplete,
        broken,
        install(tmp_path / "old", "14.3"),
        install(tmp_path / "b", "15.0"),
    ]
    assert programs.find(places, Home(tmp_path)) == programs.Programs(tmp_path / "b", "15.0", 15)


def test_without_any_programs_the_error_names_the_extra_and_the_setting(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"extra `embedded`, or set DATABASE_URL"):
        programs.find([tmp_path], Home(tmp_path))


def test_data_of_another_major_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    home = home_made_by(tmp_path / "home", 13)
    before = sorted(home.root.rglob("*"))
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 13; found: 18\.4 in .*Nothing was touched"):
        programs.find([install(tmp_path / "a", "18.4")], home)
    assert sorted(home.root.rglob("*")) == before


def test_the_wheel_is_looked_at_first_and_its_newest_server_before_the_older() -> None:
    found = list(programs.candidates())
    wheel = [place for place in found if place.parent.parent.name == programs.WHEEL]
    assert wheel
    assert found[: len(wheel)] == wheel
    majors = [inspected.major for inspected in map(programs.inspect, wheel) if inspected]
    assert majors == sorted(majors, reverse=True)


@pytest.mark.parametrize(
    ("root", "near"),
    [("/var/lib/trivium", True), ("/var/lib/" + "x" * 76, True), ("/var/lib/" + "x" * 77, False), ("/srv/a,b", False)],
)
def test_a_socket_lies_in_the_home_unless_its_name_would_not_work(root: str, near: bool) -> None:
    sockets = Home(Path(root)).sockets
    assert (sockets == Path(root) / "run") is near
    assert len(str(sockets / SOCKET_NAME)) <= MAX_SOCKET_BYTES
    assert "," not in str(sockets)


def test_a_planted_socket_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for planted in ("open", "link"):
        with pytest.raises(EmbeddedPostgresError, match=r"should be a directory of uid \d+ with mode 0700"):
            make_private(tmp_path / planted, Account())


def test_children_see_neither_pg_settings_nor_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("TZ", "UTC")
    seen = account.environment()
    assert seen["TZ"] == "UTC"
    assert seen["LC_ALL"] == "C"
    assert set(seen) <= {*account.KEPT_VARIABLES, "LC_ALL"}


@pytest.mark.parametrize(
    ("major", "first"), [(15, "--locale=C.UTF-8"), (16, "--locale=C.UTF-8"), (17, "--locale-provider=builtin")]
)
def test_the_builtin_locale_is_used_where_postgres_has_it(major: int, first: str) -> None:
    assert locales(major)[0][0] == first


def test_a_system_without_the_unicode_locale_gets_plain_c(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script(tmp_path / "bin" / "initdb", f'echo "$*" >> {asked}; case "$*" in *C.UTF-8*) exit 1;; esac')
    script(tmp_path / "bin" / "postgres", "cat > /dev/null")
    home = Home(tmp_path)
    create(Cluster(home, tmp_path / "bin", Account()), 15, time.monotonic() + 10)
    assert home.data.is_dir()
    assert [line.rpartition("--locale=")[2] for line in asked.read_text().splitlines()] == ["C.UTF-8", "C"]


@pytest.mark.parametrize("broken", ["initdb", "postgres"])
def test_a_cluster_that_cannot_be_created_says_why_and_leaves_no_data(tmp_path: Path, broken: str) -> None:
    for name in ("initdb", "postgres"):
        script(tmp_path / "bin" / name, "cat > /dev/null; echo no space left; exit 1" if name == broken else "exit 0")
    with pytest.raises(EmbeddedPostgresError, match="no space left"):
        create(Cluster(Home(tmp_path), tmp_path / "bin", Account()), 18, time.monotonic() + 10)
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_no_postgres_made_is_left_alone(tmp_path: Path) -> None:
    install(tmp_path / "bin", "18.4")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(EmbeddedPostgresError, match="what no PostgreSQL made"):
        create(Cluster(Home(tmp_path), tmp_path / "bin", Account()), 18, time.monotonic() + 10)
    assert (tmp_path / "data" / "thesis.txt").read_text() == "mine"


def test_a_sweep_removes_drafts_and_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path)
    kept = tmp_path / "kept"
    kept.mkdir()
    (home.draft() / "half").write_text("")
    assert home.draft().is_dir()
    home.sweep()
    assert list(tmp_path.iterdir()) == [kept]


def test_a_new_log_is_private_and_keeps_the_last_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.new_log().write_text("first run\n")
    assert stat.S_IMODE(home.new_log().stat().st_mode) == 0o600
    assert (tmp_path / "server.log.old").read_text() == "first run\n"
    assert home.log_tail() == "(server.log is empty)"
    home.log.write_text("one\ntwo\nthree\n")
    assert home.log_tail(lines=2) == "two\nthree"


def test_a_home_that_is_a_file_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match=r"cannot hold the embedded PostgreSQL.*Set TRIVIUM_HOME"):
        prepare(Home(tmp_path / "file"), Account())


def test_data_of_another_user_is_refused(open_directory: Path) -> None:
    (open_directory / "data").mkdir()
    stranger = Account(os.geteuid() + 1, os.getegid() + 1, ())
    with pytest.raises(EmbeddedPostgresError, match=r"data belongs to uid \d+, and the server would run as uid"):
        prepare(Home(open_directory), stranger)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")
def test_root_is_told_which_directory_is_closed_to_the_server(open_directory: Path) -> None:
    closed = open_directory / "closed"
    closed.mkdir(mode=0o700)
    said = rf"`nobody`, which may not enter {closed} \(mode 0700\).*for example /var/lib/trivium"
    with pytest.raises(EmbeddedPostgresError, match=said), running(closed / "home"):
        pass
    assert list(closed.iterdir()) == []
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_windows_can_import_the_module_and_gets_an_explanation() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert "WSL" in told.stdout
    assert "DATABASE_URL" in told.stdout
