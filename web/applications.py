"""Application profiles, as everybody reads them and admins change them."""

from dataclasses import replace

from starlette.responses import Response

from domain import application_profiles
from domain.application_profiles import ApplicationProfile, Draft
from tools.masking import mask
from web.conversations import pagination
from web.desk import Visit
from web.models.applications import ApplicationChange, ApplicationSent, ApplicationsReply, ApplicationTold
from web.models.problems import FieldProblem
from web.models.shape import PageAsked
from web.reading import Invalid, body_of, parameters_of
from web.replies import Json, reply


async def list_applications(visit: Visit) -> Response:
    asked = parameters_of(visit.request, PageAsked)
    async with visit.desk.parts.pool.connection() as db:
        found, total = await application_profiles.page(db, limit=asked.per_page, offset=asked.offset)
    return reply(ApplicationsReply(applications=tuple(map(told, found)), pagination=pagination(asked, total)))


async def get_application(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await application_profiles.fetch(db, visit.request.path_params["application_id"])
    return reply(told(found))


async def add_application(visit: Visit) -> Response:
    asked = await body_of(visit.request, ApplicationSent)
    values = asked.model_dump()
    refuse_secrets(values)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        made = await application_profiles.add(db, visit.actor, Draft(**values))
    return reply(told(made), 201)


async def put_application(visit: Visit) -> Response:
    """What is sent replaces what stands; of the keys only the datasource may be null."""
    asked = await body_of(visit.request, ApplicationChange)
    changes = asked.model_dump(exclude_unset=True, exclude_none=True)
    if "datasource_id" in asked.model_fields_set:
        changes["datasource_id"] = asked.datasource_id
    refuse_secrets(changes)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        before = await application_profiles.held(db, visit.request.path_params["application_id"])
        changed = await application_profiles.change(db, visit.actor, before, replace(before.draft, **changes))
    return reply(told(changed))


async def delete_application(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await application_profiles.remove(db, visit.actor, visit.request.path_params["application_id"])
    return Response(status_code=204)


def refuse_secrets(values: Json) -> None:
    """Raises Invalid: everybody reads a profile, and so does a model."""
    secret = [name for name, value in values.items() if mask({name: value}) != {name: value}]
    if secret:
        raise Invalid(tuple(FieldProblem(field=name, message="it holds a secret") for name in secret))


def told(found: ApplicationProfile) -> ApplicationTold:
    return ApplicationTold(
        id=found.id,
        name=found.name,
        description=found.description,
        architecture_info=found.architecture_info,
        service_mappings=found.service_mappings,
        default_metrics=tuple(found.default_metrics),
        slos=found.slos,
        datasource_id=found.datasource_id,
        sample=found.sample,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
