"""Analyses that auto-analyze rules ask for: one per incident, bounded, each carried out once or dropped with a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.auto_analyze_rules import FITS
from domain.database import Connection

Ending: TypeAlias = Literal["done", "failed", "dropped"]
STATUSES = ("waiting", "running", "done", "failed", "dropped")
COOL_DOWN = timedelta(minutes=10)
OVERDUE = timedelta(minutes=5)
QUEUE = "analyses"
TASK = "analyse"
UNAVAILABLE = "database_unavailable"
TENDING = 0x7472_6961

ADD = f"""
with home as materialized (
    select incident.id, incident.opened_at from trivium.incidents as incident
    where incident.group_id = %(group)s and incident.resolved_at is null
        and exists (select from trivium.auto_analyze_rules where is_enabled)
        and not exists (
            select from trivium.auto_analyses as before where before.incident_id = incident.id
                and (before.ended_at is null or before.ended_at > now() - %(cool_down)s::interval)
        )
)
insert into trivium.auto_analyses (incident_id, alert_id, rule_id)
select distinct on (home.id) home.id, alert.id, rule.id
from home cross join trivium.alerts as alert join trivium.auto_analyze_rules as rule on rule.is_enabled and {FITS}
where alert.id = any(%(alerts)s) and alert.starts_at >= home.opened_at and exists (select from home)
order by home.id, array_position(array['critical', 'warning', 'info'], alert.severity), alert.starts_at, alert.id,
    rule.name
on conflict (incident_id) where status in ('waiting', 'running') do nothing
"""


async def add(db: Connection, group: UUID, alerts: Sequence[UUID]) -> int:
    """The group's open incidents that these alerts belong to wait for an analysis, each by its gravest alert that
    fits a rule; returns how many. One that waits, runs, or ended within the cool-down gets no other.

    Call in the transaction that stored the alerts and holds the group.
    """
    values = {"alerts": list(alerts), "group": group, "cool_down": COOL_DOWN}
    return (await db.execute(ADD, values)).rowcount


TEND = "select pg_try_advisory_xact_lock(%(key)s) as mine"


async def may_tend(db: Connection) -> bool:
    """Whether this transaction is the only one, over all workers, that looks after the queue now."""
    row = await (await db.execute(TEND, {"key": TENDING})).fetchone()
    return row is not None and row["mine"]


DROP = """
with dropped as (
    update trivium.auto_analyses set status = 'dropped', ended_at = clock_timestamp(),
        note = format('not analysed: %%s newer incidents were waiting', %(most)s::integer)
    where status = 'waiting' and id in (
        select id from trivium.auto_analyses where status = 'waiting' order by queued_at desc, id desc offset %(most)s)
    returning id, alert_id, incident_id, note
), told as (
    update trivium.alerts set ai_analysis = jsonb_build_object('not_analysed', note, 'at', now())
    from dropped where alerts.id = alert_id and ai_analysis is null
)
insert into trivium.audit_logs (entrance, action, target, details)
select 'trivium', 'analysis_dropped', alert_id::text,
    jsonb_build_object('analysis', id, 'incident', incident_id, 'note', note) from dropped
"""


async def drop_oldest(db: Connection, *, most: int) -> int:
    """No more than `most` wait; returns how many of the oldest were dropped, as alerts and audit log say."""
    return (await db.execute(DROP, {"most": most})).rowcount


RETRY_STALLED = """
with stalled as (
    select job.id from procrastinate_jobs as job left join procrastinate_workers as worker on worker.id = job.worker_id
    where job.queue_name = %(queue)s and job.status = 'doing'
        and (worker.id is null or worker.last_heartbeat < now() - %(silent)s::interval)
)
select procrastinate_retry_job_v2(id, now(), null, null, null) from stalled
"""


async def retry_stalled(db: Connection, silent: timedelta) -> int:
    """Jobs of workers that said nothing for so long, or are gone, are to be taken up again; returns how many."""
    return len(await (await db.execute(RETRY_STALLED, {"queue": QUEUE, "silent": silent})).fetchall())


TAKE_BACK = """
with late as (
    update trivium.auto_analyses set status = 'waiting', is_handed_out = false
    where status = 'running' and started_at < now() - %(overdue)s::interval
    returning id
), gone as (
    delete from procrastinate_jobs where queue_name = %(queue)s and queueing_lock in (select id::text from late)
)
update trivium.auto_analyses as lost set is_handed_out = false
where status = 'waiting' and is_handed_out and not exists (
    select from procrastinate_jobs as job where job.queueing_lock = lost.id::text and job.status in ('todo', 'doing'))
