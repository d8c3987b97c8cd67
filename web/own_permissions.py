"""What whoever asks may do, tool by tool in every pillar, by the door's own policy."""

from starlette.responses import Response

from domain import permissions, users
from tools.matrix import Slot, scope, slots
from tools.proposals import mode
from tools.spec import LEVELS, Pillar
from web.capabilities import Person
from web.desk import Visit
from web.models.own_permissions import OwnPermissionsReply, OwnPillarTold, OwnToolTold
from web.replies import reply


async def get_own_permissions(visit: Visit) -> Response:
    door, actor = visit.desk.parts.door, visit.actor
    async with visit.desk.parts.pool.connection() as db:
        policy = await door.policy.at(await permissions.version(db), db)
        preferences = await users.preferences(db, actor.user_id)
    is_strict = preferences.get("confirmation_level") == "strict"
    person = Person(roles=actor.roles & actor.ceiling, is_strict=is_strict, policy=policy, four_eyes=door.four_eyes)
    found = slots(door.catalogue)
    body = OwnPermissionsReply(
        name=actor.name,
        roles=tuple(sorted(person.roles)),
        teams=tuple(sorted(actor.teams)),
        version=policy.version,
        confirmation_level="strict" if is_strict else "standard",
        pillars=tuple(
            OwnPillarTold(
                pillar=pillar.value,
                is_open=pillar in actor.scopes,
                tools=tuple(told(person, slot) for slot in found if slot.pillar is pillar),
            )
            for pillar in Pillar
        ),
    )
    return reply(body)


def told(person: Person, slot: Slot) -> OwnToolTold:
    """As the door would judge it now, a strict preference included."""
    spec, level = slot.spec, LEVELS[slot.spec.risk]
    decision = person.policy.decide(person.roles, spec, slot.pillar)
    is_asked = decision.effect == "confirm" or (person.is_strict and not spec.is_read and not decision.denies)
    return OwnToolTold(
        tool=spec.name,
        title=spec.title,
        category=slot.category,
        risk=spec.risk.value,
        risk_level=level,
        effect="confirm" if is_asked else decision.effect,
        scope=scope(decision),
        approval_mode=mode(is_asked=True, four_eyes=level in person.four_eyes) if is_asked else None,
        required_permission=spec.permission if decision.denies else None,
        who_can=decision.allowing if decision.denies else (),
    )
