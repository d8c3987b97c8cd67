"""Attacks on approvals, against running servers on real Postgres; each deed is a line on a real remote machine."""

import asyncio
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.database import Pool
from tests import sshd, studio_server
from tests.scenarios.attack_world import (
    QUICK,
    SLOW,
    approve,
    battle,
    confirmation_of,
    proposed,
    token,
)
from tests.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.long]

DIES = """
import asyncio, os, signal, sys
from uuid import UUID
from domain.actors import Entrance
from tools import decisions
from tools.decisions import Verdict
from trivium.service import open_service

async def main():
    async with open_service() as service:
        actor = await service.actor(Entrance.CLI)
        await decisions.decide(service.door, service.pool, actor, UUID(sys.argv[1]), Verdict(action="approve"))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
EXPIRE = "update trivium.ai_action_confirmations set expires_at = now() - interval '1 second'"
EDIT = """update trivium.ai_action_confirmations set arguments = '{"runbook": "append-slowly"}'"""
STANDING = "select status, outcome from trivium.ai_action_confirmations where id = %(id)s"


@pytest.fixture
def remote(tmp_path: Path) -> Generator[Sshd]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.running(folder) as server:
        yield server


def forced(database_url: str, statement: Any) -> None:
    """What only somebody with the database's own rights and its triggers off could do."""
    with psycopg.connect(database_url, autocommit=False) as db:
        db.execute("set session_replication_role = replica")
        db.execute(statement)


