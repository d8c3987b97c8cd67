"""Login links: a code that opens the web page once, within minutes; of the code only its hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain import audit
from domain.actors import Actor, Entrance
from domain.audit import Entry
from domain.database import Connection
from domain.tokens import Claims

VALID = timedelta(minutes=10)
SESSION = timedelta(hours=12)

MAKE = """
insert into trivium.login_links (code_sha256, user_id, roles, scopes, session_seconds, expires_at)
values (%(hash)s, %(user_id)s, %(roles)s, %(scopes)s, %(session_seconds)s, now() + %(valid)s)
"""
REDEEM = """
update trivium.login_links as link set used_at = now()
from trivium.users as person
where link.code_sha256 = %(hash)s and link.used_at is null and link.expires_at > now() and person.id = link.user_id
returning person.id as user_id, person.name, link.roles, link.scopes, link.session_seconds
"""
SWEEP = "delete from trivium.login_links where expires_at < now() - interval '1 day'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """Whom a code was made for, what their session may do, and how long it lasts."""

    claims: Claims
    lasts: timedelta


async def make(db: Connection, actor: Actor) -> str:
    """A new code for the actor's own page, with the roles and scopes they have here; valid once, for ten minutes."""
    code = secrets.token_urlsafe(32)
    values = {
        "hash": hash_of(code),
        "user_id": actor.user_id,
        "roles": sorted(actor.roles),
        "scopes": sorted(actor.scopes),
        "session_seconds": int(SESSION.total_seconds()),
        "valid": VALID,
    }
    await db.execute(SWEEP)
    await db.execute(MAKE, values)
    await audit.append(db, actor, Entry(action="login_link_made", target=actor.name, details={}))
    return code


async def redeem(db: Connection, code: str, request_id: str) -> Redeemed | None:
    """Whom the code lets in, which is on record; None for one that is unknown, used or too old."""
    row = await (await db.execute(REDEEM, {"hash": hash_of(code)})).fetchone()
    if row is None:
        return None
    claims = Claims(name=row["name"], roles=frozenset(row["roles"]), scopes=frozenset(row["scopes"]))
    await audit.append(
        db, visitor(row["user_id"], claims, request_id), Entry(action="login_link_used", target=claims.name, details={})
    )
    return Redeemed(claims=claims, lasts=timedelta(seconds=row["session_seconds"]))


def visitor(user_id: UUID, claims: Claims, request_id: str) -> Actor:
    return Actor(
        user_id=user_id,
        name=claims.name,
        roles=claims.roles,
        teams=frozenset(),
        ceiling=claims.roles,
        scopes=claims.scopes,
        entrance=Entrance.HTTP,
        request_id=request_id,
    )


def hash_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
