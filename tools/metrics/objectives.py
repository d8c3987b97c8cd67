"""What an application profile says: whose metrics to ask for, and what they must not be worse than."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from domain.application_profiles import ApplicationProfile
from tools.metrics.measuring import Subject
from tools.series.breaches import Threshold

Vital: TypeAlias = Literal["uptime", "error_rate", "p95_latency", "requests"]

MOST_PARTS = 10
KEYS: dict[Vital, tuple[str, ...]] = {
    "uptime": ("availability", "uptime"),
    "error_rate": ("error_rate", "error_rate_max", "error_ratio"),
    "p95_latency": ("p95_latency_ms", "latency_p95_ms"),
}
NAMES: dict[Vital, str] = {"uptime": "availability", "error_rate": "error rate", "p95_latency": "p95 latency"}


@dataclass(frozen=True, slots=True)
class Objectives:
    """Thresholds by what they judge: ratios as 0..1, latency in seconds. `assumed`: how odd numbers were read."""

    thresholds: Mapping[Vital, Threshold]
    assumed: tuple[str, ...] = ()


def objectives(slos: Mapping[str, Any]) -> Objectives:
    thresholds: dict[Vital, Threshold] = {}
    assumed: list[str] = []
    for vital, keys in KEYS.items():
        key = next((key for key in keys if is_number(slos.get(key))), None)
        if key is None:
            continue
        value = float(slos[key])
        if vital != "p95_latency" and value > 1:
            assumed.append(f"the objective {key} = {value:g} is read as {value:g} %")
            value /= 100
        thresholds[vital] = threshold(vital, value)
    return Objectives(thresholds, tuple(assumed))


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def threshold(vital: Vital, value: float) -> Threshold:
    match vital:
        case "uptime":
            return Threshold(name=NAMES[vital], value=value, side="below", unit="percentunit")
        case "error_rate" | "requests":
            return Threshold(name=NAMES["error_rate"], value=value, side="above", unit="percentunit")
        case "p95_latency":
            return Threshold(name=NAMES[vital], value=value / 1000, side="above", unit="s")


@dataclass(frozen=True, slots=True)
class Parts:
    """The subjects to ask for; `cut` when the profile names more than ten, `assumed` what was taken for granted."""

    subjects: tuple[Subject, ...]
    assumed: tuple[str, ...] = ()
    cut: str | None = None


def parts(application: str, profile: ApplicationProfile | None) -> Parts:
    """The parts of the profile; without any, the application under its own name."""
    if profile is None:
        said = f"there is no application profile of {application}: metrics are found by labels of that value"
        return Parts((Subject(application, application),), (said,))
    mapped = sorted(profile.service_mappings.items())
    subjects = [subject(name, cast("dict[str, Any]", part)) for name, part in mapped if isinstance(part, dict)]
    left_out = f"{MOST_PARTS} of {len(subjects)} parts are looked at" if len(subjects) > MOST_PARTS else None
    return Parts(tuple(subjects[:MOST_PARTS]) or (Subject(profile.name, profile.name),), cut=left_out)


def subject(name: str, part: Mapping[str, Any]) -> Subject:
    label, value = log_label(part)
    return Subject(name, value or name, label, str(part.get("metrics_prefix") or ""))


def log_label(part: Mapping[str, Any]) -> tuple[str, str]:
    """`app=abc-web` as ("app", "abc-web"); both empty without one."""
    label, _, value = str(part.get("log_label") or "").partition("=")
    label, value = label.strip(), value.strip().strip('"')
    return (label, value) if value and label.isidentifier() else ("", "")
