"""A registered MCP server in the whole house, over HTTP: its changes are shown, decided, made once, told truthfully."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx

from agents.brain import Call
from domain import mcp_servers
from domain.actors import Actor
from domain.database import Pool
from domain.mcp_servers import McpServer
from tests.house import ScriptedBrain, actor
from tests.tools.remote_world import cluster, decide, failing, ready, remote_house, remote_tools
from tests.web.changes import CONFIRM, MESSAGE
from tests.web.entrance import admin, client, parts_of, person
from tools.remote import RemoteTools
from web.app import build

RESTART, DIE = "k8s__pod_restart", "k8s__die"
CHECKOUT = {"name": "checkout-1"}
LEDGER: LiteralString = "select tool_name, status, outcome from trivium.ai_action_confirmations order by created_at"


@dataclass(frozen=True, slots=True)
class House:
    web: httpx.AsyncClient
    remote: RemoteTools
    server: McpServer
    deeds: Path
    ann: Actor

    @property
    def done(self) -> list[str]:
        return self.deeds.read_text().split() if self.deeds.exists() else []

    async def asked(self) -> dict[str, Any]:
        response = await self.web.post(MESSAGE, json={"message": "restart checkout-1"})
        assert response.status_code == 200, response.text
        return response.json()

    async def proposed(self) -> str:
        """The id of the change that now waits for Ann."""
        return (await self.asked())["response"]["action_required"]["confirmation_id"]

    async def said(self, confirmation: str, action: str = "approve") -> httpx.Response:
        return await self.web.post(f"{CONFIRM}/{confirmation}", json={"action": action})

    async def ledger(self) -> list[dict[str, Any]]:
        async with self.remote.pool.connection() as db:
            return await (await db.execute(LEDGER)).fetchall()

    async def ended(self) -> dict[str, Any]:
        """The newest run once it has ended; the test's own time limit ends a run that does not."""
        while True:
            run = (await self.web.get("/api/v1/runs")).json()["runs"][0]
            if run["status"] not in ("running", "queued"):
                return (await self.web.get(f"/api/v1/runs/{run['id']}")).json()

    async def removed(self, *, elsewhere: bool) -> None:
        """The server is gone; done by another process, this one has not heard of it."""
        async with self.remote.pool.connection() as db, db.transaction():
            await mcp_servers.remove(db, self.ann, self.server.id)
        if not elsewhere:
            await self.remote.reload()


@asynccontextmanager
async def opened(
    pool: Pool, folder: Path, tool: str = RESTART, arguments: Mapping[str, Any] = CHECKOUT
) -> AsyncGenerator[House]:
    """A house with a pretended cluster, of which `tool` may be used, and a brain that wants just that."""
    deeds, ann = folder / "deeds", await actor(pool, "admin", name="ann")
    brain = ScriptedBrain(rounds=[[Call(tool=tool, arguments=arguments)]])
    async with remote_tools(pool) as remote, remote_house(remote, brain) as house:
        server = await ready(remote, ann, place=cluster(deeds))
        await decide(pool, ann, server, tool.removeprefix("k8s__"), "execute", ("revive",))
        await remote.reload()
        async with client(build(parts_of(pool, house.runner, house=house))) as web:
            web.headers.update(admin())
            yield House(web, remote, server, deeds, ann)


async def test_a_change_by_a_registered_server_is_shown_approved_and_made_once(pool: Pool, tmp_path: Path) -> None:
    """TS-22, MC-05, CF-06: a pod of the cluster is restarted, over a real stdio server."""
    async with opened(pool, tmp_path) as house:
        card = (await house.asked())["response"]["action_required"]
        assert (card["title"], card["risk_level"], card["approval_mode"]) == ("pod_restart on k8s", "high", "self")
        assert "name: checkout-1" in card["details"]["lines"]
        assert house.done == []
        said = (await house.said(card["confirmation_id"])).json()
        again = await house.said(card["confirmation_id"])
        capabilities = (await house.web.get("/api/v1/revive/capabilities")).json()["modes"]["aiops"]["capabilities"]
    assert (said["result"]["outcome"], said["result"]["resource"]["id"]) == ("succeeded", "k8s/pod_restart")
    assert (again.status_code, again.json()["error"]) == (409, "already_decided")
    assert house.done == ["checkout-1"]
    assert {each["name"]: each["permission"] for each in capabilities} == {RESTART: "confirm"}


async def test_an_operator_who_may_do_nothing_of_it_is_refused_and_nothing_waits(pool: Pool, tmp_path: Path) -> None:
    async with opened(pool, tmp_path) as house:
        response = await house.web.post(MESSAGE, json={"message": "restart"}, headers=person("ben", "operator"))
        assert (response.status_code, response.json()["required_permission"]) == (403, "ai:revive:mcp:k8s:execute")
        assert (await house.ledger(), house.done) == ([], [])


async def test_a_connection_cut_in_the_middle_of_a_change_leaves_it_unknown(pool: Pool, tmp_path: Path) -> None:
    """DP-06: the server dies while it works; nobody may say that the change was not made."""
    async with opened(pool, tmp_path, DIE, {}) as house:
        said = (await house.said(await house.proposed())).json()
        assert (said["result"]["success"], said["result"]["outcome"]) == (False, "unknown")
        run = await house.ended()
        ledger = await house.ledger()
    assert (run["status"], run["error"]["error"]) == ("failed", "outcome_unknown")
    assert ledger == [{"tool_name": DIE, "status": "approved", "outcome": "unknown"}]


async def test_what_was_removed_while_it_waited_cannot_be_approved_and_can_be_rejected(
    pool: Pool, tmp_path: Path
) -> None:
    async with opened(pool, tmp_path) as house:
        confirmation = await house.proposed()
        await house.removed(elsewhere=False)
        refused = await house.said(confirmation)
        assert (refused.status_code, refused.json()["error"]) == (403, "permission_denied")
        waiting = (await house.web.get("/api/v1/revive/confirmations")).json()["confirmations"]
        assert [each["confirmation_id"] for each in waiting] == [confirmation]
        rejected = await house.said(confirmation, "reject")
        assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
        assert (await house.ended())["status"] == "rejected"
        after = await house.asked()
    assert "There is no tool named 'k8s__pod_restart'" in str(after)
    assert house.done == []


async def test_what_another_process_removed_while_it_waited_is_not_carried_out(pool: Pool, tmp_path: Path) -> None:
    async with opened(pool, tmp_path) as house:
        confirmation = await house.proposed()
        await house.removed(elsewhere=True)
        said = (await house.said(confirmation)).json()
        run = await house.ended()
    assert (said["result"]["outcome"], house.done) == ("failed", [])
    assert "nobody has decided" in said["result"]["error"]
    assert run["status"] == "failed"


async def test_a_change_whose_server_went_away_is_told_so_and_never_made_outside_the_run(
    pool: Pool, tmp_path: Path
) -> None:
    """A tool that cannot be chosen at the moment is a change all the same."""
    async with opened(pool, tmp_path) as house:
        await failing(pool, house.server, 3)
        await house.remote.reload()
        assert RESTART not in list(house.remote)
        response = await house.web.post(MESSAGE, json={"message": "restart checkout-1"})
        run = await house.ended()
        assert (response.status_code, run["status"]) == (200, "failed")
        assert "No server has pod_restart now" in response.json()["error"]["message"]
        assert (await house.ledger(), house.done) == ([], [])
