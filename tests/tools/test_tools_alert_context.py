import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.database import Pool
from domain.errors import NotFound
from tests.house import actor
from tests.tools.estate import Estate, at, open_estate
from tools.replies import OWN_ONLY
from tools.spec import Scope, ToolResult

DETAILS = """update trivium.alerts set labels = %(labels)s, annotations = %(annotations)s, instance = 'server-01:9100',
    job = 'node', generator_url = 'http://prometheus.local/graph' where id = %(id)s returning id"""
ANALYSED = "update trivium.alerts set ai_analysis = %(analysis)s where id = %(id)s returning id"
SESSION = """insert into trivium.ai_sessions (user_id, pillar, title, context_type, context_id, started_at)
values (%(user)s, %(pillar)s, %(title)s, 'alert', %(alert)s, %(at)s) returning id"""
RULE = """insert into trivium.auto_analyze_rules (name, alert_name, service, created_by)
values (%(name)s, %(alert_name)s, '*', %(user)s) returning id"""
PROFILE = """insert into trivium.application_profiles (name, architecture_info, service_mappings, slos)
values (%(name)s, %(info)s, %(mappings)s, %(slos)s) returning id"""
LABELS = {"alertname": "HighCpuUsage", "severity": "critical"}
ANNOTATIONS = {"description": "CPU is over 90 %", "value": "95.3", "summary": "CPU high"}


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def alert(estate: Estate) -> UUID:
    """Fires on server-01 since 10:15."""
    made = await estate.alert(at("10:15"), "HighCpuUsage", ends_at=None, summary="CPU high", fingerprint="abc")
    labels, annotations = json.dumps(LABELS), json.dumps(ANNOTATIONS)
    await estate.write(DETAILS, {"id": made, "labels": labels, "annotations": annotations})
    return made


async def profile(estate: Estate, name: str, info: Any, mappings: Any = None, slos: Any = None) -> None:
    texts = {"info": json.dumps(info), "mappings": json.dumps(mappings or {}), "slos": json.dumps(slos or {})}
    await estate.write(PROFILE, {"name": name, **texts})


async def ask(estate: Estate, scope: Scope | None = None, **arguments: Any) -> ToolResult:
    return await estate.ask("get_alert_details", scope, **arguments)


async def test_an_alert_is_told_with_value_and_how_long_it_has_lasted(estate: Estate, alert: UUID) -> None:
    """TS-01, TS-19: value and duration are in the context; an alert that fires has lasted until now."""
    result = await ask(estate, alert_id=alert)
    assert result.data["alert"] == {
        "id": str(alert),
        "name": "HighCpuUsage",
        "service": "checkout",
        "severity": "critical",
        "status": "firing",
        "starts_at": "2026-11-20T10:15:00Z",
        "ends_at": None,
        "duration_seconds": 6300.0,
        "summary": "CPU high",
        "description": "CPU is over 90 %",
        "instance": "server-01:9100",
        "job": "node",
        "environment": "prod",
        "team": "shop",
        "assigned_to": None,
        "labels": LABELS,
        "annotations": ANNOTATIONS,
        "value": "95.3",
        "generator_url": "http://prometheus.local/graph",
        "fingerprint": "abc",
    }
    empty: dict[str, Any] = {"count_30d": 0, "last": [], "flapping": False}
    assert {key: result.data[key] for key in result.data if key != "alert"} == {
        "incident": None, "related": [], "history": empty, "analyses": [], "sessions": [], "rules": [], "profile": None,
    }  # fmt: skip
    assert (result.status, result.cut) == ("ok", None)


async def test_an_alert_that_is_over_lasted_until_its_end(estate: Estate) -> None:
    made = await estate.alert(at("10:00"), assigned_to=estate.context.actor.user_id)
    told = (await ask(estate, alert_id=made)).data["alert"]
    assert (told["status"], told["duration_seconds"], told["value"]) == ("resolved", 600.0, None)
    assert told["assigned_to"] == estate.context.actor.name


async def test_a_name_means_the_newest_firing_alert_and_else_the_newest(estate: Estate) -> None:
    """TS-01."""
    old = await estate.alert(at("08:00"), "DiskFull", ends_at=None, fingerprint="f1")
    older = await estate.alert(at("07:00"), "DiskFull", ends_at=None, fingerprint="f2")
    await estate.alert(at("09:00"), "DiskFull", fingerprint="f1")
    over = await estate.alert(at("06:00"), "Rebooted", fingerprint="f3")
    await estate.alert(at("05:00"), "Rebooted")
    for said, expected in {"diskfull": old, "f2": older, "f1": old, "Rebooted": over}.items():
        assert (await ask(estate, alert=said)).data["alert"]["id"] == str(expected), said
    with pytest.raises(NotFound, match="There is no alert Nothing"):
        await ask(estate, alert="Nothing")


