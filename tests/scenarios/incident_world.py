"""One recorded incident put in place: its rows in Postgres, its series in a real Prometheus, its lines in a Loki."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

import tools
from agents.answer import Answer
from agents.rules.brain import RulesBrain
from agents.rules.troubleshooting.playbooks import Shelf
from bench.evaluated import loaded
from checkpoints.saver import PoolSaver
from domain import database
from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from domain.ingest import normalise
from domain.ingest.changes import store_changes
from domain.ingest.payload import Change, Webhook
from domain.ingest.store import store
from domain.names import Directory
from graphs import troubleshooting
from graphs.asking import Ask
from graphs.limiter import Limiter
from graphs.live import Outcome, Parts
from graphs.runner import Limits, Runner
from tests import databases, house
from tests.databases import Emptied
from tests.programs import free_port
from tests.scenarios import incident_metrics
from tests.scenarios.incident_data import MINUTES_BEFORE, Incident, Lines, Other, Past, Source, Variant
from tests.tools.loki_world import Line, LokiServer, loki_server
from tests.tools.sources_world import opened
from tests.web.entrance import LABELS
from tools.call import Door
from tools.gates import Gates
from tools.policy import PolicyBook
from tools.resources import Resources
from tools.spec import AnySpec, Args, ToolContext, ToolResult

Json: TypeAlias = dict[str, Any]
QUESTION = "What is the cause of this alert?"
UNLIMITED = 1_000_000
LOGS_BROKEN = "ingester is not ready"
CHANGES_BROKEN = "changes are away: connection refused by the deployment log"
LONGEST_PAST = timedelta(minutes=35)
LABEL_OF = {"http": "app", "spring": "service_name", "grpc": "container"}
PROFILE = """
insert into trivium.application_profiles (name, architecture_info, service_mappings)
values (%(name)s, %(architecture)s, %(mappings)s)
"""
OPENED = "select id from trivium.incidents where service = %(service)s and opened_at = %(at)s"
POSTMORTEM = """
insert into trivium.postmortems (incident_id, title, service, occurred_at, summary, root_cause, resolution, created_at)
values (%(incident)s, %(title)s, %(service)s, %(at)s, %(title)s, %(cause)s, %(resolution)s, %(at)s)
"""
ALERT = "select id from trivium.alerts where name = %(name)s and service = %(service)s and starts_at = %(at)s"
EXECUTIONS = """
select id, tool_name as tool, result_status as status, result, created_at, finished_at
from trivium.ai_tool_executions
where run_id = %(run)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What stays open between incidents; at `nobody` nothing answers."""

    database: Emptied
    pool: Pool
    prometheus: str
    loki: LokiServer
    nobody: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question about one incident: how the run ended, and every execution of it as it was recorded."""

    outcome: Outcome
    executions: Mapping[str, Json]

    @property
    def answer(self) -> Answer:
        assert self.outcome.answer, self.outcome.error
        return self.outcome.answer


@asynccontextmanager
async def world(server_url: str, template: str, incidents: tuple[Incident, ...], folder: Path) -> AsyncGenerator[World]:
    """One Prometheus for all of the incidents, one database that they use in turn."""
    async with AsyncExitStack() as stack:
        name = stack.enter_context(databases.made(server_url, template))
        shared = Emptied(make_conninfo(server_url, dbname=name))
        stack.callback(shared.close)
        pool = await stack.enter_async_context(database.open_pool(shared.url, size=8))
        prometheus = await stack.enter_async_context(loaded(incident_metrics.lines(incidents), folder))
        loki = stack.enter_context(loki_server())
        yield World(
            database=shared,
            pool=pool,
            prometheus=prometheus,
            loki=loki,
            nobody=f"http://127.0.0.1:{free_port()}",
        )


@asynccontextmanager
async def placed(world: World, incident: Incident) -> AsyncGenerator[tuple[Actor, UUID]]:
    """The incident's rows and lines, and nobody else's; who is on call, and the alert."""
    world.database.empty()
    world.loki.lines = list(log_lines(incident))
    await record(world.pool, incident)
    alert = incident.alert
    values = {"name": alert.name, "service": alert.service, "at": alert.at}
    async with world.pool.connection() as db:
        row = await (await db.execute(ALERT, values)).fetchone()
    assert row
    yield await house.actor(world.pool, "admin", name="oncall"), row["id"]
    world.loki.broken = ""


async def ask(world: World, incident: Incident, variant: Variant | None = None, shelf: Shelf | None = None) -> Asked:
    """What is told of the cause, through the graph and the door, with the variant's sources broken."""
    broken: tuple[Source, ...] = variant.broken if variant else ()
    async with placed(world, incident) as (who, alert), at_desk(world, incident, broken, shelf) as runner:
        outcome = await runner.ask(who, Ask(text=QUESTION, graph="troubleshooting", alert=alert))
        async with world.pool.connection() as db:
            rows = await (await db.execute(EXECUTIONS, {"run": outcome.run_id})).fetchall()
    return Asked(outcome=outcome, executions={str(row["id"]): row for row in rows})


