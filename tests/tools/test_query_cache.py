"""Answers are given again to whoever may see the same, and to nobody else, wherever they are kept."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from domain import datasources, query_cache
from domain.actors import Actor
from domain.database import Pool
from domain.errors import Refused, SourceError
from tests.grafana_server import Status
from tests.house import actor, door, tool_context
from tests.programs import end, free_port, pause, program
from tests.source_server import Line, SourceServer, source_server
from tests.tools.sources_world import add, change, now, opened
from tools.grafana.queries import QUERY_PROMETHEUS
from tools.metrics.cache import AnswerCache, CacheSettings, open_cache
from tools.metrics.keeping import MOST_WAITING
from tools.metrics.questions import Target, instant, keys, scope, window
from tools.metrics.sources import Sources
from tools.metrics.tally import Tally
from tools.resources import NOTHING
from tools.spec import Pillar

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEPT = "select * from trivium.query_cache"


@pytest.fixture
def source() -> Generator[SourceServer]:
    with source_server() as served:
        yield served


@pytest.fixture
async def ann(pool: Pool) -> Actor:
    return await actor(pool, "engineer", teams=("shop",))


class Redis:
    """A real Redis of the test's own, which can be ended, stopped and begun again."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/2"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        binary = program("redis-server")
        command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, cwd=self._log.parent)
        for _ in range(100):
            if b"Ready to accept" in self._log.read_bytes():
                return
            pause(0.05)
        pytest.fail("redis-server did not start")

    def hang(self, *, on: bool) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def end(self) -> None:
        if self._process:
            end(self._process)
            self._process = None
            self._log.write_bytes(b"")


@pytest.fixture
def redis(tmp_path: Path) -> Generator[Redis]:
    server = Redis(tmp_path / "redis.log")
    server.begin()
    yield server
    server.end()


async def test_an_answer_is_given_again_within_its_step(pool: Pool, ann: Actor, source: SourceServer) -> None:
    """HD-17."""
    end_of = datetime(2026, 11, 20, 12, tzinfo=UTC)
    tally = Tally()
    async with opened(pool, source.url, tally=tally) as sources:
        first = await sources.metrics(ann).window("up", end_of - HOUR, end_of, 60)
        source.value = 2
        for seconds in (0, 1, 59):
            late = end_of + timedelta(seconds=seconds)
            assert await sources.metrics(ann).window("up", late - HOUR, late, 60) == first
        assert len(source.requests) == 1
        later = end_of + MINUTE
        assert (await sources.metrics(ann).window("up", later - HOUR, later, 60))[0].values[0] == 2
    assert tally.queries == {("prometheus", "success"): 2, ("prometheus", "cached"): 3}
    assert sum(tally.times["prometheus"].counts) == 2


async def test_an_answer_is_forgotten_after_its_time() -> None:
    """LIM-02."""
    async with open_cache(CacheSettings(live_seconds=1)) as cache:
        await cache.keep("k", {"found": [1]})
        assert await cache.get("k") == {"found": [1]}
        for _ in range(100):
            if await cache.get("k") is None:
                return
            await asyncio.sleep(0.05)
    pytest.fail("it is still there")


@asynccontextmanager
async def place(kind: str, pool: Pool, source: SourceServer, redis: Redis) -> AsyncGenerator[Sources]:
    async with opened(pool, source.url, source.url, redis=redis.url if kind == "redis" else None) as sources:
        yield sources


async def others(pool: Pool, ann: Actor) -> list[Actor]:
    """People who see something else than Ann: another role, fewer, more, another team, a token of less."""
    return [
        await actor(pool, "viewer", teams=("shop",)),
        await actor(pool, teams=("shop",)),
        await actor(pool, "engineer", "viewer", teams=("shop",)),
        await actor(pool, "engineer", teams=("other",)),
        await actor(pool, "engineer"),
        replace(ann, ceiling=frozenset()),
    ]


