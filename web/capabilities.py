"""What one person may do in revive: each tool, and the groups that manage one kind of thing."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from config.policy import Effect
from domain import permissions, users
from domain.confirmations import LEVELS, RiskLevel
from tools.attempt import ask_someone
from tools.policy import STRICTNESS, Policy
from tools.proposals import mode
from tools.spec import LEVELS as LEVEL_OF_RISK
from tools.spec import AnySpec, Category, Pillar, Risk
from web.desk import Visit
from web.models.revive import CapabilitiesReply, Capability, ModesTold, ModeTold
from web.replies import reply

REACH = ("admin", "operator", "engineer", "viewer")
MANAGING = (Risk.CREATE, Risk.UPDATE, Risk.DELETE)
GROUPS = {
    "manage_runbooks": "_runbook",
    "manage_servers": "_server",
    "manage_credentials": "_credential",
    "manage_rules": "_rule",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Of whom the policy is asked. `is_strict`: they want to be asked about every change."""

    roles: frozenset[str]
    is_strict: bool
    policy: Policy
    four_eyes: frozenset[RiskLevel]


async def get_capabilities(visit: Visit) -> Response:
    door, actor = visit.desk.parts.door, visit.actor
    async with visit.desk.parts.pool.connection() as db:
        version = await permissions.version(db)
        preferences = await users.preferences(db, actor.user_id)
    is_strict = preferences.get("confirmation_level") == "strict"
    policy = await door.policy.at(version)
    person = Person(roles=actor.roles, is_strict=is_strict, policy=policy, four_eyes=door.four_eyes)
    specs = [spec for spec in dict.fromkeys(door.catalogue.values()) if Pillar.REVIVE in spec.pillars]
    body = CapabilitiesReply(
        user_role=farthest(actor.roles),
        user_roles=tuple(sorted(actor.roles)),
        confirmation_level="strict" if is_strict else "standard",
        modes=ModesTold(grafana=told(person, specs, Category.GRAFANA), aiops=told(person, specs, Category.AIOPS)),
    )
    return reply(body)


def farthest(roles: Iterable[str]) -> str:
    """The role that reaches farthest; roles that we do not know come after those that we do."""
    known = [role for role in REACH if role in roles]
    return next(iter([*known, *sorted(roles)]), "none")


def told(person: Person, specs: Iterable[AnySpec], category: Category) -> ModeTold:
    members = [spec for spec in specs if spec.category is category]
    found = [of_tool(person, spec) for spec in members]
    groups = groups_of(members, found) if category is Category.AIOPS else []
    is_enabled = any(each.permission != "deny" for each in found)
    return ModeTold(enabled=is_enabled, capabilities=(*found, *groups))


def of_tool(person: Person, spec: AnySpec) -> Capability:
    decision = person.policy.decide(person.roles, spec, Pillar.REVIVE)
    level = LEVEL_OF_RISK[spec.risk]
    is_asked = decision.effect == "confirm" or (person.is_strict and not spec.is_read and not decision.denies)
    effect: Effect = "confirm" if is_asked else decision.effect
    return Capability(
        name=spec.name,
        permission=effect,
        risk_level=level,
        approval_mode=mode(is_asked=True, four_eyes=level in person.four_eyes) if is_asked else None,
        required_permission=spec.permission if decision.denies else None,
        alternative=ask_someone(decision) if decision.denies else None,
    )


def groups_of(specs: Iterable[AnySpec], found: Iterable[Capability]) -> list[Capability]:
    """Each group that has a member here; managing means all of it, so the strictest member speaks for the group."""
    pairs = zip(specs, found, strict=True)
    ours = [(spec, each) for spec, each in pairs if spec.risk in MANAGING and not spec.is_remote]
    members = {group: [each for spec, each in ours if spec.name.endswith(end)] for group, end in GROUPS.items()}
    return [group_of(name, of_group) for name, of_group in members.items() if of_group]


def group_of(name: str, members: Iterable[Capability]) -> Capability:
    strictest = max(members, key=lambda each: (STRICTNESS[each.permission], LEVELS.index(each.risk_level)))
    return strictest.model_copy(update={"name": name})
