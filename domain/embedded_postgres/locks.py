"""Kernel locks on files: taken by whoever lives, dropped by whoever dies."""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

POLL_SECONDS = 0.02


@contextmanager
def opened(path: Path) -> Generator[int]:
    """The descriptor of a lock file, made when missing; leaving closes it, and drops its lock unless a child has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def share(descriptor: int) -> bool:
    """Whether the lock is now ours together with others."""
    return _take(descriptor, fcntl.LOCK_SH)


def own(descriptor: int) -> bool:
    """Whether the lock is now ours alone."""
    return _take(descriptor, fcntl.LOCK_EX)


def release(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def wait_until(claim: Callable[[], bool], deadline: float) -> bool:
    """Whether `claim` came true before `deadline` (of `time.monotonic`); it is asked at least once."""
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _take(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
