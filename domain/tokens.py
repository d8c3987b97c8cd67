"""Tokens: signed claims of who calls, with which roles, through which doors."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt

PILLARS = ("inquiry", "troubleshooting", "revive")
SCOPES = (*PILLARS, "ingest")
ALGORITHM = "HS256"
LEEWAY_SECONDS = 10


class Unauthenticated(Exception):  # noqa: N818 - it names a state
    """Nobody we know; the message says what was wrong with the token, never the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What signs and checks. The algorithm is pinned: a token's own header chooses nothing."""

    secret: str
    issuer: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`roles` is the most this token grants, whatever the user has; `scopes` the doors it opens."""

    name: str
    roles: frozenset[str]
    scopes: frozenset[str]
    teams: frozenset[str] = frozenset()


def mint(key: Key, claims: Claims, *, ttl: timedelta, now: datetime | None = None) -> str:
    issued = now or datetime.now(UTC)
    payload = {
        "sub": claims.name,
        "roles": sorted(claims.roles),
        "teams": sorted(claims.teams),
        "scope": " ".join(sorted(claims.scopes)),
        "iss": key.issuer,
        "aud": key.audience,
        "iat": issued,
        "exp": issued + ttl,
    }
    return jwt.encode(payload, key.secret, algorithm=ALGORITHM)


def check(key: Key, token: str) -> Claims:
    """The claims of a genuine token. Raises Unauthenticated for any other, with the reason."""
    try:
        payload: dict[str, Any] = jwt.decode(
            token, key.secret, algorithms=[ALGORITHM], audience=key.audience, issuer=key.issuer,
            leeway=LEEWAY_SECONDS, options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("The token has expired.") from error
    except jwt.InvalidTokenError as error:
        raise Unauthenticated(f"The token is not valid here: {type(error).__name__}.") from error
    return Claims(
        name=read_name(payload["sub"]),
        roles=words(payload, "roles"),
        teams=words(payload, "teams"),
        scopes=frozenset(str(payload.get("scope", " ".join(PILLARS))).split()) & frozenset(SCOPES),
    )


def read_name(subject: str) -> str:
    name = subject.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise Unauthenticated("The token's subject is no name.")
    return name


def words(payload: dict[str, Any], claim: str) -> frozenset[str]:
    value: object = payload.get(claim, [])
    if not isinstance(value, list):
        raise Unauthenticated(f"The token's {claim} are not a list of words.")
    return frozenset(str(word) for word in cast("list[object]", value))