@pytest.mark.parametrize("kind", ["process", "redis"])
async def test_nobody_who_sees_something_else_is_given_an_answer(
    pool: Pool, ann: Actor, source: SourceServer, redis: Redis, kind: str
) -> None:
    """HD-16: in the process, in Redis, and in Postgres."""
    at = now()
    source.lines = [Line("checkout", int(at.timestamp() * 10**9) - 1, "Ann's line")]
    start = at - HOUR

    async def everything(sources: Sources, who: Actor, scopes: tuple[str, ...] = ()) -> list[Any]:
        metrics, logs = sources.metrics(who, scopes), sources.logs(who, scopes)
        asked = (
            metrics.instant("up", at), metrics.window("up", start, at, 60), metrics.names(),
            logs.lines('{app="checkout"}', start, at, 10), logs.instant("rate(x)", at),
            logs.window("rate(x)", start, at, 60),
        )  # fmt: skip
        return list(await asyncio.gather(*asked, return_exceptions=True))

    async with place(kind, pool, source, redis) as sources:
        mine = await everything(sources, ann)
        assert not any(isinstance(answer, Exception) for answer in mine)
        asked = len(source.requests)
        same = await actor(pool, "engineer", teams=("shop",))
        assert await everything(sources, same) == mine
        assert len(source.requests) == asked
        await sources.answering.settle()
        source.fault = Status(403)
        for number, who in enumerate(await others(pool, ann)):
            found = await everything(sources, who)
            assert all(isinstance(answer, SourceError) for answer in found), number
        found = await everything(sources, ann, ("own_alerts",))
        assert all(isinstance(answer, SourceError) for answer in found)
        assert await everything(sources, ann) == mine
    source.fault = Status(503)
    async with opened(pool, source.url, source.url) as sources:
        assert await everything(sources, ann) == mine
        for number, who in enumerate(await others(pool, ann)):
            found = await everything(sources, who)
            assert all(isinstance(answer, SourceError) for answer in found), number