async def test_an_alert_of_somebody_else_is_not_there(estate: Estate) -> None:
    """TS-17: theirs is what belongs to their team or is assigned to them; nothing around it tells of the rest."""
    mine = await estate.alert(at("10:00"), "HighCpuUsage")
    assigned = await estate.alert(at("10:01"), "HighCpuUsage", team="", assigned_to=estate.context.actor.user_id)
    foreign = await estate.alert(at("10:02"), "HighCpuUsage", team="money", ends_at=None, fingerprint="theirs")
    asked: tuple[dict[str, Any], ...] = ({"alert_id": foreign}, {"alert": "theirs"})
    for said in asked:
        with pytest.raises(NotFound, match="of your teams or assigned to you"):
            await ask(estate, Scope.OWN_ALERTS, **said)
        assert (await ask(estate, **said)).data["alert"]["id"] == str(foreign)
    told = await ask(estate, Scope.OWN_ALERTS, alert="HighCpuUsage")
    assert told.data["alert"]["id"] == str(assigned)
    assert [item["id"] for item in told.data["related"]] == [str(mine)]
    assert told.data["history"]["count_30d"] == 1
    assert told.cut == OWN_ONLY


async def test_the_incident_is_the_one_that_the_alert_is_in(estate: Estate, alert: UUID) -> None:
    before = await estate.alert(at("06:00"))
    await estate.incident(at("06:00"), 10, [before])
    made = await estate.incident(at("10:10"), None, [alert])
    assert (await ask(estate, alert_id=alert)).data["incident"] == {
        "id": str(made),
        "number": "INC-2",
        "title": "HighErrorRate on checkout",
        "status": "open",
        "opened_at": "2026-11-20T10:10:00Z",
    }


async def test_related_alerts_began_from_an_hour_before_to_a_quarter_after(estate: Estate, alert: UUID) -> None:
    await estate.alert(at("09:15"), "First", service="db")
    await estate.alert(at("10:30"), "Last", ends_at=None)
    await estate.alert(at("09:14:59"), "TooEarly")
    await estate.alert(at("10:30:01"), "TooLate")
    result = await ask(estate, alert_id=alert)
    kept = ("name", "service", "status", "starts_at", "minutes_from_start", "same_service")
    assert [tuple(item[key] for key in kept) for item in result.data["related"]] == [
        ("First", "db", "resolved", "2026-11-20T09:15:00Z", -60.0, False),
        ("Last", "checkout", "firing", "2026-11-20T10:30:00Z", 15.0, True),
    ]


async def test_of_many_related_alerts_the_nearest_are_listed_and_the_rest_counted(estate: Estate, alert: UUID) -> None:
    many = "insert into trivium.alerts (fingerprint, starts_at, name, severity, service, labels, annotations, source) "
    many += """select 'many' || n, %(at)s - n * interval '30 seconds', 'Many', 'info', 'db', '{}', '{}', 'test'
        from generate_series(1, 60) as n returning id"""
    await estate.write(many, {"at": at("10:15")})
    result = await ask(estate, alert_id=alert)
    assert len(result.data["related"]) == 50
    assert result.data["related"][0]["minutes_from_start"] == -25.0
    assert result.cut == "50 of 60 related alerts are listed"


async def test_the_history_is_of_the_thirty_days_before(estate: Estate, alert: UUID) -> None:
    for day in range(14, 20):
        await estate.alert(at("10:00", day), "HighCpuUsage")
    await estate.alert(at("10:15") - timedelta(days=30, seconds=1), "HighCpuUsage")
    await estate.alert(at("10:00"), "HighCpuUsage", service="db")
    told = (await ask(estate, alert_id=alert)).data["history"]
    assert (told["count_30d"], told["flapping"]) == (6, False)
    assert [item["starts_at"][:10] for item in told["last"]] == [f"2026-11-{day}" for day in range(19, 14, -1)]
    assert told["last"][0]["duration_seconds"] == 600.0


@pytest.mark.parametrize(
    ("starts", "flaps"),
    [
        (["10:10", "10:00", "09:50"], True),
        (["10:10", "10:00"], False),
        (["10:10", "10:00", "09:15"], False),
    ],
)
async def test_the_same_alert_four_times_in_an_hour_is_flapping(
    estate: Estate, alert: UUID, starts: list[str], flaps: bool
) -> None:
    for start in starts:
        await estate.alert(at(start), "HighCpuUsage", fingerprint="abc", ends_at=at(start))
    for minute in range(3):
        await estate.alert(at(f"10:0{minute}"), "HighCpuUsage", fingerprint=f"other{minute}")
    assert (await ask(estate, alert_id=alert)).data["history"]["flapping"] is flaps


