"""What a caller may do now, by the same policy that decides at the door; only the door's word lets anything happen."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import permissions, users
from domain.actors import Actor
from mcp_server.server import House
from tools.policy import Decision, Policy
from tools.spec import AnySpec, Catalogue, Pillar

FOR_READS = (Pillar.INQUIRY, Pillar.TROUBLESHOOTING, Pillar.REVIVE)
FOR_CHANGES = (Pillar.REVIVE, Pillar.TROUBLESHOOTING, Pillar.INQUIRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A tool that the caller may use: in this pillar, narrowed as `decision` says."""

    pillar: Pillar
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The policy and the caller's roles as the database has them at this moment."""

    actor: Actor
    roles: frozenset[str]
    policy: Policy
    catalogue: Catalogue

    def to(self, spec: AnySpec) -> Right | None:
        """The first pillar that the token opens and in which the policy does not deny; None when there is none."""
        return next(filter(None, (self.within(pillar, spec) for pillar in opened(self.actor, spec))), None)

    def within(self, pillar: Pillar, spec: AnySpec) -> Right | None:
        decision = self.policy.decide(self.roles, spec, pillar)
        return None if decision.denies else Right(pillar=pillar, decision=decision)

    def to_named(self, tool: str, pillar: Pillar | None = None) -> Right | None:
        """The same for a tool by its name; with `pillar`, in that one alone."""
        spec = self.catalogue.get(tool)
        if spec is None or pillar is None:
            return self.to(spec) if spec else None
        return self.within(pillar, spec) if pillar in opened(self.actor, spec) else None


def opened(actor: Actor, spec: AnySpec) -> Sequence[Pillar]:
    """The tool's pillars that the token opens: for a look the narrowest first, for a change the widest."""
    order = FOR_READS if spec.is_read else FOR_CHANGES
    return [pillar for pillar in order if pillar in spec.pillars and pillar in actor.scopes]


async def rights(house: House, actor: Actor) -> Rights:
    door = house.runner.parts.door
    async with house.runner.parts.pool.connection() as db:
        user = await users.fetch(db, actor.user_id)
        policy = await door.policy.at(await permissions.version(db), db)
    held = frozenset(user.roles) & actor.ceiling if user and not user.is_disabled else frozenset[str]()
    return Rights(actor=actor, roles=held, policy=policy, catalogue=door.catalogue)
