"""Permissions, as an admin reads and changes them."""

from collections.abc import Iterable

from starlette.responses import Response

from domain import permissions
from domain.permissions import Role, Row, Rule
from tools.spec import Catalogue, Pillar
from web.desk import Visit
from web.models.admin import PermissionChange, PermissionReply, PermissionsReply, PermissionTold, RoleTold
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of
from web.replies import reply


async def list_permissions(visit: Visit) -> Response:
    return reply(await standing(visit))


async def list_permissions_alias(visit: Visit) -> Response:
    return reply(await standing(visit))


async def put_permission(visit: Visit) -> Response:
    return reply(await put(visit))


async def put_permission_alias(visit: Visit) -> Response:
    return reply(await put(visit))


async def standing(visit: Visit) -> PermissionsReply:
    async with visit.desk.parts.pool.connection() as db:
        rows, roles = await permissions.rows(db), await permissions.roles(db)
    return PermissionsReply(permissions=tuple(map(row_told, rows)), roles=tuple(map(role_told, roles)))


async def put(visit: Visit) -> PermissionReply:
    """The row stands, and with it its audit entry; the door goes by it from the next call on."""
    asked = await body_of(visit.request, PermissionChange)
    refuse_unknown_tool(visit.desk.parts.door.catalogue, asked)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        changed = await permissions.put(db, visit.actor, rule(asked, await permissions.roles(db)))
    return PermissionReply(id=changed, message="Permission updated successfully")


async def delete_permission(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await permissions.remove(db, visit.actor, visit.request.path_params["permission_id"])
    return Response(status_code=204)


def rule(asked: PermissionChange, roles: Iterable[Role]) -> Rule:
    """What was asked for, its role by name, and a lone star written as the null that it means."""
    named = next((role.name for role in roles if role.id == asked.role_id), None)
    return Rule(
        role=asked.role or named or str(asked.role_id),
        pillar=asked.pillar,
        category=asked.tool_category,
        tool=None if asked.tool_name == "*" else asked.tool_name,
        effect=asked.permission,
        scope=asked.scope,
    )


def refuse_unknown_tool(catalogue: Catalogue, asked: PermissionChange) -> None:
    """Raises Invalid for a name that is no tool's: such a row would look as if it held and hold nothing."""
    name, pillar = asked.tool_name, Pillar(asked.pillar)
    if name is None or "*" in name:
        return
    fitting = sorted(
        spec.name
        for spec in {*catalogue.values(), *filter(None, [catalogue.get(name)])}
        if pillar in spec.pillars and asked.tool_category in (None, spec.category_in(pillar).value)
    )
    if name not in fitting:
        message = f"there is no such tool there; tools: {', '.join(fitting) or 'none'}"
        raise Invalid((FieldProblem(field="tool_name", message=message),))


def row_told(row: Row) -> PermissionTold:
    return PermissionTold(
        id=row.id,
        role_id=row.role_id,
        role=row.role,
        pillar=row.pillar,
        tool_category=row.category,
        tool_name=row.tool,
        permission=row.effect,
        scope=row.scope,
    )


def role_told(role: Role) -> RoleTold:
    return RoleTold(id=role.id, name=role.name, description=role.description)
