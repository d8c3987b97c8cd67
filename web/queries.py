"""Single queries over HTTP, and what an application's profile asks for."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from domain import application_profiles, datasources
from domain.application_profiles import ApplicationProfile
from tools.metrics import asking_parts
from tools.metrics.asking_parts import PartQuery as Wanted
from tools.spec import ToolResult
from web.calls import about, called, entered, succeeded
from web.desk import Visit
from web.models.queries import (
    AppLogsReply,
    AppMetricsReply,
    LogsAsked,
    LokiQuery,
    MetricsAsked,
    PartQuery,
    PrometheusQuery,
    QueryTold,
)
from web.reading import body_of, parameters_of
from web.replies import Json, reply

AT_ONCE = 8
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


async def query_prometheus(visit: Visit) -> Response:
    asked = await body_of(visit.request, PrometheusQuery)
    arguments = asked.model_dump(mode="json", exclude_none=True) | {"step": seconds(asked.step)}
    return await answered(visit, "query_prometheus", arguments)


async def query_loki(visit: Visit) -> Response:
    asked = await body_of(visit.request, LokiQuery)
    return await answered(visit, "query_loki", asked.model_dump(mode="json", exclude_none=True))


async def get_app_metrics(visit: Visit) -> Response:
    """Each default metric of each part; one that fails does not hide the others."""
    asked = parameters_of(visit.request, MetricsAsked)
    profile, source = await of_application(visit, "prometheus")
    times = asked.model_dump(mode="json", exclude_none=True) | {"step": seconds(asked.step)} | source
    found = await each(visit, "query_prometheus", asking_parts.metrics(profile), times)
    return reply(AppMetricsReply(application=profile.name, metrics=found))


async def get_app_logs(visit: Visit) -> Response:
    """The lines of each part that says under which label they stand."""
    asked = parameters_of(visit.request, LogsAsked)
    profile, source = await of_application(visit, "loki")
    times = asked.model_dump(mode="json", exclude_none=True, exclude={"contains"}) | source
    found = await each(visit, "query_loki", asking_parts.logs(profile, asked.contains), times)
    return reply(AppLogsReply(application=profile.name, logs=found))


async def of_application(visit: Visit, kind: str) -> tuple[ApplicationProfile, Json]:
    """The profile, and the datasource it names if that is of this kind. Raises NotFound."""
    async with visit.desk.parts.pool.connection() as db:
        profile = await application_profiles.fetch(db, visit.request.path_params["app_id"])
        row = await datasources.fetch(db, profile.datasource_id) if profile.datasource_id else None
    return profile, {"datasource": row.name} if row and row.type == kind else {}


async def answered(visit: Visit, tool: str, arguments: Json) -> Response:
    """Raises Refused, and SourceError when the source failed."""
    caller = await entered(visit, tool)
    arguments = await named(visit, arguments)
    return reply(QueryTold(**body(succeeded(await called(caller, tool, arguments)))))


async def each(visit: Visit, tool: str, wanted: Sequence[Wanted], times: Json) -> tuple[PartQuery, ...]:
    caller = await entered(visit, tool)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(item: Wanted) -> PartQuery:
        async with places:
            result = await called(caller, tool, {"query": item.query, **times})
        return PartQuery(part=item.part, metric=item.metric, **body(result))

    return tuple(await asyncio.gather(*map(one, wanted)))


async def named(visit: Visit, arguments: Json) -> Json:
    """A datasource's id is its name's second name."""
    try:
        wanted = UUID(str(arguments.get("datasource")))
    except ValueError:
        return arguments
    async with visit.desk.parts.pool.connection() as db:
        row = await datasources.fetch(db, wanted)
    return arguments | {"datasource": row.name} if row else arguments


def seconds(step: str | None) -> int | None:
    if step is None:
        return None
    return int(step) if step.isdecimal() else int(step[:-1]) * UNITS[step[-1]]


def body(result: ToolResult) -> Json:
    return about(result) | {"data": result.data}
