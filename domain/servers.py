"""Servers: where runbooks sign in, and the one host key that each of them must show."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection
from domain.errors import Refused

if TYPE_CHECKING:
    from asyncssh import SSHKey

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

SSH_PORT = 22
LONGEST_HOSTNAME = 253
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOSTNAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})

COLUMNS = """server.id, server.name, hostname, port, server.username, host_key, credential_id,
    credential.name as credential, environment, service, team, server.description, server.created_at, updated_at"""
CREDENTIALS = "left join trivium.credentials as credential on credential.id = credential_id"
SELECT = f"select {COLUMNS} from trivium.servers as server {CREDENTIALS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`host_key` is `algorithm base64`, without a comment; `credential` the name of what signs in, None without one."""

    id: UUID
    name: str
    hostname: str
    port: int
    username: str
    host_key: str
    credential_id: UUID | None
    credential: str | None
    environment: str
    service: str
    team: str
    description: str
    created_at: datetime
    updated_at: datetime

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.host_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewServer:
    """`hostname` as `safe_hostname` and `host_key` as `pinned_key` give them."""

    name: str
    hostname: str
    port: int = SSH_PORT
    username: str
    host_key: str
    credential_id: UUID | None = None
    environment: str = ""
    service: str = ""
    team: str = ""
    description: str = ""
    created_by: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFilter:
    """All that is not empty must hold; `search` is a part of the name, hostname or description, in any case."""

    service: str = ""
    environment: str = ""
    search: str = ""

    def parameters(self) -> dict[str, object]:
        return {"service": self.service, "environment": self.environment, "search": self.search}


ADD = f"""
with server as (
    insert into trivium.servers
        (name, hostname, port, username, host_key, credential_id, environment, service, team, description, created_by)
    values
        (%(name)s, %(hostname)s, %(port)s, %(username)s, %(host_key)s, %(credential_id)s, %(environment)s, %(service)s,
        %(team)s, %(description)s, %(created_by)s)
    on conflict (name) do nothing
    returning *
)
select {COLUMNS} from server {CREDENTIALS}"""


async def add(db: Connection, new: NewServer) -> Server:
    """Runbooks can name it from now on. Raises Refused (`already_exists`) when the name is taken."""
    values = {
        "name": new.name,
        "hostname": new.hostname,
        "port": new.port,
        "username": new.username,
        "host_key": new.host_key,
        "credential_id": new.credential_id,
        "environment": new.environment,
        "service": new.service,
        "team": new.team,
        "description": new.description,
        "created_by": new.created_by,
    }
    async with db.cursor(row_factory=class_row(Server)) as cursor:
        await cursor.execute(ADD, values)
        made = await cursor.fetchone()
    if made is None:
        raise taken(new.name)
    return made


def taken(name: str) -> Refused:
    return Refused(
        f"There is a server named {name} already.", code="already_exists", alternative="Choose another name."
    )


BY_NAMES = SELECT + " where server.name = any(%(names)s) order by array_position(%(names)s, server.name)"


async def by_name(db: Connection, name: str) -> Server | None:
    return next(iter(await by_names(db, [name])), None)


async def by_names(db: Connection, names: Sequence[str]) -> list[Server]:
    """In the order of the names; one that nobody has is left out, one named twice is there once."""
    async with db.cursor(row_factory=class_row(Server)) as cursor:
        await cursor.execute(BY_NAMES, {"names": list(names)})
        return await cursor.fetchall()


MATCHING = (
    SELECT
    + """
where %(service)s in ('', service) and %(environment)s in ('', environment)
    and strpos(lower(concat_ws(E'\\n', server.name, hostname, server.description)), lower(%(search)s)) > 0
order by server.name limit %(limit)s"""
)


async def matching(db: Connection, wanted: ServerFilter, *, limit: int) -> list[Server]:
    """By name."""
    async with db.cursor(row_factory=class_row(Server)) as cursor:
        await cursor.execute(MATCHING, wanted.parameters() | {"limit": limit})
        return await cursor.fetchall()


SAME_MACHINE = (
    SELECT
    + """
where host_key = %(host_key)s or (hostname = %(hostname)s and port = %(port)s)
order by server.name limit 3"""
)


async def same_machine(db: Connection, new: NewServer) -> list[Server]:
    """Up to three that have the same address or show the same host key already, by name."""
    values = {"host_key": new.host_key, "hostname": new.hostname, "port": new.port}
    async with db.cursor(row_factory=class_row(Server)) as cursor:
        await cursor.execute(SAME_MACHINE, values)
        return await cursor.fetchall()


NAMES = "select name from trivium.servers order by name"


async def names(db: Connection) -> list[str]:
    return [row["name"] for row in await (await db.execute(NAMES)).fetchall()]


def fingerprint(host_key: str) -> str:
    """`SHA256:...` of `algorithm base64`, as `ssh-keygen -l` prints it."""
    digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def pinned_key(text: str, hostname: str, port: int) -> str:
    """`algorithm base64` of a public key, or of the known_hosts line for this host.

    The first call imports asyncssh (half a second): call it off the event loop. Raises Refused; the message never
    repeats the text, which may be a private key by mistake.
    """
    import asyncssh  # noqa: PLC0415 - heavy, and only needed when a server is added

    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if len(lines) != 1:
        raise no_host_key("It is one line: a public key, or the line for this host in known_hosts.")
    try:
        key = asyncssh.import_public_key(lines[0])
    except asyncssh.KeyImportError:
        key = known(lines[0], hostname, port)
    return " ".join(key.export_public_key().decode().split()[:2])


def known(line: str, hostname: str, port: int) -> "SSHKey":
    """The key of a known_hosts line. Raises Refused when it has none that this host itself shows."""
    import asyncssh  # noqa: PLC0415

    try:
        entry = asyncssh.import_known_hosts(line)
    except ValueError as error:
        raise no_host_key("It is neither a public key nor a line of known_hosts.") from error
    keys = entry.match(hostname, "", None if port == SSH_PORT else port)[0]
    if not keys:
        raise no_host_key(f"It holds no key that can be read as that of {hostname}.")
    return keys[0]


def no_host_key(why: str) -> Refused:
    return Refused(
        f"The host key cannot be used. {why}",
        code="invalid_arguments",
        alternative="`ssh-keyscan -t ed25519 HOST` prints it; compare its fingerprint with the one on the machine.",
    )


def safe_hostname(text: str) -> str:
    """The name or address in small letters. Raises ValueError for what is none, or is no machine to sign in to."""
    hostname = text.lower().removesuffix(".")
    address = parsed(hostname)
    if address is None and not is_name(hostname):
        raise ValueError("a hostname is a DNS name or an IP address, without spaces and signs")
    if hostname in METADATA_NAMES or (address and is_closed(address)):
        raise ValueError(f"{hostname} is no machine to sign in to: metadata and link-local addresses are closed")
    return hostname


def parsed(hostname: str) -> Address | None:
    try:
        return None if "%" in hostname else ipaddress.ip_address(hostname)
    except ValueError:
        return None


def is_name(hostname: str) -> bool:
    """A last label that is a number would be read as an address by some: `2852039166` is 169.254.169.254."""
    last = hostname.rpartition(".")[2]
    fits = len(hostname) <= LONGEST_HOSTNAME and HOSTNAME.fullmatch(hostname)
    return bool(fits) and not NUMBER.fullmatch(last)


def is_closed(address: Address) -> bool:
    inner = embedded(address) or address
    return inner in METADATA_ADDRESSES or inner.is_link_local or inner.is_unspecified or inner.is_multicast


def embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
