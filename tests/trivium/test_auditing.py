"""`trivium audit`: verdicts that a script can act on, and a list that a person can read."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from domain.activity import Deed
from domain.audit_anchors import Anchoring
from domain.database import open_pool
from tests.databases import made
from tests.domain.audit_world import CUT, REWRITTEN
from tests.domain.deeds import Deeds
from tests.house import actor
from trivium.auditing import approval, ending
from trivium.cli import app

SECRET = "a secret of the audit command tests, long enough"
Invoke: TypeAlias = Callable[..., Result]
ENTRY = "insert into trivium.audit_logs (entrance, action, details) values ('cli', 'tested', %(details)s)"


@pytest.fixture
def anchor_file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "anchor"


@pytest.fixture
def invoke(fresh_database_url: str, anchor_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("TRIVIUM_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIT_ANCHOR_FILE", str(anchor_file))
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def record(url: str, count: int = 10) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        for n in range(count):
            db.execute(ENTRY, {"details": Jsonb({"n": n})})


def attack(url: str, sql: str) -> None:
    with psycopg.connect(url) as db:
        db.execute("set session_replication_role = replica")
        db.execute(sql.encode())


async def anchored(url: str, path: Path) -> None:
    async with open_pool(url, size=2) as pool:
        assert await Anchoring(pool, path).step() == "written"


async def test_an_intact_log_ends_with_0_and_says_who_vouches(
    invoke: Invoke, fresh_database_url: str, anchor_file: Path
) -> None:
    """AU-07."""
    record(fresh_database_url)
    alone = await command(invoke, "verify")
    assert (alone.exit_code, alone.stderr) == (0, "")
    assert "The audit log is intact: 10 entries" in alone.stdout
    assert f"There is no anchor file {anchor_file}" in alone.stdout
    await anchored(fresh_database_url, anchor_file)
    record(fresh_database_url, 2)
    vouched = await command(invoke, "verify")
    assert vouched.exit_code == 0
    assert "intact: 12 entries" in vouched.stdout
    assert "vouches for the first 10 entries" in vouched.stdout


async def command(invoke: Invoke, *arguments: object) -> Result:
    """The command in a thread: it has an event loop of its own."""
    return await asyncio.to_thread(invoke, "audit", *arguments)


BREAKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "edited": (
        "update trivium.audit_logs set details = '{}' where id = 4",
        ("BROKEN at 4 of the chain, audit entry 4: edited", "The 3 entries before it", "cannot be trusted"),
    ),
    "deleted": ("delete from trivium.audit_logs where id = 4", ("BROKEN at 4", "deleted", "taken out")),
    "cut": (CUT, ("BROKEN at 8 of the chain: cut tail", "The anchor file knows 10 entries, the chain 7")),
    "rewritten": (REWRITTEN, ("BROKEN at 10 of the chain: anchor mismatch", "entries 1 to 10 were rewritten")),
    "slipped in": (
        "insert into trivium.audit_logs (entrance, action) values ('cli', 'forged')",
        ("BROKEN, audit entry 11: unchained", "triggers off"),
    ),
}


@pytest.mark.parametrize(("sql", "told"), BREAKS.values(), ids=BREAKS)
async def test_a_broken_log_ends_with_4_and_says_where_and_what_it_means(
    invoke: Invoke, fresh_database_url: str, anchor_file: Path, sql: str, told: tuple[str, ...]
) -> None:
    record(fresh_database_url)
    await anchored(fresh_database_url, anchor_file)
    attack(fresh_database_url, sql)
    broken = await command(invoke, "verify")
    assert broken.exit_code == 4
    assert [text for text in told if text not in broken.stdout] == []


async def test_a_damaged_anchor_file_is_broken_too_and_the_log_is_checked_all_the_same(
    invoke: Invoke, fresh_database_url: str, anchor_file: Path
) -> None:
    record(fresh_database_url)
    anchor_file.parent.mkdir()
    anchor_file.write_text("1 2 3\n")
    damaged = await command(invoke, "verify")
    assert damaged.exit_code == 4
    assert "intact: 10 entries" in damaged.stdout
    assert f"Line 1 of the anchor file {anchor_file} is no anchor" in damaged.stdout


async def test_an_anchor_file_that_cannot_be_read_is_no_verdict(invoke: Invoke, anchor_file: Path) -> None:
    anchor_file.mkdir(parents=True)
    refused = await command(invoke, "verify")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "cannot be read: Is a directory" in refused.stderr


def test_verifying_changes_nothing_not_even_an_old_database(
    postgres: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made(postgres) as name:
        url = make_conninfo(postgres, dbname=name)
        monkeypatch.setenv("DATABASE_URL", url)
        refused = invoke("audit", "verify")
        with psycopg.connect(url) as db:
            schemas = db.execute("select count(*) from pg_namespace where nspname = 'trivium'").fetchone()
    assert (refused.exit_code, schemas) == (1, (0,))
    assert "run `trivium migrate`" in refused.stderr


async def test_a_verdict_does_not_wait_for_a_writer_nor_a_writer_for_it(
    invoke: Invoke, fresh_database_url: str
) -> None:
    record(fresh_database_url, 3)
    with psycopg.connect(fresh_database_url) as writer:
        writer.execute(ENTRY, {"details": Jsonb({})})
        writer.execute("set constraints all immediate")  # the head is locked, as in the middle of a commit
        during = await command(invoke, "verify")
    after = await command(invoke, "verify")
    assert (during.exit_code, "intact: 3 entries" in during.stdout) == (0, True)
    assert (after.exit_code, "intact: 4 entries" in after.stdout) == (0, True)


# audit list ----------------------------------------------------------------------------------------------------------


async def act(url: str) -> None:
    """ann's change that bob approved, a question of bob's, and a refusal that would like to steer the terminal."""
    async with open_pool(url, size=2) as pool:
        ann, bob = await actor(pool, "engineer", name="ann"), await actor(pool, "admin", name="bob")
        deeds = Deeds(pool)
        made_ = await deeds.proposed(ann, "four_eyes", service="checkout")
        await deeds.decided(made_, bob, "approved")
        await deeds.carried_out(made_, ann, "succeeded", data={"resource": {"type": "service", "name": "checkout"}})
        await deeds.call(bob)
        await deeds.call(ann, "query_other", "blocked", error="Role 'engineer' cannot\x1b[2J")


def speak_for(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, user: str, role: str) -> None:
    token = invoke("token", "--user", user, "--role", role).stdout.strip()
    monkeypatch.setenv("TRIVIUM_TOKEN", token)


@pytest.fixture
async def acted(fresh_database_url: str) -> None:
    await act(fresh_database_url)


@pytest.mark.usefixtures("acted")
def test_a_list_says_who_did_what_on_whose_approval_with_what_result(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_for(invoke, monkeypatch, "bob", "admin")
    listed = invoke("audit", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    heading, refusal, question, change = [line.rstrip() for line in listed.stdout.splitlines()]
    assert heading.split() == ["When", "(UTC)", "Who", "Did", "Approved", "by", "Result"]
    assert refusal.endswith("–            blocked: Role 'engineer' cannot[2J")
    assert question.endswith("–            success")
    assert ' ann  restart {"service":"checkout"} ' in change
    assert change.endswith("bob (http)   success: service checkout")


@pytest.mark.usefixtures("acted")
def test_a_list_as_json_holds_all_of_it(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_for(invoke, monkeypatch, "bob", "admin")
    (change,) = json.loads(invoke("audit", "list", "--tool", "restart", "--since", "1h", "--json").stdout)
    assert {key: change[key] for key in ("requester", "decided_by", "mode", "status", "outcome", "summary")} == {
        "requester": "ann",
        "decided_by": "bob",
        "mode": "four_eyes",
        "status": "success",
        "outcome": "succeeded",
        "summary": "service checkout",
    }
    assert set(change) == {*Deed.__dataclass_fields__, "summary"}


@pytest.mark.usefixtures("acted")
def test_a_list_narrows_and_says_when_there_is_more(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_for(invoke, monkeypatch, "bob", "admin")
    assert len(json.loads(invoke("audit", "list", "--user", "ann", "--json").stdout)) == 2
    assert len(json.loads(invoke("audit", "list", "--limit", "1", "--json").stdout)) == 1
    assert "These are the newest 1" in invoke("audit", "list", "--limit", "1").stdout
    assert "Nothing was done" in invoke("audit", "list", "--user", "eve").stdout
    assert invoke("audit", "list", "--since", "soon").exit_code == 2


@pytest.mark.usefixtures("acted")
def test_who_is_no_admin_sees_only_their_own_deeds(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """AU-08."""
    speak_for(invoke, monkeypatch, "ann", "engineer")
    own = json.loads(invoke("audit", "list", "--json").stdout)
    assert {deed["requester"] for deed in own} == {"ann"}
    assert len(own) == 2
    refused = invoke("audit", "list", "--user", "bob")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Ask someone with the role admin." in refused.stderr


STANDINGS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "–", "success"),
    ({"standing": "approved", "mode": "self", "decided_by": "ann", "decided_through": "mcp"}, "ann (mcp)", "success"),
    ({"standing": "approved", "mode": "policy", "decided_through": "policy"}, "the policy", "success"),
    ({"standing": "pending", "status": "pending_approval"}, "pending", "waiting"),
    ({"standing": "expired", "status": "pending_approval"}, "expired", "not done"),
    ({"standing": "superseded", "status": "pending_approval"}, "superseded", "not done"),
    (
        {"standing": "rejected", "decided_by": "bob", "decided_through": "cli", "status": "pending_approval"},
        "rejected by bob (cli)",
        "not done",
    ),
    ({"status": "unknown", "result": '{"error": "hung"}'}, "–", "unknown: hung"),
]


@pytest.mark.parametrize(("given", "approved", "ended"), STANDINGS)
def test_every_standing_has_its_words(given: dict[str, Any], approved: str, ended: str) -> None:
    fields: dict[str, Any] = dict.fromkeys(Deed.__dataclass_fields__)
    fields |= {"status": "success", "result": '{"status": "ok"}'} | given
    deed = Deed(**fields)
    assert (approval(deed), ending(deed)) == (approved, ended)
