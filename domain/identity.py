"""Identity: from a token, or from owning the machine, to an actor."""

from uuid import UUID

from domain import tokens, users
from domain.actors import Actor, Entrance
from domain.database import Pool
from domain.errors import Refused
from domain.tokens import SCOPES, Claims, Key, Unauthenticated

OWNER = "owner"
MOST_REMEMBERED = 10_000


class Identity:
    """Makes actors. Roles and teams are read at every request, so what an admin changes holds at once."""

    def __init__(self, pool: Pool, key: Key | None) -> None:
        self._pool = pool
        self._key = key
        self._ids: dict[str, UUID] = {}

    async def of_token(self, token: str, entrance: Entrance, request_id: str) -> Actor:
        """The actor a token speaks for; a name seen for the first time becomes a user with the token's roles.

        Raises Unauthenticated for a token that is not ours, Refused for a disabled user.
        """
        if self._key is None:
            raise Unauthenticated("No key is set to check tokens with: set TRIVIUM_JWT_SECRET.")
        return await self._actor(tokens.check(self._key, token), entrance, request_id)

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
        if user is None:
            del self._ids[claims.name]
            raise Unauthenticated(f"The user {claims.name} is gone.")
        if user.is_disabled:
            raise Refused(f"The user {claims.name} is disabled.", code="permission_denied")
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
