"""What came of an alert before: how often it fired, what was thought of it, who has looked into it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.alert_counts import CONDITIONS
from domain.alert_records import AlertRecord
from domain.database import Connection
from domain.filters import Filter, Owner
from domain.found import Found, ask

LONG_AGO = timedelta(days=30)
FLAPS, FLAPPING_WITHIN = 4, timedelta(hours=1)
MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An earlier firing; `count` is how many there were in the 30 days before, `flaps` those of the last hour."""

    id: UUID
    starts_at: datetime
    ends_at: datetime | None
    count: int
    flaps: int


FIRINGS = """
select id, starts_at, ends_at,
    count(*) over () as count,
    count(*) filter (where fingerprint = %(fingerprint)s and starts_at > %(at)s - %(hour)s) over () as flaps
from trivium.alerts
where service = %(service)s and name = %(name)s and starts_at >= %(at)s - %(long_ago)s and starts_at < %(at)s
    and id <> %(id)s{narrowing}
order by starts_at desc, id limit %(limit)s"""


async def firings(db: Connection, alert: AlertRecord, owner: Owner | None) -> Found[Firing]:
    """The last five alerts of the same name and service that began in the 30 days before this one, newest first."""
    chosen = Filter(owner=owner)
    sql = FIRINGS.format(narrowing=chosen.narrowing(CONDITIONS))
    asked = {
        "id": alert.id,
        "name": alert.name,
        "service": alert.service,
        "fingerprint": alert.fingerprint,
        "at": alert.starts_at,
        "long_ago": LONG_AGO,
        "hour": FLAPPING_WITHIN,
        "limit": MOST,
    }
    return await ask(db, Firing, sql, chosen.parameters() | asked)


def is_flapping(found: Found[Firing]) -> bool:
    """Whether the very same alert began four times within the hour that this firing ended, itself included."""
    return bool(found.rows) and found.rows[0].flaps + 1 >= FLAPS


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis left, in the shape it chose."""

    id: UUID
    starts_at: datetime
    ai_analysis: dict[str, Any]


ANALYSES = """
select id, starts_at, ai_analysis from trivium.alerts
where service = %(service)s and name = %(name)s and ai_analysis is not null
    and not ai_analysis ? 'not_analysed'{narrowing}
order by starts_at desc, id limit %(limit)s"""


async def analyses(db: Connection, alert: AlertRecord, owner: Owner | None) -> Found[Analysis]:
    """Of this alert and of those of the same name and service, the newest first."""
    chosen = Filter(owner=owner)
    sql = ANALYSES.format(narrowing=chosen.narrowing(CONDITIONS))
    asked = {"name": alert.name, "service": alert.service, "limit": MOST}
    return await ask(db, Analysis, sql, chosen.parameters() | asked)


@dataclass(frozen=True, slots=True)
class Looked:
    """A session about such an alert; what somebody else called theirs is not told."""

    id: UUID
    title: str
    started_at: datetime
    is_mine: bool


SESSIONS = """
select session.id, case when session.user_id = %(user_id)s then title else '' end as title, session.started_at,
    session.user_id = %(user_id)s as is_mine
from trivium.ai_sessions as session
where session.pillar = 'troubleshooting' and context_type = 'alert' and session.id <> %(session_id)s and context_id in (
    select id from trivium.alerts where service = %(service)s and name = %(name)s{narrowing})
order by session.started_at desc, session.id limit %(limit)s"""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in which session, and whose alerts count (None: anybody's)."""

    user_id: UUID
    session_id: UUID
    owner: Owner | None


async def sessions(db: Connection, alert: AlertRecord, asker: Asker) -> Found[Looked]:
    """The other troubleshooting sessions on alerts of the same name and service, the newest first."""
    chosen = Filter(owner=asker.owner)
    sql = SESSIONS.format(narrowing=chosen.narrowing(CONDITIONS))
    asked = {
        "name": alert.name,
        "service": alert.service,
        "user_id": asker.user_id,
        "session_id": asker.session_id,
        "limit": MOST,
    }
    return await ask(db, Looked, sql, chosen.parameters() | asked)
