"""What wants somebody's attention: two numbers that a page asks for again and again, without calling a tool."""

from starlette.responses import Response

from domain import alerts, permissions
from domain.filters import Filter, Owner
from tools.spec import Pillar, Scope
from web.desk import Visit
from web.models.attention import AttentionReply
from web.replies import reply

TOOL, PILLAR = "query_alerts_history", Pillar.TROUBLESHOOTING


async def get_attention(visit: Visit) -> Response:
    """How many alerts fire of those that the list of alerts shows this user, None where it is closed to them; and how
    many changes wait for their word. Judged by the door's own policy; no tool is called and none is recorded."""
    door, actor = visit.desk.parts.door, visit.actor
    spec = door.catalogue.get(TOOL)
    waiting = len(await visit.desk.parts.approvals.waiting(actor))
    async with visit.desk.parts.pool.connection() as db:
        policy = await door.policy.at(await permissions.version(db), db)
        decision = policy.decide(actor.roles, spec, PILLAR) if spec and PILLAR.value in actor.scopes else None
        if decision is None or decision.effect not in ("allow", "audit_only"):
            return reply(AttentionReply(firing=None, confirmations=waiting))
        is_own = Scope.OWN_ALERTS in decision.scopes
        owner = Owner(user_id=actor.user_id, teams=actor.teams) if is_own else None
        open_now = await alerts.totals(db, Filter(owner=owner))
    return reply(AttentionReply(firing=open_now.rows[0].of("firing").total, confirmations=waiting))
