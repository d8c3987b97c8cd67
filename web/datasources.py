"""Datasources, as an admin lists, adds, changes and removes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SecretStr, ValidationError
from starlette.responses import Response

from domain import datasources, enforcement, users
from domain.datasources import Datasource, Draft, NewKey
from domain.errors import NotFound, Refused
from tools.masking import mask
from web.desk import Visit
from web.models.datasources import (
    DatasourceChange,
    DatasourceSent,
    DatasourcesReply,
    DatasourceTold,
    HealthReply,
    HealthTold,
    WayTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of, invalid
from web.replies import reply


async def list_datasources(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await datasources.listed(db)
    return reply(DatasourcesReply(datasources=tuple(map(told, found))))


async def get_datasource(visit: Visit) -> Response:
    wanted = visit.request.path_params["datasource_id"]
    async with visit.desk.parts.pool.connection() as db:
        found = await datasources.fetch(db, wanted)
    if found is None:
        raise NotFound(f"There is no datasource {wanted}.")
    return reply(told(found))


async def add_datasource(visit: Visit) -> Response:
    """It can be asked from the next question on; the row and its audit entry commit together."""
    asked = await body_of(visit.request, DatasourceSent)
    await refuse_unsuitable(visit, asked)
    key = sealed(visit, asked.api_key)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        refuse_unknown(asked, await users.role_names(db))
        made = await datasources.add(db, visit.actor, draft(asked), key)
    return reply(told(made), 201)


async def put_datasource(visit: Visit) -> Response:
    """What is sent replaces what stands. No answer from before is given any more."""
    asked = await body_of(visit.request, DatasourceChange)
    changes = asked.model_dump(exclude_unset=True, exclude_none=True, exclude={"api_key"})
    key = NewKey(sealed(visit, asked.api_key)) if "api_key" in asked.model_fields_set else None
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        before = await datasources.held(db, visit.request.path_params["datasource_id"])
        after = merged(before, changes)
        await refuse_unsuitable(visit, after)
        refuse_unknown(after, await users.role_names(db))
        changed = await datasources.change(db, visit.actor, before, draft(after), key)
    return reply(told(changed))


async def delete_datasource(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await datasources.remove(db, visit.actor, visit.request.path_params["datasource_id"])
    return Response(status_code=204)


async def get_datasources_health(visit: Visit) -> Response:
    """Each is asked now, all at once."""
    sources = visit.desk.parts.sources
    found = await sources.health() if sources else ()
    listed = tuple(
        HealthTold(
            name=item.name,
            type=item.type,
            state=item.state,
            reason=item.reason,
            ways=tuple(
                WayTold(name=way.name, is_healthy=way.is_healthy, reason=way.reason, milliseconds=way.milliseconds)
                for way in item.ways
            ),
        )
        for item in found
    )
    return reply(HealthReply(datasources=listed))


def merged(before: Datasource, changes: Mapping[str, Any]) -> DatasourceSent:
    """The datasource as it would be, checked as a new one is. Raises Invalid."""
    standing = {name: getattr(before, name) for name in datasources.DECIDED}
    try:
        return DatasourceSent.model_validate(standing | dict(changes))
    except ValidationError as error:
        raise invalid(error) from error


def draft(asked: DatasourceSent) -> Draft:
    return Draft(**{name: getattr(asked, name) for name in datasources.DECIDED})


async def refuse_unsuitable(visit: Visit, asked: DatasourceSent) -> None:
    """Raises Invalid for a secret in the open, for rules that cannot be read, and for an address at which no datasource
    may be."""
    if mask(asked.config_json) != asked.config_json:
        raise wrong("config_json", "it holds a secret; send that as api_key, which is kept sealed")
    try:
        enforcement.traces_are_open(asked.config_json)
        enforcement.rules(asked.config_json)
    except Refused as error:
        raise wrong("config_json", str(error)) from error
    urls = {"url": asked.url, "config_json.fallback_url": asked.config_json.get("fallback_url") or ""}
    for field, url in urls.items():
        if not isinstance(url, str):
            raise wrong(field, "it is no text")
        if url and visit.desk.parts.sources:
            try:
                await visit.desk.parts.sources.refuse_address(url)
            except Refused as error:
                raise wrong(field, str(error)) from error


def refuse_unknown(asked: DatasourceSent, known: Iterable[str]) -> None:
    named = {
        "allowed_roles": frozenset(asked.allowed_roles),
        "config_json": enforcement.roles_named(enforcement.rules(asked.config_json)),
    }
    for field, roles in named.items():
        if unknown := sorted(roles.difference(known)):
            said = f"there is no role {' or '.join(unknown)}; there are {', '.join(sorted(known))}"
            raise wrong(field, said)


def sealed(visit: Visit, key: SecretStr | None) -> str | None:
    """Raises Invalid when there is nothing to seal it with."""
    if key is None:
        return None
    keyring = visit.desk.parts.resources.keyring
    if keyring is None:
        raise wrong("api_key", "it cannot be kept: set TRIVIUM_SECRET_KEYS where Trivium runs")
    return keyring.seal(key.get_secret_value())


def wrong(field: str, message: str) -> Invalid:
    return Invalid((FieldProblem(field=field, message=message),))


def told(found: Datasource) -> DatasourceTold:
    return DatasourceTold(
        id=found.id,
        name=found.name,
        type=found.type,
        through=found.through,
        url=found.url,
        grafana_uid=found.grafana_uid,
        has_api_key=found.has_key,
        is_default=found.is_default,
        is_enabled=found.is_enabled,
        config_json=found.config_json,
        allowed_roles=tuple(found.allowed_roles),
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
