"""Language models, as an admin adds, changes, checks and removes them."""

import asyncio
from dataclasses import asdict, replace
from uuid import UUID

from starlette.responses import Response

from agents.llm import checking, places
from agents.llm.registry import VARIABLES, Models
from domain import llm_calls, llm_models
from domain.errors import NotFound, Refused
from domain.llm_calls import Usage
from domain.llm_models import Draft, LlmModel
from web.desk import Visit
from web.models.llm_models import (
    FromVariables,
    LlmModelChange,
    LlmModelSent,
    LlmModelsReply,
    LlmModelTold,
    UsageTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of
from web.replies import reply

NULLABLE = ("secret_ref", "fallback_order")
NONE = UsageTold(calls=0, failures=0, tokens_in=0, tokens_out=0, seconds_p50=None)


async def list_llm_models(visit: Visit) -> Response:
    models = registry(visit)
    async with visit.desk.parts.pool.connection() as db:
        found, used = await llm_models.everyone(db), await llm_calls.usage(db, VARIABLES)
    body = LlmModelsReply(
        environment=models.reach.environment,
        asked=models.names,
        models=tuple(told(model, used.get(model.id)) for model in found),
        from_variables=from_variables(models, used.get(None)),
    )
    return reply(body)


async def list_llm_models_of_plugin(visit: Visit) -> Response:
    """`list_llm_models` by its second name."""
    return await list_llm_models(visit)


async def get_llm_model(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = await llm_models.fetch(db, model_id(visit))
    return await shown(visit, found)


async def get_llm_model_of_plugin(visit: Visit) -> Response:
    """`get_llm_model` by its second name."""
    return await get_llm_model(visit)


async def add_llm_model(visit: Visit) -> Response:
    """Runs that begin from now on can ask it, here at once and elsewhere within seconds."""
    asked, models = await body_of(visit.request, LlmModelSent), registry(visit)
    draft = Draft(**asked.model_dump())
    await refuse_unsuitable(models, draft)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        made = await llm_models.add(db, visit.actor, draft)
    await models.reload()
    return await shown(visit, made, 201)


async def add_llm_model_of_plugin(visit: Visit) -> Response:
    """`add_llm_model` by its second name."""
    return await add_llm_model(visit)


async def put_llm_model(visit: Visit) -> Response:
    """What is sent replaces what stands."""
    asked, models = await body_of(visit.request, LlmModelChange), registry(visit)
    given = asked.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        before = await llm_models.held(db, model_id(visit))
        draft = replace(before.draft, **changes)
        await refuse_unsuitable(models, draft)
        changed = await llm_models.change(db, visit.actor, before, draft)
    await models.reload()
    return await shown(visit, changed)


async def put_llm_model_of_plugin(visit: Visit) -> Response:
    """`put_llm_model` by its second name."""
    return await put_llm_model(visit)


async def delete_llm_model(visit: Visit) -> Response:
    models = registry(visit)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await llm_models.remove(db, visit.actor, model_id(visit))
    await models.reload()
    return Response(status_code=204)


async def delete_llm_model_of_plugin(visit: Visit) -> Response:
    """`delete_llm_model` by its second name."""
    return await delete_llm_model(visit)


async def check_llm_model(visit: Visit) -> Response:
    """The model as it answers a question now."""
    return await shown(visit, await checking.check(registry(visit), model_id(visit)))


async def check_llm_model_of_plugin(visit: Visit) -> Response:
    """`check_llm_model` by its second name."""
    return await check_llm_model(visit)


def model_id(visit: Visit) -> UUID:
    return visit.request.path_params["model_id"]


def registry(visit: Visit) -> Models:
    """Raises NotFound where the entrance was built without one."""
    if visit.desk.parts.models is None:
        raise NotFound("No language models are kept here.")
    return visit.desk.parts.models


async def refuse_unsuitable(models: Models, draft: Draft) -> None:
    """Raises Invalid for an address that is none or is closed, and for a reference to what is Trivium's own."""
    try:
        places.refuse_address(draft.base_url, models.reach.allowed_hosts)
    except Refused as error:
        raise Invalid((FieldProblem(field="base_url", message=str(error)),)) from error
    try:
        if draft.secret_ref:
            await asyncio.to_thread(places.refuse_secret, draft.secret_ref)
    except Refused as error:
        raise Invalid((FieldProblem(field="secret_ref", message=str(error)),)) from error


async def shown(visit: Visit, model: LlmModel, status: int = 200) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        used = await llm_calls.usage(db, VARIABLES)
    return reply(told(model, used.get(model.id)), status)


def told(model: LlmModel, used: Usage | None) -> LlmModelTold:
    return LlmModelTold(**asdict(model), usage=usage_told(used))


def usage_told(used: Usage | None) -> UsageTold:
    if used is None:
        return NONE
    return UsageTold(
        calls=used.calls,
        failures=used.failures,
        tokens_in=used.tokens_in,
        tokens_out=used.tokens_out,
        seconds_p50=used.seconds_p50,
    )


def from_variables(models: Models, used: Usage | None) -> FromVariables | None:
    given = models.reach.variables
    if given is None:
        return None
    return FromVariables(
        base_url=given.base_url, model=given.model, timeout_seconds=given.timeout_seconds, usage=usage_told(used)
    )
