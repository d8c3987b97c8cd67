"""Credentials: who signs in with what. The value is sealed or elsewhere, and comes out for one use at a time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from pydantic import AliasChoices

from config.settings import Settings
from domain import audit, secrets
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection, Pool
from domain.errors import NotFound, Refused
from domain.secrets import Keyring

Kind: TypeAlias = Literal["ssh_key", "password", "token"]


def variables() -> Iterable[str]:
    """The names of our own settings in small letters, other names that they go by too."""
    for name, setting in Settings.model_fields.items():
        yield name
        if isinstance(setting.validation_alias, AliasChoices):
            yield from (str(choice).lower() for choice in setting.validation_alias.choices)


OWN_VARIABLES = frozenset({"pgpassword", *variables()})
OWN_FILES = frozenset({"jwt.secret", "secrets.key"})
CLOSED_FOLDERS = ("/proc", "/sys", "/dev")

COLUMNS = """id, name, kind, username, description, coalesce(reference, 'sealed') as holder, created_at, last_used_at,
    uses"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """All that anybody is shown. `holder` says where the value is: `sealed`, `env:NAME` or `file:PATH`."""

    id: UUID
    name: str
    kind: Kind
    username: str
    description: str
    holder: str
    created_at: datetime
    last_used_at: datetime | None
    uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """Either a `reference`, or a value that a Keyring has `sealed`."""

    name: str
    kind: Kind
    username: str = ""
    description: str = ""
    reference: str | None = None
    sealed: str | None = field(default=None, repr=False)
    created_by: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a use starts from; it does not leave this module."""

    id: UUID
    name: str
    kind: Kind
    reference: str | None
    sealed: str | None = field(repr=False)


INSERT = f"""
insert into trivium.credentials (name, kind, username, description, reference, sealed, created_by)
values (%(name)s, %(kind)s, %(username)s, %(description)s, %(reference)s, %(sealed)s, %(created_by)s)
on conflict (name) do nothing
returning {COLUMNS}"""


async def add(db: Connection, new: NewCredential) -> Credential:
    """It can be used from now on. Raises Refused: `already_exists`, or for a reference to what is Trivium's own."""
    if new.reference:
        await asyncio.to_thread(refuse_unsuitable, new.reference)
    values = {
        "name": new.name,
        "kind": new.kind,
        "username": new.username,
        "description": new.description,
        "reference": new.reference,
        "sealed": new.sealed,
        "created_by": new.created_by,
    }
    async with db.cursor(row_factory=class_row(Credential)) as cursor:
        await cursor.execute(INSERT, values)
        made = await cursor.fetchone()
    if made is None:
        raise taken(new.name)
    return made


def taken(name: str) -> Refused:
    return Refused(
        f"There is a credential named {name} already.", code="already_exists", alternative="Choose another name."
    )


def refuse_unsuitable(reference: str) -> None:
    """Follows links on disk: call it off the event loop.

    Raises Refused for what is no reference, and for one that would lend Trivium's own secrets to a runbook.
    """
    scheme, place = secrets.parse_reference(reference)
    if is_own_variable(place) if scheme == "env" else is_closed(Path(place).resolve()):
        raise Refused(
            f"{reference} is not for credentials: it is Trivium's own, or no plain file.",
            code="invalid_arguments",
            alternative="Put the value in a variable or a file of its own.",
        )


def is_own_variable(name: str) -> bool:
    return name.lower() in OWN_VARIABLES


def is_closed(path: Path) -> bool:
    """Devices and processes' files too: they never end, or show the environment."""
    inside = any(path.is_relative_to(folder) for folder in CLOSED_FOLDERS)
    return inside or path.name in OWN_FILES or (path.exists() and not path.is_file())


BY_NAME = f"select {COLUMNS} from trivium.credentials where name = %(name)s"


async def by_name(db: Connection, name: str) -> Credential | None:
    async with db.cursor(row_factory=class_row(Credential)) as cursor:
        await cursor.execute(BY_NAME, {"name": name})
        return await cursor.fetchone()


