"""The directory one embedded server lives in, and who may pass through it."""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.embedded_postgres.account import Account
from domain.embedded_postgres.error import EmbeddedPostgresError

LOCKS = ("handle", "start", "supervisor", "postgres")
DRAFT = ".trivium-draft-"
SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_BYTES = 103  # macOS: 104 with the closing zero; Linux has four more
SHORT_SOCKETS = Path("/tmp")  # noqa: S108  TMPDIR may differ between two users of one home; kept private by make_private


@dataclass(frozen=True, slots=True)
class Home:
    """The places under `root`, an absolute path without links."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def sockets(self) -> Path:
        """Directory of the server's socket: `run`, unless that is too long for a socket or has the comma that libpq
        splits hosts at; then a private directory under /tmp, named by a hash of the home."""
        near = self.root / "run"
        address = os.fsencode(near / SOCKET_NAME)
        if len(address) <= MAX_SOCKET_BYTES and b"," not in address:
            return near
        return SHORT_SOCKETS / f"trivium-{sha256(os.fsencode(self.root)).hexdigest()[:16]}"

    @property
    def pid_files(self) -> tuple[Path, Path]:
        """What postgres guards its data and its socket with: files that name the process, and may outlive it."""
        return self.data / "postmaster.pid", self.sockets / f"{SOCKET_NAME}.lock"

    def lock(self, name: str) -> Path:
        return self.root / f"{name}.lock"

    def major(self) -> int | None:
        """Major version of the PostgreSQL that made the data, None before there is any."""
        try:
            return int((self.data / "PG_VERSION").read_text("ascii"))
        except FileNotFoundError:
            return None

    def postmaster(self) -> int | None:
        """Process id that the last server wrote down; it may be dead and its number given to another."""
        try:
            return int(self.pid_files[0].read_text("ascii").split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def draft(self) -> Path:
        """An empty directory to build something in, to be renamed when it is whole.

        Never the same one twice: a starter that was killed may have left a child that still works, and cleans up, in
        its own.
        """
        return Path(tempfile.mkdtemp(prefix=DRAFT, dir=self.root))

    def sweep(self) -> None:
        """Drafts of starters that were killed are gone, at the latest when this is called after their children ended.

        For the holder of `start.lock` only, before it makes drafts of its own.
        """
        for leftover in self.root.glob(f"{DRAFT}*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def new_log(self) -> Path:
        """An empty log, closed to others because statements that fail are written there; the last one is kept aside."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.old"))
        self.log.touch(mode=0o600)
        return self.log

    def log_tail(self, lines: int = 12) -> str:
        """The end of the server's log."""
        try:
            text = self.log.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return "(server.log does not exist)"
        return "\n".join(text.splitlines()[-lines:]) or "(server.log is empty)"


def prepare(home: Home, account: Account) -> None:
    """`home`, its locks and its socket directory exist, and the server's account can reach them.

    Only directories made here get a mode. Raises EmbeddedPostgresError when something already there is in the way.
    """
    try:
        _require_passage(home.root, account)
        _make(home.root, 0o700 if account.uid is None else 0o755)
        _require_owner(home.data, account)
        make_private(home.sockets, account)
        for name in LOCKS:
            home.lock(name).touch(mode=0o600)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"{home.root} cannot hold the embedded PostgreSQL: {error}. "
            "Set TRIVIUM_HOME to a directory that you may write to, or set DATABASE_URL."
        ) from error


def make_private(directory: Path, account: Account) -> None:
    """`directory` exists and only the account enters it: whoever reaches the socket is let in without a password.

    Raises EmbeddedPostgresError when the name is already taken by something less private, as anyone can do in /tmp.
    """
    if not directory.exists():
        _make_at_once(directory, account)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != _uid(account) or status.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"{directory} should be a directory of uid {_uid(account)} with mode 0700, and is "
            f"{stat.filemode(status.st_mode)} of uid {status.st_uid}. Look who made it, then remove it."
        )


def _make_at_once(directory: Path, account: Account) -> None:
    """The directory appears with its owner: one that starts at the same time never sees it half made."""
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    account.give(draft)
    try:
        draft.rename(directory)
    except OSError:  # another one's stands there by now, in use; what it is like is looked at next
        draft.rmdir()


def _require_passage(root: Path, account: Account) -> None:
    if account.uid is None:
        return
    for directory in reversed((root, *root.parents)):
        if directory.exists() and not account.may_enter(directory):
            raise EmbeddedPostgresError(
                f"PostgreSQL refuses to run as root, so it runs as `nobody`, which may not enter {directory} "
                f"(mode {stat.S_IMODE(directory.stat().st_mode):04o}) on the way to {root}. "
                "Set TRIVIUM_HOME to a directory open to it, for example /var/lib/trivium."
            )


def _require_owner(data: Path, account: Account) -> None:
    if data.exists() and data.stat().st_uid != _uid(account):
        raise EmbeddedPostgresError(
            f"{data} belongs to uid {data.stat().st_uid}, and the server would run as uid {_uid(account)}. "
            "Run trivium as the user who made it, or set TRIVIUM_HOME to another directory."
        )


def _make(root: Path, mode: int) -> None:
    missing = [directory for directory in (root, *root.parents) if not directory.exists()]
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        directory.chmod(mode)  # not mkdir's mode: root's umask must not lock `nobody` out


def _uid(account: Account) -> int:
    return os.geteuid() if account.uid is None else account.uid