async def test_earlier_analyses_are_told_whatever_shape_they_have(estate: Estate, alert: UUID) -> None:
    """An analysis was written by anybody: what is no text or no number is left out."""
    earlier = await estate.alert(at("10:00", 18), "HighCpuUsage")
    other = await estate.alert(at("10:00", 18), "SlowQueries")
    said: dict[UUID, Any] = {
        alert: {"root_cause": "A busy loop", "confidence": 1.7, "summary": "CPU bound"},
        earlier: {"hypothesis": " Traffic ", "confidence": True, "summary": ["no text"], "at": "2026-11-19T00:00:00Z"},
        other: {"root_cause": "Not asked about"},
    }
    for which, analysis in said.items():
        await estate.write(ANALYSED, {"id": which, "analysis": json.dumps(analysis)})
    assert (await ask(estate, alert_id=alert)).data["analyses"] == [
        {"alert_id": str(alert), "at": "2026-11-20T10:15:00Z", "summary": "CPU bound", "cause": "A busy loop",
         "confidence": 1.0},
        {"alert_id": str(earlier), "at": "2026-11-19T00:00:00Z", "summary": "Traffic", "cause": "Traffic",
         "confidence": None},
    ]  # fmt: skip


async def test_what_others_called_their_sessions_is_not_told(estate: Estate, alert: UUID) -> None:
    """AU-08."""
    somebody = await actor(estate.pool, "operator")
    earlier = await estate.alert(at("10:00", 18), "HighCpuUsage")
    unlike = await estate.alert(at("10:00", 18), "SlowQueries")

    async def session(user: UUID, title: str, which: UUID, when: datetime, pillar: str = "troubleshooting") -> UUID:
        values = {"user": user, "pillar": pillar, "title": title, "alert": which, "at": when}
        return await estate.write(SESSION, values)

    me = estate.context.actor.user_id
    mine = await session(me, "Mine", alert, at("10:20"))
    theirs = await session(somebody.user_id, "Theirs", earlier, at("10:30", 18))
    await session(me, "Other alert", unlike, at("10:20"))
    await session(me, "Other pillar", alert, at("10:20"), "inquiry")
    assert (await ask(estate, alert_id=alert)).data["sessions"] == [
        {"session_id": str(mine), "title": "Mine", "started_at": "2026-11-20T10:20:00Z", "is_mine": True},
        {"session_id": str(theirs), "title": "", "started_at": "2026-11-18T10:30:00Z", "is_mine": False},
    ]


async def test_the_rules_that_want_it_analysed_are_told(estate: Estate, alert: UUID) -> None:
    user = estate.context.actor.user_id
    made = await estate.write(RULE, {"name": "cpu", "alert_name": "HighCpu*", "user": user})
    await estate.write(RULE, {"name": "disk", "alert_name": "Disk*", "user": user})
    assert (await ask(estate, alert_id=alert)).data["rules"] == [{"id": str(made), "name": "cpu"}]


async def test_the_profile_says_what_the_service_stands_on_and_who_stands_on_it(estate: Estate, alert: UUID) -> None:
    dependencies = {"checkout": ["payment", "db", 7], "web": ["checkout"], "broken": "no list"}
    await profile(estate, "shop", {"dependencies": dependencies}, {"checkout": {}, "web": {}}, {"availability": 0.999})
    await profile(estate, "gateway", {"depends_on": ["checkout", "auth"], "dependencies": ["no object"]})
    assert (await ask(estate, alert_id=alert)).data["profile"] == {
        "name": "shop",
        "components": ["checkout", "web"],
        "depends_on": ["payment", "db"],
        "dependents": ["gateway", "web"],
        "slos": {"availability": 0.999},
    }


@pytest.mark.parametrize(
    "mappings", [{"web": {"log_label": 'app="checkout"'}}, {"checkout": {}}, {"checkout": "no object"}]
)
async def test_a_service_is_found_by_what_a_part_is_called(estate: Estate, alert: UUID, mappings: Any) -> None:
    await profile(estate, "shop", {}, mappings)
    told = (await ask(estate, alert_id=alert)).data["profile"]
    assert (told["name"], told["depends_on"], told["dependents"]) == ("shop", [], [])


@pytest.mark.parametrize("arguments", [{}, {"alert_id": str(UUID(int=1)), "alert": "x"}, {"alert": ""}])
async def test_exactly_one_alert_is_named(estate: Estate, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await ask(estate, **arguments)


async def test_an_unknown_id_is_said_to_be_none(estate: Estate) -> None:
    unknown = UUID(int=0)
    with pytest.raises(NotFound, match=f"There is no alert {unknown}"):
        await ask(estate, alert_id=unknown)