async def test_a_datasource_that_is_closed_or_changed_gives_no_answer_from_before(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    """PM-25, HD-16."""
    at = now()
    row = await add(pool, ann, name="shop", url=source.url, allowed_roles=["engineer"])
    async with opened(pool) as sources:
        bound = sources.metrics(ann, datasource="shop")
        assert (await bound.instant("up", at))[0].values == (1.0,)
        source.value = 2
        assert (await bound.instant("up", at))[0].values == (1.0,)
        await change(pool, ann, row, config_json={"tenant": "other"})
        assert (await bound.instant("up", at))[0].values == (2.0,)
        await change(pool, ann, row, allowed_roles=["admin"])
        with pytest.raises(Refused) as caught:
            await bound.instant("up", at)
        assert caught.value.code == "datasource_not_allowed"


async def test_what_failed_or_is_cut_is_never_kept(pool: Pool, ann: Actor, source: SourceServer) -> None:
    at = now()
    async with opened(pool, source.url, source.url) as sources:
        bound, logs = sources.metrics(ann), sources.logs(ann)
        source.fault = Status(500)
        with pytest.raises(SourceError):
            await bound.instant("up", at)
        source.fault = None
        with pytest.raises(Refused):
            await bound.instant("bad(", at)
        source.warnings = ["one store did not answer"]
        with pytest.raises(Refused, match="Not all series came"):
            await bound.instant("up", at)
        source.warnings = []
        assert (await bound.instant("up", at))[0].values == (1.0,)
        source.lines = [Line("checkout", int(at.timestamp() * 10**9) - n, f"line {n}") for n in range(1, 6)]
        assert len(await logs.lines('{app="checkout"}', at - HOUR, at, 3)) == 3
        await sources.answering.settle()
    async with pool.connection() as db:
        kept = await (await db.execute(KEPT)).fetchall()
    assert [row["query_text"].partition(" @")[0] for row in kept] == ["up"]


async def test_an_answer_that_is_too_large_is_not_kept() -> None:
    async with open_cache(CacheSettings()) as cache:
        assert not await cache.keep("k", {"found": ["x" * 500_001]})
        assert await cache.get("k") is None


async def test_secrets_in_lines_and_queries_are_kept_nowhere(pool: Pool, ann: Actor, source: SourceServer) -> None:
    at = now()
    secret = "glsa_0123456789abcdefghijABCDEFGHIJ01"
    source.lines = [Line("checkout", int(at.timestamp() * 10**9) - 1, f"login token={secret} failed")]
    async with opened(pool, loki=source.url) as sources:
        bound = sources.logs(ann)
        shown = await bound.lines(f'{{app="checkout"}} |= "{secret}"', at - HOUR, at, 10)
        await sources.answering.settle()
    assert secret not in shown[0].text
    async with pool.connection() as db:
        kept = await (await db.execute(KEPT)).fetchall()
    assert len(kept) == 1
    assert secret not in str(kept)


async def test_a_line_with_a_nul_is_kept_without_it(pool: Pool, ann: Actor, source: SourceServer) -> None:
    at = now()
    source.lines = [Line("checkout", int(at.timestamp() * 10**9) - 1, "half\x00 a \x1b[31mline")]
    async with opened(pool, loki=source.url) as sources:
        shown = await sources.logs(ann).lines('{app="checkout"}', at - HOUR, at, 10)
    async with pool.connection() as db:
        (kept,) = await (await db.execute(KEPT)).fetchall()
    assert shown[0].text == kept["result"]["found"][0]["text"] == "half a [31mline"


@pytest.mark.parametrize("body", ["[1]", '"x"', "{", ""])
async def test_what_somebody_else_put_there_is_not_there(redis: Redis, body: str) -> None:
    async with open_cache(CacheSettings(url=redis.url)) as cache:
        await cache.keep("k", {"n": 1})
        assert cache.stores
        shared = cache.stores[1]
        assert shared
        await shared.set("trivium:answer:k", body, 60)
        assert await cache.get("k") is None


async def test_the_durable_copy_says_what_it_is(pool: Pool, ann: Actor, source: SourceServer) -> None:
    """DB-12."""
    at = now()
    row = await add(pool, ann, name="shop", url=source.url, is_default=True)
    async with opened(pool) as sources:
        await sources.metrics(ann).instant("up", at)
        await sources.answering.settle()
    async with pool.connection() as db:
        kept = await (await db.execute(KEPT)).fetchall()
        assert len(kept) == 1
        (one,) = kept
        assert (one["datasource_id"], one["datasource"], one["scope"]) == (
            row.id, "shop", '{"roles":["engineer"],"scopes":[],"teams":["shop"]}',
        )  # fmt: skip
        assert one["expires_at"] - one["as_of"] == timedelta(seconds=300)
        assert one["result"]["found"] == [{"metric": {"series": "0"}, "value": [0, "1.0"]}]
        assert await query_cache.sweep(db, one["as_of"]) == 0
        assert await query_cache.sweep(db, one["as_of"] + HOUR) == 1


async def test_a_removed_datasource_takes_its_answers_with_it(pool: Pool, ann: Actor, source: SourceServer) -> None:
    row = await add(pool, ann, name="shop", url=source.url)
    async with opened(pool) as sources:
        await sources.metrics(ann).instant("up", now())
        await sources.answering.settle()
    async with pool.connection() as db:
        assert await (await db.execute(KEPT)).fetchall()
        await db.execute("delete from trivium.grafana_datasources where id = %(id)s", {"id": row.id})
        assert not await (await db.execute(KEPT)).fetchall()


async def test_answers_are_shared_through_redis_under_the_prefix(
    pool: Pool, ann: Actor, source: SourceServer, redis: Redis
) -> None:
    """HD-17, LIM-26."""
    at = now()
    async with opened(pool, source.url, redis=redis.url) as one, opened(pool, source.url, redis=redis.url) as two:
        first = await one.metrics(ann).instant("up", at)
        assert await two.metrics(ann).instant("up", at) == first
    assert len(source.requests) == 1
    for prefix, found in (("other:", None), ("trivium:", {"a": 1})):
        async with open_cache(CacheSettings(url=redis.url)) as writing:
            await writing.keep("k", {"a": 1})
        async with open_cache(CacheSettings(url=redis.url, prefix=prefix)) as reading:
            assert await reading.get("k") == found
    other_database = CacheSettings(url=redis.url.replace("/2", "/3"))
    async with open_cache(other_database) as reading:
        assert await reading.get("k") is None


async def test_without_redis_it_goes_on_with_one_line_in_the_log_and_finds_back(redis: Redis) -> None:
    """HD-17."""
    async with open_cache(CacheSettings(url=redis.url)) as cache:
        await cache.keep("before", {"n": 1})
        redis.end()
        with structlog.testing.capture_logs() as logs:
            for number in range(20):
                cache.away_until = 0
                assert await cache.keep(f"k{number}", {"n": number})
                assert await cache.get(f"k{number}") == {"n": number}
        assert [entry["event"] for entry in logs] == ["redis is away, answers are kept in this process"]
        redis.begin()
        cache.away_until = 0
        assert await cache.get("k7") == {"n": 7}
        assert not cache.is_away
        assert await cache.keep("after", {"n": 2})
    async with open_cache(CacheSettings(url=redis.url)) as other:
        assert await other.get("after") == {"n": 2}


async def test_a_redis_that_hangs_costs_little_once(redis: Redis) -> None:
    async with open_cache(CacheSettings(url=redis.url)) as cache:
        await cache.keep("k", {"n": 1})
        redis.hang(on=True)
        try:
            async with asyncio.timeout(5):
                for number in range(50):
                    assert await cache.keep(f"k{number}", {"n": number})
                    assert await cache.get(f"k{number}") == {"n": number}
        finally:
            redis.hang(on=False)
        assert cache.is_away


async def test_redis_is_not_needed_at_the_start() -> None:
    async with open_cache(CacheSettings(url=f"redis://127.0.0.1:{free_port()}/2")) as cache:
        assert await cache.keep("k", {"n": 1})
        assert await cache.get("k") == {"n": 1}


def target(**changes: Any) -> Target:
    given: dict[str, Any] = {"kind": "prometheus", "name": "prom", "id": None, "version": 1, "ways": ()}
    return Target(**(given | changes))


def test_a_key_is_one_questions_and_one_scopes() -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    mine, theirs = scope(["a", "b"], []), scope(["a"], ["b"])
    asked = window("promql", "up", at - HOUR, at, 60)
    made = [
        keys(target(), asked, mine),
        keys(target(), asked, theirs),
        keys(target(version=2), asked, mine),
        keys(target(name="other"), asked, mine),
        keys(target(kind="loki"), asked, mine),
        keys(target(), window("logql", "up", at - HOUR, at, 60), mine),
        keys(target(), window("promql", "up ", at - HOUR, at, 60), mine),
        keys(target(), window("promql", "up", at - HOUR, at, 30), mine),
        keys(target(), window("promql", "up", at - 2 * HOUR, at, 60), mine),
        keys(target(), window("promql", "up", at - HOUR + MINUTE, at + MINUTE, 60), mine),
        keys(target(), instant("promql", "up", at), mine),
    ]
    assert len({each.key for each in made}) == len(made)
    assert len({each.shape for each in made}) == len(made) - 1
    assert all(len(each.key) == 64 for each in made)
    later = at + timedelta(seconds=59)
    assert keys(target(), window("promql", "up", later - HOUR, later, 60), mine) == made[0]
    assert scope(["b", "a"], []) == mine


async def test_many_at_once_open_the_cache_once() -> None:
    cache = AnswerCache(CacheSettings())
    await asyncio.gather(*(cache.keep(str(number), {"n": number}) for number in range(50)))
    found = await asyncio.gather(*(cache.get(str(number)) for number in range(50)))
    assert found == [{"n": number} for number in range(50)]
    await cache.close()


async def test_what_is_kept_within_a_second_is_one_commit(pool: Pool, ann: Actor, source: SourceServer) -> None:
    at = now()
    async with opened(pool, source.url) as sources:
        bound = sources.metrics(ann)
        for query in ("up", "up + 1", "up + 2"):
            await bound.instant(query, at)
        await sources.answering.settle()
        async with pool.connection() as db:
            kept = await (await db.execute("select distinct xmin::text from trivium.query_cache")).fetchall()
            assert await (await db.execute(KEPT)).fetchall()
    assert len(kept) == 1


async def test_when_many_answers_wait_they_are_written_at_once(pool: Pool, ann: Actor, source: SourceServer) -> None:
    at = now()
    async with opened(pool, source.url) as sources:
        bound = sources.metrics(ann)
        await asyncio.gather(*(bound.instant(f"up + {number}", at) for number in range(2 * MOST_WAITING)))
        await sources.answering.settle()
        async with pool.connection() as db:
            kept = await (await db.execute(KEPT)).fetchall()
    assert len(kept) >= MOST_WAITING


async def test_a_datasource_that_an_admin_closes_is_closed_to_the_next_call_of_a_warm_door(
    pool: Pool, ann: Actor, source: SourceServer
) -> None:
    """PM-25: the rows are read again as soon as one of them has changed, been added or gone."""
    row = await add(pool, ann, name="shop", url=source.url, is_default=True)
    async with opened(pool) as sources:
        context = await tool_context(pool, ann, Pillar.TROUBLESHOOTING)
        warm = replace(context, resources=replace(NOTHING, sources=sources), clock=now)
        entry = door(pool, QUERY_PROMETHEUS)

        async def ask(**given: str) -> str:
            return (await entry.call(warm, "query_prometheus", {"query": "up", "instant": True, **given})).status

        assert [await ask(), await ask()] == ["ok", "ok"]
        row = await change(pool, ann, row, allowed_roles=["admin"])
        with pytest.raises(Refused) as caught:
            await ask()
        assert caught.value.code == "datasource_not_allowed"
        await change(pool, ann, row, allowed_roles=[])
        assert await ask() == "ok"
        with pytest.raises(Refused, match="no Prometheus datasource 'new'"):
            await ask(datasource="new")
        new = await add(pool, ann, name="new", url=source.url)
        assert await ask(datasource="new") == "ok"
        async with pool.connection() as db, db.transaction():
            await datasources.remove(db, ann, new.id)
        with pytest.raises(Refused, match="no Prometheus datasource 'new'"):
            await ask(datasource="new")