async def test_forged_foreign_edited_replayed_and_late_approvals_do_nothing(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    async with battle(pool, database_url, tmp_path, remote) as world, world.client() as root:
        mine = confirmation_of(await proposed(root))

        assert (await approve(root, str(uuid4()))).status_code == 404  # forged
        async with world.client("mallory", "admin") as mallory:
            assert (await approve(mallory, mine)).status_code == 404  # another user's
        async with world.client("eve", "viewer") as eve:
            assert (await approve(eve, mine)).status_code == 404
        assert (await approve(root, mine, arguments_sha256="0" * 64)).status_code == 409  # other arguments were shown
        with (
            pytest.raises(psycopg.errors.RaiseException, match="cannot be edited"),
            psycopg.connect(database_url) as db,
        ):
            db.execute(EDIT)
        assert world.deeds == []

        done = await approve(root, mine)
        assert done.json()["result"]["success"], done.text
        assert world.deeds == ["done"]
        assert (await approve(root, mine)).status_code == 409  # replay
        assert world.deeds == ["done"]

        late = confirmation_of(await proposed(root))
        forced(database_url, EXPIRE + f" where id = '{late}'")
        assert (await approve(root, late)).status_code == 410
        assert world.deeds == ["done"]


async def test_arguments_edited_behind_the_ledgers_back_are_not_carried_out(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    """Somebody with the database's own rights swaps the arguments: the hash that was approved no longer fits."""
    async with battle(pool, database_url, tmp_path, remote) as world, world.client() as root:
        mine = confirmation_of(await proposed(root))
        forced(database_url, EDIT)
        done = await approve(root, mine)
        assert not done.json()["result"]["success"], done.text
    assert world.deeds == []


async def test_a_role_revoked_between_request_and_approval_bites(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    async with battle(pool, database_url, tmp_path, remote) as world, world.client() as root:
        mine = confirmation_of(await proposed(root))
        await world.rows("delete from trivium.user_roles returning user_id")
        assert (await approve(root, mine)).status_code == 403
    assert world.deeds == []


async def test_a_hundred_approvals_over_four_servers_are_one_execution(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    async with battle(pool, database_url, tmp_path, remote, count=4) as world, world.client() as root:
        mine = confirmation_of(await proposed(root))
        clients = [world.client(server=number) for number in range(4)]
        said = await asyncio.gather(*(approve(clients[number % 4], mine) for number in range(100)))
        for client in clients:
            await client.aclose()
        await world.until("select id from trivium.ai_action_confirmations where outcome = 'succeeded'")
    codes = Counter(reply.status_code for reply in said)
    assert (codes, world.deeds) == ({200: 1, 409: 99}, ["done"])


async def test_a_worker_killed_between_approval_and_execution_is_finished_by_another_once(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    async with battle(pool, database_url, tmp_path, remote) as world, world.client() as root:
        reply = await proposed(root)
        mine = confirmation_of(reply)
        environment = {**world.environment(TRIVIUM_TOKEN=token("root", "admin")), "PATH": "/usr/bin:/bin"}
        dying = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DIES, mine, env=environment, cwd=Path(__file__).parents[2]
        )
        assert await dying.wait() == -9
        await world.until("select id from trivium.ai_action_confirmations where outcome = 'succeeded'")
        run = await world.until(
            "select status from trivium.runs where id = %(id)s and finished_at is not null", id=reply["run_id"]
        )
    assert (run, world.deeds) == ([{"status": "completed"}], ["done"])


async def test_a_worker_killed_in_the_middle_of_execution_is_never_repeated_and_said_to_be_unknown(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    async with battle(pool, database_url, tmp_path, remote, count=2) as world, world.client() as root:
        reply = await proposed(root, SLOW)
        mine = confirmation_of(reply)
        saying = asyncio.create_task(approve(root, mine))
        while world.deeds != ["begin"]:  # noqa: ASYNC110 - another machine's deed
            await asyncio.sleep(0.05)
        world.processes[0].kill()
        await asyncio.gather(saying, return_exceptions=True)
        await world.until("select id from trivium.ai_action_confirmations where outcome = 'unknown'")
        (run,) = await world.until(
            "select status, error, answer from trivium.runs where id = %(id)s and finished_at is not null",
            id=reply["run_id"],
        )
        async with world.client(server=1) as again:
            assert (await approve(again, mine)).status_code == 409
    assert (run["status"], run["error"]["error"], world.deeds) == ("failed", "outcome_unknown", ["begin"])
    assert "not known" in str(run["answer"]), run["answer"]


async def test_the_graphs_own_api_gets_past_no_question(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    """`Command(goto=...)`, `update_state` and old checkpoints, through a real `langgraph dev`."""
    async with battle(pool, database_url, tmp_path, remote, count=0) as world:
        environment = world.environment(TRIVIUM_TOKEN=token("root", "admin"))
        folder = tmp_path / "studio"
        folder.mkdir()
        await asyncio.to_thread(besieged, folder, environment)
        assert world.deeds == []
        found = await world.rows("select outcome from trivium.ai_action_confirmations where outcome is not null")
    assert found == []


def besieged(folder: Path, environment: dict[str, str]) -> None:
    with studio_server.studio_server(folder, environment) as http:
        for attack in ("goto", "state", "replay", "scalar"):
            thread = studio_server.new_thread(http)
            studio_server.ask(http, thread, f"run the runbook {QUICK} because of a test", assistant_id="revive")
            state = http.get(f"/threads/{thread}/state").raise_for_status().json()
            assert state["next"] == ["confirm"], state
            run = {"assistant_id": "revive"}
            match attack:
                case "goto":
                    http.post(f"/threads/{thread}/runs/wait", json={**run, "command": {"goto": "execute"}})
                case "state":
                    forged = {"values": {"standing": "approved"}, "as_node": "confirm"}
                    http.post(f"/threads/{thread}/state", json=forged)
                    http.post(f"/threads/{thread}/runs/wait", json={**run, "input": None})
                case "replay":
                    for old in http.get(f"/threads/{thread}/history").raise_for_status().json():
                        back = {**run, "checkpoint_id": old["checkpoint"]["checkpoint_id"], "input": None}
                        http.post(f"/threads/{thread}/runs/wait", json=back)
                case _:
                    yes = {"decisions": [{"type": "approve"}]}
                    http.post(f"/threads/{thread}/runs/wait", json={**run, "command": {"resume": yes}})