NEWEST = f"select {COLUMNS} from trivium.credentials order by created_at desc, name limit %(limit)s"


async def newest(db: Connection, *, limit: int) -> list[Credential]:
    """Newest first, equals by name."""
    async with db.cursor(row_factory=class_row(Credential)) as cursor:
        await cursor.execute(NEWEST, {"limit": limit})
        return await cursor.fetchall()


NAMES = "select name from trivium.credentials order by name"


async def names(db: Connection) -> list[str]:
    return [row["name"] for row in await (await db.execute(NAMES)).fetchall()]


KEPT = "select id, name, kind, reference, sealed from trivium.credentials where id = %(id)s"
USE = "update trivium.credentials set uses = uses + 1, last_used_at = clock_timestamp() where id = %(id)s"


async def take(pool: Pool, actor: Actor, credential_id: UUID, *, purpose: str, keyring: Keyring | None) -> str:
    """The secret itself, for one use; nobody has it before that use is counted and on the audit log.

    `purpose` is a few words for the record. Raises Refused, saying why, when the secret cannot be had.
    """
    kept = await fetch_kept(pool, credential_id)
    secret = await revealed(kept, keyring)
    async with pool.connection() as db, db.transaction():
        await db.execute(USE, {"id": kept.id})
        await audit.append(db, actor, used(kept, purpose))
    return secret


async def fetch_kept(pool: Pool, credential_id: UUID) -> Kept:
    async with pool.connection() as db, db.cursor(row_factory=class_row(Kept)) as cursor:
        await cursor.execute(KEPT, {"id": credential_id})
        kept = await cursor.fetchone()
    if kept is None:
        raise NotFound(f"There is no credential {credential_id}.")
    return kept


async def revealed(kept: Kept, keyring: Keyring | None) -> str:
    if kept.reference:
        return await asyncio.to_thread(fetch, kept.reference)
    if keyring is None:
        raise Refused(
            f"The credential {kept.name} is sealed, and no key is set to open it.",
            code="no_secret_key",
            alternative="Set TRIVIUM_SECRET_KEYS where Trivium runs.",
        )
    return keyring.open(kept.sealed or "")


def fetch(reference: str) -> str:
    """What the reference holds now. Reads a file: call it off the event loop. Raises Refused when that is no text."""
    refuse_unsuitable(reference)
    try:
        return secrets.fetch(reference)
    except UnicodeDecodeError as error:
        raise Refused(f"{reference} holds no text.", code="secret_unreadable") from error


def used(kept: Kept, purpose: str) -> Entry:
    details = {"purpose": purpose, "kind": kept.kind, "holder": kept.reference or "sealed"}
    return Entry(action="credential_used", target=kept.name, details=details)


ALL_SEALED = "select id, name, kind, reference, sealed from trivium.credentials where sealed is not null for update"
MOVE = "update trivium.credentials set sealed = %(sealed)s where id = %(id)s"


async def reseal(pool: Pool, keyring: Keyring) -> int:
    """Every sealed value is under the ring's first key; returns how many. Raises Refused, and then none is moved."""
    async with pool.connection() as db, db.transaction():
        return await move(db, keyring)


async def move(db: Connection, keyring: Keyring) -> int:
    """What `reseal` does, in the caller's transaction."""
    async with db.cursor(row_factory=class_row(Kept)) as cursor:
        await cursor.execute(ALL_SEALED)
        moved = [{"id": kept.id, "sealed": resealed(kept, keyring)} for kept in await cursor.fetchall()]
        await cursor.executemany(MOVE, moved)
    return len(moved)


def resealed(kept: Kept, keyring: Keyring) -> str:
    try:
        return keyring.reseal(kept.sealed or "")
    except Refused as error:
        raise Refused(
            f"No key of TRIVIUM_SECRET_KEYS opens the credential {kept.name}; nothing was moved.",
            code="secret_unreadable",
            alternative="Add the key that sealed it behind the others, and try again.",
        ) from error
