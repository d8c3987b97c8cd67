"""Labels as columns: which service, how severe, whose."""

from datetime import UTC, datetime
from typing import Any

import pytest

from config.settings import Settings
from domain.ingest.normalise import Batch, LabelRules, Report, batch, fingerprint, report
from domain.ingest.payload import Webhook, WebhookAlert

DEFAULTS = Settings.model_fields
RULES = LabelRules(
    service=DEFAULTS["alert_service_labels"].default,
    severity=DEFAULTS["alert_severity_labels"].default,
    environment=DEFAULTS["alert_environment_labels"].default,
    team=DEFAULTS["alert_team_labels"].default,
    critical_words=DEFAULTS["alert_critical_words"].default,
    warning_words=DEFAULTS["alert_warning_words"].default,
)


def told(labels: dict[str, str], annotations: dict[str, str] | None = None, **fields: Any) -> Report:
    """The report on an alert with these labels."""
    alert = {"status": "firing", "labels": labels, "annotations": annotations, "startsAt": "2026-11-20T09:00:00Z"}
    return report(WebhookAlert.model_validate(alert | fields), RULES)


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"service": "checkout", "job": "node"}, "checkout"),
        ({"job": "node", "app": "orders"}, "orders"),
        ({"service": " ", "job": " node "}, "node"),
        ({"app_kubernetes_io_name": "search"}, "search"),
        ({"instance": "10.0.0.7"}, "unknown"),
        ({"service": "s" * 300}, "s" * 256),
    ],
)
def test_the_service_is_the_first_label_of_the_order_that_says_something(labels: dict[str, str], service: str) -> None:
    assert told(labels).service == service


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "critical"}, "critical"),
        ({"severity": " Page "}, "critical"),
        ({"severity": "P1"}, "critical"),
        ({"severity": "warn"}, "warning"),
        ({"severity": "info"}, "info"),
        ({"severity": "none"}, "info"),
        ({"priority": "sev1"}, "critical"),
        ({"severity": "purple", "priority": "P4"}, "info"),
        ({"severity": "purple"}, "warning"),
        ({}, "warning"),
    ],
)
def test_a_severity_is_the_first_known_word_and_else_a_warning(labels: dict[str, str], severity: str) -> None:
    assert told(labels).severity == severity


@pytest.mark.parametrize(
    ("labels", "annotations", "name"),
    [
        ({"alertname": "HighLatency", "title": "x"}, {"title": "y"}, "HighLatency"),
        ({"title": "x"}, {"title": "y"}, "x"),
        ({}, {"title": "y"}, "y"),
        ({}, {}, "unnamed"),
    ],
)
def test_an_alert_has_a_name(labels: dict[str, str], annotations: dict[str, str], name: str) -> None:
    assert told(labels, annotations).name == name


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        ({"description": "d", "message": "m", "summary": "s"}, "s"),
        ({"description": "d", "message": "m", "summary": ""}, "m"),
        ({"description": "d"}, "d"),
        (None, ""),
    ],
)
def test_the_summary_is_the_shortest_text_there_is(annotations: dict[str, str] | None, summary: str) -> None:
    assert told({}, annotations).summary == summary


def test_the_raw_labels_are_kept_and_what_grafana_tells_beside_the_annotations_joins_them() -> None:
    labels = {"alertname": "A", "env": "staging", "squad": "shop", "instance": "i", "job": "j"}
    assert told(labels, {"summary": "s"}, valueString="value=3", dashboardURL="http://grafana/d/x") == Report(
        fingerprint=fingerprint(labels),
        starts_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        ends_at=None,
        name="A",
        severity="warning",
        service="j",
        environment="staging",
        team="shop",
        instance="i",
        job="j",
        summary="s",
        labels=labels,
        annotations={"summary": "s", "__value_string__": "value=3", "__dashboard_url__": "http://grafana/d/x"},
        generator_url="",
    )


def test_a_notification_becomes_a_batch() -> None:
    webhook = Webhook.model_validate(
        {"version": "4", "receiver": "r", "groupKey": "k", "groupLabels": {"a": "b"}, "alerts": []}
    )
    assert batch(webhook, RULES) == Batch(
        source="alertmanager", receiver="r", group_key="k", group_labels={"a": "b"}, alerts=()
    )


def test_a_fingerprint_that_was_sent_is_kept() -> None:
    assert told({"a": "b"}, fingerprint="c0c8a1b2d3e4f506").fingerprint == "c0c8a1b2d3e4f506"


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        # prometheus/common, model/signature_test.go
        ({}, 14695981039346656037),
        ({"name": "garland, briggs", "fear": "love is not enough"}, 5799056148416392346),
    ],
)
def test_a_missing_fingerprint_is_the_one_alertmanager_would_compute(labels: dict[str, str], wanted: int) -> None:
    assert fingerprint(labels) == f"{wanted:016x}"
