"""TestAIRBAC, the eight tests that the seeds name (003:1714-1722), on the real tools, policy, door and Postgres.

`test_roles_everywhere` walks the whole table at every entrance; here each rule stands alone, by the seeds' name for it.
"""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, LiteralString

import pytest

import tools
from domain import permissions
from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused
from domain.permissions import Rule
from tests.house import NOW, actor, tool_context
from tests.scenarios.cells import ARGUMENTS, ROLES, cells
from tests.scenarios.entrances import AskedFor, Opened, opened
from tests.tools.estate import open_estate
from tests.web.changes import MESSAGE
from tests.web.entrance import person
from tools.call import ApprovalNeeded
from tools.decisions import Verdict
from tools.policy import Decision, PolicyBook
from tools.replies import ROWS_HIDDEN
from tools.spec import Pillar, Risk, Scope, ToolResult

CONFIRMATIONS: LiteralString = (
    "select tool_name, status, outcome from trivium.ai_action_confirmations order by expires_at"
)
MADE: LiteralString = """
select name from trivium.runbooks union all select name from trivium.servers
union all select name from trivium.credentials union all select name from trivium.auto_analyze_rules
"""
AT_HOME = ("create_runbook", "add_server", "create_credential", "create_auto_analyze_rule")


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Opened]:
    async with opened(pool, AskedFor(arguments=ARGUMENTS)) as found:
        yield found


async def called(house: Opened, who: Actor, pillar: Pillar, tool: str, **arguments: Any) -> ToolResult:
    context = await tool_context(house.service.pool, who, pillar)
    return await house.service.door.call(context, tool, arguments or ARGUMENTS.get(tool, {}))


async def refusal(house: Opened, who: Actor, pillar: Pillar, tool: str, **arguments: Any) -> Refused:
    """What the door says, to whoever only proposes the change too."""
    context = await tool_context(house.service.pool, who, pillar)
    with pytest.raises(Refused) as said:
        await house.service.door.call(context, tool, arguments or ARGUMENTS.get(tool, {}))
    if said.value.code != "permission_denied":
        return said.value
    with pytest.raises(Refused) as proposing:
        await house.service.door.propose(context, tool, ARGUMENTS.get(tool, {}))
    assert str(proposing.value) == str(said.value)
    return said.value


async def offered(house: Opened, who: Actor, pillar: Pillar) -> set[str]:
    context = await tool_context(house.service.pool, who, pillar)
    async with house.service.pool.connection() as db:
        version = await permissions.version(db)
    return {spec.name for spec in await house.service.door.offer(context, version)}


async def decision(pool: Pool, role: str, tool: str, pillar: Pillar = Pillar.REVIVE) -> Decision:
    async with pool.connection() as db:
        policy = await PolicyBook(pool).at(await permissions.version(db), db)
    return policy.decide([role], tools.catalogue()[tool], pillar)


async def put(pool: Pool, admin: Actor, role: str, effect: Any, *place: str | None, scope: str | None = None) -> None:
    pillar, category, tool = place
    rule = Rule(role=role, pillar=str(pillar), category=category, tool=tool, effect=effect, scope=scope)
    async with pool.connection() as db, db.transaction():
        await permissions.put(db, admin, rule)


async def rows(pool: Pool, query: LiteralString) -> list[tuple[Any, ...]]:
    async with pool.connection() as db:
        return [tuple(row.values()) for row in await (await db.execute(query)).fetchall()]


async def test_admin_full_access(pool: Pool, house: Opened) -> None:
    """TE-01, PM-01, PM-18: nothing is closed to an admin; what deletes, executes or creates here is asked about."""
    admin = await actor(pool, "admin")
    for pillar in Pillar:
        assert await offered(house, admin, pillar) == {spec.name for spec in tools.ALL if pillar in spec.pillars}
    assert (await called(house, admin, Pillar.INQUIRY, "query_alerts_history")).status == "empty"
    assert (await called(house, admin, Pillar.REVIVE, "query_audit_logs")).status in ("ok", "empty")
    for spec in (spec for spec in tools.ALL if spec.risk in (Risk.DELETE, Risk.EXECUTE)):
        assert (await decision(pool, "admin", spec.name)).effect == "confirm"
    with pytest.raises(ApprovalNeeded):
        await called(house, admin, Pillar.REVIVE, "add_server")


