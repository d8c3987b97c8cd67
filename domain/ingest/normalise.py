"""Labels become columns: which service, how severe, whose, by a configurable order of label names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.ingest.payload import NAME_LENGTH, Webhook, WebhookAlert

INFO_WORDS = frozenset(
    {"info", "information", "informational", "notice", "debug", "low", "none", "p4", "p5", "sev4", "sev5", "4", "5"}
)
FNV_OFFSET, FNV_PRIME, SEPARATOR = 0xCBF29CE484222325, 0x100000001B3, b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRules:
    """Label names in the order in which they are asked, and the words (lower case) of two severities."""

    service: tuple[str, ...]
    severity: tuple[str, ...]
    environment: tuple[str, ...]
    team: tuple[str, ...]
    critical_words: tuple[str, ...]
    warning_words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One alert as a notification told it. Identity is fingerprint and start; `ends_at` None: still firing.

    The fields are columns of `trivium.alerts`; `times_received` counts repeats within one batch.
    """

    fingerprint: str
    starts_at: datetime
    ends_at: datetime | None
    name: str
    severity: str
    service: str
    environment: str
    team: str
    instance: str
    job: str
    summary: str
    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str
    times_received: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One notification: some alerts of one group, in any order, possibly with repeats."""

    source: str
    receiver: str
    group_key: str
    group_labels: dict[str, str]
    alerts: tuple[Report, ...]
    sample: bool = False


def batch(webhook: Webhook, rules: LabelRules) -> Batch:
    """The notification as it is stored."""
    return Batch(
        source=webhook.source,
        receiver=webhook.receiver,
        group_key=webhook.group_key,
        group_labels=webhook.group_labels,
        alerts=tuple(report(alert, rules) for alert in webhook.alerts),
    )


def report(alert: WebhookAlert, rules: LabelRules) -> Report:
    """Columns beside the raw labels. Names are cut at 256 characters; the labels keep the rest.

    An alert that no label gives a service belongs to `unknown`.
    """
    labels, annotations = alert.labels, alert.annotations
    return Report(
        fingerprint=alert.fingerprint.strip() or fingerprint(labels),
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        name=first(labels, ("alertname", "title")) or first(annotations, ("title",)) or "unnamed",
        severity=severity(labels, rules),
        service=first(labels, rules.service) or "unknown",
        environment=first(labels, rules.environment),
        team=first(labels, rules.team),
        instance=labels.get("instance", ""),
        job=labels.get("job", ""),
        summary=next((annotations[key] for key in ("summary", "message", "description") if annotations.get(key)), ""),
        labels=labels,
        annotations=annotations | told_beside(alert),
        generator_url=alert.generator_url,
    )


def first(texts: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first of `names` that holds more than blanks, cut to the length of a name; empty when none does."""
    return next((text for name in names if (text := texts.get(name, "").strip()[:NAME_LENGTH].rstrip())), "")


def severity(labels: Mapping[str, str], rules: LabelRules) -> str:
    """The first severity label with a word we know; `warning` when there is none, so that nobody overlooks it."""
    for name in rules.severity:
        word = labels.get(name, "").strip().casefold()
        if word in rules.critical_words:
            return "critical"
        if word in rules.warning_words:
            return "warning"
        if word in INFO_WORDS:
            return "info"
    return "warning"


def told_beside(alert: WebhookAlert) -> dict[str, str]:
    """What Grafana sends beside the annotations, under reserved names like its own `__value_string__`."""
    beside = {
        "__value_string__": alert.value_string,
        "__dashboard_url__": alert.dashboard_url,
        "__panel_url__": alert.panel_url,
        "__silence_url__": alert.silence_url,
    }
    return {name: text for name, text in beside.items() if text}


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's own: FNV-1a, 64 bits, over the sorted labels, each name and value followed by 0xFF; 16 hex digits.

    Source: prometheus/common, model/signature.go, labelSetToFingerprint.
    """
    total = FNV_OFFSET
    for byte in b"".join(part.encode() + SEPARATOR for name in sorted(labels) for part in (name, labels[name])):
        total = (total ^ byte) * FNV_PRIME & 0xFFFF_FFFF_FFFF_FFFF
    return f"{total:016x}"
