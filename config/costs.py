"""The cost table of `costs.toml`: prices by size, tiers, single resources, features."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

DEFAULTS = Path(__file__).with_name("costs.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A size that can be bought."""

    name: str
    cores: float
    memory_gib: float
    monthly: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A price by name; `name` may be a glob, `features` are keys of the table's own."""

    name: str
    monthly: float
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What is paid for beside the size; needed in some environments, everywhere when it names none."""

    name: str
    monthly: float
    needed_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Monthly prices in `currency`; `tiers` are the cheapest first."""

    currency: str
    core: float
    memory_gib: float
    high: float
    medium: float
    target_utilisation: float
    idle_cpu: float
    tiers: tuple[Tier, ...] = ()
    resources: tuple[Priced, ...] = ()
    features: Mapping[str, Feature]

    def of(self, name: str) -> Priced | None:
        """The first price that fits the name."""
        return next((item for item in self.resources if fnmatchcase(name, item.name)), None)


class BadCosts(ValueError):  # noqa: N818 - what it is, not that it is an error
    """The table cannot be read; the message names the field."""


@cache
def read(path: Path = DEFAULTS) -> Costs:
    """Raises BadCosts, and OSError when there is no such file."""
    try:
        return made(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise BadCosts(f"{path.name}: {error}") from error


def made(table: Mapping[str, Any]) -> Costs:
    prices, priority, sizing = table["prices"], table["priority"], table["sizing"]
    features = {
        name: Feature(
            name=name,
            monthly=amount(entry, "monthly", f"features.{name}"),
            needed_in=tuple(entry.get("needed_in", ())),
        )
        for name, entry in table.get("features", {}).items()
    }
    resources = tuple(priced(entry, features) for entry in table.get("resources", ()))
    return Costs(
        currency=str(table["currency"]),
        core=amount(prices, "core", "prices"),
        memory_gib=amount(prices, "memory_gib", "prices"),
        high=amount(priority, "high", "priority"),
        medium=amount(priority, "medium", "priority"),
        target_utilisation=share(sizing, "target_utilisation"),
        idle_cpu=share(sizing, "idle_cpu"),
        tiers=tuple(sorted((tier(entry) for entry in table.get("tiers", ())), key=lambda item: item.monthly)),
        resources=resources,
        features=features,
    )


def tier(entry: Mapping[str, Any]) -> Tier:
    return Tier(
        name=str(entry["name"]),
        cores=amount(entry, "cores", "tiers"),
        memory_gib=amount(entry, "memory_gib", "tiers"),
        monthly=amount(entry, "monthly", "tiers"),
    )


def priced(entry: Mapping[str, Any], features: Mapping[str, Feature]) -> Priced:
    """Raises BadCosts for a feature that the table does not price."""
    named = tuple(entry.get("features", ()))
    unknown = [name for name in named if name not in features]
    if unknown:
        raise BadCosts(f"resources: {entry['name']} has the feature {unknown[0]!r}, which no [features] entry prices")
    return Priced(name=str(entry["name"]), monthly=amount(entry, "monthly", "resources"), features=named)


def amount(entry: Mapping[str, Any], key: str, where: str) -> float:
    """Raises BadCosts when it is no number from 0 on."""
    value = entry.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise BadCosts(f"{where}.{key} must be a number from 0 on, not {value!r}")
    return float(value)


def share(entry: Mapping[str, Any], key: str) -> float:
    value = amount(entry, key, "sizing")
    if not 0 < value <= 1:
        raise BadCosts(f"sizing.{key} must be above 0 and at most 1, not {value:g}")
    return value
