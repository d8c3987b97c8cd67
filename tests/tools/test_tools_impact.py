import json
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from domain.errors import NotFound, Refused, SourceError
from tests.house import Pool
from tests.tools import incident_history, metrics_world
from tests.tools.estate import Estate, open_estate
from tests.tools.incident_history import BEGINS, ENDS
from tests.tools.metrics_world import NOW, Plain
from tools.impact import ANALYZE_IMPACT
from tools.resources import Resources
from tools.spec import Scope, ToolResult

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(incident_history.history(), tmp_path_factory.mktemp("history")) as started:
        yield started


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def alert(estate: Estate) -> UUID:
    """Fired on server-01 from 10:15 to 10:45; an earlier analysis thought of the processor."""
    made = await estate.alert(BEGINS, "HighCpuUsage", ends_at=ENDS)
    await analysed(estate, made, "Requests queue up until the CPU usage is at its limit")
    return made


async def analysed(estate: Estate, alert: UUID, text: str) -> None:
    update = """update trivium.alerts set instance = 'server-01:9100', ai_analysis = %(analysis)s
        where id = %(id)s returning id"""
    await estate.write(update, {"id": alert, "analysis": json.dumps({"root_cause": text})})


async def ask(
    estate: Estate, source: Plain | None, scopes: frozenset[Scope] = frozenset(), **arguments: Any
) -> ToolResult:
    context = replace(estate.context, resources=Resources(metrics=source), scopes=scopes)
    result = await ANALYZE_IMPACT.handler(context, ANALYZE_IMPACT.args.model_validate(arguments))
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data
    return result


async def test_what_changed_is_told_beside_what_it_was_before(estate: Estate, alert: UUID, url: str) -> None:
    """HD-07, HD-12, IN-05: 95 % against 45 %, 92 % against 65 %, three times the traffic."""
    data = (await ask(estate, Plain(url), alert_id=alert)).data
    assert data["impacted"] == "yes"
    medians = {item["measure"]: (item["before"]["median"], item["after"]["median"]) for item in data["changed"]}
    assert medians["cpu"] == pytest.approx((0.45, 0.95), abs=0.001)
    assert medians["memory"] == pytest.approx((0.65, 0.92), abs=0.01)
    assert medians["network"][1] / medians["network"][0] == pytest.approx(3, rel=0.02)
    assert set(medians) == {"cpu", "memory", "network"}
    assert {item["measure"] for item in data["unchanged"]} == {"disk io", "request rate", "error rate"}
    assert (data["baseline"]["start"], data["during"]["end"]) == ("2026-11-20T09:15:00Z", "2026-11-20T10:45:00Z")


async def test_the_medians_are_those_of_a_query_written_by_hand(estate: Estate, alert: UUID, url: str) -> None:
    """HD-07: the same rates, over one minute each, before and after 10:15."""
    data = (await ask(estate, Plain(url), alert_id=alert)).data
    memory = next(item for item in data["changed"] if item["measure"] == "memory")
    used = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    for side, query, at in (
        ("before", f"quantile_over_time(0.5, ({used})[59m:1m])", BEGINS),
        ("after", f"quantile_over_time(0.5, ({used})[29m:1m])", ENDS),
    ):
        by_hand = (await Plain(url).instant(query, at))[0].values[0]
        assert memory[side]["median"] == pytest.approx(by_hand, rel=1e-5), side


async def test_each_change_says_when_it_came(estate: Estate, alert: UUID, url: str) -> None:
    """HD-09."""
    data = (await ask(estate, Plain(url), alert_id=alert)).data
    cpu = next(item for item in data["changed"] if item["measure"] == "cpu")
    assert cpu["change"]["at"] == "2026-11-20T10:16:00Z"
    assert cpu["change"]["confidence"] == 1


async def test_what_could_not_be_measured_is_told_and_not_called_unchanged(
    estate: Estate, alert: UUID, url: str
) -> None:
    source = Plain(url, broken=lambda query: "http_requests_total" in query)
    data = (await ask(estate, source, alert_id=alert)).data
    missing = {item["measure"]: item["why"] for item in data["not_measured"]}
    assert missing["error rate"] == "Prometheus did not answer in time"
    assert missing["connections"] == "Nothing shows connections of checkout: none of the metrics that could is there."
    assert {item["measure"] for item in data["unchanged"]} == {"disk io"}


