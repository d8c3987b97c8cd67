"""What somebody may do, in every pillar, for themselves to read."""

from typing import Literal

from config.policy import Effect
from domain.confirmations import Mode, RiskLevel
from web.models.shape import Told


class OwnToolTold(Told):
    """`approval_mode` says who has to agree where `effect` is confirm, `who_can` which roles may where it is deny."""

    tool: str
    title: str
    category: str
    risk: str
    risk_level: RiskLevel
    effect: Effect
    scope: str | None
    approval_mode: Mode | None
    required_permission: str | None
    who_can: tuple[str, ...]


class OwnPillarTold(Told):
    """`is_open`: the token opens the pillar; without that nothing of it can be used, whatever the roles say."""

    pillar: str
    is_open: bool
    tools: tuple[OwnToolTold, ...]


class OwnPermissionsReply(Told):
    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    version: int
    confirmation_level: Literal["standard", "strict"]
    pillars: tuple[OwnPillarTold, ...]
