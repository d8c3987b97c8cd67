"""Postmortems: what was learned from past incidents, found by words."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.database import Connection
from domain.filters import Conditions, Filter
from domain.found import Found, ask

CONDITIONS: Conditions = {
    "services": "postmortems.service = any(%(services)s)",
    "window": "occurred_at >= %(start)s and occurred_at < %(end)s",
}
COLUMNS = """postmortems.id, postmortems.title, postmortems.service, occurred_at, summary, postmortems.root_cause,
    postmortems.resolution, lessons, url, incident_id, number as incident_number, count(*) over () as total"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """`score` from 0 to 1 and `highlight` (found words between `**`) speak of the search; `total` counts all found."""

    id: UUID
    title: str
    service: str
    occurred_at: datetime
    summary: str
    root_cause: str
    resolution: str
    lessons: str
    url: str
    incident_id: UUID | None
    incident_number: int | None
    score: float
    highlight: str
    total: int


NEWEST = """
select {columns}, 0.0::float8 as score, '' as highlight
from trivium.postmortems left join trivium.incidents on incidents.id = incident_id
where true{narrowing} order by occurred_at desc, postmortems.id limit %(limit)s"""


async def newest(db: Connection, chosen: Filter, limit: int) -> Found[Postmortem]:
    """The chosen postmortems, newest first."""
    sql = NEWEST.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS))
    return await ask(db, Postmortem, sql, chosen.parameters() | {"limit": limit})


SEARCH = """
select found.*, btrim(ts_headline('english', concat_ws(' ', summary, root_cause, resolution, lessons),
    to_tsquery('english', %(words)s), 'StartSel=**, StopSel=**, MinWords=12, MaxWords=30')) as highlight
from (
    select {columns}, round(ts_rank_cd(search, to_tsquery('english', %(words)s), 32)::numeric, 3)::float8 as score
    from trivium.postmortems left join trivium.incidents on incidents.id = incident_id
    where search @@ to_tsquery('english', %(words)s){narrowing}
    order by score desc, occurred_at desc, postmortems.id limit %(limit)s
) as found order by score desc, occurred_at desc, id"""


async def search(db: Connection, chosen: Filter, words: list[str], limit: int) -> Found[Postmortem]:
    """The chosen postmortems with any of the words, best first: a word in the title counts most.

    `words` come from `words_of`, so that none can be read as an operator.
    """
    sql = SEARCH.format(columns=COLUMNS, narrowing=chosen.narrowing(CONDITIONS))
    values = chosen.parameters() | {"words": " | ".join(words), "limit": limit}
    return await ask(db, Postmortem, sql, values)


def words_of(query: str) -> list[str]:
    """The letters-and-digits words of a question, lower case, each once, in order."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", query.lower())))
