"""What an application profile asks for when nobody asks in particular: each default metric, each part's lines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from domain.application_profiles import ApplicationProfile
from domain.errors import Refused
from tools.grafana.promql import quoted
from tools.metrics.objectives import log_label

MOST_QUERIES = 60
METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
COUNTED = ("_total", "_count", "_sum")
MEASURED = ("_seconds", "_milliseconds", "_bytes")


@dataclass(frozen=True, slots=True)
class PartQuery:
    part: str
    metric: str
    query: str


def metrics(profile: ApplicationProfile) -> list[PartQuery]:
    """PromQL for each default metric of each part. Raises Refused when the profile names none, or too many."""
    names = [name for name in profile.default_metrics if isinstance(name, str) and METRIC.fullmatch(name)]
    wanted = [PartQuery(part, name, promql(name, said)) for part, said in parts(profile) for name in names]
    if not wanted:
        raise empty(profile, "default_metrics")
    if len(wanted) > MOST_QUERIES:
        raise Refused(
            f"{profile.name} asks for {len(wanted)} metrics; at most {MOST_QUERIES} are asked for at once.",
            code="too_many_samples",
            alternative="Query them one by one.",
        )
    return wanted


def logs(profile: ApplicationProfile, contains: str = "") -> list[PartQuery]:
    """LogQL for each part that says its label. Raises Refused when none does."""
    narrowed = f" |= {quoted(contains)}" if contains else ""
    labelled = [(part, *log_label(said)) for part, said in parts(profile)]
    wanted = [PartQuery(part, "", f"{{{label}={quoted(value)}}}{narrowed}") for part, label, value in labelled if label]
    if not wanted:
        raise empty(profile, "log_label in its service_mappings")
    return wanted[:MOST_QUERIES]


def parts(profile: ApplicationProfile) -> list[tuple[str, Mapping[str, Any]]]:
    """Those of its mappings, or the application itself under the label `app`."""
    mapped = [
        (part, cast("Mapping[str, Any]", said))
        for part, said in sorted(profile.service_mappings.items())
        if isinstance(said, dict)
    ]
    return mapped or [(profile.name, {"log_label": f"app={profile.name}"})]


def promql(metric: str, said: Mapping[str, Any]) -> str:
    """The metric under the part's own prefix, or else under its label."""
    prefix, (label, value) = str(said.get("metrics_prefix") or ""), log_label(said)
    ways = [shown(prefix + metric, "")] if prefix and METRIC.fullmatch(prefix) else []
    if label or not ways:
        ways.append(shown(metric, f"{{{label}={quoted(value)}}}" if label else ""))
    return " or ".join(ways)


def shown(metric: str, selector: str) -> str:
    """A counter by its rate, a distribution by its 95th percentile, anything else as it is."""
    if metric.endswith(COUNTED):
        return f"sum(rate({metric}{selector}[5m]))"
    if metric.endswith(MEASURED):
        return f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket{selector}[5m])))"
    return f"avg({metric}{selector})"


def empty(profile: ApplicationProfile, what: str) -> Refused:
    return Refused(
        f"The profile {profile.name} has no {what}.",
        code="nothing_to_show",
        alternative="Add it to the profile, or send a query of your own.",
    )
