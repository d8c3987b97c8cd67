"""Real programs that tests run: found, started on a free port, watched, and ended by their own id."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0


def program(name: str) -> str:
    """The path of an installed program. Without it the test is skipped; under CI, which installs it, it fails."""
    found = shutil.which(name)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and .ci/run should have installed it")
    pytest.skip(f"{name} is not installed")


def present(path: Path | str | None, what: str) -> Path:
    """The path of something else that only .ci/run is sure to install. Without it as `program` does."""
    if path:
        return Path(path)
    if os.environ.get("CI"):
        pytest.fail(f"there is no {what}, and .ci/run should have installed it")
    pytest.skip(f"there is no {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Generator[subprocess.Popen[bytes]]:
    """The program, from when `ready` answers 200 until the block ends; then SIGTERM, and SIGKILL if it lingers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until_ready(process, ready, log)
            yield process
        finally:
            end(process)


def wait_until_ready(process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"{process.args} ended with {process.returncode}: {log.read_text()[-3000:]}")
        try:
            if httpx.get(ready, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        pause(0.1)
    pytest.fail(f"{process.args} was not ready after {START_SECONDS:.0f} s: {log.read_text()[-3000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def pause(seconds: float) -> None:
    """Between two looks at another process, which has no event to wait for."""
    time.sleep(seconds)
