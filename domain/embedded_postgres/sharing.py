"""What a process does to have the server: take a share, and start it when nobody has."""

import os
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from domain.embedded_postgres import account, locks, programs, supervisor
from domain.embedded_postgres.account import Account
from domain.embedded_postgres.cluster import Cluster, create
from domain.embedded_postgres.error import EmbeddedPostgresError
from domain.embedded_postgres.home import Home, prepare


@contextmanager
def running(home: Path, *, timeout_seconds: float = 60) -> Generator[str]:
    """The URL of database `trivium` on a server that runs at least until the caller leaves or dies.

    The data stays in `home` (made when missing); the server stops about a quarter of a second after its last user.
    Where `home` is too deep for a socket's 103 bytes the socket lies in `/tmp/trivium-<hash of home>`, mode 0700.
    As root the server runs as `nobody`, from a copy of the wheel's programs in `home`. `timeout_seconds` bounds
    everything up to the server's first answer.

    Raises: EmbeddedPostgresError when there are no programs, the data is of another major version, the directory
    cannot be used, or the server does not start (then with the end of its log).
    """
    if sys.platform == "win32":
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL needs the file locks of Linux or macOS, and this is Windows. "
            "Run trivium in WSL, or set DATABASE_URL to a PostgreSQL server."
        )
    deadline = time.monotonic() + timeout_seconds
    place = Home(home.resolve())
    server_account = account.of_server()
    prepare(place, server_account)
    with locks.opened(place.lock("handle")) as handle:
        yield _join(place, server_account, handle, deadline)


def _join(home: Home, server_account: Account, handle: int, deadline: float) -> str:
    """The URL of a server that answers, with our share of it taken on `handle`."""
    with locks.opened(home.lock("start")) as start:
        if not locks.wait_until(lambda: locks.own(start) and locks.share(handle), deadline):
            raise EmbeddedPostgresError(
                f"Another process was starting or stopping the server in {home.root} all the time that was given. "
                f"Try again, or look into {home.log}."
            )
        cluster = _cluster(home, server_account, deadline)
        _start(cluster, deadline)
    return cluster.url


def _cluster(home: Home, server_account: Account, deadline: float) -> Cluster:
    home.sweep()
    found = programs.find(programs.candidates(), home)
    cluster = Cluster(home, programs.reachable(found, home, server_account), server_account)
    if home.major() is None:
        create(cluster, found.major, deadline)
    return cluster


def _start(cluster: Cluster, deadline: float) -> None:
    """The server takes connections. One launch is enough: a supervisor that is gone after it has given up."""
    launched = False
    while True:
        with locks.opened(cluster.home.lock("supervisor")) as lock:
            if locks.own(lock):
                if launched:
                    raise _not_started(cluster, "it ended by itself again and again")
                _evict_orphan(cluster.home, deadline)
                supervisor.launch(cluster, lock)
                launched = True
        if cluster.is_ready():
            return
        if time.monotonic() > deadline:
            raise _not_started(cluster, "it does not answer in the time that was given")
        time.sleep(locks.POLL_SECONDS)


def _evict_orphan(home: Home, deadline: float) -> None:
    """No process of an earlier server is left, nor its pid files, whose number may belong to a stranger by now."""
    with locks.opened(home.lock("postgres")) as lock:
        if not locks.own(lock):
            orphan = home.postmaster()
            with suppress(ProcessLookupError, PermissionError):
                if orphan:
                    os.kill(orphan, signal.SIGINT)
            if not locks.wait_until(lambda: locks.own(lock), deadline):
                raise EmbeddedPostgresError(
                    f"A server that lost its supervisor still works in {home.data} (process {orphan}) and does not "
                    "stop. End it, then try again."
                )
        for stale in home.pid_files:
            stale.unlink(missing_ok=True)


def _not_started(cluster: Cluster, symptom: str) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"PostgreSQL in {cluster.home.data} (programs in {cluster.programs}) did not start: {symptom}. "
        f"The end of {cluster.home.log}:\n{cluster.home.log_tail()}\n"
        "Mend what it says, or set TRIVIUM_HOME to a new directory, or set DATABASE_URL."
    )
