"""What answers about the sample estate must say, worked out from its raw tables and by nothing else.

Each function gives SQL whose rows say what an answer holds: a column is a path in `answer.data`
("by_severity.critical"; `*` is the row's `place`; "changes[].id" is the sorted ids of a list), and a column called
`said...` must stand in the summary.
"""

from typing import Literal


def alerts(where: str) -> str:
    """How many alerts, by severity."""
    return f"""
        select count(*) as total_alerts, count(*)::text as said_total,
            count(*) filter (where severity = 'critical') as "by_severity.critical",
            count(*) filter (where severity = 'warning') as "by_severity.warning",
            count(*) filter (where severity = 'info') as "by_severity.info"
        from trivium.alerts where {where}"""


def alerts_listed(where: str) -> str:
    """The same, and which they are."""
    return f"""
        select counted.*, (select jsonb_agg(id::text order by id::text collate "C") from trivium.alerts where {where})
            as "alerts[].id"
        from ({alerts(where)}) as counted"""


def alerts_by_day(where: str, first: str, last: str) -> str:
    """How many alerts, by severity and on each UTC day from the first to the last."""
    return f"select * from ({alerts(where)}) as counted natural join ({by_day(where, first, last)}) as daily"


def most_alerts(by: Literal["service", "name"], where: str, limit: int = 10) -> str:
    """Who had most, and the first ten in order."""
    key = {"service": "by_service", "name": "by_alert_name"}[by]
    return f"""
        with counted as (select {by} as key, count(*) as count from trivium.alerts where {where} group by 1),
            first as (select * from counted order by count desc, key limit {limit})
        select (select sum(count) from counted)::int as total_alerts, (select key from first limit 1) as said_first,
            (select max(count) from counted) || ' of ' || (select sum(count) from counted) as said_share,
            (select jsonb_agg(jsonb_build_object('key', key, 'count', count) order by count desc, key) from first)
                as {key}
        """


def events(where: str) -> str:
    return f"""
        select count(*) as total_events, count(*)::text as said_total,
            count(*) filter (where severity = 'critical') as "by_level.critical",
            count(*) filter (where severity = 'warning') as "by_level.warning"
        from trivium.alerts where {where}"""


def by_day(where: str, first: str, last: str, zone: str = "UTC") -> str:
    """Alerts of each calendar day from the first to the last, and how many in all."""
    return f"""
        with days as (
            select to_char(day, 'YYYY-MM-DD') as date, (select count(*) from trivium.alerts
                where to_char(starts_at at time zone '{zone}', 'YYYY-MM-DD') = to_char(day, 'YYYY-MM-DD') and {where})
            from generate_series('{first}'::timestamp, '{last}'::timestamp, '1 day') as day)
        select sum(count)::int as total_alerts, sum(count)::text as said_total,
            jsonb_agg(jsonb_build_object('date', date, 'count', count) order by date) as by_day
        from days"""


def health_now(service: str, verdict: str) -> str:
    return f"""
        select '{verdict}' as said_verdict,
            (select count(*) from trivium.alerts where service = '{service}' and ends_at is null) as total_alerts,
            (select count(*) from trivium.incidents where '{service}' = any(services) and resolved_at is null)
                as open_incidents"""


def incidents(where: str) -> str:
    """How many incidents, by severity and by state."""
    return f"""
        select count(*) as total_incidents, count(*)::text as said_total,
            count(*) filter (where severity = 'critical') as "by_severity.critical",
            count(*) filter (where severity = 'warning') as "by_severity.warning",
            count(*) filter (where resolved_at is null) as "by_status.open",
            count(resolved_at) as "by_status.resolved"
        from trivium.incidents where {where}"""


def lasted(where: str) -> str:
    """The worst incident, and for how long it was open: more than an hour, less than a day."""
    return f"""
        select worst.*, extract(epoch from i.resolved_at - i.opened_at)::float8 as duration_seconds,
            to_char(date_trunc('minute', i.resolved_at - i.opened_at + interval '30 seconds'),
                'FMHH24" h "FMMI" min"') as said_lasted
        from ({worst_incident(where)}) as worst join trivium.incidents i on 'INC-' || i.number = said_number"""