@pytest.mark.parametrize(
    "told",
    [
        ("The CPU is at its limit", "confirmed", "cpu"),
        ("The error rate went up first", "not confirmed", "error rate"),
        ("The connection pool is exhausted", "not measured", "connections"),
        ("Somebody pulled a cable", "names no measure", None),
    ],
)
async def test_an_earlier_hypothesis_is_held_against_the_numbers(
    estate: Estate, alert: UUID, url: str, told: tuple[str, str, str | None]
) -> None:
    """HD-12."""
    thought, verdict, measure = told
    await analysed(estate, alert, thought)
    data = (await ask(estate, Plain(url), alert_id=alert)).data
    assert data["hypothesis"] == {"text": thought, "measure": measure, "verdict": verdict}


async def test_alerts_of_other_services_then_are_told_most_first(estate: Estate, alert: UUID, url: str) -> None:
    await estate.alert(BEGINS - timedelta(minutes=10), "SlowQueries", service="db")
    await estate.alerts(BEGINS + timedelta(minutes=1), BEGINS + timedelta(minutes=2), service="payments")
    await estate.alert(BEGINS - timedelta(minutes=16), "TooEarly", service="search")
    data = (await ask(estate, Plain(url), alert_id=alert)).data
    assert data["other_alerts"] == [
        {"service": "payments", "alerts": 2, "first_at": "2026-11-20T10:16:00Z", "names": ["HighErrorRate"]},
        {"service": "db", "alerts": 1, "first_at": "2026-11-20T10:05:00Z", "names": ["SlowQueries"]},
    ]


async def test_a_quiet_time_had_no_impact(estate: Estate, url: str) -> None:
    at = "2026-11-20T09:40:00Z"
    data = (await ask(estate, Plain(url), service="checkout", time=at, window_minutes=30)).data
    assert data["impacted"] == "no"
    assert data["changed"] == []


async def test_without_anything_measured_the_impact_is_unknown(estate: Estate, url: str) -> None:
    result = await ask(estate, Plain(url), service="nobody", time="2026-11-20T09:40:00Z")
    assert result.status == "empty"
    assert result.data["impacted"] == "unknown"
    with pytest.raises(SourceError):
        await ask(estate, Plain(url, broken=lambda _: True), service="nobody", time="2026-11-20T09:40:00Z")


async def test_a_service_without_a_time_is_asked_about_at_its_last_alert(estate: Estate, alert: UUID, url: str) -> None:
    data = (await ask(estate, Plain(url), service="checkout")).data
    assert data["alert"]["id"] == str(alert)
    with pytest.raises(NotFound):
        await ask(estate, Plain(url), service="nobody")


async def test_an_alert_of_another_team_is_not_there_for_who_sees_only_their_own(estate: Estate, url: str) -> None:
    foreign = await estate.alert(BEGINS, team="money")
    for missing in (foreign, uuid4()):
        with pytest.raises(NotFound):
            await ask(estate, Plain(url), frozenset({Scope.OWN_ALERTS}), alert_id=missing)
    for asked in ({"service": "checkout"}, {"service": "checkout", "time": BEGINS}):
        with pytest.raises(NotFound):
            await ask(estate, Plain(url), frozenset({Scope.OWN_ALERTS}), **asked)
    await estate.alert(BEGINS, team="shop")
    assert await ask(estate, Plain(url), frozenset({Scope.OWN_ALERTS}), service="checkout", time=BEGINS)


async def test_a_time_that_has_not_come_is_refused(estate: Estate, url: str) -> None:
    with pytest.raises(Refused):
        await ask(estate, Plain(url), service="checkout", time=NOW + timedelta(minutes=1))


def test_either_an_alert_or_a_service_is_named() -> None:
    for wrong in ({}, {"alert_id": uuid4(), "service": "checkout"}, {"alert_id": uuid4(), "time": NOW}):
        with pytest.raises(ValidationError):
            ANALYZE_IMPACT.args.model_validate(wrong)


async def test_the_default_window_is_an_hour(estate: Estate, url: str) -> None:
    """LIM-07."""
    data = (await ask(estate, Plain(url), service="checkout", time="2026-11-20T10:15:00Z")).data
    assert data["baseline"] == {"start": "2026-11-20T09:15:00Z", "end": "2026-11-20T10:15:00Z"}
    assert data["during"] == {"start": "2026-11-20T10:15:00Z", "end": "2026-11-20T11:15:00Z"}
