"""Who the server's programs run as: the caller, or `nobody` when the caller is root, which postgres refuses to be."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.embedded_postgres.error import EmbeddedPostgresError

if sys.platform != "win32":
    import pwd

KEPT_VARIABLES = ("PATH", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Account:
    """The arguments of `subprocess` that change the user; all None means: stay who you are."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None

    def give(self, path: Path) -> None:
        """`path` belongs to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, directory: Path) -> bool:
        """Whether the permission bits let this account, not the caller, through `directory`."""
        status = directory.stat()
        others = 0o010 if status.st_gid == self.gid else 0o001
        return bool(status.st_mode & (0o100 if status.st_uid == self.uid else others))

    def run(
        self, command: Sequence[str], *, stdin: str = "", timeout_seconds: float = 10
    ) -> subprocess.CompletedProcess[str]:
        """How `command` ended, its messages joined in `stdout`. Raises EmbeddedPostgresError when it did not run."""
        try:
            return subprocess.run(  # noqa: S603  the programs of a server that we looked up ourselves
                command,
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=timeout_seconds,
                cwd="/",
                env=environment(),
                user=self.uid,
                group=self.gid,
                extra_groups=self.groups,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EmbeddedPostgresError(f"{command[0]} did not run: {error}") from error


def of_server() -> Account:
    """The account that the server of this process runs as. Raises EmbeddedPostgresError when root has no `nobody`."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and this system has no account `nobody` to run it as. "
            "Run trivium as an ordinary user, or set DATABASE_URL."
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid, ())


def environment() -> dict[str, str]:
    """What a child sees of our environment: no PG* setting bends it, no secret of its starter outlives the starter."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C"}
