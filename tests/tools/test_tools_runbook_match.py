import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain import knowledge, markdown
from domain.database import Pool
from domain.errors import NotFound
from domain.knowledge import Document
from domain.runbook_matches import together
from tests.tools.estate import Estate, at, open_estate
from tools.spec import Scope

RUNBOOK = """insert into trivium.runbooks (name, title, description, kind, service, alert_names, tags, parameters,
    steps, is_enabled)
values (%(name)s, %(title)s, %(description)s, %(kind)s, %(service)s, %(alert_names)s, %(tags)s, %(parameters)s,
    %(steps)s, %(is_enabled)s) returning id"""
NOTES = "update trivium.alerts set annotations = %(annotations)s where id = %(id)s returning id"
STEPS = [
    {"kind": "ssh", "name": "Restart", "server": "{host}", "command": "systemctl restart checkout"},
    {"kind": "check", "name": "Is up", "ssh": {"servers": ["web-2", "web-1"], "command": "true"}},
    {"kind": "check", "name": "Answers", "http": {"url": "http://web-1/health"}},
    {"kind": "wait", "name": "Settle", "seconds": 5},
]


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


async def runbook(estate: Estate, name: str, **given: Any) -> UUID:
    values: dict[str, Any] = {
        "title": "", "description": "", "kind": "runbook", "service": "", "alert_names": [], "tags": [],
        "is_enabled": True,
    }  # fmt: skip
    parts: dict[str, Any] = {
        "parameters": given.pop("parameters", []),
        "steps": {"steps": given.pop("steps", []), "rollback": []},
    }
    texts = {key: json.dumps(value) for key, value in parts.items()}
    return await estate.write(RUNBOOK, values | given | texts | {"name": name})


async def document(estate: Estate, source: str, text: str, url: str = "") -> None:
    page = markdown.read(text, source)
    async with estate.pool.connection() as db:
        await knowledge.store(db, Document(source=source, category="runbook", page=page, url=url))


async def told(estate: Estate, scope: Scope | None = None, **arguments: Any) -> list[dict[str, Any]]:
    return (await estate.ask("get_runbook", scope, **arguments)).data["runbooks"]


def found(runbooks: list[dict[str, Any]]) -> dict[str, float]:
    return {item["name"]: item["confidence"] for item in runbooks}


async def test_the_runbook_of_the_alert_and_its_service_is_the_surest(estate: Estate) -> None:
    """TS-04, LIM-22: each with a confidence from 0 to 1, why, and what it takes to run it."""
    parameters = [{"name": "host", "type": "server", "description": "Where", "required": True}]
    made = await runbook(
        estate, "restart-checkout", title="Restart checkout", description="Restarts the pods when latency is high",
        service="checkout", alert_names=["HighLatency"], tags=["latency"], steps=STEPS, parameters=parameters,
    )  # fmt: skip
    await runbook(estate, "restart-anything", alert_names=["highlatency"])
    await runbook(estate, "drain-payments", service="payments", alert_names=["HighLatency"])
    await runbook(estate, "checkout-report", service="checkout")
    await runbook(estate, "grow-disk", service="db", alert_names=["DiskFull"])
    await runbook(estate, "off", service="checkout", alert_names=["HighLatency"], is_enabled=False)
    await runbook(estate, "provision", kind="service_template", alert_names=["HighLatency"])
    alert = await estate.alert(at("10:00"), "HighLatency", summary="latency is high")
    runbooks = await told(estate, alert_id=alert, limit=10)
    assert list(found(runbooks)) == ["restart-checkout", "restart-anything", "checkout-report", "drain-payments"]
    surest = runbooks[0]
    assert 0.85 <= surest.pop("confidence") <= 1
    assert surest.pop("why")[:3] == ["written for HighLatency", "of checkout", "tags: latency"]
    assert surest == {
        "id": str(made),
        "name": "restart-checkout",
        "title": "Restart checkout",
        "description": "Restarts the pods when latency is high",
        "steps": 4,
        "parameters": {"host": {"type": "server", "description": "Where", "required": True}},
        "servers": ["web-1", "web-2", "{host}"],
        "source": "runbook",
        "url": None,
    }
    assert runbooks[3]["why"][-1] == "but for payments"


