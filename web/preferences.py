"""What people choose for themselves. It can only ask them more often than the policy does, never less."""

from starlette.responses import Response

from domain import users
from web.desk import Visit
from web.models.people import PreferencesChange, PreferencesReply
from web.reading import body_of
from web.replies import Json, reply


async def get_preferences(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        return reply(told(await users.preferences(db, visit.actor.user_id)))


async def put_preferences(visit: Visit) -> Response:
    asked = await body_of(visit.request, PreferencesChange)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        changed = await users.prefer(db, visit.actor, asked.model_dump(exclude_unset=True))
    return reply(told(changed))


def told(preferences: Json) -> PreferencesReply:
    """Keys of no meaning here, left by other versions, are not told."""
    known = {key: value for key, value in preferences.items() if key in PreferencesReply.model_fields}
    return PreferencesReply.model_validate(known)
