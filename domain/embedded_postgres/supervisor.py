"""The detached parent of postgres: restarts it when it crashes, stops it when no user is left."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from domain.embedded_postgres import locks
from domain.embedded_postgres.account import environment
from domain.embedded_postgres.cluster import Cluster

POLL_SECONDS = 0.25
PAUSES_SECONDS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0)  # before each start; a killed server's last query may linger
CALM_SECONDS = 60.0  # a server that lived this long starts the count of crashes anew
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def launch(cluster: Cluster, supervisor_lock: int) -> None:
    """A supervisor for `cluster` runs; it was born with the lock, so nobody can take it for missing meanwhile."""
    module = [sys.executable, "-SP", "-m", "domain.embedded_postgres"]  # -SP: the standard library and PYTHONPATH only
    with cluster.home.new_log().open("ab") as log:
        subprocess.run(  # noqa: S603  our own interpreter and module
            [*module, "--supervise", str(cluster.home.root), str(cluster.programs)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment() | {"PYTHONPATH": str(Path(__file__).parents[2])},
            pass_fds=(supervisor_lock,),
            start_new_session=True,
            check=False,
        )


def supervise(cluster: Cluster) -> None:
    """Postgres ran for as long as anyone held a handle, and is gone; or it crashed too often, and the log says so."""
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        handle, start, server = (
            stack.enter_context(locks.opened(cluster.home.lock(name))) for name in ("handle", "start", "postgres")
        )
        locks.own(server)  # free: the one who launched us made sure
        _again_when_crashed(lambda: _serve(cluster, server, lambda: _unused(handle, start)))


def _again_when_crashed(serve: Callable[[], bool]) -> None:
    """`serve` came to its proper end, or ended early more often than there are pauses."""
    crashes = 0
    while crashes < len(PAUSES_SECONDS):
        time.sleep(PAUSES_SECONDS[crashes])
        started = time.monotonic()
        if serve():
            return
        crashes = 1 if time.monotonic() - started > CALM_SECONDS else crashes + 1
        sys.stderr.write(f"supervisor: postgres ended by itself, {crashes} of at most {len(PAUSES_SECONDS)} times\n")
        sys.stderr.flush()


def _serve(cluster: Cluster, server_lock: int, unused: Callable[[], bool]) -> bool:
    """True when postgres was stopped because nobody used it any more, False when it ended by itself."""
    account = cluster.account
    server = subprocess.Popen(  # noqa: S603  the programs of a server that we looked up ourselves
        cluster.server_command(),
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=environment(),
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
        pass_fds=(server_lock,),
        preexec_fn=_die_with_parent(),  # noqa: PLW1509  safe: this process has one thread
    )
    try:
        while server.poll() is None:
            if unused():
                return True
            time.sleep(POLL_SECONDS)
        return False
    finally:
        _stop(server)


def _unused(handle: int, start: int) -> bool:
    """Whether no user is left and none is coming; then both locks are ours, and a newcomer waits until we are gone."""
    if not locks.own(handle):
        return False
    if locks.own(start):
        return True
    locks.release(handle)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Postgres is gone: by its fast shutdown, else the immediate one, else by force."""
    for number, patience_seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        if server.poll() is not None:
            return
        server.send_signal(number)
        try:
            server.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            continue


def _die_with_parent() -> Callable[[], None] | None:
    """What postgres does between fork and exec so that the kernel stops it when we are killed; Linux only.

    Elsewhere the next starter stops the orphan. The library is loaded here, before the fork.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
