"""Users, as an admin sees and changes them."""

from starlette.responses import Response

from domain import users
from domain.users import Change, User
from web.conversations import pagination
from web.desk import Visit
from web.models.people import UserChange, UsersReply, UserTold
from web.models.shape import PageAsked
from web.reading import body_of, parameters_of
from web.replies import reply


async def list_users(visit: Visit) -> Response:
    asked = parameters_of(visit.request, PageAsked)
    async with visit.desk.parts.pool.connection() as db:
        found, total = await users.page(db, limit=asked.per_page, offset=asked.offset)
    return reply(UsersReply(users=tuple(map(user_told, found)), pagination=pagination(asked, total)))


async def put_user(visit: Visit) -> Response:
    """The change and its audit entry commit together; it holds from the user's next request and next tool call on."""
    asked = await body_of(visit.request, UserChange)
    wanted = Change(roles=asked.roles, teams=asked.teams, is_disabled=asked.is_disabled)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        changed = await users.change(db, visit.actor, visit.request.path_params["user_id"], wanted)
    return reply(user_told(changed))


def user_told(user: User) -> UserTold:
    return UserTold(
        id=user.id, name=user.name, roles=tuple(user.roles), teams=tuple(user.teams), is_disabled=user.is_disabled
    )
