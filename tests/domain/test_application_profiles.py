import json
import re
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import pytest

from domain import application_profiles
from domain.actors import Actor
from domain.application_profiles import ApplicationProfile, Draft
from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.names import Directory
from tests.house import actor
from tests.tools.sources_world import add as add_datasource
from tools.metrics import asking_parts

LOG = "select action, target from trivium.audit_logs where action like 'application%%' order by id"
SEED = """
### C. Sample Application Profile

```json
{
  "name": "abc-app",
  "description": "Main web application",
  "architecture_info": {
    "type": "microservices",
    "components": ["web", "api", "worker", "database"],
    "language": "Python",
    "framework": "FastAPI"
  },
  "service_mappings": {
    "web": {
      "metrics_prefix": "abc_web_",
      "log_label": "app=abc-web"
    },
    "api": {
      "metrics_prefix": "abc_api_",
      "log_label": "app=abc-api"
    }
  },
  "default_metrics": [
    "http_requests_total",
    "http_request_duration_seconds",
    "http_errors_total",
    "up"
  ],
  "slos": {
    "availability": 0.999,
    "error_rate": 0.02,
    "p95_latency_ms": 500
  }
}
```
"""


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "admin")


def sample() -> dict[str, Any]:
    """The profile of the plan's Appendix C, read out of its text."""
    found = re.search(r"```json\n(.*?)```", SEED, re.DOTALL)
    assert found
    return json.loads(found[1])


async def add(pool: Pool, who: Actor, **given: Any) -> ApplicationProfile:
    async with pool.connection() as db, db.transaction():
        values: dict[str, Any] = {"name": "shop"} | given
        return await application_profiles.add(db, who, Draft(**values))


async def test_the_sample_profile_loads_as_it_is_written(pool: Pool, ann: Actor) -> None:
    """HD-13, DB-09."""
    made = await add(pool, ann, **sample())
    async with pool.connection() as db:
        kept = await application_profiles.fetch(db, made.id)
        named = await application_profiles.by_name(db, "ABC-App")
    assert {name: value for name, value in asdict(kept.draft).items() if name != "datasource_id"} == sample()
    assert named.rows == [kept]
    assert not kept.sample


async def test_the_sample_profile_says_what_to_ask_for(pool: Pool, ann: Actor) -> None:
    """HD-13."""
    made = await add(pool, ann, **sample())
    queries = {(item.part, item.metric): item.query for item in asking_parts.metrics(made)}
    assert len(queries) == 8
    assert queries["api", "http_requests_total"] == (
        'sum(rate(abc_api_http_requests_total[5m])) or sum(rate(http_requests_total{app="abc-api"}[5m]))'
    )
    assert queries["web", "up"] == 'avg(abc_web_up) or avg(up{app="abc-web"})'
    assert "abc_web_http_request_duration_seconds_bucket" in queries["web", "http_request_duration_seconds"]
    lines = asking_parts.logs(made, 'time"out')
    assert [item.query for item in lines] == ['{app="abc-api"} |= "time\\"out"', '{app="abc-web"} |= "time\\"out"']


async def test_a_profile_is_changed_and_removed_and_all_of_it_is_on_the_audit_log(pool: Pool, ann: Actor) -> None:
    """DB-09."""
    source = await add_datasource(pool, ann, url="http://prom:9090")
    made = await add(pool, ann, slos={"availability": 0.9}, datasource_id=source.id)
    async with pool.connection() as db, db.transaction():
        before = await application_profiles.held(db, made.id)
        after = await application_profiles.change(db, ann, before, replace(before.draft, name="store", slos={}))
    assert (before, after.name, after.slos, after.datasource_id) == (made, "store", {}, source.id)
    async with pool.connection() as db, db.transaction():
        await application_profiles.remove(db, ann, made.id)
        log = await (await db.execute(LOG)).fetchall()
        with pytest.raises(NotFound):
            await application_profiles.fetch(db, made.id)
    assert [tuple(entry.values()) for entry in log] == [
        ("application_added", "shop"), ("application_changed", "store"), ("application_removed", "store"),
    ]  # fmt: skip