async def test_operator_limited_delete(pool: Pool, house: Opened) -> None:
    """TE-01, PM-01: an operator creates and updates after confirmation, and deletes nothing, asked or not."""
    operator = await actor(pool, "operator")
    for tool in ("delete_dashboard", "delete_alert_rule"):
        said = await refusal(house, operator, Pillar.REVIVE, tool)
        assert (said.code, said.permission) == ("permission_denied", tools.catalogue()[tool].permission)
        assert said.alternative == "Ask someone with the role admin."
        assert tool not in await offered(house, operator, Pillar.REVIVE)
    for tool in ("create_dashboard", "update_dashboard", "create_alert_rule", "update_alert_rule"):
        assert (await decision(pool, "operator", tool)).effect == "confirm"
    assert await rows(pool, CONFIRMATIONS) == []


async def test_engineer_own_alerts_only(pool: Pool, house: Opened) -> None:
    """TE-01, PM-14: what troubleshooting has by now is scoped to own alerts, and a scope narrows what is shown.

    The tools of troubleshooting that show single alerts are still to be built. Those that stand there are checked as
    the policy gives them; the narrowing itself on `investigate_sift`, which looks whose the service is, and on
    `query_alerts_history`, with the same scope put on it.
    """
    estate = await open_estate(pool)
    engineer = await actor(pool, "engineer", teams=["shop"])
    for tool in (spec.name for spec in tools.ALL if spec.is_read and Pillar.TROUBLESHOOTING in spec.pillars):
        found = await decision(pool, "engineer", tool, Pillar.TROUBLESHOOTING)
        assert (found.effect, found.scopes) == ("allow", {Scope.OWN_ALERTS})
    said = await refusal(house, engineer, Pillar.TROUBLESHOOTING, "create_annotation")
    assert (said.code, said.alternative) == ("permission_denied", "Ask someone with the role admin or operator.")

    hour = timedelta(hours=1)
    for name, more in (("OfTheTeam", {}), ("Assigned", {"team": "pay", "assigned_to": engineer.user_id})):
        await estate.alert(NOW - hour, name, **more)
    await estate.alert(NOW - hour, "Foreign", team="pay")
    await estate.alert(NOW - hour, "Elsewhere", service="billing", team="pay")
    theirs = await refusal(house, engineer, Pillar.TROUBLESHOOTING, "investigate_sift", application="billing")
    assert (theirs.code, str(theirs)) == ("not_found", "billing has no alert of your teams or assigned to you.")
    own = await called(house, engineer, Pillar.TROUBLESHOOTING, "investigate_sift", application="checkout")
    assert str(own.error).startswith("No logs are connected"), "their own is looked at, as far as there are logs"

    whole = await called(house, engineer, Pillar.INQUIRY, "query_alerts_history")
    await put(pool, await actor(pool, "admin"), "engineer", "allow", "inquiry", None, "query_alerts_history",
              scope="own_alerts")  # fmt: skip
    own = await called(house, engineer, Pillar.INQUIRY, "query_alerts_history")
    assert {alert["name"] for alert in whole.data["alerts"]} == {"OfTheTeam", "Assigned", "Foreign", "Elsewhere"}
    assert ({alert["name"] for alert in own.data["alerts"]}, own.data["total"]) == ({"OfTheTeam", "Assigned"}, 2)


async def test_viewer_read_only(pool: Pool, house: Opened) -> None:
    """TE-01, PM-01, PM-14, PM-15: no change by any pillar, and of alerts the counts alone."""
    await (await open_estate(pool)).alert(NOW - timedelta(hours=1))
    viewer = await actor(pool, "viewer")
    for spec in (spec for spec in tools.ALL if not spec.is_read):
        for pillar in spec.pillars:
            assert (await refusal(house, viewer, pillar, spec.name)).code == "permission_denied"
    for pillar in Pillar:
        assert all(tools.catalogue()[tool].is_read for tool in await offered(house, viewer, pillar))
    seen = await called(house, viewer, Pillar.INQUIRY, "query_alerts_history")
    assert (seen.data["total"], seen.data["alerts"], seen.cut) == (1, [], ROWS_HIDDEN)
    assert await rows(pool, CONFIRMATIONS) == []


