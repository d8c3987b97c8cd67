"""The commands that keep the house: migrate, token, doctor, sample."""

import shutil
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.settings import Settings
from domain import audit, tokens, users
from domain.actors import Entrance
from domain.audit import Entry
from domain.errors import Refused
from domain.providers import Trust, open_provider
from domain.sample import fill
from domain.tokens import PILLARS, SCOPES, Claims
from trivium import checks
from trivium.checks import Check
from trivium.failures import KNOWN
from trivium.portions import trust
from trivium.service import ConfigurationError, Service, open_service

LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token to make. No scopes: the three pillars. An `ingest` token needs no role."""

    user: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    teams: tuple[str, ...]
    ttl: timedelta


async def migrate(settings: Settings) -> int:
    async with open_service(settings):
        Console().print("The database is at this build's version.")
    return 0


async def print_token(settings: Settings, wanted: Wanted) -> int:
    async with open_service(settings) as service:
        sys.stdout.write(await make_token(service, wanted) + "\n")
    return 0


async def make_token(service: Service, wanted: Wanted) -> str:
    """The user exists with these roles, which is on record; returns the signed token.

    Raises Refused for a role or scope that does not exist, ConfigurationError without a key.
    """
    if service.key is None:
        raise ConfigurationError("No key to sign with: set TRIVIUM_JWT_SECRET (`openssl rand -hex 32` makes one).")
    scopes = frozenset(wanted.scopes or PILLARS)
    refuse_unknown("scope", scopes, SCOPES)
    if not wanted.roles and scopes != frozenset({"ingest"}):
        raise Refused("A token for a person needs a role: --role engineer, for example.", code="invalid_token")
    claims = Claims(
        name=tokens.read_name(wanted.user), roles=frozenset(wanted.roles), scopes=scopes, teams=frozenset(wanted.teams)
    )
    await register(service, claims)
    return tokens.mint(service.key, claims, ttl=wanted.ttl)


async def register(service: Service, claims: Claims) -> None:
    actor = await service.identity.owner(Entrance.CLI, "token")  # before the transaction, which may make the same user
    async with service.pool.connection() as db, db.transaction():
        refuse_unknown("role", claims.roles, await users.role_names(db))
        user_id = await users.ensure(db, claims.name, roles=claims.roles, teams=claims.teams)
        await users.grant(db, user_id, claims.roles)
        details = {"roles": sorted(claims.roles), "scopes": sorted(claims.scopes), "teams": sorted(claims.teams)}
        await audit.append(db, actor, Entry(action="token_made", target=claims.name, details=details))


def refuse_unknown(what: str, given: frozenset[str], known: tuple[str, ...]) -> None:
    if unknown := sorted(given - set(known)):
        raise Refused(f"There is no {what} {', '.join(unknown)}; there are {', '.join(known)}.", code=f"unknown_{what}")


async def remove_sample(settings: Settings) -> int:
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        async with service.pool.connection() as db, db.transaction():
            await fill.remove(db)
            await audit.append(db, actor, Entry(action="sample_removed", details={}))
    Console(highlight=False).print("The sample estate is gone; real rows stayed.")
    return 0


async def doctor(settings: Settings) -> int:
    checks = [check async for check in examined(settings)]
    table = Table(box=None, header_style="dim")
    for title in ("", "what", "found", "what to do"):
        table.add_column(title, overflow="fold")
    for check in checks:
        mark = Text("ok", style="green") if check.well else Text("missing" if check.needed else "off", style="yellow")
        table.add_row(mark, check.what, check.found, "" if check.well else check.mend)
    Console(highlight=False).print(table)
    return 0 if all(check.well or not check.needed for check in checks) else 1


async def examined(settings: Settings) -> AsyncGenerator[Check]:
    yield Check("Python", sys.version_info >= (3, 11), sys.version.split()[0], "Trivium needs 3.11 or newer")
    yield disk(settings)
    yield port(settings)
    yield key(settings)
    if asked := trust(settings):
        yield await provider(asked)
    for check in await stored(settings):
        yield check
    yield await model(settings)


def disk(settings: Settings) -> Check:
    home = next(path for path in (settings.trivium_home, *settings.trivium_home.parents) if path.exists())
    free = shutil.disk_usage(home).free
    return Check(
        "Disk", free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free under {home}", "free 1 GB or move TRIVIUM_HOME"
    )


def port(settings: Settings) -> Check:
    where = f"{settings.host}:{settings.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Check(
                "Port",
                well=False,
                found=f"{where}: {error.strerror}",
                mend="set PORT, or it is Trivium itself",
                needed=False,
            )
    return Check("Port", well=True, found=f"{where} is free")


def key(settings: Settings) -> Check:
    if settings.trivium_jwt_secret:
        return Check("Key for tokens", well=True, found="TRIVIUM_JWT_SECRET")
    found = f"made and kept in {settings.trivium_home}" if settings.is_embedded else "none"
    needed = settings.trivium_jwks_url is None
    return Check("Key for tokens", settings.is_embedded, found, "set TRIVIUM_JWT_SECRET", needed=needed)


async def provider(asked: Trust) -> Check:
    """Whether people of the identity provider can be let in now."""
    async with open_provider(asked) as opened:
        await opened.keys.refresh()
        names, fault = {kid for kid, _ in opened.keys.known}, opened.keys.fault
    had = f"keys for {' and '.join(asked.algorithms)}: {len(names)}"
    found = f"{asked.url}: {fault or had}"
    mend = "check TRIVIUM_JWKS_URL" if fault else "check TRIVIUM_JWKS_ALGORITHMS: it publishes no key for these"
    return Check("Identity provider", well=bool(names), found=found, mend=mend)


async def stored(settings: Settings) -> list[Check]:
    """The database, and what it says there is besides."""
    what = "embedded Postgres" if settings.is_embedded else "Postgres of DATABASE_URL"
    try:
        async with open_service(settings) as service:
            async with service.pool.connection() as db:
                version = db.info.server_version // 10000
            found = Check(what, well=True, found=f"version {version}, migrated")
            return [found, *await checks.of_servers(service), *await checks.of_models(service)]
    except KNOWN as error:
        return [Check(what, well=False, found=str(error), mend="see the message")]


async def model(settings: Settings) -> Check:
    if not settings.llm_model:
        return Check(
            "Model",
            well=False,
            found="none: rules answer",
            mend="optional: LLM_BASE_URL, LLM_MODEL, LLM_API_KEY",
            needed=False,
        )
    url = f"{(settings.llm_base_url or 'https://api.openai.com/v1').rstrip('/')}/models"
    secret = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(url, headers={"Authorization": f"Bearer {secret}"})
    except httpx.HTTPError as error:
        return Check(
            "Model",
            well=False,
            found=f"{url}: {error}",
            mend="check LLM_BASE_URL; rules answer meanwhile",
            needed=False,
        )
    return Check(
        "Model",
        answer.is_success,
        f"{settings.llm_model}, HTTP {answer.status_code}",
        "check LLM_API_KEY",
        needed=False,
    )
