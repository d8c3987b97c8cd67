"""The matrix of tools and roles, as an admin reads it, tries changes of it and makes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from domain import permissions, policy_changes, tool_use, users
from domain.database import Connection
from domain.errors import NotFound
from domain.policy_changes import CellChange
from domain.tool_use import UnderWay, Use
from domain.users import User
from tools.attempt import ledger_category
from tools.matrix import Cell, Move, Slot, cell, move, slots
from tools.policy import Policy
from tools.proposals import mode
from tools.spec import LEVELS
from web.desk import Visit
from web.models.matrix import (
    CellChangeSent,
    CellTold,
    ChangesPreview,
    ChangesReply,
    ChangesSent,
    EffectTold,
    MatrixAsked,
    MatrixPersonTold,
    MatrixReply,
    MatrixRoleTold,
    MatrixRowTold,
    RunBittenTold,
    UseTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of, parameters_of
from web.replies import reply

MOST_PEOPLE = 10_000
USED = timedelta(days=30)
ORDER = ("admin", "operator", "engineer", "viewer")


@dataclass(frozen=True, slots=True)
class Standing:
    """The policy of now and the people it is about."""

    policy: Policy
    roles: tuple[permissions.Role, ...]
    people: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One change with its slot, what it makes of its role, and what becomes of each who has it."""

    change: CellChange
    slot: Slot
    before: Cell
    after: Cell
    moves: dict[UUID, Move]


async def get_matrix(visit: Visit) -> Response:
    """Every tool in every pillar with its effect for each role, by the very policy that the door asks."""
    asked = parameters_of(visit.request, MatrixAsked)
    async with visit.desk.parts.pool.connection() as db:
        now = await standing(visit, db)
        person = await users.named(db, asked.user) if asked.user else None
    if asked.user and person is None:
        raise NotFound(f"There is no user {asked.user}.")
    door = visit.desk.parts.door
    body = MatrixReply(
        version=now.policy.version,
        second_person=tuple(sorted(door.four_eyes)),
        roles=tuple(role_told(role, now.people) for role in now.roles),
        rows=tuple(row_told(now, slot, person) for slot in slots(door.catalogue)),
        person=MatrixPersonTold(name=person.name, roles=tuple(person.roles), is_disabled=person.is_disabled)
        if person
        else None,
    )
    return reply(body)


async def preview_changes(visit: Visit) -> Response:
    """What the changes would do, made together; nothing is changed."""
    asked = await body_of(visit.request, ChangesSent)
    async with visit.desk.parts.pool.connection() as db:
        now = await standing(visit, db)
        wanted = wanted_of(visit, now, asked)
        tools = [change.tool for change, _ in wanted]
        uses = await tool_use.uses(db, tools, visit.desk.parts.clock() - USED)
        runs = await tool_use.under_way(db, tools)
    changes = [change for change, _ in wanted]
    then = Policy(now.policy.version, policy_changes.changed(now.policy.rules, changes))
    found = [weighed(now, then, change, slot) for change, slot in wanted]
    body = ChangesPreview(
        version=now.policy.version,
        effects=tuple(effect_told(visit, now, each, uses) for each in found),
        runs=tuple(bitten(now, found, runs)),
    )
    return reply(body)


async def put_changes(visit: Visit) -> Response:
    """All of them in one transaction with their audit entries, or none. Raises Refused (`policy_moved`)."""
    asked = await body_of(visit.request, ChangesSent)
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        wanted = wanted_of(visit, await standing(visit, db), asked)
        version = await policy_changes.apply(db, visit.actor, asked.version, [change for change, _ in wanted])
    return reply(ChangesReply(version=version, changed=len(wanted)))


async def standing(visit: Visit, db: Connection) -> Standing:
    policy = await visit.desk.parts.door.policy.at(await permissions.version(db), db)
    people, _ = await users.page(db, limit=MOST_PEOPLE, offset=0)
    roles = sorted(await permissions.roles(db), key=reach)
    return Standing(policy, tuple(roles), tuple(one for one in people if not one.is_disabled))


def reach(role: permissions.Role) -> tuple[int, str]:
    """The roles that reach farthest first; those that we do not know come after."""
    return (ORDER.index(role.name) if role.name in ORDER else len(ORDER)), role.name