@asynccontextmanager
async def at_desk(
    world: World, incident: Incident, broken: tuple[Source, ...], shelf: Shelf | None
) -> AsyncGenerator[Runner]:
    """A runner whose clock stands at the incident's moment."""
    world.loki.broken = "{" if "logs" in broken else ""
    prometheus = world.nobody if "metrics" in broken else world.prometheus
    catalogue = dict(tools.catalogue())
    if "changes" in broken:
        catalogue["correlate_alerts_changes"] = failing(catalogue["correlate_alerts_changes"])
    async with opened(world.pool, prometheus, world.loki.url) as sources:
        parts = Parts(
            pool=world.pool,
            door=Door(catalogue, PolicyBook(world.pool), Gates()),
            brain=lambda: RulesBrain(shelf=shelf),
            graphs={"troubleshooting": troubleshooting.build().compile(checkpointer=PoolSaver(world.pool))},
            directory=Directory(world.pool),
            clock=lambda: incident.clock,
            resources=Resources(sources=sources),
        )
        async with Runner(parts, Limits(history_messages=10, limiter=Limiter(UNLIMITED))) as runner:
            yield runner


def failing(spec: AnySpec) -> AnySpec:
    async def fail(context: ToolContext, args: Args) -> ToolResult:  # noqa: ARG001 - every handler's signature
        raise SourceError(CHANGES_BROKEN, source="changes", request=spec.name)

    return replace(spec, handler=fail)


async def record(pool: Pool, incident: Incident) -> None:
    """The alerts as Alertmanager told them, with the incidents that follow from them; changes, postmortems, profile."""
    for past in incident.past:
        await remember(pool, incident, past)
    async with pool.connection() as db:
        for body in notified(incident):
            await store(db, normalise.batch(Webhook.model_validate(body), LABELS))
        await store_changes(db, [Change.model_validate(body) for body in changed(incident)])
        dependencies = {name: list(others) for name, others in incident.depends_on.items()}
        mappings: Json = {service.name: {} for service in incident.services}
        values = {"architecture": Jsonb({"dependencies": dependencies}), "mappings": Jsonb(mappings)}
        await db.execute(PROFILE, values | {"name": f"landscape of {incident.name}"})


def notified(incident: Incident) -> Iterator[Json]:
    """Alertmanager's notifications up to now, one for each alert."""
    alert = incident.alert
    annotations = {"summary": alert.summary} | ({"description": alert.description} if alert.description else {})
    more = {"instance": alert.instance} if alert.instance else {}
    yield notification({"alertname": alert.name, "service": alert.service, "severity": alert.severity, **more},
                       annotations, alert.at)  # fmt: skip
    for other in incident.others:
        yield told(other, incident)


def told(other: Other, incident: Incident) -> Json:
    labels = {"alertname": other.name, "service": other.service, "severity": other.severity}
    return notification(labels, {"summary": other.name}, incident.after(other.minutes))


def notification(labels: Json, annotations: Json, at: datetime, ended: datetime | None = None) -> Json:
    one = {
        "status": "resolved" if ended else "firing",
        "labels": {"environment": "prod", "team": "shop", **labels},
        "annotations": annotations,
        "startsAt": at.isoformat(),
        "endsAt": ended.isoformat() if ended else "0001-01-01T00:00:00Z",
    }
    key = f"{labels['alertname']} {labels['service']} {at.isoformat()}"
    return {"version": "4", "receiver": "trivium", "groupKey": key, "alerts": [one]}


def changed(incident: Incident) -> Iterator[Json]:
    """The changes up to now, in production."""
    for change in incident.changes:
        if change.minutes <= incident.now:
            at = incident.after(change.minutes).isoformat()
            yield change.model_dump(exclude={"minutes"}) | {"occurred_at": at, "environment": "prod"}


async def remember(pool: Pool, incident: Incident, past: Past) -> None:
    """An earlier incident, resolved, with what was written about it."""
    at = incident.alert.at - timedelta(days=past.days)
    labels = {"alertname": past.alert, "service": past.service, "severity": "warning"}
    body = notification(labels, {"summary": past.title}, at, at + LONGEST_PAST)
    async with pool.connection() as db:
        await store(db, normalise.batch(Webhook.model_validate(body), LABELS))
        row = await (await db.execute(OPENED, {"service": past.service, "at": at})).fetchone()
        assert row
        said = past.model_dump(include={"title", "service", "cause", "resolution"})
        await db.execute(POSTMORTEM, said | {"incident": row["id"], "at": at})


def log_lines(incident: Incident) -> Iterator[Line]:
    """The lines that were recorded, and beside them the quiet ones of every service."""
    forms = {service.name: service.form for service in incident.services}
    for service, form in forms.items():
        quiet = Lines(service=service, text="INFO request {n} served", before=60, after=20, minutes=0)
        yield from spread(incident, quiet, LABEL_OF[form])
    for lines in incident.logs:
        yield from spread(incident, lines, LABEL_OF[forms[lines.service]])


def spread(incident: Incident, lines: Lines, label: str) -> Iterator[Line]:
    """Evenly over each of the two stretches, never at an edge."""
    chance = Random(f"{incident.name} {lines.text}")  # noqa: S311 - made-up data, no secret
    stretches = ((-MINUTES_BEFORE, lines.minutes, lines.before), (lines.minutes, incident.now, lines.after))
    for start, end, count in stretches:
        for number in range(count):
            minute = start + (end - start) * (number + 0.5) / count
            text = lines.text
            while "{n}" in text:
                text = text.replace("{n}", str(chance.randrange(100, 90_000)), 1)
            yield Line({label: lines.service}, incident.after(minute).timestamp(), text)