async def test_a_profile_outlives_its_datasource(pool: Pool, ann: Actor) -> None:
    source = await add_datasource(pool, ann, url="http://prom:9090")
    made = await add(pool, ann, datasource_id=source.id)
    async with pool.connection() as db:
        await db.execute("delete from trivium.grafana_datasources")
        assert (await application_profiles.fetch(db, made.id)).datasource_id is None


async def test_a_name_that_is_taken_and_a_datasource_that_is_none_are_refused(pool: Pool, ann: Actor) -> None:
    await add(pool, ann)
    for changes, code in (({}, "already_exists"), ({"name": "x", "datasource_id": uuid4()}, "unknown_datasource")):
        with pytest.raises(Refused) as caught:
            await add(pool, ann, **changes)
        assert caught.value.code == code


async def test_profiles_come_by_name_page_by_page(pool: Pool, ann: Actor) -> None:
    for name in ("c", "a", "b"):
        await add(pool, ann, name=name)
    async with pool.connection() as db:
        first, total = await application_profiles.page(db, limit=2, offset=0)
        beyond = await application_profiles.page(db, limit=2, offset=9)
    assert ([profile.name for profile in first], total, beyond) == (["a", "b"], 3, ([], 3))


@pytest.mark.parametrize("given", [{}, {"default_metrics": ["a b", 7]}], ids=repr)
async def test_a_profile_that_names_no_metric_says_so(pool: Pool, ann: Actor, given: dict[str, Any]) -> None:
    made = await add(pool, ann, **given)
    with pytest.raises(Refused, match="no default_metrics"):
        asking_parts.metrics(made)
    assert asking_parts.logs(made)[0].query == '{app="shop"}'


async def test_what_a_profile_says_cannot_break_out_of_its_query(pool: Pool, ann: Actor) -> None:
    mappings = {
        "odd": {"log_label": "a b=c"},
        "web": {"metrics_prefix": "x) or vector(1", "log_label": 'app=a"} or {b="c'},
    }
    made = await add(pool, ann, service_mappings=mappings, default_metrics=["up", "up or vector(1)"])
    queries = [item.query for item in asking_parts.metrics(made)]
    assert queries == ["avg(up)", 'avg(up{app="a\\"} or {b=\\"c"})']
    assert [item.query for item in asking_parts.logs(made)] == ['{app="a\\"} or {b=\\"c"}']


async def test_questions_know_of_which_services_on_record_an_application_is_made(pool: Pool) -> None:
    mappings: dict[str, Any] = {"api": {"log_label": "app=shop-api"}, "web": {"log_label": "app=shop-web"}, "cart": {}}
    async with pool.connection() as db, db.transaction():
        await db.execute("insert into trivium.names (kind, name) values ('service', 'shop-api'), ('service', 'cart')")
        await application_profiles.add(db, await actor(pool, "admin"), Draft(name="shop", service_mappings=mappings))
    assert (await Directory(pool).current()).members == (("shop", "cart"), ("shop", "shop-api"))


async def test_questions_know_an_application_as_soon_as_it_has_a_profile_and_no_longer_than_it_has(pool: Pool) -> None:
    directory, admin = Directory(pool), await actor(pool, "admin")
    assert (await directory.current()).applications == ()
    async with pool.connection() as db, db.transaction():
        made = await application_profiles.add(db, admin, Draft(name="shop"))
    assert (await directory.current()).applications == ("shop",)
    async with pool.connection() as db, db.transaction():
        before = await application_profiles.held(db, made.id)
        await application_profiles.change(db, admin, before, replace(before.draft, name="store"))
    assert (await directory.current()).applications == ("store",)
    async with pool.connection() as db, db.transaction():
        await application_profiles.remove(db, admin, made.id)
    assert (await directory.current()).applications == ()
