"""One server's data and programs: how it is created, started and asked whether it answers."""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from domain.embedded_postgres.account import Account
from domain.embedded_postgres.error import EmbeddedPostgresError
from domain.embedded_postgres.home import Home

SUPERUSER = "postgres"
DATABASE = "trivium"
BUILTIN_LOCALE_MAJOR = 17
SETTINGS = {
    "listen_addresses": "",  # the socket only: no port to clash with or to attack
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "60",
    # A crash may lose the last 0.6 s of commits, never the consistency of the data (fsync stays on); for a
    # trial on one machine that buys 1.2 to 3 times the runs per second (measured with LangGraph's saver).
    "synchronous_commit": "off",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`programs` is a directory that `account` can run from."""

    home: Home
    programs: Path
    account: Account

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.home.sockets), safe='')}"

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def server_command(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": f'"{self.home.sockets}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.program("postgres"), "-D", str(self.home.data), *options]

    def is_ready(self) -> bool:
        """Whether the server takes connections now."""
        where = ["-h", str(self.home.sockets), "-U", SUPERUSER, "-d", DATABASE]
        return self.account.run([self.program("pg_isready"), "-q", "-t", "1", *where]).returncode == 0


def create(cluster: Cluster, major: int, deadline: float) -> None:
    """The data directory exists with an empty database `trivium`; it appears whole or not at all.

    Raises EmbeddedPostgresError with what initdb or postgres said.
    """
    draft = cluster.home.draft()
    cluster.account.give(draft)
    _initdb(cluster, draft, major, deadline)
    single = [cluster.program("postgres"), "--single", "-D", str(draft), "-c", "exit_on_error=on", SUPERUSER]
    done = cluster.account.run(single, stdin=f"create database {DATABASE};\n", timeout_seconds=_left(deadline))
    if done.returncode:
        raise EmbeddedPostgresError(f"the database {DATABASE} could not be created in {draft}:\n{done.stdout}")
    try:
        draft.rename(cluster.home.data)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"{cluster.home.data} holds what no PostgreSQL made: {error}. Set TRIVIUM_HOME to another directory."
        ) from error


def locales(major: int) -> list[list[str]]:
    """Options of initdb in order of preference: letters as in Unicode, order by code point, the same everywhere."""
    if major >= BUILTIN_LOCALE_MAJOR:
        return [["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]  # macOS may lack the first


def _initdb(cluster: Cluster, draft: Path, major: int, deadline: float) -> None:
    # trust: the private socket directory is the lock on this door, and no password lies about
    command = [cluster.program("initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    said = ""
    for locale in locales(major):
        done = cluster.account.run([*command, *locale], timeout_seconds=_left(deadline))
        if done.returncode == 0:
            return
        said = done.stdout
    raise EmbeddedPostgresError(
        f"{command[0]} could not create a data directory in {draft}. It said:\n{said}\n"
        "Mend that, or set TRIVIUM_HOME to another directory, or set DATABASE_URL."
    )


def _left(deadline: float) -> float:
    return max(1.0, deadline - time.monotonic())
