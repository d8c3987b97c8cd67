"""The matrix of tools and roles, and what staged changes of it would do."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from config.policy import Effect
from domain.confirmations import Mode, RiskLevel
from web.models.admin import PillarName, ScopeName
from web.models.shape import Asked, Sent, Told, Word

MOST_CHANGES = 500
ToolName = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)]


class MatrixAsked(Asked):
    user: Word | None = Field(default=None, description="Also what this user may do, by all of their roles")


class CellTold(Told):
    """`rule` is the pattern of the row that decides; null: no row speaks of it, which means deny."""

    effect: Effect
    scope: str | None
    rule: str | None


class MatrixRoleTold(Told):
    """`people` are those who have the role and are not disabled."""

    name: str
    description: str
    people: int


class MatrixRowTold(Told):
    """`cells` by role; `person` when a user was asked about."""

    pillar: str
    category: str
    tool: str
    title: str
    risk: str
    risk_level: RiskLevel
    permission: str
    is_remote: bool
    cells: dict[str, CellTold]
    person: CellTold | None


class MatrixPersonTold(Told):
    name: str
    roles: tuple[str, ...]
    is_disabled: bool


class MatrixReply(Told):
    """`version` of the policy: changes are made on it. `second_person` are the risk levels that need one."""

    version: int
    second_person: tuple[RiskLevel, ...]
    roles: tuple[MatrixRoleTold, ...]
    rows: tuple[MatrixRowTold, ...]
    person: MatrixPersonTold | None


class CellChangeSent(Sent):
    """`effect` null takes the tool's own row away, so that a wider row decides, or none."""

    role: Word
    pillar: PillarName
    tool: ToolName
    effect: Effect | None
    scope: ScopeName | None = None


class ChangesSent(Sent):
    """Changes of one policy: `version` is the one that the matrix had."""

    version: int
    changes: Annotated[tuple[CellChangeSent, ...], Field(min_length=1, max_length=MOST_CHANGES)]


class UseTold(Told):
    user: str
    times: int


class EffectTold(Told):
    """What one change does, all changes made together. People by name, each in the list of what becomes of them;
    `same` have the role and notice nothing, because another of their roles decides. `used` within 30 days."""

    role: str
    pillar: str
    tool: str
    title: str
    risk: str
    risk_level: RiskLevel
    before: CellTold
    after: CellTold
    approval_mode: Mode
    gain: tuple[str, ...]
    lose: tuple[str, ...]
    looser: tuple[str, ...]
    tighter: tuple[str, ...]
    same: tuple[str, ...]
    used: tuple[UseTold, ...]


class RunBittenTold(Told):
    """A run under way that uses a tool which its user is to lose: its next call is refused."""

    run_id: UUID
    user: str
    tool: str
    pillar: str
    status: str


class ChangesPreview(Told):
    version: int
    effects: tuple[EffectTold, ...]
    runs: tuple[RunBittenTold, ...]


class ChangesReply(Told):
    version: int
    changed: int