def most_incidents(where: str) -> str:
    return f"""
        with counted as (select service as key, count(*) as count from trivium.incidents where {where} group by 1)
        select (select sum(count) from counted)::int as total_incidents,
            (select key from counted order by count desc, key limit 1) as said_first,
            (select max(count) from counted) || ' of ' || (select sum(count) from counted) as said_share,
            (select jsonb_agg(jsonb_build_object('key', key, 'count', count) order by count desc, key) from counted)
                as by_service"""


def total_sides(table: Literal["alerts", "incidents"], first: str, second: str) -> str:
    return " union all ".join(
        f"""
        select {place} as place, count(*) as "sides.*.total", count(*)::text as said_total,
            count(*) filter (where severity = 'critical') as "sides.*.by_severity.critical"
        from trivium.{table} where {where}"""
        for place, where in enumerate((first, second))
    )


def worst_incident(where: str) -> str:
    """Its number: of critical ones the one a postmortem was written of, else the one with most alerts."""
    return f"""
        select 'INC-' || number as "incident.number", 'INC-' || number as said_number,
            alert_count as "incident.alert_count"
        from trivium.incidents where {where}
        order by array_position(array['critical', 'warning', 'info'], severity),
            not exists (select from trivium.postmortems where incident_id = incidents.id),
            alert_count desc, number desc limit 1"""


def cause(where: str) -> str:
    """The worst incident, with the first sentence of the root cause in its postmortem."""
    return f"""
        select worst.*, p.root_cause as root_cause, split_part(p.root_cause, '. ', 1) as said_cause
        from ({worst_incident(where)}) as worst
        join trivium.incidents i on 'INC-' || i.number = said_number
        join trivium.postmortems p on p.incident_id = i.id"""


def possible_cause(where: str) -> str:
    """The worst incident, and the last change of any service in the half hour before it opened."""
    return f"""
        select worst.*, null as root_cause, c.summary as said_change, c.service as said_service,
            c.summary as "suspected_change.summary", c.service as "suspected_change.service",
            round(extract(epoch from i.opened_at - c.occurred_at) / 60) || ' min before' as said_lead
        from ({worst_incident(where)}) as worst
        join trivium.incidents i on 'INC-' || i.number = said_number
        join trivium.changes c on c.occurred_at between i.opened_at - interval '30 minutes' and i.opened_at
        order by c.occurred_at desc limit 1"""


def impact(where: str) -> str:
    """The worst incident, its services, and whose incidents opened in its environment while it was open."""
    return f"""
        select worst.*, to_jsonb(i.services) as services, null as users,
            (select jsonb_agg('INC-' || b.number order by 'INC-' || b.number) from trivium.incidents b
             where b.opened_at >= i.opened_at and b.opened_at < coalesce(i.resolved_at, '2027-01-19 12:00Z')
                and b.environment = i.environment and not b.service = any(i.services)) as "meanwhile[].number"
        from ({worst_incident(where)}) as worst
        join trivium.incidents i on 'INC-' || i.number = said_number"""


def changes(where: str) -> str:
    return f"""
        select count(*) as total_changes, count(*)::text as said_total,
            jsonb_agg(id order by id collate "C") as "changes[].id"
        from trivium.changes where {where}"""


def last_change(where: str) -> str:
    return f"""
        select id as "changes.0.id", 1 as total_changes, summary as said_summary
        from trivium.changes where {where} order by occurred_at desc limit 1"""


def postmortem(title: str) -> str:
    return f"""
        select title as said_title, title as "postmortems.0.title", root_cause as "postmortems.0.root_cause"
        from trivium.postmortems where title = '{title}'"""


