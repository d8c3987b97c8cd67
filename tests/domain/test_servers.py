import base64
import hmac
from typing import Any
from uuid import uuid4

import asyncssh
import pytest

from domain import credentials, servers
from domain.credentials import NewCredential
from domain.database import Pool
from domain.errors import Refused
from domain.servers import NewServer, Server, ServerFilter, pinned_key, safe_hostname


def new_key(algorithm: str = "ssh-ed25519") -> str:
    """A public key as OpenSSH writes it, without a comment."""
    return asyncssh.generate_private_key(algorithm).export_public_key().decode().strip()


KEY = new_key()


def new_server(name: str, **given: Any) -> NewServer:
    values: dict[str, Any] = {"hostname": f"{name}.example", "username": "deploy", "host_key": KEY, "created_by": None}
    return NewServer(name=name, **(values | given))


async def made(pool: Pool, *new: NewServer) -> list[Server]:
    async with pool.connection() as db:
        return [await servers.add(db, one) for one in new]


async def test_a_server_is_told_with_its_credentials_name(pool: Pool) -> None:
    """RV-09."""
    async with pool.connection() as db:
        login = await credentials.add(
            db, NewCredential(name="deploy", kind="ssh_key", reference="env:KEY", created_by=None)
        )
    given: dict[str, Any] = {
        "hostname": "10.0.0.1", "port": 2222, "credential_id": login.id, "environment": "prod", "service": "shop",
        "team": "web", "description": "first",
    }  # fmt: skip
    one, other = await made(pool, new_server("web-1", **given), new_server("web-2"))
    assert one == Server(
        id=one.id,
        name="web-1",
        username="deploy",
        host_key=KEY,
        credential="deploy",
        created_at=one.created_at,
        updated_at=one.created_at,
        **given,
    )
    assert (other.credential_id, other.credential, other.port) == (None, None, 22)
    async with pool.connection() as db:
        assert await servers.by_name(db, "web-1") == one
        assert await servers.by_name(db, "WEB-1") is None
        assert await servers.names(db) == ["web-1", "web-2"]


async def test_a_name_that_is_taken_is_refused_and_the_first_stays(pool: Pool) -> None:
    (one,) = await made(pool, new_server("web"))
    with pytest.raises(Refused, match="named web already") as refused:
        await made(pool, new_server("web", hostname="elsewhere"))
    assert refused.value.code == "already_exists"
    async with pool.connection() as db:
        assert await servers.by_name(db, "web") == one


async def test_servers_come_in_the_order_of_their_names_asked_for(pool: Pool) -> None:
    await made(pool, *(new_server(name) for name in "abc"))
    async with pool.connection() as db:
        found = await servers.by_names(db, ["c", "nobody", "a", "c"])
        assert [server.name for server in found] == ["c", "a"]
        assert await servers.by_names(db, []) == []


def nameless(value: object) -> str:
    """A name without the value: keys are new at every start, and workers have to agree on names."""
    return "key" if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, "abcd"),
        ({"service": "shop"}, "ab"),
        ({"environment": "prod"}, "ac"),
        ({"service": "shop", "environment": "prod"}, "a"),
        ({"service": "sho"}, ""),
        ({"search": "EXAMPLE"}, "abcd"),
        ({"search": "c.ex"}, "c"),
        ({"search": "100%"}, "d"),
        ({"search": "0%"}, "d"),
        ({"search": "%"}, "d"),
        ({"search": "_"}, "d"),
        ({"search": "\\"}, "d"),
        ({"search": "disk", "service": "db"}, "c"),
        ({"search": "' or 1=1 --"}, ""),
    ],
)
async def test_each_filter_narrows_and_text_is_taken_as_it_is_written(
    pool: Pool, wanted: dict[str, str], names: str
) -> None:
    await made(
        pool,
        new_server("d", description="100% of \\ a_b"),
        new_server("c", service="db", environment="prod", description="The DISK server"),
        new_server("b", service="shop"),
        new_server("a", service="shop", environment="prod"),
    )
    async with pool.connection() as db:
        found = await servers.matching(db, ServerFilter(**wanted), limit=10)
        assert "".join(server.name for server in found) == names
        assert await servers.matching(db, ServerFilter(**wanted), limit=1) == found[:1]


