import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.likeness import hours_apart
from domain.sample import fill
from tests.tools.estate import NOW, Estate, at, open_estate
from tools.replies import ROWS_HIDDEN
from tools.spec import Scope

TALLY = "update trivium.incidents set tally = %(tally)s, root_cause = %(cause)s where id = %(id)s returning id"
FIRED = """select id from trivium.alerts where name = %(name)s and service = %(service)s and environment = 'production'
order by starts_at desc, id limit 1"""


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


async def past(estate: Estate, day: int, name: str, service: str, cause: str = "", **given: Any) -> UUID:
    """One incident of November, half an hour from 10:00, of alerts of one name."""
    opened = given.pop("opened", at("10:00", day))
    made = await estate.incident(opened, service=service, title=f"{name} on {service}", **given)
    tally = json.dumps([[service, name, "critical", 1]])
    return await estate.write(TALLY, {"id": made, "tally": tally, "cause": cause})


async def told(estate: Estate, scope: Scope | None = None, **arguments: Any) -> dict[str, Any]:
    return (await estate.ask("get_similar_incidents", scope, **arguments)).data


def numbers(data: dict[str, Any]) -> list[str]:
    return [item["number"] for item in data["incidents"]]


async def test_label_text_and_what_is_known_put_them_in_this_order(estate: Estate) -> None:
    """TS-02: golden order; alert and service, the alert, what was written down, and the service alone last."""
    await past(estate, 10, "DiskFull", "search")
    await past(estate, 10, "SlowQueries", "db", "The connection pool was too small for the load")
    await past(estate, 10, "DiskFull", "checkout")
    await past(estate, 10, "HighLatency", "search")
    await past(estate, 10, "HighLatency", "checkout")
    await past(estate, 9, "HighLatency", "checkout", "The connection pool was exhausted")
    alert = await estate.alert(at("10:00"), "HighLatency", summary="waiting for a connection of the pool")
    result = await estate.ask("get_similar_incidents", alert_id=alert)
    found = result.data["incidents"]
    assert numbers(result.data) == ["INC-6", "INC-5", "INC-4", "INC-2", "INC-3"]
    scores = [item["score"] for item in found]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1
    assert [item["why"] for item in found] == [
        ["same alert HighLatency", "same service", "words: connection pool"],
        ["same alert HighLatency", "same service"],
        ["same alert HighLatency"],
        ["words: latency connection pool"],  # slow is what latency means
        ["same service"],
    ]
    assert (result.data["searched"], result.cut) == (6, None)


async def test_all_that_is_known_of_an_incident_is_told(estate: Estate) -> None:
    """TS-02: its own cause before the postmortem's, the changes of its services before it, the nearest first."""
    made = await past(estate, 18, "HighLatency", "checkout", "A slow query", services=["checkout", "cart"])
    await estate.write(
        "update trivium.postmortems set resolution = 'An index was added', url = 'https://wiki.local/7' "
        "where id = %(id)s returning id",
        {"id": (post := await estate.postmortem("Slow carts", at("10:00", 18), incident=made, root_cause="A lock"))},
    )
    await estate.change("d1", at("06:00", 18), service="cart", environment="")
    await estate.change("d2", at("09:52:30", 18), kind="config")
    for name, when, service in [("late", "10:01", "checkout"), ("early", "05:59", "cart"), ("other", "09:00", "db")]:
        await estate.change(name, at(when, 18), service=service)
    await estate.change("staging", at("09:00", 18), environment="staging")
    alert = await estate.alert(at("10:00"), "HighLatency")
    (incident,) = (await told(estate, alert_id=alert))["incidents"]
    assert incident.pop("score") > 0.6
    assert incident == {
        "number": "INC-1",
        "title": "HighLatency on checkout",
        "service": "checkout",
        "severity": "critical",
        "status": "resolved",
        "opened_at": "2026-11-18T10:00:00Z",
        "resolved_at": "2026-11-18T10:30:00Z",
        "duration_seconds": 1800.0,
        "why": ["same alert HighLatency", "same service"],
        "root_cause": "A slow query",
        "resolution": "An index was added",
        "postmortem": {"id": str(post), "title": "Slow carts", "url": "https://wiki.local/7"},
        "changes": [
            {"kind": "config", "service": "checkout", "summary": "release d2", "minutes_before": 7.5},
            {"kind": "deployment", "service": "cart", "summary": "release d1", "minutes_before": 240.0},
        ],
    }


async def test_of_equal_incidents_the_newer_and_the_one_at_the_same_hour_come_first(estate: Estate) -> None:
    """TS-02: recency and the time of day decide where labels and text are alike."""
    for opened in (at("10:00", 1), at("22:00", 17), at("10:00", 17)):
        await past(estate, 1, "HighLatency", "checkout", opened=opened)
    alert = await estate.alert(at("10:00"), "HighLatency")
    data = await told(estate, alert_id=alert)
    assert numbers(data) == ["INC-3", "INC-1", "INC-2"]
    spread = data["incidents"][0]["score"] - data["incidents"][-1]["score"]
    assert 0 < spread < 0.06


async def test_the_incident_of_the_alert_is_not_like_itself(estate: Estate) -> None:
    alert = await estate.alert(at("10:00"), "HighLatency")
    await past(estate, 20, "HighLatency", "checkout", members=[alert])
    await past(estate, 17, "HighLatency", "checkout")
    data = await told(estate, alert_id=alert)
    assert (numbers(data), data["searched"]) == (["INC-2"], 1)