def newest_incident(where: str) -> str:
    """The incident that opened last, its services, and whose incidents opened in its environment while it was open."""
    return f"""
        select 'INC-' || i.number as "incident.number", 'INC-' || i.number as said_number,
            alert_count as "incident.alert_count", to_jsonb(i.services) as services, null as users,
            'affected ' || cardinality(i.services) || ' service' as said_services,
            (select coalesce(jsonb_agg('INC-' || b.number order by 'INC-' || b.number), '[]') from trivium.incidents b
             where b.opened_at >= i.opened_at and b.opened_at < coalesce(i.resolved_at, '2027-01-19 12:00Z')
                and b.environment = i.environment and not b.service = any(i.services)) as "meanwhile[].number"
        from trivium.incidents i where {where} order by opened_at desc, number desc limit 1"""


def newest_users(where: str) -> str:
    """The same, with the word that nobody counts users."""
    return f"""
        select newest.*, 'Users are not counted by any source' as said_users
        from ({newest_incident(where)}) as newest"""


def newest_cause(where: str) -> str:
    """The incident that opened last, without a postmortem and without a change in the half hour before it."""
    return f"""
        select 'INC-' || number as "incident.number", 'INC-' || number as said_number, null as root_cause,
            'is not recorded, and no change shortly before it was found' as said_unknown, null as suspected_change
        from (select * from trivium.incidents where {where} order by opened_at desc, number desc limit 1) as newest
        where not exists (select from trivium.postmortems where incident_id = newest.id)
            and not exists (select from trivium.changes
                where occurred_at between opened_at - interval '30 minutes' and opened_at)"""


def by_hour(where: str, date: str) -> str:
    """Alerts of each hour of one UTC day, and how many in all."""
    return f"""
        with hours as (
            select to_char(hour, 'YYYY-MM-DD HH24:MI') as key, (select count(*) from trivium.alerts
                where to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24') = to_char(hour, 'YYYY-MM-DD HH24')
                    and {where})
            from generate_series('{date}'::timestamp, '{date}'::timestamp + interval '23 hours', '1 hour') as hour)
        select sum(count)::int as total_alerts, sum(count)::text as said_total,
            jsonb_agg(jsonb_build_object('key', key, 'count', count) order by key) as by_hour
        from hours"""


def longest(where: str) -> str:
    """The incident that lasted longest, an open one until noon of 19 January."""
    return f"""
        select 'INC-' || number as "longest.number", 'INC-' || number as said_number, total as total_incidents
        from (select *, count(*) over () as total from trivium.incidents where {where}) as counted
        order by coalesce(resolved_at, '2027-01-19 12:00Z') - opened_at desc limit 1"""


def incidents_by_week(where: str) -> str:
    """Incidents of each ISO week that has any, and how many in all."""
    return f"""
        with weeks as (
            select to_char(opened_at at time zone 'UTC', 'IYYY-"W"IW') as key, count(*) as count
            from trivium.incidents where {where} group by 1)
        select sum(count)::int as total_incidents, sum(count)::text as said_total,
            jsonb_agg(jsonb_build_object('key', key, 'count', count) order by key) as periods
        from weeks"""


def health_of(fired: str, opened: str, verdict: str) -> str:
    return f"""
        select '{verdict}' as said_verdict, (select count(*) from trivium.alerts where {fired}) as total_alerts,
            (select count(*) || ' alerts' from trivium.alerts where {fired}) as said_alerts,
            (select count(*) from trivium.incidents where {opened}) as total_incidents"""


def busiest_hour_of_day(where: str) -> str:
    """The UTC hour of the day with most alerts over all days, and how many it had."""
    return f"""
        with hours as (
            select to_char(starts_at at time zone 'UTC', 'HH24:00') as hour, count(*) as count
            from trivium.alerts where {where} group by 1)
        select hour as said_hour, count || ' of ' || (select sum(count) from hours) as said_share,
            (select sum(count) from hours)::int as total_alerts
        from hours order by count desc, hour limit 1"""


def busiest_day(where: str) -> str:
    """The UTC day with most alerts, and how many it had."""
    return f"""
        with days as (
            select date_trunc('day', starts_at at time zone 'UTC') as day, count(*) as count
            from trivium.alerts where {where} group by 1)
        select to_char(day, 'Dy FMDD Mon') as said_day, count || ' alerts' as said_count,
            (select sum(count) from days)::int as total_alerts, count as "peak.count"
        from days order by count desc, day limit 1"""
