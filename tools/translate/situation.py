"""What a translation is made in: the catalogues, the application's profile, the limits, and what the asker may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from domain.windows import Window
from tools.translate.catalogue import LogCatalogue, MetricCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`range_hours` a query may look over, `results` samples it may return, `least_step_seconds` between two."""

    range_hours: float = 168
    results: int = 10_000
    least_step_seconds: int = 15

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.range_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is written down of an application: per component the prefix of its metrics and its log label, and the
    metrics that matter of it."""

    name: str = ""
    prefixes: Mapping[str, str] = field(default_factory=dict[str, str])
    log_labels: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`enforced`: label -> the values the asker may see, for metrics and for logs alike. `window`: the time asked
    about, where the caller has read it; `against`: the one it is compared with. `compares_apart`: the caller asks the
    same queries for the time that it is compared with, so none is written for that."""

    metrics: MetricCatalogue = field(default_factory=lambda: MetricCatalogue({}))
    logs: LogCatalogue = field(default_factory=LogCatalogue)
    profile: Profile = field(default_factory=Profile)
    enforced: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    limits: Limits = field(default_factory=Limits)
    window: Window | None = None
    against: Window | None = None
    compares_apart: bool = False


def profile(name: str, service_mappings: Mapping[str, Any], default_metrics: tuple[str, ...] = ()) -> Profile:
    """A row of `application_profiles`; a mapping is {metrics_prefix, log_label: "app=abc-web"}."""
    prefixes: dict[str, str] = {}
    labels: dict[str, tuple[str, str]] = {}
    for component, said in service_mappings.items():
        mapping: dict[str, Any] = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        prefix, label = str(mapping.get("metrics_prefix") or ""), str(mapping.get("log_label") or "")
        if prefix:
            prefixes[component] = prefix
        if "=" in label:
            key, value = label.split("=", 1)
            labels[component] = (key.strip(), value.strip().strip('"'))
    return Profile(name=name, prefixes=prefixes, log_labels=labels, metrics=default_metrics)
