"""Bodies as Alertmanager, Grafana and deployment tools send them; a bad one is refused by the name of its field."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from domain.ingest.payload import Change, Changes, PayloadError, Webhook

ALERTMANAGER: dict[str, Any] = {
    "receiver": "trivium",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighLatency", "service": "checkout", "severity": "critical"},
            "annotations": {"summary": "p95 above 500 ms", "description": "It has been\nfor 10 minutes."},
            "startsAt": "2026-11-20T09:52:26.739266876+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
            "fingerprint": "c0c8a1b2d3e4f506",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "HighLatency", "service": "orders"},
            "annotations": {},
            "startsAt": "2026-11-20T07:00:00Z",
            "endsAt": "2026-11-20T07:30:00Z",
            "generatorURL": "",
            "fingerprint": "0011223344556677",
        },
    ],
    "groupLabels": {"alertname": "HighLatency"},
    "commonLabels": {"alertname": "HighLatency"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
    "version": "4",
    "groupKey": '{}:{alertname="HighLatency"}',
    "truncatedAlerts": 0,
}  # fmt: skip

GRAFANA: dict[str, Any] = ALERTMANAGER | {
    "version": "1",
    "orgId": 1,
    "title": "[FIRING:1] HighLatency",
    "state": "alerting",
    "message": "**Firing**",
    "alerts": [
        ALERTMANAGER["alerts"][0]
        | {
            "values": {"A": 812.5},
            "valueString": "[ var='A' labels={} value=812.5 ]",
            "silenceURL": "http://grafana/alerting/silence/new",
            "dashboardURL": "http://grafana/d/abc",
            "panelURL": "",
        }
    ],
}

CHANGE = {"occurred_at": "2026-11-20T09:00:00Z", "kind": "deployment", "service": "checkout", "summary": "v2.14"}


def read(payload: object) -> Webhook:
    return Webhook.read(orjson.dumps(payload))


def altered(path: str, value: object, base: dict[str, Any] = ALERTMANAGER) -> dict[str, Any]:
    """The body with one field, written like `alerts.1.endsAt`, set; DROP takes it away."""
    body = deepcopy(base)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    target: Any = body
    for key in parents:
        target = target[key]
    if value is DROP:
        del target[last]
    else:
        target[last] = value
    return body


DROP = object()


def test_a_body_of_alertmanager_is_read() -> None:
    webhook = read(ALERTMANAGER)
    assert (webhook.source, webhook.receiver, webhook.group_key) == (
        "alertmanager", "trivium", '{}:{alertname="HighLatency"}',
    )  # fmt: skip
    assert [(alert.starts_at, alert.ends_at) for alert in webhook.alerts] == [
        (datetime(2026, 11, 20, 7, 52, 26, 739266, tzinfo=UTC), None),
        (datetime(2026, 11, 20, 7, tzinfo=UTC), datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
    ]
    assert webhook.alerts[0].annotations["description"] == "It has been\nfor 10 minutes."


def test_a_body_of_grafana_is_told_by_its_organisation() -> None:
    webhook = read(GRAFANA)
    assert webhook.source == "grafana"
    assert webhook.alerts[0].value_string == "[ var='A' labels={} value=812.5 ]"
    assert webhook.alerts[0].dashboard_url == "http://grafana/d/abc"


def test_a_firing_alert_has_no_end_whatever_estimate_was_sent() -> None:
    assert read(altered("alerts.0.endsAt", "2026-11-20T12:00:00Z")).alerts[0].ends_at is None


def test_control_characters_are_taken_out() -> None:
    alert = read(altered("alerts.0.labels", {"a\x00b": "c\x00\x1b[31m\td\n"})).alerts[0]
    assert alert.labels == {"ab": "c[31m\td\n"}


@pytest.mark.parametrize("field", ["annotations", "endsAt", "generatorURL", "fingerprint"])
def test_what_an_alert_can_do_without_may_be_missing(field: str) -> None:
    assert len(read(altered(f"alerts.0.{field}", DROP)).alerts) == 2


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("version", "3", "version"),
        ("version", DROP, "version"),
        ("receiver", DROP, "receiver"),
        ("receiver", "r" * 257, "receiver"),
        ("groupKey", 7, "groupKey"),
        ("groupLabels", [], "groupLabels"),
        ("orgId", "x", "orgId"),
        ("alerts", DROP, "alerts"),
        ("alerts", {}, "alerts"),
        ("alerts", [ALERTMANAGER["alerts"][0]] * 10_001, "alerts"),
        ("alerts.1", "x", "alerts[1]"),
        ("alerts.1.status", "pending", "alerts[1].status"),
        ("alerts.1.labels", DROP, "alerts[1].labels"),
        ("alerts.1.labels", None, "alerts[1].labels"),
        ("alerts.1.labels.severity", 1, "alerts[1].labels.severity"),
        ("alerts.1.labels.severity", "x" * 4097, "alerts[1].labels.severity"),
        ("alerts.1.labels", {"x" * 257: ""}, "alerts[1].labels." + "x" * 257),
        ("alerts.1.labels", {str(n): "" for n in range(257)}, "alerts[1].labels"),
        ("alerts.1.annotations.summary", "x" * 65_537, "alerts[1].annotations.summary"),
        ("alerts.1.fingerprint", "f" * 129, "alerts[1].fingerprint"),
        ("alerts.1.startsAt", DROP, "alerts[1].startsAt"),
        ("alerts.1.startsAt", "yesterday", "alerts[1].startsAt"),
        ("alerts.1.startsAt", "2026-11-20T07:00:00", "alerts[1].startsAt"),
        ("alerts.1.startsAt", 1_763_000_000, "alerts[1].startsAt"),
        ("alerts.1.startsAt", "1763000000", "alerts[1].startsAt"),
        ("alerts.1.startsAt", "0001-01-01T00:00:00Z", "alerts[1].startsAt"),
        ("alerts.1.startsAt", "0001-01-01T00:00:00+02:00", "alerts[1].startsAt"),
        ("alerts.1.endsAt", "0001-01-01T00:00:00Z", "alerts[1].endsAt"),
        ("alerts.1.endsAt", DROP, "alerts[1].endsAt"),
        ("alerts.1.endsAt", "2026-11-20T06:59:59Z", "alerts[1].endsAt"),
        ("alerts.1.endsAt", "9999-12-31T23:59:59Z", "alerts[1].endsAt"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(path: str, value: object, field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        read(altered(path, value))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert caught.value.code == "bad_payload"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"version": "4\xff"}', b'{"version": "\\ud800"}', b"[" * 5000]
)
def test_what_is_no_json_object_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        Webhook.read(body)
    assert caught.value.field == "body"


def test_changes_are_read() -> None:
    changes = Changes.read(orjson.dumps({"changes": [CHANGE, CHANGE | {"id": "d-1", "author": "ann", "version": "2"}]}))
    assert changes.changes[0] == Change.model_validate(CHANGE)
    assert (changes.changes[1].id, changes.changes[1].author) == ("d-1", "ann")


@pytest.mark.parametrize(
    ("alteration", "field"),
    [
        ({"id": ""}, "changes[0].id"),
        ({"occurred_at": "noon"}, "changes[0].occurred_at"),
        ({"kind": "party"}, "changes[0].kind"),
        ({"service": ""}, "changes[0].service"),
        ({"service": "\x00"}, "changes[0].service"),
        ({"summary": ""}, "changes[0].summary"),
        ({"enviroment": "production"}, "changes[0].enviroment"),
        ({"version": 2}, "changes[0].version"),
    ],
)
def test_a_bad_field_of_a_change_is_named(alteration: dict[str, object], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        Changes.read(orjson.dumps({"changes": [CHANGE | alteration]}))
    assert caught.value.field == field


@pytest.mark.parametrize(("body", "field"), [({}, "changes"), ({"changes": [], "more": 1}, "more")])
def test_a_bad_body_of_changes_is_named(body: object, field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        Changes.read(orjson.dumps(body))
    assert caught.value.field == field