def wanted_of(visit: Visit, now: Standing, asked: ChangesSent) -> list[tuple[CellChange, Slot]]:
    """Each change with the tool that it is about. Raises Invalid for a tool or role that is not there, a cell twice."""
    known = {(slot.pillar.value, slot.spec.name): slot for slot in slots(visit.desk.parts.door.catalogue)}
    roles = {role.name for role in now.roles}
    problems: list[FieldProblem] = []
    found: list[tuple[CellChange, Slot]] = []
    seen: set[tuple[str, str, str]] = set()
    for place, sent in enumerate(asked.changes):
        slot, key = known.get((sent.pillar, sent.tool)), (sent.role, sent.pillar, sent.tool)
        if slot is None:
            problems.append(problem(place, "tool", f"{sent.pillar} has no tool {sent.tool}"))
        elif sent.role not in roles:
            problems.append(problem(place, "role", f"there is no role {sent.role}"))
        elif key in seen:
            problems.append(problem(place, "tool", f"{sent.tool} is changed twice for {sent.role}"))
        else:
            found.append((change_of(sent, slot), slot))
        seen.add(key)
    if problems:
        raise Invalid(tuple(problems))
    return found


def problem(place: int, key: str, message: str) -> FieldProblem:
    return FieldProblem(field=f"changes[{place}].{key}", message=message)


def change_of(sent: CellChangeSent, slot: Slot) -> CellChange:
    return CellChange(
        role=sent.role,
        pillar=sent.pillar,
        category=slot.category,
        tool=sent.tool,
        effect=sent.effect,
        scope=sent.scope if sent.effect in ("allow", "audit_only", "confirm") else None,
    )


def weighed(now: Standing, then: Policy, change: CellChange, slot: Slot) -> Weighed:
    """People with the same roles fare alike, so each set of roles is asked about once."""
    holders = [one for one in now.people if change.role in one.roles]
    kinds = {tuple(one.roles) for one in holders}
    becomes: dict[tuple[str, ...], Move] = {
        roles: move(cell(now.policy, roles, slot), cell(then, roles, slot)) for roles in kinds
    }
    return Weighed(
        change=change,
        slot=slot,
        before=cell(now.policy, [change.role], slot),
        after=cell(then, [change.role], slot),
        moves={one.id: becomes[tuple(one.roles)] for one in holders},
    )


def bitten(now: Standing, found: Sequence[Weighed], runs: Iterable[UnderWay]) -> list[RunBittenTold]:
    losing = {
        (each.slot.pillar.value, each.change.tool, user)
        for each in found
        for user, become in each.moves.items()
        if become == "lose"
    }
    names = {one.id: one.name for one in now.people}
    return [
        RunBittenTold(run_id=run.run_id, user=names[run.user_id], tool=run.tool, pillar=run.pillar, status=run.status)
        for run in runs
        if (run.pillar, run.tool, run.user_id) in losing
    ]


def effect_told(visit: Visit, now: Standing, each: Weighed, uses: Iterable[Use]) -> EffectTold:
    spec, names = each.slot.spec, {one.id: one.name for one in now.people}
    level, category = LEVELS[spec.risk], ledger_category(spec, each.slot.pillar)
    moved = {user for user, become in each.moves.items() if become != "same"}
    used = [use for use in uses if (use.tool, use.category) == (spec.name, category) and use.user_id in moved]
    of = {
        wanted: tuple(sorted(names[user] for user, become in each.moves.items() if become == wanted))
        for wanted in ("gain", "lose", "looser", "tighter", "same")
    }
    return EffectTold(
        role=each.change.role,
        pillar=each.slot.pillar.value,
        tool=spec.name,
        title=spec.title,
        risk=spec.risk.value,
        risk_level=level,
        before=cell_told(each.before),
        after=cell_told(each.after),
        approval_mode=mode(is_asked=each.after.effect == "confirm", four_eyes=level in visit.desk.parts.door.four_eyes),
        used=tuple(
            UseTold(user=names[use.user_id], times=use.times) for use in sorted(used, key=lambda use: -use.times)
        ),
        **of,
    )


def row_told(now: Standing, slot: Slot, person: User | None) -> MatrixRowTold:
    spec = slot.spec
    return MatrixRowTold(
        pillar=slot.pillar.value,
        category=slot.category,
        tool=spec.name,
        title=spec.title,
        risk=spec.risk.value,
        risk_level=LEVELS[spec.risk],
        permission=spec.permission,
        is_remote=spec.is_remote,
        cells={role.name: cell_told(cell(now.policy, [role.name], slot)) for role in now.roles},
        person=cell_told(cell(now.policy, person.roles, slot)) if person else None,
    )


def cell_told(one: Cell) -> CellTold:
    return CellTold(effect=one.effect, scope=one.scope, rule=one.rule)


def role_told(role: permissions.Role, people: Iterable[User]) -> MatrixRoleTold:
    count = sum(role.name in one.roles for one in people)
    return MatrixRoleTold(name=role.name, description=role.description, people=count)
