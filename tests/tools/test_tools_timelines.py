from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.database import Pool
from domain.errors import Refused
from tests.tools.estate import Estate, at, between, open_estate
from tools.replies import OWN_ONLY, ROWS_HIDDEN
from tools.spec import Scope


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def outage(estate: Estate) -> UUID:
    """INC-1: two alerts, a change in reach and four out of it, a postmortem two days later."""
    first = await estate.alert(at("09:00"), "HighErrorRate", summary="5 % of requests fail", ends_at=at("09:40"))
    second = await estate.alert(at("09:40"), "SlowRequests", severity="warning", team="money", ends_at=at("09:45"))
    before = await estate.alert(at("07:00"), "Earlier")
    incident = await estate.incident(at("09:00"), 45, [first, second, before], services=["checkout", "payments"])
    await estate.change("d1", at("07:00"), service="payments", kind="config", environment="")
    await estate.change("too-early", at("06:59:59"))
    await estate.change("too-late", at("09:45:01"))
    await estate.change("elsewhere", at("08:30"), service="db")
    await estate.change("staging", at("08:30"), environment="staging")
    await estate.postmortem("Pool ran dry", at("09:00"), incident=incident, created_at=at("09:00") + timedelta(days=2))
    return incident


def event(moment: str, kind: str, text: str, severity: str | None = None, service: str = "checkout") -> dict[str, Any]:
    return {"at": f"2026-11-{moment}Z", "kind": kind, "text": text, "service": service, "severity": severity}


async def test_the_timeline_tells_the_incident_in_order(estate: Estate, outage: UUID) -> None:
    """IQ-06."""
    result = await estate.ask("get_incident_timeline", incident="INC-1")
    ids = [told.pop("id") for told in result.data["events"]]
    assert result.data["events"] == [
        event("20T07:00:00", "change", "config: release d1", service="payments"),
        event("20T09:00:00", "alert_fired", "HighErrorRate fired: 5 % of requests fail", "critical"),
        event("20T09:00:00", "incident_opened", "HighErrorRate on checkout", "critical"),
        event("20T09:40:00", "alert_fired", "SlowRequests fired", "warning"),
        event("20T09:40:00", "alert_resolved", "HighErrorRate resolved", "critical"),
        event("20T09:45:00", "alert_resolved", "SlowRequests resolved", "warning"),
        event("20T09:45:00", "incident_resolved", "HighErrorRate on checkout", "critical"),
        event("22T09:00:00", "postmortem", "Pool ran dry"),
    ]
    assert (ids[0], ids[2], ids[6]) == ("d1", str(outage), str(outage))
    assert result.data["incident"]["id"] == str(outage)
    assert (result.data["events_total"], result.status, result.cut) == (8, "ok", None)


async def test_number_id_and_former_id_lead_to_the_same_incident(estate: Estate) -> None:
    former = uuid4()
    incident = await estate.incident(at("09:00"), former_ids=[former])
    await estate.incident(at("10:00"))
    for reference in ("INC-1", "inc-1", " 1 ", str(incident), str(former)):
        result = await estate.ask("get_timeline", incident=reference)
        assert result.data["incident"]["number"] == "INC-1"


async def test_an_open_incident_is_told_up_to_now(estate: Estate) -> None:
    firing = await estate.alert(at("11:00"), ends_at=None)
    await estate.incident(at("11:00"), None, [firing])
    await estate.change("c1", at("12:00"))
    await estate.change("tomorrow", at("12:00:01"))
    result = await estate.ask("get_incident_timeline", incident="1")
    kinds = [told["kind"] for told in result.data["events"]]
    assert kinds == ["alert_fired", "incident_opened", "change"]


async def test_an_incident_without_a_group_tells_the_alerts_of_its_services(estate: Estate) -> None:
    await estate.alerts(at("09:00"), at("09:30"), at("09:31"), ends_at=None)
    await estate.alert(at("09:10"), service="db")
    await estate.incident(at("09:00"), 30, group=None)
    result = await estate.ask("get_incident_timeline", incident="1")
    fired = [told["at"] for told in result.data["events"] if told["kind"] == "alert_fired"]
    assert fired == ["2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z"]


async def test_of_a_service_the_worst_then_longest_incident_of_the_window_is_told(estate: Estate) -> None:
    await estate.incident(at("09:00"), 60, severity="warning")
    await estate.incident(at("09:10"), 20)
    await estate.incident(at("09:20"), 30, service="payments", services=["checkout", "payments"])
    await estate.incident(at("10:00"), 100)
    asked = {"service": "checkout", **between("09:00:00", "10:00:00")}
    result = await estate.ask("get_incident_timeline", **asked)
    assert result.data["incident"]["number"] == "INC-3"
    assert result.window is not None
    by_default = await estate.ask("get_incident_timeline", service="checkout")
    assert by_default.data["incident"]["number"] == "INC-4"


async def test_an_incident_that_is_not_there_is_an_empty_answer(estate: Estate) -> None:
    for asked in ({"incident": "INC-404"}, {"incident": str(uuid4())}, {"service": "checkout"}):
        result = await estate.ask("get_incident_timeline", **asked)
        assert result.data == {"incident": None, "events": [], "events_total": 0}
        assert result.status == "empty"


async def test_501_events_are_cut_to_the_first_500(estate: Estate) -> None:
    fired = [await estate.alert(at("09:00") + timedelta(seconds=n), ends_at=None) for n in range(499)]
    await estate.incident(at("09:00"), 30, fired)
    result = await estate.ask("get_incident_timeline", incident="1")
    assert (len(result.data["events"]), result.data["events_total"]) == (500, 501)
    assert result.cut == "500 of 501 events are listed"


@pytest.mark.usefixtures("outage")
async def test_a_viewer_learns_how_much_happened_and_not_what(estate: Estate) -> None:
    result = await estate.ask("get_incident_timeline", Scope.AGGREGATED_ONLY, incident="INC-1")
    assert result.data == {"incident": None, "events": [], "events_total": 8}
    assert (result.status, result.cut) == ("ok", ROWS_HIDDEN)


@pytest.mark.usefixtures("outage")
async def test_an_engineer_sees_the_own_alerts_of_an_own_incident(estate: Estate) -> None:
    await estate.incident(at("10:00"), team="money")
    own = await estate.ask("get_incident_timeline", Scope.OWN_ALERTS, incident="INC-1")
    fired = [told["text"] for told in own.data["events"] if told["kind"] == "alert_fired"]
    assert (fired, own.cut) == (["HighErrorRate fired: 5 % of requests fail"], OWN_ONLY)
    foreign = await estate.ask("get_incident_timeline", Scope.OWN_ALERTS, incident="INC-2")
    assert (foreign.status, foreign.data["incident"]) == ("empty", None)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ({}, "incident_missing", "its number like INC-12 or its id, or a service and a time range"),
        (between("09:00:00", "10:00:00"), "incident_missing", "Say which incident"),
        ({"incident": "INC-1", "service": "checkout"}, "incident_or_service", "not both"),
        ({"incident": "1", **between("09:00:00", "10:00:00")}, "incident_or_service", "not both"),
        ({"incident": "the big one"}, "bad_incident", "'the big one' is not an incident: write its number like INC-12"),
    ],
)
async def test_an_unclear_incident_is_refused_with_what_to_say(
    estate: Estate, arguments: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(Refused, match=message) as refusal:
        await estate.ask("get_incident_timeline", **arguments)
    assert refusal.value.code == code
