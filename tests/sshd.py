"""A real sshd on a loopback port: its own host key, its own authorized key, the current user."""

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from tests.programs import end, free_port, pause, program

PRIVILEGE_SEPARATION = Path("/run/sshd")
START_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """Where it listens, its public host key as OpenSSH writes it, and a private key that it lets in."""

    port: int
    username: str
    host_key: str
    key_file: Path
    pid: int
    hostname: str = "127.0.0.1"
    private_key: str = field(repr=False)


def binary() -> str:
    """The path of sshd, which wants to be called by it and is often outside PATH."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return found or program("sshd")


@contextmanager
def running(folder: Path) -> Generator[Sshd]:
    """A server from when it answers until the block ends; its connections end with it."""
    if os.geteuid() == 0:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o700)
    host, user = make_key(folder / "host_key"), make_key(folder / "user_key")
    (folder / "authorized_keys").write_text(user.export_public_key().decode())
    port = free_port()
    (folder / "sshd_config").write_text(config(folder, port))
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen(
            [binary(), "-D", "-e", "-f", str(folder / "sshd_config")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            wait_for(process, port, folder / "sshd.log")
            yield Sshd(
                port=port,
                username=getpass.getuser(),
                host_key=host.export_public_key().decode().strip(),
                key_file=folder / "user_key",
                pid=process.pid,
                private_key=(folder / "user_key").read_text(),
            )
        finally:
            end(process)


def make_key(path: Path) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    return key


def config(folder: Path, port: int) -> str:
    return f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
MaxStartups 100
"""


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"sshd ended with {process.returncode}: {log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause(0.05)
    pytest.fail(f"sshd did not listen: {log.read_text()[-2000:]}")


def processes(marker: str) -> list[str]:
    """The command lines of living processes that name `marker`; sshd's own and shells that were only told of it too."""
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in words and path.parent.name != str(os.getpid()):
            found.append(words)
    return found


def connections(server: Sshd) -> list[int]:
    """The process ids of the server's sessions."""
    children: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = re.sub(r".*\) ", "", path.read_text()).split()
        except OSError:
            continue
        if fields[1] == str(server.pid):
            children.append(int(path.parent.name))
    return children
