"""What a number of a result measures: told by the unit that stands beside it, as Grafana names it, or by its key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agents.numbers.quantities import SECONDS


@dataclass(frozen=True, slots=True)
class Unit:
    """`size` is what one of it is in seconds, in bytes, or as a share of the whole; counts are 1."""

    kind: Literal["time", "bytes", "share", "count"]
    size: float = 1


SHARE, COUNT = Unit("share"), Unit("count")
KIB = 1024.0
LEAST = "min"  # as a key: the least value, no minutes
TIMES = {name: Unit("time", size) for name, size in SECONDS.items()}
PLURALS = {f"{name}s": unit for name, unit in TIMES.items() if len(name) > 1 and not name.endswith("s")}
SIZES = {
    **dict.fromkeys(("bytes", "decbytes", "Bps", "binBps"), Unit("bytes")),
    **dict.fromkeys(("bits", "decbits", "bps", "binbps"), Unit("bytes", 1 / 8)),
    **{f"{prefix}bytes": Unit("bytes", KIB**power) for power, prefix in enumerate("kmgt", 1)},
    **{f"dec{prefix}bytes": Unit("bytes", 1000.0**power) for power, prefix in enumerate("kmgt", 1)},
    **{f"{prefix}iBs": Unit("bytes", KIB**power) for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}Bs": Unit("bytes", 1000.0**power) for power, prefix in enumerate("KMGT", 1)},
}
NAMED: Mapping[str, Unit] = {**TIMES, **PLURALS, **SIZES, "percentunit": SHARE, "percent": Unit("share", 0.01)}
KEYED: Mapping[str, Unit] = {
    **{name: unit for name, unit in {**TIMES, **PLURALS}.items() if len(name) > 1 and name != LEAST},
    **{f"{prefix}ib": Unit("bytes", KIB**power) for power, prefix in enumerate("kmgt", 1)},
    **dict.fromkeys(("percent", "pct"), Unit("share", 0.01)),
    **dict.fromkeys(("count", "samples", "missing"), COUNT),
    "bytes": Unit("bytes"),
    "ratio": SHARE,
}
CHANGES = frozenset({"change", "relative"})  # how much something moved, as a share of what it was


def beside(found: Mapping[str, Any]) -> Unit | None:
    """The unit that an object says its numbers have."""
    name = found.get("unit")
    return NAMED.get(name) if isinstance(name, str) else None


def of_key(key: str) -> Unit | None:
    if key in CHANGES:
        return SHARE
    return next((KEYED[word] for word in key.lower().split("_") if word in KEYED), None)