"""


async def take_back(db: Connection) -> None:
    """What nobody works on any more waits again: much longer under way than an analysis may take, or without a job."""
    await db.execute(TAKE_BACK, {"overdue": OVERDUE, "queue": QUEUE})


HAND_OUT = """
with due as (
    select id, incident_id from trivium.auto_analyses where status = 'waiting' and not is_handed_out
    order by queued_at, id
), jobs as (
    select unnest(procrastinate_defer_jobs_v1((select array_agg(row(
        %(queue)s, %(task)s, 0, incident_id::text, id::text, jsonb_build_object('analysis', id), null
    )::procrastinate_job_to_defer_v1 order by queued_at, id) from trivium.auto_analyses
    where status = 'waiting' and not is_handed_out))) as job
)
update trivium.auto_analyses as analysis set is_handed_out = true from due
where analysis.id = due.id and (select count(job) from jobs) >= 0
"""


async def hand_out(db: Connection) -> int:
    """Each that waits has its job, the oldest first; returns how many got one.

    The job's lock is the incident, so that no two jobs of one incident run at the same time.
    """
    return (await db.execute(HAND_OUT, {"queue": QUEUE, "task": TASK})).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An analysis that is to be carried out now, as the rule and its alert are now. `is_doubled`: what was another
    incident when it was queued has been found to be the same as one with an earlier analysis."""

    id: UUID
    attempt: int
    queued_at: datetime
    alert_id: UUID
    alert: str
    service: str
    alert_started_at: datetime
    rule: str
    owner: UUID
    annotate: bool
    is_enabled: bool
    is_doubled: bool


CLAIM = """
with claimed as (
    update trivium.auto_analyses set status = 'running', attempt = attempt + 1, started_at = clock_timestamp()
    where id = %(id)s and status in ('waiting', 'running')
    returning *
)
select claimed.id, attempt, queued_at, alert_id, alert.name as alert, alert.service,
    alert.starts_at as alert_started_at, rule.name as rule, rule.created_by as owner, annotate, is_enabled,
    exists (
        select from trivium.incidents as kept join trivium.auto_analyses as earlier
            on earlier.incident_id = kept.id or earlier.incident_id = any(kept.former_ids)
        where (kept.id = claimed.incident_id or kept.former_ids @> array[claimed.incident_id])
            and earlier.status in ('waiting', 'running', 'done')
            and (earlier.queued_at, earlier.id) < (claimed.queued_at, claimed.id)
            and (earlier.ended_at is null or earlier.ended_at > claimed.queued_at - %(cool_down)s::interval)
    ) as is_doubled
from claimed join trivium.alerts as alert on alert.id = alert_id
join trivium.auto_analyze_rules as rule on rule.id = rule_id
"""


async def claim(db: Connection, analysis_id: UUID) -> Claimed | None:
    """The analysis, under way from now on; None when it has ended. Call from its job, which holds the incident's lock:
    then one that is under way already was left by a worker that is gone, and `attempt` shuts that worker out."""
    async with db.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(CLAIM, {"id": analysis_id, "cool_down": COOL_DOWN})
        return await cursor.fetchone()


RELEASE = """
update trivium.auto_analyses set status = 'waiting', is_handed_out = false
where id = %(id)s and attempt = %(attempt)s and status = 'running'
"""


async def release(db: Connection, claimed: Claimed) -> None:
    """It waits again for another worker."""
    await db.execute(RELEASE, {"id": claimed.id, "attempt": claimed.attempt})


RUN_OF = """
select id from trivium.runs where user_id = %(owner)s and created_at >= %(since)s and request_id = %(request_id)s
    and error ->> 'error' is distinct from %(unavailable)s
order by created_at limit 1
"""


async def run_of(db: Connection, claimed: Claimed, request_id: str) -> UUID | None:
    """The run that an earlier attempt began, unless it failed because Postgres was away."""
    values = {
        "owner": claimed.owner,
        "since": claimed.queued_at,
        "request_id": request_id,
        "unavailable": UNAVAILABLE,
    }
    row = await (await db.execute(RUN_OF, values)).fetchone()
    return row["id"] if row else None


END = """
with ended as (
    update trivium.auto_analyses
    set status = %(status)s, ended_at = clock_timestamp(), note = %(note)s, run_id = %(run_id)s
    where id = %(id)s and attempt = %(attempt)s and status = 'running'
    returning alert_id
), told as (
    update trivium.alerts set ai_analysis = %(analysis)s from ended
    where alerts.id = alert_id and (%(status)s = 'done' or ai_analysis is null or ai_analysis ? 'not_analysed')
)
select alert_id from ended
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an analysis ended, and what its alert is to say of it."""

    status: Ending
    note: str
    run_id: UUID | None
    analysis: dict[str, Any]


async def end(db: Connection, claimed: Claimed, how: End) -> bool:
    """It has ended, and its alert says so, but a failure takes no earlier analysis's place; False, and nothing is
    written, when another worker has taken it over."""
    values = {
        "id": claimed.id,
        "attempt": claimed.attempt,
        "status": how.status,
        "note": how.note,
        "run_id": how.run_id,
        "analysis": Jsonb(how.analysis),
    }
    return await (await db.execute(END, values)).fetchone() is not None


ADD_TO = "update trivium.alerts set ai_analysis = ai_analysis || %(more)s where id = %(alert_id)s"


async def tell_more(db: Connection, alert_id: UUID, more: dict[str, Any]) -> None:
    """The alert's analysis has these keys too."""
    await db.execute(ADD_TO, {"alert_id": alert_id, "more": Jsonb(more)})


COUNT = "select status, count(*) as count from trivium.auto_analyses group by status"


async def counts(db: Connection) -> dict[str, int]:
    """How many are on record by status."""
    return {row["status"]: row["count"] for row in await (await db.execute(COUNT)).fetchall()}


SWEEP = "delete from trivium.auto_analyses where ended_at < %(before)s"


async def sweep(db: Connection, before: datetime) -> None:
    await db.execute(SWEEP, {"before": before})