async def test_the_same_machine_is_known_by_its_key_or_its_address(pool: Pool) -> None:
    one, other = await made(pool, new_server("a"), new_server("b", host_key=new_key()))
    async with pool.connection() as db:
        assert await servers.same_machine(db, new_server("c")) == [one]
        again = new_server("c", hostname="b.example", host_key=new_key())
        assert await servers.same_machine(db, again) == [other]
        elsewhere = new_server("c", hostname="b.example", port=2222, host_key=new_key())
        assert await servers.same_machine(db, elsewhere) == []


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_fingerprint_is_the_one_that_ssh_shows(algorithm: str) -> None:
    key = new_key(algorithm)
    assert servers.fingerprint(key) == asyncssh.import_public_key(key).get_fingerprint()


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    """`ssh-keygen -l` of OpenSSH 9.2 printed it."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    assert servers.fingerprint(key) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


SCANNED = f"# web.example:22 SSH-2.0-OpenSSH_9.2\nweb.example {KEY}\n"


@pytest.mark.parametrize(
    ("text", "port"),
    [
        (KEY, 22),
        (f"{KEY} root@web\n", 22),
        (f"  {KEY}  ", 2222),
        (SCANNED, 22),
        (f"web.example,10.0.0.1 {KEY} comment", 22),
        (f"[web.example]:2222 {KEY}", 2222),
        (f"*.example {KEY}", 22),
        (f"ssh-gateway,web.example {KEY}", 22),
    ],
    ids=nameless,
)
def test_a_host_key_is_a_public_key_or_the_line_for_that_host(text: str, port: int) -> None:
    assert pinned_key(text, "web.example", port) == KEY


def test_a_hashed_line_of_known_hosts_is_read() -> None:
    """As `HashKnownHosts` writes it: salt, and the SHA-1 HMAC of the name."""
    salt = b"s" * 20
    digest = hmac.new(salt, b"web.example", "sha1").digest()
    line = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()} {KEY}"
    assert pinned_key(line, "web.example", 22) == KEY
    with pytest.raises(Refused):
        pinned_key(line, "db.example", 22)


PRIVATE = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        KEY[:-8],
        PRIVATE,
        PRIVATE.replace("\n", " "),
        f"other.example {KEY}",
        f"[web.example]:2222 {KEY}",
        f"@revoked web.example {KEY}",
        f"@cert-authority web.example {KEY}",
        f"{KEY}\n{KEY}",
        SCANNED + SCANNED,
        "SHA256:NW49NPey2sqDu17E25fSOOHP3G6SQHTWJXcgce/RE9g",
    ],
    ids=nameless,
)
def test_anything_else_is_no_host_key_and_is_not_repeated(text: str) -> None:
    with pytest.raises(Refused, match="The host key cannot be used") as refused:
        pinned_key(text, "web.example", 22)
    assert refused.value.code == "invalid_arguments"
    assert not text or text not in f"{refused.value} {refused.value.alternative}"


@pytest.mark.parametrize(
    ("text", "hostname"),
    [
        ("web-1", "web-1"),
        ("Web-1.Example.", "web-1.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("10.20.30.40", "10.20.30.40"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::1", "::1"),
        ("db_1.internal", "db_1.internal"),
        ("1and1.example", "1and1.example"),
        ("metadata.example", "metadata.example"),
    ],
)
def test_a_hostname_is_a_name_or_an_address(text: str, hostname: str) -> None:
    assert safe_hostname(text) == hostname


CLOSED = (
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fe80::1", "0.0.0.0",  # noqa: S104
    "::", "224.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "metadata",
    "Metadata.Google.Internal.", "instance-data",
)  # fmt: skip
NO_NAMES = (
    "", ".", "web 1", " web", "web\n", "web;id", "web$(id)", "`id`", "-oProxyCommand=id", "web|id", "web&", "a..b",
    "web/x", "user@web", "web:22", "[::1]", "fe80::1%eth0", "2001:db8::1%;id", "2852039166", "0xa9fea9fe",
    "169.254.43518", "0251.0376.0251.0376", "a" * 64, ".".join(["abcdefg"] * 32), "wéb", "web\x00",
)  # fmt: skip


@pytest.mark.parametrize("text", CLOSED)
def test_metadata_and_link_local_addresses_are_closed_however_written(text: str) -> None:
    with pytest.raises(ValueError, match="no machine to sign in to"):
        safe_hostname(text)


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_a_shell_or_a_resolver_could_read_otherwise_is_no_hostname(text: str) -> None:
    with pytest.raises(ValueError, match="DNS name or an IP address"):
        safe_hostname(text)


async def test_a_server_of_a_credential_that_is_not_there_cannot_be_added(pool: Pool) -> None:
    with pytest.raises(Exception, match="foreign key"):
        await made(pool, new_server("web", credential_id=uuid4()))
