"""The one place that opens, wires and closes everything."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog

import tools
from agents.answer import Answer
from agents.brain import Brain
from agents.llm.registry import Models, open_models
from agents.rules.brain import RulesBrain
from agents.rules.troubleshooting import playbooks
from checkpoints import retention
from checkpoints.saver import PoolSaver, open_saver
from config import policy
from config.settings import Settings
from domain import auto_analyses, database, jobs, llm_calls, permissions, query_cache
from domain.actors import Actor, Entrance
from domain.audit_anchors import keep_anchored
from domain.database import Pool
from domain.embedded_postgres import running
from domain.errors import Refused
from domain.identity import Identity
from domain.ingest.normalise import LabelRules
from domain.names import Directory
from domain.providers import either, open_provider
from domain.tokens import Key
from graphs import inquiry, revive, troubleshooting
from graphs.approvals import Approvals
from graphs.asking import Ask
from graphs.limiter import Limiter
from graphs.live import Outcome, Parts
from graphs.runner import Limits, Runner
from tools.call import Door
from tools.gates import Gates
from tools.metrics.sources import Sources, open_sources
from tools.metrics.tally import Tally
from tools.policy import PolicyBook
from tools.remote import Joined, RemoteTools
from tools.remote_health import open_remote
from tools.resources import Resources
from tools.sources.embeddings import open_embeddings
from tools.sources.grafana import open_grafana
from tools.sources.streams import Streams, open_streams
from trivium import keys, portions
from trivium.shortfall import candid

SECRET_FILE = "jwt.secret"  # noqa: S105 - a file's name
log = structlog.get_logger("ai_ops")


class ConfigurationError(Exception):
    """The environment does not suffice for what was asked; the message says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything that is open. Entrances and scripts take what they need from here."""

    settings: Settings
    pool: Pool
    saver: PoolSaver
    identity: Identity
    directory: Directory
    door: Door
    runner: Runner
    approvals: Approvals
    resources: Resources
    sources: Sources
    remote: RemoteTools
    queried: Tally
    models: Models
    labels: LabelRules
    key: Key | None
    streams: Streams | None

    async def actor(self, entrance: Entrance) -> Actor:
        """Whom this process itself acts for: TRIVIUM_TOKEN's subject, else the owner of the embedded database.

        Raises ConfigurationError when neither says who it is, Unauthenticated when the token is not valid.
        """
        request_id = uuid4().hex
        if self.settings.trivium_token:
            token = self.settings.trivium_token.get_secret_value()
            return await self.identity.of_token(token, entrance, request_id)
        if self.settings.is_embedded:
            return await self.identity.owner(entrance, request_id)
        raise ConfigurationError(
            "With DATABASE_URL set, say who you are: TRIVIUM_TOKEN, from `trivium token --user NAME --role ROLE`."
        )

    def require_model(self) -> None:
        """Raises ConfigurationError where a language model is asked for and none can be asked: at the start, and not
        with the first question."""
        if problem := portions.missing_model(self.settings, self.models):
            raise ConfigurationError(problem)

    def now(self) -> datetime:
        return now()

    async def sweep(self) -> int:
        """What is past its retention is gone; returns the number of runs. Kept answers of sources go after a week."""
        days = self.settings.message_retention_days
        async with self.pool.connection() as db:
            await auto_analyses.sweep(db, self.now() - timedelta(days=days))
            await llm_calls.sweep(db, self.now() - timedelta(days=days))
            await query_cache.sweep(db, self.now() - min(query_cache.KEPT, timedelta(days=days)))
            return await retention.sweep(db, days=days)

    async def ask(self, text: str, *, actor: Actor | None = None) -> Answer:
        """The answer to one question, for scripts.

        Raises Refused when it could not be answered, also when all that it needs is closed to the actor.
        """
        asked = Ask(text=text, zone=self.settings.zone)
        outcome = await self.runner.ask(actor or await self.actor(Entrance.SCRIPT), asked)
        if outcome.answer is None or outcome.error:
            raise refused(outcome)
        return outcome.answer


@asynccontextmanager
async def open_service(settings: Settings | None = None) -> AsyncGenerator[Service]:
    """Everything open and wired, the database migrated; closed again on leaving.

    Without DATABASE_URL the embedded Postgres of TRIVIUM_HOME is started, or shared when it runs.
    Raises DatabaseUnavailable, MigrationError, EmbeddedPostgresError, each saying what to do.
    """
    settings = settings or await asyncio.to_thread(Settings.read)
    async with AsyncExitStack() as stack:
        url = await database_url(settings, stack)
        pool = await stack.enter_async_context(
            database.open_pool(url, size=settings.database_pool_size, prepare=settings.database_prepare)
        )
        saver = await prepare(pool)
        key = await asyncio.to_thread(signing_key, settings)
        asked = portions.trust(settings)
        provider = await stack.enter_async_context(open_provider(asked)) if asked else None
        directory = Directory(pool)
        resources = Resources(
            keyring=await asyncio.to_thread(keys.keyring, settings),
            grafana=await stack.enter_async_context(open_grafana(portions.grafana_addresses(settings))),
            embeddings=await stack.enter_async_context(open_embeddings(*portions.embeddings(settings))),
        )
        queried = Tally()
        sources = await stack.enter_async_context(
            open_sources(
                portions.source_settings(settings),
                pool,
                resources,
                measure=queried,
                count=queried.translated,
                clock=now,
            )
        )
        resources = replace(resources, sources=sources)
        await stack.enter_async_context(keep_anchored(pool, settings.anchor_file))
        reach = portions.mcp_reach(settings, resources.keyring)
        remote = await stack.enter_async_context(open_remote(pool, reach))
        models = await stack.enter_async_context(open_models(pool, portions.models(settings)))
        door = Door(
            Joined(tools.catalogue(), remote),
            PolicyBook(pool),
            Gates(),
            four_eyes=frozenset(settings.approval_four_eyes),
            worker=uuid4().hex,
        )
        models.count = door.counts.answered
        graphs = {
            "inquiry": inquiry.build().compile(checkpointer=saver),
            "troubleshooting": troubleshooting.build().compile(checkpointer=saver),
            "revive": revive.build().compile(checkpointer=saver),
        }
        parts = Parts(
            pool=pool,
            door=door,
            brain=candid(await brain_maker(settings, models), remote, settings),
            graphs=graphs,
            directory=directory,
            clock=now,
            resources=resources,
        )
        limiter = Limiter(settings.rate_limit_per_minute, portions.shared(settings))
        stack.push_async_callback(limiter.close)
        streams = await stack.enter_async_context(
            open_streams(portions.opened(settings.redis_url), settings.redis_prefix)
        )
        limits = Limits(
            history_messages=settings.history_messages, limiter=limiter, drain_seconds=settings.drain_seconds
        )
        runner = await stack.enter_async_context(Runner(parts, limits, streams))
        yield Service(
            settings=settings,
            pool=pool,
            saver=saver,
            identity=Identity(pool, either(key, provider)),
            directory=directory,
            door=door,
            runner=runner,
            approvals=Approvals(parts, runner),
            resources=resources,
            sources=sources,
            remote=remote,
            queried=queried,
            models=models,
            labels=portions.label_rules(settings),
            streams=streams,
            key=key,
        )


def now() -> datetime:
    return datetime.now(UTC)


def refused(outcome: Outcome) -> Refused:
    """Why a question has no answer."""
    error = outcome.error or {}
    return Refused(
        error.get("message", f"The run is {outcome.status}."),
        code=error.get("error", outcome.status),
        permission=error.get("required_permission"),
        alternative=error.get("alternative"),
    )


async def database_url(settings: Settings, stack: AsyncExitStack) -> str:
    if settings.database_url:
        return settings.database_url.get_secret_value()
    embedded = running(settings.trivium_home)
    url = await asyncio.to_thread(embedded.__enter__)
    stack.push_async_callback(asyncio.to_thread, embedded.__exit__, None, None, None)
    return url


async def prepare(pool: Pool) -> PoolSaver:
    """The database is at this build's version, with the default permissions and LangGraph's tables."""
    async with pool.connection() as db, database.starting(db):
        for name in await database.migrate(db):
            log.info("migration applied", name=name)
        for name in await jobs.install(db):
            log.debug("job queue migrated", name=name)
        await permissions.seed(db, policy.read())
        return await open_saver(pool)


async def brain_maker(settings: Settings, models: Models) -> Callable[[], Brain]:
    """Gives each run its brain: the models' that are set up when it begins, with the rules' behind them; else the
    rules'."""
    shelf = await asyncio.to_thread(playbooks.load, settings.playbook_folders)
    for problem in shelf.problems:
        log.warning("a playbook is left out", problem=problem)
    rules = RulesBrain(shelf=shelf)

    def make() -> Brain:
        succession = models.succession()
        if succession is None:
            return rules
        from agents.model import ModelBrain  # noqa: PLC0415 - a second that rules-only starts do not pay

        return ModelBrain(succession, rules)

    return make


def signing_key(settings: Settings) -> Key | None:
    """The key of tokens: TRIVIUM_JWT_SECRET, or in embedded mode one made once and kept in TRIVIUM_HOME."""
    if settings.trivium_jwt_secret:
        secret = settings.trivium_jwt_secret.get_secret_value()
    elif settings.is_embedded:
        secret = keys.kept(settings.trivium_home / SECRET_FILE, lambda: secrets.token_hex(32))
    else:
        return None
    return Key(secret=secret, issuer=settings.trivium_jwt_issuer, audience=settings.trivium_jwt_audience)
