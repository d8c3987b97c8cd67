"""Looking at language models: by hand with a real question, now and then with one that costs nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import httpx
import structlog

from agents.llm.places import key_of, refuse_address
from agents.llm.registry import AWAY, Models
from domain import llm_models
from domain.ending import ended
from domain.errors import NotFound, Refused
from domain.llm_models import LlmModel
from domain.masking import mask_text

LOOK_SECONDS = 10.0
CHECK_SECONDS = 30.0
WORD = "Answer with the one word: ready"
UNTOLD = frozenset({404, 405, 501})
log = structlog.get_logger("ai_ops")


async def check(models: Models, model_id: UUID) -> LlmModel:
    """The model as it answers a question now, which is on record. Raises NotFound."""
    async with models.pool.connection() as db:
        row = await llm_models.fetch(db, model_id)
    await noted(models, row, await asked(models, row))
    async with models.pool.connection() as db:
        return await llm_models.fetch(db, model_id)


async def asked(models: Models, row: LlmModel) -> str:
    """Empty when it answers in the way that runs ask it, else why not."""
    await asyncio.to_thread(__import__, "agents.model.brain")
    from langchain_core.messages import HumanMessage  # noqa: PLC0415 - loaded by the line above, off the event loop

    from agents.model.asking import ModelFailed, ask  # noqa: PLC0415 - see above
    from agents.model.client import open_model  # noqa: PLC0415 - see above

    try:
        refuse_address(row.base_url, models.reach.allowed_hosts)
        key = await key_of(row.secret_ref)
    except Refused as error:
        return str(error)
    seconds = min(row.timeout_seconds, CHECK_SECONDS)
    opening = open_model(
        base_url=row.base_url, api_key=key, model=row.model, timeout_seconds=seconds, chunk_timeout_seconds=seconds,
        is_pinned=True,
    )  # fmt: skip
    async with opening as model:
        try:
            await ask(model, [HumanMessage(WORD)], seconds)
        except ModelFailed as failed:
            return str(failed)
    return ""


async def look(models: Models, row: LlmModel) -> str | None:
    """Empty when its endpoint lets us in, why not, or None when this does not tell: not every endpoint lists models."""
    from agents.model.client import pinned  # noqa: PLC0415 - the client behind it is not paid for by the start

    try:
        refuse_address(row.base_url, models.reach.allowed_hosts)
        key = await key_of(row.secret_ref)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with pinned() as http, asyncio.timeout(LOOK_SECONDS):
            answer = await http.get(f"{row.base_url.rstrip('/')}/models", headers=headers, timeout=LOOK_SECONDS)
    except (httpx.HTTPError, TimeoutError, Refused) as error:
        return mask_text(str(error)) or "no answer in time"
    if answer.status_code in UNTOLD:
        return None
    return "" if answer.is_success else f"{answer.status_code} at {answer.request.url.path}"


async def noted(models: Models, row: LlmModel, error: str) -> None:
    async with models.pool.connection() as db:
        await llm_models.note(db, row, error)
    await models.reload()


@asynccontextmanager
async def keep_checked(models: Models, seconds: float) -> AsyncGenerator[None]:
    """While this is open every model that nobody used for so long is looked at, each by one process."""
    keeper = asyncio.create_task(follow(models, seconds), name="look at language models")
    try:
        yield
    finally:
        await ended([keeper])


async def follow(models: Models, seconds: float) -> None:
    while True:
        with suppress(*AWAY):
            await once(models, seconds)
        await asyncio.sleep(min(seconds, CHECK_SECONDS))


async def once(models: Models, seconds: float) -> None:
    async with models.pool.connection() as db:
        due = await llm_models.due(db, models.reach.environment, seconds)
    await asyncio.gather(*(look_and_note(models, each) for each in due))


async def look_and_note(models: Models, model_id: UUID) -> None:
    try:
        async with models.pool.connection() as db:
            row = await llm_models.fetch(db, model_id)
    except NotFound:
        return  # it was removed meanwhile
    error = await look(models, row)
    if error is not None:
        if bool(error) != (row.status == "unhealthy"):
            log.info("a language model was looked at", model=row.name, found=error or "healthy")
        await noted(models, row, error)
