from dataclasses import replace
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest

from domain import datasources
from domain.actors import Actor
from domain.database import Pool
from domain.datasources import Datasource, Draft, NewKey
from domain.errors import NotFound, Refused
from domain.secrets import Keyring, new_key
from tests.house import actor
from tests.tools.sources_world import add

LOG = """
select action, target, details from trivium.audit_logs where action like 'datasource%%' order by id"""
SEALED = "select name, api_key_sealed from trivium.grafana_datasources order by name"
INSERT: LiteralString = "insert into trivium.grafana_datasources (name, type, through, url, grafana_uid) values "


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "admin")


async def log(pool: Pool) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(LOG)).fetchall()


async def listed(pool: Pool) -> list[Datasource]:
    async with pool.connection() as db:
        return await datasources.listed(db)


async def put(pool: Pool, who: Actor, of: Datasource, key: NewKey | None = None, **changes: Any) -> Datasource:
    async with pool.connection() as db, db.transaction():
        before = await datasources.held(db, of.id)
        return await datasources.change(db, who, before, replace(before.draft, **changes), key)


async def test_a_datasource_is_told_by_all_but_its_key(pool: Pool, ann: Actor) -> None:
    """DB-08, HD-02."""
    made = await add(pool, ann, key="hunter2", url="http://prom:9090", config_json={"tenant": "shop"})
    assert made == Datasource(
        id=made.id, name="prom", type="prometheus", through="direct", url="http://prom:9090", grafana_uid="",
        is_default=False, is_enabled=True, config_json={"tenant": "shop"}, allowed_roles=[], has_key=True, version=1,
        created_at=made.created_at, updated_at=made.updated_at,
    )  # fmt: skip
    other = await add(pool, ann, name="influx", type="influxdb", url="http://influx:8086")
    assert await listed(pool) == [other, made]
    async with pool.connection() as db:
        assert await datasources.fetch(db, made.id) == made
        assert await datasources.fetch(db, uuid4()) is None


async def test_a_key_is_never_kept_or_logged_in_the_open(pool: Pool, ann: Actor) -> None:
    """SE-07."""
    made = await add(pool, ann, key="hunter2", url="http://prom:9090")
    await put(pool, ann, made, NewKey("sealed-elsewhere"))
    async with pool.connection() as db:
        rows = await (await db.execute("select to_jsonb(d)::text as row from trivium.grafana_datasources d")).fetchall()
    assert "hunter2" not in str(rows) + str(await log(pool)) + repr(NewKey("hunter2"))


async def test_every_change_is_on_the_audit_log_with_what_was_before(pool: Pool, ann: Actor) -> None:
    made = await add(pool, ann, url="http://a:1")
    await put(pool, ann, made, NewKey(None), is_enabled=False)
    async with pool.connection() as db, db.transaction():
        await datasources.remove(db, ann, made.id)
    entries = await log(pool)
    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("datasource_added", "prom"), ("datasource_changed", "prom"), ("datasource_removed", "prom"),
    ]  # fmt: skip
    changed = entries[1]["details"]
    assert (changed["before"]["is_enabled"], changed["after"]["is_enabled"], changed["key_changed"]) == (
        True, False, True,
    )  # fmt: skip


async def test_a_change_that_is_taken_back_leaves_no_entry(pool: Pool, ann: Actor) -> None:
    async with pool.connection() as db, db.transaction(force_rollback=True):
        await datasources.add(db, ann, Draft(name="a", type="loki", through="direct", url="http://a"), None)
    assert (await listed(pool), await log(pool)) == ([], [])


async def test_there_is_one_default_of_a_type_and_a_new_one_takes_its_place(pool: Pool, ann: Actor) -> None:
    """DB-08."""
    one = await add(pool, ann, name="one", url="http://a:1", is_default=True)
    loki = await add(pool, ann, name="logs", type="loki", url="http://a:2", is_default=True)
    two = await add(pool, ann, name="two", url="http://a:3", is_default=True)
    assert {row.name: row.is_default for row in await listed(pool)} == {"logs": True, "one": False, "two": True}
    await put(pool, ann, one, is_default=True)
    assert {row.name: row.is_default for row in await listed(pool)} == {"logs": True, "one": True, "two": False}
    entries = await log(pool)
    assert [entry["details"]["default_before"] for entry in entries] == [None, None, "one", "two"]
    renamed = await put(pool, ann, one, name="uno")
    assert (renamed.is_default, renamed.version, loki.is_default, two.version) == (True, 3, True, 1)