async def test_a_written_runbook_is_found_and_never_as_sure_as_one_that_can_be_run(estate: Estate) -> None:
    """TS-04."""
    await document(
        estate, "wiki/latency.md", "# High latency\n\nWhen HighLatency fires, look at the pool.", "https://w/1"
    )
    await document(estate, "wiki/disk.md", "# Full disks\n\nGrow the volume.")
    await runbook(estate, "restart", alert_names=["HighLatency"])
    alert = await estate.alert(at("10:00"), "HighLatency")
    runbooks = await told(estate, alert_id=alert)
    assert list(found(runbooks)) == ["restart", "wiki/latency.md"]
    written = runbooks[1]
    assert written["confidence"] < 0.8
    assert written["why"][-1] == "names HighLatency"
    kept = {key: written[key] for key in ("id", "title", "steps", "parameters", "servers", "source", "url")}
    assert kept == {
        "id": "wiki/latency.md", "title": "High latency", "steps": 0, "parameters": {}, "servers": [],
        "source": "document", "url": "https://w/1",
    }  # fmt: skip
    assert "look at the pool" in written["description"]


@pytest.mark.parametrize(
    ("annotations", "first"),
    [
        ({"runbook_url": "https://w/disk"}, ("wiki/disk.md", ["the alert names it"])),
        ({"runbook": "grow-disk"}, ("grow-disk", ["the alert names it"])),
        ({"runbook_url": "https://elsewhere/7"}, ("https://elsewhere/7", ["the alert links to it"])),
        ({"runbook_url": "javascript:alert(1)"}, ("restart", ["written for HighLatency"])),
        ({}, ("restart", ["written for HighLatency"])),
    ],
)
async def test_the_runbook_that_the_alert_names_comes_first(
    estate: Estate, annotations: dict[str, str], first: tuple[str, list[str]]
) -> None:
    await runbook(estate, "restart", alert_names=["HighLatency"])
    await runbook(estate, "grow-disk")
    await document(estate, "wiki/disk.md", "# Disks\n\nWhen latency comes from full disks.", "https://w/disk")
    alert = await estate.alert(at("10:00"), "HighLatency")
    await estate.write(NOTES, {"id": alert, "annotations": json.dumps(annotations)})
    surest = (await told(estate, alert_id=alert))[0]
    assert (surest["name"], surest["why"][:1]) == first
    if annotations and "javascript" not in str(annotations):
        assert surest["confidence"] == 0.95
    else:
        assert 0.7 <= surest["confidence"] < 0.95


async def test_words_and_an_alerts_name_find_a_runbook_without_an_alert(estate: Estate) -> None:
    await runbook(estate, "grow-disk", title="Grow a full disk", alert_names=["DiskFillingUp"])
    await runbook(estate, "restart", title="Restart pods")
    by_name = found(await told(estate, query="diskfillingup"))
    by_words = found(await told(estate, query="the disk is full"))
    assert list(by_name) == list(by_words) == ["grow-disk"]
    assert by_name["grow-disk"] > by_words["grow-disk"] > 0.2


async def test_no_runbook_is_an_answer_and_the_limit_says_what_it_left_out(estate: Estate) -> None:
    nothing = await estate.ask("get_runbook", query="nothing that is known")
    assert (nothing.status, nothing.data) == ("empty", {"runbooks": []})
    for name in ("a", "b", "c"):
        await runbook(estate, name, alert_names=["HighLatency"])
    result = await estate.ask("get_runbook", query="HighLatency", limit=2)
    assert (list(found(result.data["runbooks"])), result.cut) == (["a", "b"], "2 of 3 runbooks are listed")


async def test_there_is_no_runbook_for_an_alert_of_somebody_else(estate: Estate) -> None:
    """TS-17."""
    await runbook(estate, "restart", alert_names=["HighLatency"])
    foreign = await estate.alert(at("10:00"), "HighLatency", team="money")
    with pytest.raises(NotFound):
        await told(estate, Scope.OWN_ALERTS, alert_id=foreign)
    assert list(found(await told(estate, alert_id=foreign))) == ["restart"]


@pytest.mark.parametrize(
    ("worths", "sure"), [([], 0), ([0.5], 0.5), ([0.5, 0.5], 0.75), ([1.0, 0.2], 1), ([0.7, 0.35, 0.25, 0.6], 0.9415)]
)
def test_signs_together_are_surer_than_each_and_never_more_than_sure(worths: list[float], sure: float) -> None:
    """LIM-22."""
    assert together(worths) == pytest.approx(sure, abs=1e-4)


@pytest.mark.parametrize("arguments", [{}, {"alert_id": str(UUID(int=1)), "query": "x"}, {"query": ""}])
async def test_an_alert_or_words_are_named(estate: Estate, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await told(estate, **arguments)
