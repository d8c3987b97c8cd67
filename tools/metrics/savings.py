"""What could be saved on a resource: nothing of it used for days, too large for its work, features nobody needs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from config.costs import Costs, Tier

Kind: TypeAlias = Literal["server", "container", "service"]
Action: TypeAlias = Literal["remove", "rightsize", "disable_feature"]
Priority: TypeAlias = Literal["high", "medium", "low"]

GIB = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that costs and what it did. Sizes and utilisations are None when they were not measured.

    `last_active` is None when nothing was seen of it since `known_since`. Utilisations are the 95th percentile.
    """

    kind: Kind
    name: str
    service: str = ""
    environment: str = ""
    cores: float | None = None
    memory_bytes: float | None = None
    cpu: float | None = None
    memory: float | None = None
    last_active: datetime | None
    known_since: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """Idle is longer than `idle`, too large is used under `utilisation`: at exactly the limit nothing is said."""

    idle: timedelta
    utilisation: float


@dataclass(frozen=True, slots=True)
class Idea:
    """What could be done and why; `savings` a month, None without a price."""

    action: Action
    reason: str
    proposal: str
    savings: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """`savings` and `cost` are monthly, None where the cost table has no price."""

    action: Action
    resource: Resource
    reason: str
    proposal: str
    cost: float | None
    savings: float | None
    priority: Priority


def recommended(resource: Resource, limits: Limits, costs: Costs, now: datetime) -> list[Recommendation]:
    """What is idle is only removed: making it smaller as well would save the same money twice."""
    if is_idle(resource, limits.idle, now):
        return [removal(resource, costs, now)]
    return [*filter(None, [smaller(resource, limits, costs)]), *unneeded(resource, costs)]


def is_idle(resource: Resource, longest: timedelta, now: datetime) -> bool:
    return now - (resource.last_active or resource.known_since) > longest


def is_oversized(resource: Resource, least: float) -> bool:
    """Whether the processor, and the memory where it is known, are used less than `least`."""
    if resource.cpu is None or resource.cpu >= least:
        return False
    return resource.memory is None or resource.memory < least


def removal(resource: Resource, costs: Costs, now: datetime) -> Recommendation:
    since = resource.last_active or resource.known_since
    days = (now - since) / timedelta(days=1)
    reason = f"no activity for {days:.1f} days" if resource.last_active else f"no activity in the {days:.1f} days known"
    return made(resource, costs, Idea("remove", reason, "remove it, or stop it first", cost_of(resource, costs)))


def smaller(resource: Resource, limits: Limits, costs: Costs) -> Recommendation | None:
    """None when it is not too large, or no smaller size would be filled less than the target."""
    if not is_oversized(resource, limits.utilisation) or resource.cores is None or resource.cpu is None:
        return None
    cores = resource.cores * resource.cpu / costs.target_utilisation
    memory = None
    if resource.memory_bytes is not None and resource.memory is not None:
        memory = resource.memory_bytes * resource.memory / costs.target_utilisation / GIB
    used = [f"CPU {resource.cpu:.0%}"] + ([f"memory {resource.memory:.0%}"] if resource.memory is not None else [])
    reason = f"{' and '.join(used)} in use at the 95th percentile, under {limits.utilisation:.0%}"
    if resource.kind == "server" and costs.tiers:
        return fitted(resource, costs, reason, fitting(costs, cores, memory))
    return trimmed(resource, costs, reason, cores, memory)


def fitting(costs: Costs, cores: float, memory_gib: float | None) -> Tier | None:
    """The cheapest size that holds both; nothing is promised of a memory nobody measured."""
    if memory_gib is None:
        return None
    return next((tier for tier in costs.tiers if tier.cores >= cores and tier.memory_gib >= memory_gib), None)


def fitted(resource: Resource, costs: Costs, reason: str, tier: Tier | None) -> Recommendation | None:
    cost = cost_of(resource, costs)
    if tier is None or cost is None or tier.monthly >= cost:
        return None
    return made(resource, costs, Idea("rightsize", reason, f"the tier {tier.name} is enough", cost - tier.monthly))


def trimmed(
    resource: Resource, costs: Costs, reason: str, cores: float, memory_gib: float | None
) -> Recommendation | None:
    """By size: whole cores for a server, tenths for a container."""
    grain = 1.0 if resource.kind == "server" else 0.1
    enough = max(grain, math.ceil(round(cores / grain, 6)) * grain)
    saved_cores = (resource.cores or 0) - enough
    if saved_cores <= 0:
        return None
    words = f"{enough:g} of {resource.cores:g} cores"
    savings = saved_cores * costs.core
    if memory_gib is not None and resource.memory_bytes:
        holds = max(0.125, math.ceil(round(memory_gib * 8, 6)) / 8)
        savings += max(0.0, resource.memory_bytes / GIB - holds) * costs.memory_gib
        words += f" and {holds:g} of {resource.memory_bytes / GIB:.3g} GiB"
    own = costs.of(resource.name)
    if own:
        savings = own.monthly * saved_cores / (resource.cores or 1)
    is_priced = own is not None or costs.core > 0
    return made(resource, costs, Idea("rightsize", reason, f"{words} are enough", savings if is_priced else None))


def unneeded(resource: Resource, costs: Costs) -> Iterator[Recommendation]:
    """Features that are paid for where they are not needed; an unknown environment needs them all."""
    own = costs.of(resource.name)
    for name in own.features if own and resource.environment else ():
        feature = costs.features[name]
        if feature.needed_in and resource.environment not in feature.needed_in:
            reason = f"{name} is on in {resource.environment}, and needed in {', '.join(feature.needed_in)} only"
            yield made(resource, costs, Idea("disable_feature", reason, f"switch {name} off", feature.monthly))


def cost_of(resource: Resource, costs: Costs) -> float | None:
    """Its own price with its features, or that of its size; None when neither is known."""
    own = costs.of(resource.name)
    if own:
        return own.monthly + sum(costs.features[name].monthly for name in own.features)
    if resource.cores is None or not costs.core:
        return None
    return resource.cores * costs.core + (resource.memory_bytes or 0) / GIB * costs.memory_gib


def made(resource: Resource, costs: Costs, idea: Idea) -> Recommendation:
    return Recommendation(
        action=idea.action,
        resource=resource,
        reason=idea.reason,
        proposal=idea.proposal,
        cost=cost_of(resource, costs),
        savings=idea.savings,
        priority=priority(idea, costs),
    )


def priority(idea: Idea, costs: Costs) -> Priority:
    """By the sum; without one, what is idle comes before the rest."""
    if idea.savings is None:
        return "medium" if idea.action == "remove" else "low"
    if idea.savings >= costs.high:
        return "high"
    return "medium" if idea.savings >= costs.medium else "low"
