"""What language models were asked: each call on record, and what it comes to for each model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from domain.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmCall:
    """One request to a model. `error` is "" when it answered; `model_id` None for the model of the variables."""

    at: datetime
    model_id: UUID | None
    model_name: str
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is on record of one model; `seconds_p50` of the calls that were answered, None when there is none."""

    model_id: UUID | None
    calls: int
    failures: int
    tokens_in: int
    tokens_out: int
    seconds_p50: float | None


RECORD = """
insert into trivium.llm_calls (at, model_id, model_name, seconds, tokens_in, tokens_out, error)
select %(at)s, (select id from trivium.llm_models where id = %(model_id)s), %(model_name)s, %(seconds)s, %(tokens_in)s,
    %(tokens_out)s, %(error)s
"""


async def record(db: Connection, calls: Sequence[LlmCall]) -> None:
    """They are on record; one of a model that was removed meanwhile by its name alone."""
    async with db.cursor() as cursor:
        await cursor.executemany(RECORD, [asdict(call) for call in calls])


OF_MODELS = """
select
    model_id, count(*) as calls, count(*) filter (where error <> '') as failures,
    sum(tokens_in)::bigint as tokens_in, sum(tokens_out)::bigint as tokens_out,
    percentile_cont(0.5) within group (order by seconds) filter (where error = '') as seconds_p50
from trivium.llm_calls
where model_id is not null or model_name = %(variables)s
group by model_id
"""


async def usage(db: Connection, variables: str) -> dict[UUID | None, Usage]:
    """By model; under None that of the model of the variables, which is on record by the name `variables`."""
    async with db.cursor(row_factory=class_row(Usage)) as cursor:
        await cursor.execute(OF_MODELS, {"variables": variables})
        return {each.model_id: each for each in await cursor.fetchall()}


SWEEP = "delete from trivium.llm_calls where at < %(before)s"


async def sweep(db: Connection, before: datetime) -> None:
    """What was asked before that is forgotten."""
    await db.execute(SWEEP, {"before": before})