async def test_permission_inheritance(pool: Pool, house: Opened) -> None:
    """TE-01, PM-19, PM-21: a tool inherits from its category, that from its pillar; each change bites at once."""
    async with pool.connection() as db:
        await db.execute("insert into trivium.roles (name, description) values ('auditor', 'Looks into what was done')")
    admin, auditor = await actor(pool, "admin"), await actor(pool, "auditor")
    before = await refusal(house, auditor, Pillar.REVIVE, "list_servers")
    assert before.code == "permission_denied"
    steps: tuple[tuple[str, str | None, str | None, str], ...] = (
        ("allow", None, None, "empty"),
        ("deny", "aiops", None, "permission_denied"),
        ("allow", "aiops", "list_*", "empty"),
        ("deny", "aiops", "list_servers", "permission_denied"),
    )
    for effect, category, tool, outcome in steps:
        await put(pool, admin, "auditor", effect, "revive", category, tool)
        if outcome == "permission_denied":
            assert (await refusal(house, auditor, Pillar.REVIVE, "list_servers")).code == outcome
        else:
            assert (await called(house, auditor, Pillar.REVIVE, "list_servers")).status == outcome
    assert (await decision(pool, "auditor", "list_runbooks")).effect == "allow"
    assert (await decision(pool, "auditor", "get_runbook_details")).effect == "deny"
    assert (await decision(pool, "auditor", "search_dashboards")).effect == "allow"
    await put(pool, admin, "auditor", "deny", "revive", "grafana", "search_d*s")
    await put(pool, admin, "auditor", "allow", "revive", "grafana", "search_*ds")
    assert (await decision(pool, "auditor", "search_dashboards")).effect == "deny"


async def test_tool_filtering_by_role(pool: Pool, house: Opened) -> None:
    """TE-01, PM-06: a model is offered exactly what the role may use, and the door knows the rest all the same."""
    for role in ROLES:
        who = await actor(pool, role)
        for pillar in Pillar:
            wanted = {each.spec.name for each in cells(pillar, role) if each.effect != "deny"}
            assert await offered(house, who, pillar) == wanted
    engineer = await actor(pool, "engineer")
    assert "execute_runbook" not in await offered(house, engineer, Pillar.REVIVE)
    assert (await refusal(house, engineer, Pillar.REVIVE, "execute_runbook")).code == "permission_denied"


async def test_confirmation_required_for_create(pool: Pool, house: Opened) -> None:
    """TE-01, CF-07: nothing is created before a person has approved it, and then once."""
    admin = await actor(pool, "admin")
    asked: dict[str, ApprovalNeeded] = {}
    for tool in AT_HOME:
        with pytest.raises(ApprovalNeeded) as needed:
            await called(house, admin, Pillar.REVIVE, tool)
        asked[tool] = needed.value
    assert await rows(pool, MADE) == []
    assert await rows(pool, CONFIRMATIONS) == [(tool, "pending", None) for tool in AT_HOME]
    for needed in asked.values():
        assert needed.confirmation.risk_level in ("medium", "high")
        await house.service.approvals.decide(admin, needed.confirmation.id, Verdict(action="approve"))
    assert await rows(pool, CONFIRMATIONS) == [(tool, "approved", "succeeded") for tool in AT_HOME]
    assert sorted(await rows(pool, MADE)) == sorted((ARGUMENTS[tool]["name"],) for tool in AT_HOME)


async def test_blocked_action_shows_alternative(pool: Pool, house: Opened) -> None:
    """TE-01, PM-16, PM-22: what is closed says which permission it takes and whom to ask, to the door's caller and
    over HTTP."""
    said = await refusal(house, await actor(pool, "engineer"), Pillar.REVIVE, "create_dashboard")
    reply = await house.web.post(MESSAGE, json={"message": "create_dashboard"}, headers=person("eve", "engineer"))
    body = {
        "error": "permission_denied",
        "message": f"{said} {said.alternative}",
        "required_permission": "ai:revive:grafana:dashboard:create",
        "alternative": "Ask someone with the role admin or operator.",
    }
    assert (said.code, said.permission, said.alternative) == (
        body["error"], body["required_permission"], body["alternative"],
    )  # fmt: skip
    assert (reply.status_code, reply.json()) == (403, body)