async def test_a_name_or_a_uid_that_is_taken_is_refused(pool: Pool, ann: Actor) -> None:
    grafana = {"through": "grafana", "grafana_uid": "abc"}
    await add(pool, ann, name="one", **grafana)
    other = await add(pool, ann, name="two", url="http://a:1")
    for changes in ({"name": "one", "url": "http://b:1"}, {"name": "three", **grafana}):
        with pytest.raises(Refused) as caught:
            await add(pool, ann, **changes)
        assert caught.value.code == "already_exists"
    with pytest.raises(Refused, match="named one already"):
        await put(pool, ann, other, name="one")
    await add(pool, ann, name="elsewhere", **grafana, url="http://other-grafana:8000/mcp")
    assert len(await listed(pool)) == 3


async def test_each_change_makes_another_version_and_keeps_the_key_unless_told(pool: Pool, ann: Actor) -> None:
    made = await add(pool, ann, key="one", url="http://a:1")
    kept = await put(pool, ann, made, url="http://a:2")
    gone = await put(pool, ann, made, NewKey(None))
    again = await put(pool, ann, made, NewKey("sealed"))
    assert [(row.version, row.has_key) for row in (made, kept, gone, again)] == [
        (1, True), (2, True), (3, False), (4, True),
    ]  # fmt: skip
    async with pool.connection() as db:
        assert await datasources.sealed_key(db, made.id) == "sealed"


async def test_what_is_not_there_is_neither_changed_nor_removed(pool: Pool, ann: Actor) -> None:
    async with pool.connection() as db, db.transaction():
        for doing in (datasources.held(db, uuid4()), datasources.remove(db, ann, uuid4())):
            with pytest.raises(NotFound):
                await doing


async def test_keys_move_to_the_first_key_of_the_ring_all_or_none(pool: Pool, ann: Actor) -> None:
    """SE-07."""
    old, new = new_key(), new_key()
    for name in ("a", "b"):
        async with pool.connection() as db, db.transaction():
            draft = Draft(name=name, type="loki", through="direct", url=f"http://{name}")
            await datasources.add(db, ann, draft, Keyring([old]).seal(f"secret {name}"))
    with pytest.raises(Refused, match="datasource a"):
        async with pool.connection() as db, db.transaction():
            await datasources.move(db, Keyring([new]))
    async with pool.connection() as db, db.transaction():
        assert await datasources.move(db, Keyring([new, old])) == 2
    async with pool.connection() as db:
        rows = await (await db.execute(SEALED)).fetchall()
    assert [Keyring([new]).open(row["api_key_sealed"]) for row in rows] == ["secret a", "secret b"]


@pytest.mark.parametrize(
    "case",
    [
        (True, [], {"viewer"}, True),
        (True, [], set[str](), True),
        (True, ["admin", "operator"], {"operator"}, True),
        (True, ["admin"], {"engineer", "viewer"}, False),
        (True, ["admin"], set[str](), False),
        (False, [], {"admin"}, False),
    ],
)
async def test_who_may_ask(pool: Pool, ann: Actor, case: tuple[bool, list[str], set[str], bool]) -> None:
    """PM-25."""
    is_enabled, allowed, roles, is_open = case
    made = await add(pool, ann, url="http://a:1", is_enabled=is_enabled, allowed_roles=allowed)
    assert made.is_open_to(roles) == is_open


REFUSED: dict[str, LiteralString] = {
    "a type that is none": "('a', 'oracle', 'direct', 'http://a', '')",
    "another way": "('a', 'loki', 'pigeon', 'http://a', '')",
    "a direct one without an address": "('a', 'loki', 'direct', '', '')",
    "one through Grafana without a uid": "('a', 'loki', 'grafana', '', '')",
    "no name": "('', 'loki', 'direct', 'http://a', '')",
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=REFUSED)
async def test_the_table_refuses(pool: Pool, values: LiteralString) -> None:
    """DB-08, HD-02."""
    async with pool.connection() as db:
        with pytest.raises(psycopg.errors.CheckViolation):
            await db.execute(INSERT + values)


async def test_the_table_holds_one_default_of_a_type(pool: Pool, ann: Actor) -> None:
    """DB-08."""
    await add(pool, ann, name="one", url="http://a:1", is_default=True)
    await add(pool, ann, name="two", url="http://a:2")
    async with pool.connection() as db:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await db.execute("update trivium.grafana_datasources set is_default = true")
