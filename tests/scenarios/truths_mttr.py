"""What answers about the time to resolve must say, worked out like the other truths from the raw table alone."""

from typing import Literal


def mttr(where: str) -> str:
    """The mean over resolved incidents by the time they opened, and how it is spread."""
    return f"""
        select avg(seconds) as mttr_seconds, count(seconds) as resolved, count(*) - count(seconds) as open,
            percentile_cont(0.5) within group (order by seconds) as median_seconds,
            percentile_cont(0.9) within group (order by seconds) as p90_seconds,
            round(avg(seconds) / 60) || ' min' as said_mean
        from (select extract(epoch from resolved_at - opened_at)::float8 as seconds
            from trivium.incidents where {where}) as lasted"""


def mttr_asked(measure: Literal["median", "p90"], where: str) -> str:
    """The same, with the measure that was asked for in the summary beside the mean."""
    return f"""
        select measured.*, round({measure}_seconds / 60) || ' min' as said_measure
        from ({mttr(where)}) as measured"""


def mttr_by_week(where: str) -> str:
    """The same, and the mean of each ISO week, in order."""
    return f"""
        with weeks as (
            select to_char(opened_at at time zone 'UTC', 'IYYY-"W"IW') as key, count(resolved_at) as count,
                avg(extract(epoch from resolved_at - opened_at)::float8) as mean
            from trivium.incidents where {where} group by 1)
        select over_all.*, row_number() over (order by key) - 1 as place, key as "periods.*.key",
            count as "periods.*.count", mean as "periods.*.mean_seconds"
        from weeks cross join ({mttr(where)}) as over_all"""


def mttr_sides(first: str, second: str) -> str:
    return " union all ".join(
        f"""
        select {place} as place, avg(seconds) as "sides.*.mttr_seconds",
            count(seconds) as "sides.*.resolved", round(avg(seconds) / 60) || ' min' as said_mean
        from (select extract(epoch from resolved_at - opened_at)::float8 as seconds
            from trivium.incidents where {where}) as lasted"""
        for place, where in enumerate((first, second))
    )


def slowest(where: str) -> str:
    """The service with the longest mean."""
    return f"""
        select service as said_service, round(avg(seconds) / 60) || ' min' as said_mean,
            count(seconds) || ' resolved' as said_count
        from (select service, extract(epoch from resolved_at - opened_at)::float8 as seconds
            from trivium.incidents where {where}) as lasted
        group by service order by avg(seconds) desc nulls last limit 1"""
