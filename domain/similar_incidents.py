"""Incidents that share an alert, a service or words with one that is asked about, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.database import Connection
from domain.filters import Filter, Severity
from domain.found import Found, ask
from domain.incidents import CONDITIONS
from domain.knowledge import Term

MOST_SEARCHED, MOST_EXPLAINED = 2000, 1000
CHANGED_WITHIN = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an incident is to be like. `words` are those of `terms` by number; `itself` is left out."""

    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    severity: Severity | None = None
    environment: str = ""
    at: datetime
    itself: UUID | None = None

    def parameters(self) -> dict[str, object]:
        return {
            "names": list(self.names),
            "like_services": list(self.services),
            "said": [term.said for term in self.terms],
            "places": [term.word for term in self.terms],
            "weights": [term.weight for term in self.terms],
            "itself": self.itself,
            "most": MOST_SEARCHED,
            "most_explained": MOST_EXPLAINED,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`text` is the share of the words, rare ones counting more, that its own text has; `found` are their numbers,
    the rarest first. `is_explained`: somebody wrote down what its cause was."""

    id: UUID
    number: int
    names: list[str]
    service: str
    services: list[str]
    severity: Severity
    environment: str
    opened_at: datetime
    text: float
    found: list[int]
    is_explained: bool


LOOKED_AT = """
select id from (
    select id from trivium.incidents where true{narrowing} order by opened_at desc, number desc limit %(most)s
) as newest union select id from (
    select id from trivium.incidents
    where (root_cause <> '' or id in (select incident_id from trivium.postmortems)){narrowing}
    order by opened_at desc, number desc limit %(most_explained)s
) as explained except select %(itself)s"""
CANDIDATES = """
with library as materialized (
    select recent.id, number, recent.service, services, severity, environment, opened_at, names,
        to_tsvector('english', concat_ws(' ', trivium.spelled(recent.title),
            trivium.spelled(array_to_string(names, ' ')), recent.root_cause, recent.resolution))
            || coalesce(learned.search, ''::tsvector) as search,
        root_cause <> '' or coalesce(learned.has_cause, false) as is_explained
    from trivium.incidents as recent cross join lateral (
        select array(select distinct entry ->> 1 from jsonb_array_elements(tally) as entry order by 1) as names
    ) as told left join lateral (
        select search, postmortems.root_cause <> '' as has_cause from trivium.postmortems
        where incident_id = recent.id order by created_at desc, id limit 1
    ) as learned on true
    where recent.id in ({looked_at})
), size as (
    select count(*) as documents from library
), asked as (
    select place, word, to_tsquery('english', said) as wanted, weight
    from unnest(%(said)s::text[], %(places)s::int[], %(weights)s::float8[])
        with ordinality as term (said, word, weight, place)
    where numnode(to_tsquery('english', said)) > 0
), hits as (
    select id, place, word, weight from library join asked on search @@ wanted
), rare as (
    select place, ln(1 + documents / (0.5 + count(distinct id))) as idf from hits, size group by place, documents
), told as (
    select id, word, max(weight * idf) as worth from hits join rare using (place) group by id, word
), texts as (
    select id, sum(worth) as worth, array_agg(word order by worth desc, word) as found from told group by id
), possible as (
    select sum(ln(1 + documents / 1.5)) as worth from asked, size where weight = 1
)
select library.id, number, names, service, services, severity, environment, opened_at,
    round(least(1, coalesce(texts.worth / nullif(possible.worth, 0), 0))::numeric, 3)::float8 as text,
    coalesce(found, '{{}}') as found, is_explained
from library left join texts using (id), possible
where texts.id is not null or names && %(names)s::text[] or service = any(%(like_services)s::text[])
    or services && %(like_services)s::text[]
order by opened_at desc, number desc"""


async def candidates(db: Connection, wanted: Wanted, chosen: Filter) -> Found[Candidate]:
    """Of the newest two thousand chosen incidents, and of older ones whose cause is on record, those that share
    anything with what is wanted, newest first."""
    sql = CANDIDATES.format(looked_at=LOOKED_AT.format(narrowing=chosen.narrowing(CONDITIONS)))
    return await ask(db, Candidate, sql, chosen.parameters() | wanted.parameters())


SEARCHED = "select count(*) as number from ({looked_at}) as looked_at"


@dataclass(frozen=True, slots=True)
class Searched:
    number: int


async def searched(db: Connection, wanted: Wanted, chosen: Filter) -> int:
    """How many incidents `candidates` looks at, also when it finds none."""
    sql = SEARCHED.format(looked_at=LOOKED_AT.format(narrowing=chosen.narrowing(CONDITIONS)))
    return (await ask(db, Searched, sql, chosen.parameters() | wanted.parameters())).rows[0].number


NAMES = """
select distinct entry ->> 1 as name from trivium.incidents, jsonb_array_elements(tally) as entry
where id = %(id)s order by name"""


@dataclass(frozen=True, slots=True)
class Name:
    name: str


async def alert_names(db: Connection, incident_id: UUID) -> list[str]:
    """The names of the alerts that an incident consists of."""
    return [row.name for row in (await ask(db, Name, NAMES, {"id": incident_id})).rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """What is known of an incident: its own words, or those of its postmortem where it has none."""

    id: UUID
    number: int
    title: str
    service: str
    severity: Severity
    opened_at: datetime
    resolved_at: datetime | None
    root_cause: str
    resolution: str
    postmortem_id: UUID | None
    postmortem_title: str | None
    postmortem_url: str | None


PRECEDENTS = """
select incidents.id, number, incidents.title, incidents.service, severity, opened_at, resolved_at,
    coalesce(nullif(incidents.root_cause, ''), learned.root_cause, '') as root_cause,
    coalesce(nullif(incidents.resolution, ''), learned.resolution, '') as resolution,
    learned.id as postmortem_id, learned.title as postmortem_title, learned.url as postmortem_url
from unnest(%(ids)s::uuid[]) with ordinality as wanted (id, place) join trivium.incidents using (id)
left join lateral (
    select * from trivium.postmortems where incident_id = incidents.id order by created_at desc, id limit 1
) as learned on true
order by place"""


async def precedents(db: Connection, ids: Sequence[UUID]) -> Found[Precedent]:
    """In the order of the ids."""
    return await ask(db, Precedent, PRECEDENTS, {"ids": list(ids)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBefore:
    incident_id: UUID
    kind: str
    service: str
    summary: str
    minutes_before: float


CHANGES = """
select incidents.id as incident_id, kind, changes.service, changes.summary,
    round((extract(epoch from opened_at - occurred_at) / 60)::numeric, 1)::float8 as minutes_before
from trivium.incidents join trivium.changes on changes.service = any(services)
    and occurred_at >= opened_at - %(within)s and occurred_at <= opened_at
    and (changes.environment in ('', incidents.environment) or incidents.environment = '')
where incidents.id = any(%(ids)s) order by opened_at - occurred_at, changes.id"""


async def changes_before(db: Connection, ids: Sequence[UUID]) -> Found[ChangeBefore]:
    """The changes of their services in the four hours before each of these incidents, the nearest first."""
    return await ask(db, ChangeBefore, CHANGES, {"ids": list(ids), "within": CHANGED_WITHIN})