@pytest.mark.parametrize("said", ["INC-1", "1", 1])
async def test_an_incident_is_compared_by_its_alerts_and_cause(estate: Estate, said: str | int) -> None:
    await past(estate, 18, "HighLatency", "checkout", "The disk of the replica was full")
    await past(estate, 17, "HighLatency", "cart")
    await past(estate, 16, "Restarted", "db", "The disk was full")
    await past(estate, 15, "Restarted", "db")
    data = await told(estate, incident=said)
    assert numbers(data) == ["INC-2", "INC-3"]
    assert data["incidents"][1]["why"] == ["words: disk full"]


async def test_words_find_what_was_written_down(estate: Estate) -> None:
    made = await past(estate, 18, "HighErrorRate", "auth")
    await estate.postmortem("Nobody could sign in", at("10:00", 18), incident=made, root_cause="Old certificates")
    await past(estate, 19, "HighErrorRate", "auth")
    data = await told(estate, text="why can nobody sign in, certificates?")
    assert numbers(data) == ["INC-1"]
    assert data["incidents"][0]["why"] == ["words: nobody sign certificates"]
    assert data["incidents"][0]["root_cause"] == "Old certificates"


async def test_nothing_alike_is_an_answer(estate: Estate) -> None:
    await past(estate, 18, "HighErrorRate", "auth")
    result = await estate.ask("get_similar_incidents", text="zebra & | ! ( * :")
    assert (result.status, result.data) == ("empty", {"incidents": [], "searched": 1})


async def test_an_old_incident_whose_cause_is_known_is_found_behind_thousands_of_new_ones(estate: Estate) -> None:
    await past(estate, 1, "HighLatency", "checkout", "The pool", opened=at("10:00", 1) - timedelta(days=90))
    await past(estate, 1, "HighLatency", "checkout", opened=at("10:00", 1) - timedelta(days=91))
    many = """insert into trivium.incidents (title, severity, service, services, opened_at)
        select 'Noise on db', 'info', 'db', '{db}', %(at)s + n * interval '1 second' from generate_series(1, 2000) as n
        returning id"""
    await estate.write(many, {"at": at("10:00", 2)})
    alert = await estate.alert(at("10:00"), "HighLatency")
    data = await told(estate, alert_id=alert)
    assert (numbers(data), data["searched"]) == (["INC-1"], 2001)


async def test_an_incident_of_somebody_else_is_no_precedent_for_who_sees_only_their_own(estate: Estate) -> None:
    """TS-17."""
    await past(estate, 18, "HighLatency", "checkout")
    await past(estate, 17, "HighLatency", "checkout", team="money")
    mine = await estate.alert(at("10:00"), "HighLatency")
    foreign = await estate.alert(at("10:00"), "HighLatency", team="money")
    assert numbers(await told(estate, alert_id=mine)) == ["INC-1", "INC-2"]
    assert numbers(await told(estate, Scope.OWN_ALERTS, alert_id=mine)) == ["INC-1"]
    for said in ({"alert_id": foreign}, {"incident": "INC-2"}):
        with pytest.raises(NotFound):
            await told(estate, Scope.OWN_ALERTS, **said)


async def test_who_sees_aggregates_alone_is_told_a_number(estate: Estate) -> None:
    await past(estate, 18, "HighLatency", "checkout")
    result = await estate.ask("get_similar_incidents", Scope.AGGREGATED_ONLY, text="latency")
    assert (result.data, result.cut, result.status) == ({"incidents": [], "searched": 1}, ROWS_HIDDEN, "ok")


async def test_the_limit_says_what_it_left_out(estate: Estate) -> None:
    for day in (17, 18, 19):
        await past(estate, day, "HighLatency", "checkout")
    result = await estate.ask("get_similar_incidents", text="latency", limit=2)
    assert (numbers(result.data), result.cut) == (["INC-3", "INC-2"], "2 of 3 similar incidents are listed")


@pytest.mark.parametrize("arguments", [{}, {"text": "a", "incident": "1"}, {"text": ""}, {"incident": True}])
async def test_one_thing_to_be_like_is_named(estate: Estate, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await told(estate, **arguments)


async def test_what_is_no_incident_is_refused(estate: Estate) -> None:
    with pytest.raises(Refused, match="write its number like INC-12"):
        await told(estate, incident="the last one")
    with pytest.raises(NotFound, match="There is no incident INC-77"):
        await told(estate, incident="INC-77")


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [("23:00", "01:00", 2), ("00:00", "12:00", 12), ("10:00", "10:00", 0), ("06:30", "18:00", 11.5)],
)
def test_hours_are_apart_by_the_clock(one: str, other: str, hours: float) -> None:
    for first, second in ((at(one, 3), at(other)), (at(other), at(one, 3))):
        assert hours_apart(first, second) == hours


@pytest.mark.slow
async def test_the_outages_of_the_sample_estate_are_the_precedents_of_their_alerts(pool: Pool) -> None:
    """TS-02: golden, among three thousand incidents of ninety days."""
    async with pool.connection() as db:
        await fill.fill(db, NOW)
    estate = await open_estate(pool)
    asked: dict[str, dict[str, Any]] = {
        "Payments failed after the connection pool was made smaller": {"text": "payments fail, no free connection"},
        "Search was down while the index migration filled the disks": {"text": "the disks ran full"},
        "Nobody could sign in after the certificate rotation": {"text": "sign in fails since the certificate rotation"},
    }
    for name, service in (("ConnectionPoolExhausted", "payment-service"), ("DiskFillingUp", "search")):
        title = next(title for title in asked if (service == "search") == title.startswith("Search"))
        alert = await estate.write(FIRED, {"name": name, "service": service})
        assert first(await told(estate, alert_id=alert)) == title
    for title, arguments in asked.items():
        assert first(await told(estate, **arguments)) == title


def first(data: dict[str, Any]) -> str:
    return data["incidents"][0]["postmortem"]["title"]
