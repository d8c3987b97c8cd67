from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from domain.database import Pool
from tests.web.entrance import entrance, signed
from web.reading import LARGEST_BODY

WEBHOOK, CHANGES = "/api/v1/alerts/webhook", "/api/v1/changes"
SENDER = signed("alertmanager", roles=(), scopes=("ingest",))
FIRING: dict[str, Any] = {
    "version": "4",
    "receiver": "trivium",
    "groupKey": '{}:{service="checkout"}',
    "groupLabels": {"service": "checkout"},
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighLatency", "service": "checkout", "severity": "critical"},
            "annotations": {"summary": "p99 above 2 s"},
            "startsAt": "2026-11-20T09:30:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": "00f1e2d3c4b5a697",
        }
    ],
}
RESOLVED = FIRING | {
    "status": "resolved",
    "alerts": [FIRING["alerts"][0] | {"status": "resolved", "endsAt": "2026-11-20T10:00:00Z"}],
}
DEPLOYMENT = {
    "occurred_at": "2026-11-20T09:25:00Z",
    "kind": "deployment",
    "service": "checkout",
    "summary": "checkout 2.4.1",
}


async def sent(web: httpx.AsyncClient, path: str, body: Any) -> tuple[int, Any]:
    response = await web.post(path, json=body, headers=SENDER)
    return response.status_code, response.json()


async def test_a_notification_is_stored_once_however_often_it_comes(pool: Pool) -> None:
    """EP-17."""
    async with entrance(pool) as web:
        answers = [await sent(web, WEBHOOK, body) for body in (FIRING, FIRING, RESOLVED)]
    async with pool.connection() as db:
        row = await (
            await db.execute("select name, service, severity, ends_at is null as open from trivium.alerts")
        ).fetchall()
    assert answers == [
        (200, {"received": 1, "new": 1, "updated": 0, "incidents_opened": 1, "incidents_resolved": 0}),
        (200, {"received": 1, "new": 0, "updated": 1, "incidents_opened": 0, "incidents_resolved": 0}),
        (200, {"received": 1, "new": 0, "updated": 1, "incidents_opened": 0, "incidents_resolved": 1}),
    ]
    assert row == [{"name": "HighLatency", "service": "checkout", "severity": "critical", "open": False}]


async def test_changes_are_stored_once_however_often_they_come(pool: Pool) -> None:
    async with entrance(pool) as web:
        answers = [await sent(web, CHANGES, {"changes": [DEPLOYMENT]}) for _ in range(2)]
    assert answers == [
        (200, {"received": 1, "new": 1, "updated": 0}),
        (200, {"received": 1, "new": 0, "updated": 1}),
    ]


BAD: tuple[tuple[str, Any, str], ...] = (
    (WEBHOOK, {}, "version"),
    (WEBHOOK, FIRING | {"version": "3"}, "version"),
    (WEBHOOK, FIRING | {"alerts": [FIRING["alerts"][0] | {"startsAt": "yesterday"}]}, "alerts[0].startsAt"),
    (WEBHOOK, [FIRING], "body"),
    (CHANGES, {"changes": [DEPLOYMENT | {"kind": "party"}]}, "changes[0].kind"),
    (CHANGES, {"changes": [DEPLOYMENT | {"sevice": "x"}]}, "changes[0].sevice"),
)
STORED = "select (select count(*) from trivium.alerts) + (select count(*) from trivium.changes) as stored"


async def test_a_payload_that_cannot_be_taken_names_its_field_and_stores_nothing(pool: Pool) -> None:
    async with entrance(pool) as web:
        for path, body, field in BAD:
            status, answer = await sent(web, path, body)
            assert (status, answer.keys()) == (400, {"error", "message", "field"})
            assert (answer["error"], answer["field"]) == ("invalid_payload", field)
    async with pool.connection() as db:
        row = await (await db.execute(STORED)).fetchone()
    assert row == {"stored": 0}


async def test_a_body_that_is_no_json_is_an_invalid_payload(pool: Pool) -> None:
    async with entrance(pool) as web:
        headers = SENDER | {"Content-Type": "application/json"}
        response = await web.post(WEBHOOK, content=b"{", headers=headers)
    assert (response.status_code, response.json()["error"], response.json()["field"]) == (
        400,
        "invalid_payload",
        "body",
    )


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_above_the_limit_is_refused_whether_or_not_its_length_is_declared(
    pool: Pool, declared: bool
) -> None:
    body = b" " * (LARGEST_BODY + 1)

    async def pieces() -> AsyncGenerator[bytes]:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]

    async with entrance(pool) as web:
        headers = SENDER | {"Content-Type": "application/json"}
        response = await web.post(WEBHOOK, content=body if declared else pieces(), headers=headers)
    message = "The body has more than 10 MB; send less at once."
    assert (response.status_code, response.json()) == (413, {"error": "too_large", "message": message})


async def test_only_a_body_that_is_declared_as_json_is_read(pool: Pool) -> None:
    statuses: dict[str, int] = {}
    async with entrance(pool) as web:
        for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
            response = await web.post(CHANGES, content=b'{"changes": []}', headers=SENDER | {"Content-Type": kind})
            statuses[kind] = response.status_code
        refused = await web.post(CHANGES, content=b"{}", headers=SENDER)
    assert list(statuses.values()) == [415, 415, 415, 200]
    message = "Send the body as Content-Type: application/json."
    assert refused.json() == {"error": "unsupported_media_type", "message": message}
