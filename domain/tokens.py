"""Tokens: signed claims of who calls, with which roles, through which doors."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias, cast

import jwt

Payload: TypeAlias = dict[str, Any]

PILLARS = ("inquiry", "troubleshooting", "revive")
SCOPES = (*PILLARS, "ingest")
ALGORITHM = "HS256"
LEEWAY_SECONDS = 10
REQUIRED = ("exp", "iat", "sub", "aud", "iss")
LONGEST_NAME = 200


class Unauthenticated(Exception):  # noqa: N818 - it names a state
    """Nobody we know; the message says what was wrong with the token, never the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What signs and checks. The algorithm is pinned: a token's own header chooses nothing."""

    secret: str
    issuer: str
    audience: str

    async def check(self, token: str) -> "Claims":
        return check(self, token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`roles` is the most this token grants, whatever the user has; `scopes` the doors it opens.

    `org` is the organisation the token names, None when it names none.
    """

    name: str
    roles: frozenset[str]
    scopes: frozenset[str]
    teams: frozenset[str] = frozenset()
    org: str | None = None


class Checks(Protocol):
    """What knows a genuine token."""

    async def check(self, token: str) -> Claims:
        """The claims of a genuine token. Raises Unauthenticated for any other, with the reason."""
        ...


def mint(key: Key, claims: Claims, *, ttl: timedelta, now: datetime | None = None) -> str:
    issued = now or datetime.now(UTC)
    payload: Payload = {
        "sub": claims.name,
        "roles": sorted(claims.roles),
        "teams": sorted(claims.teams),
        "scope": " ".join(sorted(claims.scopes)),
        "iss": key.issuer,
        "aud": key.audience,
        "iat": issued,
        "exp": issued + ttl,
    }
    if claims.org is not None:
        payload["org_id"] = claims.org
    return jwt.encode(payload, key.secret, algorithm=ALGORITHM)


def check(key: Key, token: str) -> Claims:
    """The claims of a genuine token. Raises Unauthenticated for any other, with the reason."""
    payload = decoded(token, key.secret, ALGORITHM, issuer=key.issuer, audience=key.audience)
    return Claims(
        name=read_name(payload["sub"]),
        roles=words(payload, "roles"),
        teams=words(payload, "teams"),
        scopes=frozenset(str(payload.get("scope", " ".join(PILLARS))).split()) & frozenset(SCOPES),
        org=read_org(payload),
    )


def decoded(token: str, key: Any, algorithm: str, *, issuer: str, audience: str) -> Payload:
    """The payload of a token signed by this key with this algorithm, in its time, for us. Raises Unauthenticated."""
    try:
        return jwt.decode(
            token, key, algorithms=[algorithm], audience=audience, issuer=issuer,
            leeway=LEEWAY_SECONDS, options={"require": list(REQUIRED)},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("The token has expired.") from error
    except jwt.InvalidTokenError as error:
        raise not_valid(error) from error


def header(token: str) -> Payload:
    """What the token says of itself, believed by nobody yet. Raises Unauthenticated when it is no token."""
    try:
        return jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise not_valid(error) from error


def expiry(token: str) -> datetime:
    """When a token ends that was found genuine before: nothing is checked here again."""
    payload: Payload = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(payload["exp"], UTC)


def not_valid(error: jwt.PyJWTError) -> Unauthenticated:
    return Unauthenticated(f"The token is not valid here: {type(error).__name__}.")


def read_name(subject: str) -> str:
    name = subject.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Unauthenticated("The token's subject is no name.")
    return name


def read_org(payload: Payload) -> str | None:
    """The organisation as the token writes it, a word or a number; None when it names none."""
    value: object = payload.get("org_id")
    if value is None:
        return None
    name = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Unauthenticated("The token's org_id is no name.")
    return name


def words(payload: Payload, claim: str) -> frozenset[str]:
    value: object = payload.get(claim, [])
    if not isinstance(value, list):
        raise Unauthenticated(f"The token's {claim} are not a list of words.")
    return frozenset(str(word) for word in cast("list[object]", value))
