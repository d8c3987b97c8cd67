"""Identity: from a token, or from owning the machine, to an actor."""

from uuid import UUID

from domain import users
from domain.actors import Actor, Entrance
from domain.database import Connection, Pool
from domain.errors import Refused
from domain.tokens import SCOPES, Checks, Claims, Unauthenticated

OWNER = "owner"
MOST_REMEMBERED = 10_000
NO_ORG = "default"

ORG = "select org_id from trivium.users where id = %(user_id)s"
SETTLE_ORG = "update trivium.users set org_id = %(org)s where id = %(user_id)s and org_id = 'default'"


class Identity:
    """Makes actors. Roles and teams are read at every request, so what an admin changes holds at once."""

    def __init__(self, pool: Pool, signers: Checks | None) -> None:
        self._pool = pool
        self._signers = signers
        self._ids: dict[str, UUID] = {}

    async def of_token(self, token: str, entrance: Entrance, request_id: str) -> Actor:
        """The actor a token speaks for; a name seen for the first time becomes a user with the token's roles.

        Raises Unauthenticated for a token that is not ours, Refused for a disabled user and for a token of another
        organisation than the user's own.
        """
        if self._signers is None:
            raise Unauthenticated(
                "No key is set to check tokens with: set TRIVIUM_JWT_SECRET, or TRIVIUM_JWKS_URL for tokens of an "
                "identity provider."
            )
        return await self._actor(await self._signers.check(token), entrance, request_id)

    async def owner(self, entrance: Entrance, request_id: str) -> Actor:
        """Whoever can open the embedded database's files: an admin, since the files are theirs anyway."""
        claims = Claims(name=OWNER, roles=frozenset({"admin"}), scopes=frozenset(SCOPES))
        return await self._actor(claims, entrance, request_id)

    async def _actor(self, claims: Claims, entrance: Entrance, request_id: str) -> Actor:
        async with self._pool.connection() as db:
            if claims.name not in self._ids:
                if len(self._ids) > MOST_REMEMBERED:
                    self._ids.clear()
                self._ids[claims.name] = await users.ensure(db, claims.name, roles=claims.roles, teams=claims.teams)
            user = await users.fetch(db, self._ids[claims.name])
            is_own = claims.org is None or user is None or await belongs(db, user.id, claims.org)
        if user is None:
            del self._ids[claims.name]
            raise Unauthenticated(f"The user {claims.name} is gone.")
        if user.is_disabled:
            raise Refused(f"The user {claims.name} is disabled.", code="permission_denied")
        if not is_own:
            raise Refused(f"This token is of another organisation than {claims.name}.", code="permission_denied")
        return Actor(
            user_id=user.id,
            name=user.name,
            roles=frozenset(user.roles) & claims.roles,
            teams=frozenset(user.teams),
            ceiling=claims.roles,
            scopes=claims.scopes,
            entrance=entrance,
            request_id=request_id,
        )


async def belongs(db: Connection, user_id: UUID, org: str) -> bool:
    """Whether the user is of this organisation; the first that a token names for them is theirs from then on."""
    own = await org_of(db, user_id)
    if own == NO_ORG and org != NO_ORG:
        await db.execute(SETTLE_ORG, {"user_id": user_id, "org": org})
        own = await org_of(db, user_id)  # another request may have been first
    return own == org


async def org_of(db: Connection, user_id: UUID) -> str | None:
    row = await (await db.execute(ORG, {"user_id": user_id})).fetchone()
    return row["org_id"] if row else None
