"""The policy as a table of tools and roles, and what changes of it do to people: all asked of the door's own policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.policy import Effect
from domain.permissions import Rule
from tools.policy import STRICTNESS, Decision, Policy
from tools.spec import AnySpec, Catalogue, Pillar

Move: TypeAlias = Literal["gain", "lose", "looser", "tighter", "same"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One tool in one pillar; a tool of two pillars has two."""

    pillar: Pillar
    spec: AnySpec

    @property
    def category(self) -> str:
        return self.spec.category_in(self.pillar).value


@dataclass(frozen=True, slots=True)
class Cell:
    """What holds of a slot: for one role with the pattern of the row that decides, or for a person."""

    effect: Effect
    scope: str | None
    rule: str | None


def slots(catalogue: Catalogue) -> list[Slot]:
    """By pillar, in the catalogue's order within."""
    specs = dict.fromkeys(catalogue.values())
    return [Slot(pillar, spec) for pillar in Pillar for spec in specs if pillar in spec.pillars]


def cell(policy: Policy, roles: Iterable[str], slot: Slot) -> Cell:
    decision = policy.decide(roles, slot.spec, slot.pillar)
    deciding = policy.verdict(decision.role, slot.spec, slot.pillar) if decision.role else None
    return Cell(decision.effect, scope(decision), pattern(deciding) if deciding else None)


def scope(decision: Decision) -> str | None:
    return next((scope.value for scope in sorted(decision.scopes)), None)


def pattern(rule: Rule) -> str:
    return rule.tool or "*"


def move(before: Cell, after: Cell) -> Move:
    """What becomes of somebody: `gain` and `lose` a tool altogether, or have it with fewer or more limits."""
    if (before.effect, before.scope) == (after.effect, after.scope):
        return "same"
    if before.effect == "deny":
        return "gain"
    if after.effect == "deny":
        return "lose"
    return "looser" if limits(after) < limits(before) else "tighter"


def limits(one: Cell) -> tuple[int, bool]:
    return STRICTNESS[one.effect], one.scope is not None
