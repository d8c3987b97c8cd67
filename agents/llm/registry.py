"""The language models that runs are given: the table's for this environment, and in LAB that of the variables."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from agents.llm.places import key_of, refuse_address
from domain import llm_calls, llm_models
from domain.database import Pool
from domain.ending import ended
from domain.errors import Refused
from domain.llm_calls import LlmCall
from domain.llm_models import Environment, LlmModel

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agents.model.succession import Candidate, Experience, Succession

VARIABLES = "variables"
TICK_SECONDS = 2.0
RESTS_SECONDS = 30.0
AWAY = (OperationalError, PoolTimeout)
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The model that the environment of this process names."""

    base_url: str | None
    api_key: str | None
    model: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which models there are for this process: those of `environment`, at `allowed_hosts` where they are named, and
    `variables` last. `chunk_timeout_seconds` bounds one silence between two words."""

    environment: Environment
    allowed_hosts: tuple[str, ...] = ()
    variables: Variables | None = None
    chunk_timeout_seconds: float = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A client of one model as it stands; `row` None: of the variables."""

    name: str
    row: LlmModel | None
    key: str | None
    model: "BaseChatModel"
    seconds: float

    def is_of(self, row: LlmModel, key: str | None) -> bool:
        mine = self.row
        return mine is not None and (mine.id, mine.updated_at, self.key) == (row.id, row.updated_at, key)


