"""Several permission rows changed as one: on the policy that they were weighed against, or not at all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from config.policy import Effect
from domain import permissions
from domain.actors import Actor
from domain.database import Connection
from domain.errors import Refused
from domain.permissions import BY_KEY, Row, Rule

HOLD = "lock table trivium.ai_permissions in exclusive mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """One tool for one role in one pillar. `effect` None takes the tool's own row away: a wider row decides then."""

    role: str
    pillar: str
    category: str
    tool: str
    effect: Effect | None
    scope: str | None = None


def changed(rules: Sequence[Rule], changes: Sequence[CellChange]) -> tuple[Rule, ...]:
    """The rules as they will stand once the changes are made."""
    places = {(change.role, change.pillar, change.category, change.tool) for change in changes}
    kept = [rule for rule in rules if (rule.role, rule.pillar, rule.category, rule.tool) not in places]
    return (*kept, *(rule_of(change, change.effect) for change in changes if change.effect))


def rule_of(change: CellChange, effect: Effect) -> Rule:
    return Rule(
        role=change.role,
        pillar=change.pillar,
        category=change.category,
        tool=change.tool,
        effect=effect,
        scope=change.scope,
    )


async def apply(db: Connection, actor: Actor, version: int, changes: Sequence[CellChange]) -> int:
    """All of them stand, each with its audit entry; returns the policy's new version. To be called in a transaction.

    Nobody else changes rows meanwhile. Raises Refused (`policy_moved`) when `version` is not the policy of now.
    """
    await db.execute(HOLD)
    now = await permissions.version(db)
    if now != version:
        raise Refused(
            f"The policy is at version {now} and your changes were weighed against {version}: nothing was changed.",
            code="policy_moved",
            alternative="Load the matrix again; your changes are kept and weighed anew.",
        )
    for change in changes:
        await stand(db, actor, change)
    return await permissions.version(db)


async def stand(db: Connection, actor: Actor, change: CellChange) -> None:
    if change.effect:
        await permissions.put(db, actor, rule_of(change, change.effect))
    elif row := await own_row(db, change):
        await permissions.remove(db, actor, row.id)


async def own_row(db: Connection, change: CellChange) -> Row | None:
    """The row for exactly this tool, None when only wider ones speak of it."""
    async with db.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(BY_KEY, asdict(rule_of(change, "deny")))
        return await cursor.fetchone()
