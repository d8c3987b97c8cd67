"""Which alerts are one incident, what it is called, and which id it keeps when a late alert changes the picture."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from domain.database import Connection, Pool
from domain.ingest.islands import Headline, Kind, Piece, headline, islands
from domain.ingest.normalise import Batch, Report
from domain.ingest.store import store

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

INCIDENTS = """
select id, opened_at, resolved_at, alert_count, former_ids, root_cause, resolution
from trivium.incidents order by opened_at
"""


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def alert(name: str, start: float, end: float | None = None) -> Report:
    return Report(
        fingerprint=name, starts_at=minute(start), ends_at=None if end is None else minute(end), name=name,
        service="checkout", severity="warning", environment="", team="", instance="", job="", summary="",
        labels={}, annotations={}, generator_url="",
    )  # fmt: skip


async def send(db: Connection, *alerts: Report, group: str = "g") -> list[dict[str, Any]]:
    """The incidents after one batch."""
    one = Batch(source="alertmanager", receiver="trivium", group_key=group, group_labels={}, alerts=alerts)
    await store(db, one)
    return await (await db.execute(INCIDENTS)).fetchall()


def spans(incidents: list[dict[str, Any]]) -> list[tuple[datetime, datetime | None, int]]:
    return [(i["opened_at"], i["resolved_at"], i["alert_count"]) for i in incidents]


async def test_the_first_alert_opens_and_the_last_end_resolves(pool: Pool) -> None:
    async with pool.connection() as db:
        assert spans(await send(db, alert("A", 0))) == [(minute(0), None, 1)]
        assert spans(await send(db, alert("B", 5))) == [(minute(0), None, 2)]
        assert spans(await send(db, alert("A", 0, 10))) == [(minute(0), None, 2)]
        assert spans(await send(db, alert("B", 5, 30))) == [(minute(0), minute(30), 2)]
        assert spans(await send(db, alert("A", 31))) == [(minute(0), minute(30), 2), (minute(31), None, 1)]


async def test_a_late_alert_merges_incidents_into_the_earliest(pool: Pool) -> None:
    async with pool.connection() as db:
        first, second, third = await send(db, alert("A", 0, 10), alert("A", 20, 30), alert("A", 40, 50))
        await db.execute(
            "update trivium.incidents set root_cause = 'disk of ' || alert_count || ' full', resolution = ''"
        )
        await db.execute("update trivium.incidents set resolution = 'restarted' where id = %(id)s", {"id": third["id"]})
        await db.execute(
            "insert into trivium.postmortems (incident_id, title, occurred_at, summary)"
            " values (%(id)s, 'Checkout down', now(), 'It was.')",
            {"id": third["id"]},
        )
        [merged] = await send(db, alert("B", 10, 40))
        assert merged == {
            "id": first["id"],
            "opened_at": minute(0),
            "resolved_at": minute(50),
            "alert_count": 4,
            "former_ids": [second["id"], third["id"]],
            "root_cause": "disk of 1 full\n\ndisk of 1 full\n\ndisk of 1 full",
            "resolution": "restarted",
        }
        postmortem = await (await db.execute("select incident_id from trivium.postmortems")).fetchone()
        assert postmortem == {"incident_id": first["id"]}


async def test_a_merged_incident_brings_its_own_former_ids(pool: Pool) -> None:
    async with pool.connection() as db:
        early, late, latest = await send(db, alert("A", 0, 1), alert("A", 20, 21), alert("A", 30, 31))
        await send(db, alert("B", 21, 30))
        [all_of_it] = await send(db, alert("C", 1, 20))
        assert (all_of_it["id"], all_of_it["former_ids"]) == (early["id"], [late["id"], latest["id"]])


async def test_a_split_keeps_the_id_on_the_earliest_part(pool: Pool) -> None:
    async with pool.connection() as db:
        [whole] = await send(db, alert("A", 0), alert("B", 20, 30), alert("C", 40))
        await db.execute("update trivium.incidents set root_cause = 'a person wrote this'")
        first, second, third = await send(db, alert("A", 0, 10))
        assert first == whole | {"resolved_at": minute(10), "alert_count": 1, "root_cause": "a person wrote this"}
        assert spans([second, third]) == [(minute(20), minute(30), 1), (minute(40), None, 1)]
        assert {second["id"], third["id"]}.isdisjoint({whole["id"]})


async def test_an_alert_that_ends_resolves_the_incidents_of_every_group_it_is_in(pool: Pool) -> None:
    async with pool.connection() as db:
        await send(db, alert("A", 1), alert("B", 0, 2), group="two")
        await send(db, alert("C", 2), group="three")
        await send(db, alert("A", 1), group="one")
        assert spans(await send(db, alert("A", 1, 10), group="one")) == [
            (minute(0), minute(10), 2),
            (minute(1), minute(10), 1),
            (minute(2), None, 1),
        ]


def piece(start: float, end: float, number: int | None = None) -> Piece:
    ids = () if number is None else (UUID(int=number),)
    return Piece(minute(start), minute(end), Counter({Kind("s", "A", "info"): 1}), ids)


Wanted: TypeAlias = list[tuple[float, float, int, list[int]]]
ISLANDS: list[tuple[list[Piece], Wanted]] = [
    ([], []),
    ([piece(0, 0)], [(0, 0, 1, [])]),
    ([piece(5, 9), piece(0, 5)], [(0, 9, 2, [])]),
    ([piece(0, 4), piece(5, 9)], [(0, 4, 1, []), (5, 9, 1, [])]),
    ([piece(0, 9, 1), piece(2, 3, 2), piece(8, 12, 3)], [(0, 12, 3, [1, 2, 3])]),
    ([piece(0, 9), piece(2, 3), piece(4, 5), piece(10, 11)], [(0, 9, 3, []), (10, 11, 1, [])]),
]


@pytest.mark.parametrize(("pieces", "wanted"), ISLANDS)
def test_islands_are_what_overlaps_or_touches(pieces: list[Piece], wanted: Wanted) -> None:
    found = [(i.start, i.end, i.tally.total(), [incident.int for incident in i.incidents]) for i in islands(pieces)]
    assert found == [(minute(start), minute(end), count, ids) for start, end, count, ids in wanted]


def test_an_incident_is_named_after_its_worst_then_most_frequent_alert() -> None:
    tally = Counter({
        Kind("orders", "QueueGrows", "warning"): 9,
        Kind("checkout", "HighLatency", "critical"): 2,
        Kind("checkout", "Errors", "critical"): 2,
        Kind("checkout", "QueueGrows", "info"): 7,
    })  # fmt: skip
    assert headline(tally) == Headline(
        title="Errors and 2 more on checkout", severity="critical", service="checkout",
        services=["checkout", "orders"], alert_count=20,
    )  # fmt: skip


def test_one_alert_alone_is_named_without_more() -> None:
    assert headline(Counter({Kind("search", "HighLatency", "info"): 3})).title == "HighLatency on search"