class Models:
    """Use as `async with open_models(...)`. A change of the table holds here within TICK_SECONDS, in runs that begin
    after it; what they experience is on record as soon. `count` is told the name, how it ended and the seconds."""

    def __init__(self, pool: Pool, reach: Reach, stack: AsyncExitStack) -> None:
        self.pool = pool
        self.reach = reach
        self._stack = stack
        self._opened: tuple[Opened, ...] = ()
        self._problems: dict[str, str] = {}
        self._calls: list[LlmCall] = []
        self._felt: dict[str, tuple[LlmModel, str]] = {}
        self._failed_at: dict[str, float] = {}
        self.count: Callable[[str, str, float], None] = uncounted

    @property
    def names(self) -> tuple[str, ...]:
        """Those that runs can ask, the first first."""
        return tuple(each.name for each in self._opened)

    @property
    def problems(self) -> Mapping[str, str]:
        """Why models that should be asked cannot be, by name."""
        return self._problems

    @property
    def are_well(self) -> bool:
        return any(not self._is_resting(each) for each in self._opened)

    def succession(self) -> "Succession | None":
        """The models of one run, in order: one that failed within RESTS_SECONDS, or is known to be unhealthy, is asked
        after all others. None when none is set up; one with nobody in it when none of those set up can be asked."""
        if not self._opened and not self._problems:
            return None
        from agents.model.succession import Succession  # noqa: PLC0415 - loaded when the first client was opened

        order = sorted(self._opened, key=self._is_resting)
        passed = [f"{name} ({why})" for name, why in self._problems.items()]
        return Succession([self._candidate(each) for each in order], passed)

    def _is_resting(self, opened: Opened) -> bool:
        now = asyncio.get_running_loop().time()
        is_unwell = opened.row is not None and opened.row.status == "unhealthy"
        return is_unwell or now - self._failed_at.get(opened.name, -RESTS_SECONDS) < RESTS_SECONDS

    def _candidate(self, opened: Opened) -> "Candidate":
        from agents.model.succession import Candidate  # noqa: PLC0415 - see above

        return Candidate(
            name=opened.name, model=opened.model, deadline_seconds=opened.seconds, heed=partial(self._heed, opened)
        )

    def _heed(self, opened: Opened, felt: "Experience") -> None:
        """What came of a request is remembered at once, and on record with the next tick."""
        row = opened.row
        self.count(opened.name, "failed" if felt.error else "answered", felt.seconds)
        self._calls.append(
            LlmCall(
                at=datetime.now(UTC),
                model_id=row.id if row else None,
                model_name=opened.name,
                seconds=felt.seconds,
                tokens_in=felt.tokens_in,
                tokens_out=felt.tokens_out,
                error=felt.error,
            )
        )
        if felt.error:
            self._failed_at[opened.name] = asyncio.get_running_loop().time()
        else:
            self._failed_at.pop(opened.name, None)
        if row:
            self._felt[opened.name] = (row, felt.error)

    async def reload(self) -> None:
        """The models are those of the table as it stands, with their keys as they are now."""
        async with self.pool.connection() as db:
            rows = await llm_models.asked(db, self.reach.environment)
        opened: list[Opened] = []
        problems: dict[str, str] = {}
        for row in rows:
            try:
                opened.append(await self._open(row))
            except Refused as error:
                problems[row.name] = str(error)
                if row.name not in self._problems:
                    log.warning("a language model cannot be asked", model=row.name, why=str(error))
        if self.reach.variables:
            opened.append(await self._open_variables(self.reach.variables))
        self._opened, self._problems = tuple(opened), problems

    async def _open(self, row: LlmModel) -> Opened:
        """The client that is open already where nothing has changed: runs go on with the one they have, so none is
        closed before this process ends. Raises Refused."""
        refuse_address(row.base_url, self.reach.allowed_hosts)
        key = await key_of(row.secret_ref)
        for each in self._opened:
            if each.is_of(row, key):
                return Opened(name=row.name, row=row, key=key, model=each.model, seconds=each.seconds)
        model = await self._client(row.base_url, key, row.model, row.timeout_seconds, is_pinned=True)
        return Opened(name=row.name, row=row, key=key, model=model, seconds=row.timeout_seconds)

    async def _open_variables(self, given: Variables) -> Opened:
        known = next((each for each in self._opened if each.row is None), None)
        if known:
            return known
        model = await self._client(
            given.base_url, given.api_key, given.model, given.timeout_seconds, is_pinned=False
        )  # fmt: skip
        return Opened(name=VARIABLES, row=None, key=None, model=model, seconds=given.timeout_seconds)

    async def _client(
        self, base_url: str | None, key: str | None, model: str, seconds: float, *, is_pinned: bool
    ) -> "BaseChatModel":
        await asyncio.to_thread(importlib.import_module, "agents.model.brain")  # a second that nobody else waits for
        from agents.model.client import open_model  # noqa: PLC0415 - see above

        opening = open_model(
            base_url=base_url,
            api_key=key,
            model=model,
            timeout_seconds=seconds,
            chunk_timeout_seconds=self.reach.chunk_timeout_seconds,
            is_pinned=is_pinned,
        )
        return await self._stack.enter_async_context(opening)

    async def flush(self) -> None:
        """What was asked since is on record, and how each model was when it was asked last."""
        calls, self._calls = self._calls, []
        felt, self._felt = self._felt, {}
        if not calls:
            return
        try:
            async with self.pool.connection() as db, db.transaction():
                await llm_calls.record(db, calls)
                for row, error in felt.values():
                    await llm_models.note(db, row, error)
        except AWAY:
            self._calls, self._felt = calls + self._calls, felt | self._felt
            raise

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            with suppress(*AWAY):  # Postgres is away: the next tick will do
                await self.flush()
                await self.reload()


def uncounted(_name: str, _ending: str, _seconds: float) -> None:
    """Nobody counts."""


@asynccontextmanager
async def open_models(pool: Pool, reach: Reach) -> AsyncGenerator[Models]:
    """The models, kept as the table has them until the block ends. No model is asked by opening it."""
    async with AsyncExitStack() as stack:
        models = Models(pool, reach, stack)
        await models.reload()
        keeper = asyncio.create_task(models.keep(), name="language models")
        try:
            yield models
        finally:
            await ended([keeper])
            with suppress(*AWAY):
                await models.flush()
