"""A run's events on their way to readers on other workers: over a real Redis, and without it."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

from agents.answer import Answer
from agents.brain import Emit, Gathered, Question, Understanding
from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from graphs import hold
from graphs.asking import Ask
from graphs.events import NUMBERS_PER_ATTEMPT, Numbered
from graphs.hearing import MOST_KEPT, Heard, Mirror
from graphs.limiter import Limiter, RateLimited, Shared
from graphs.live import Live
from graphs.telling import LARGEST_BYTES, key_of
from tests.graphs.test_revive import World, making
from tests.house import ScriptedBrain, Worker, actor, worker
from tests.tools.test_query_cache import Redis
from tools.decisions import Verdict
from tools.sources.streams import Entry, Streams, open_streams

PREFIX = "tests:"
STORED = "select array_agg(number order by number) as numbers from trivium.run_events where run_id = %(run_id)s"
TAKEN = "update trivium.runs set lease_until = now() - interval '1 second' where id = %(run_id)s"


class Speaker(ScriptedBrain):
    """Says one word whenever it is let, and is silent otherwise."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.words: asyncio.Queue[str | None] = asyncio.Queue()
        for word in words:
            self.words.put_nowait(word)

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        self.begun.set()
        while (word := await self.words.get()) is not None:
            await emit(word)
            await asyncio.sleep(0.03)  # longer than what is told together
        return await super().write(question, understood, gathered, emit)


@pytest.fixture
def redis(tmp_path: Path) -> Generator[Redis]:
    server = Redis(tmp_path / "redis.log")
    server.begin()
    yield server
    server.end()


@asynccontextmanager
async def workers(
    pool: Pool, url: str | None, *brains: ScriptedBrain, drain_seconds: float = 20
) -> AsyncGenerator[list[Worker]]:
    """So many workers on one database, and on one Redis where there is one."""
    async with AsyncExitStack() as stack:
        opened: list[Worker] = []
        for brain in brains:
            streams = await stack.enter_async_context(open_streams(url, PREFIX))
            made = worker(pool, brain=brain, streams=streams, drain_seconds=drain_seconds)
            opened.append(await stack.enter_async_context(made))
        yield opened


async def spoken(house: Worker, who: Actor, run_id: UUID, after: int = 0) -> AsyncGenerator[str]:
    async for event in house.runner.events(who, run_id, after=after):
        if event.type == "chunk":
            yield event.data["content"]


async def whole(house: Worker, who: Actor, run_id: UUID, after: int = 0) -> list[Numbered]:
    return [event async for event in house.runner.events(who, run_id, after=after)]


async def stored(pool: Pool, run_id: UUID) -> list[int]:
    async with pool.connection() as db:
        row = await (await db.execute(STORED, {"run_id": run_id})).fetchone()
    assert row
    return list(row["numbers"] or ())


async def ended(live: Live) -> None:
    assert live.task
    await live.task


async def test_a_reader_on_another_worker_hears_each_word_before_it_is_on_record(
    pool: Pool, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DP-04: the record would be told once an hour, so what is heard came over Redis."""
    monkeypatch.setattr(hold, "KEEP_SECONDS", 3600.0)
    who, brain = await actor(pool, "engineer"), Speaker()
    async with workers(pool, redis.url, brain, ScriptedBrain()) as (one, two), asyncio.timeout(20):
        live = await one.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        listening = spoken(two, who, live.run_id)
        heard: list[str] = []
        for word in ("first", "second", "third"):
            brain.words.put_nowait(word)
            heard.append(await anext(listening))
        assert heard == ["first", "second", "third"]
        assert await stored(pool, live.run_id) == []
        brain.words.put_nowait(None)
        assert [word async for word in listening] == ["speak: 1 results."]


async def test_without_redis_a_reader_elsewhere_hears_of_it_within_about_a_second(pool: Pool) -> None:
    who, brain = await actor(pool, "engineer"), Speaker()
    async with workers(pool, None, brain, ScriptedBrain()) as (one, two), asyncio.timeout(30):
        live = await one.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        listening = spoken(two, who, live.run_id)
        clock, late = asyncio.get_running_loop().time, list[float]()
        for word in ("first", "second", "third"):
            brain.words.put_nowait(word)
            began = clock()
            assert await anext(listening) == word
            late.append(clock() - began)
        brain.words.put_nowait(None)
        assert [word async for word in listening] == ["speak: 1 results."]
    assert sorted(late)[1] < 1.5


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "record"])
async def test_a_stream_cut_anywhere_and_gone_on_with_on_any_worker_loses_and_doubles_nothing(
    pool: Pool, redis: Redis, *, shared: bool
) -> None:
    """EP-10, DP-04, DP-05: twenty readers leave after any number of events and come back anywhere."""
    who = await actor(pool, "engineer")
    brain = Speaker([f"word {number} " for number in range(40)])
    brain.words.put_nowait(None)
    url = redis.url if shared else None
    async with workers(pool, url, brain, ScriptedBrain(), ScriptedBrain()) as houses, asyncio.timeout(60):
        live = await houses[0].runner.start(who, Ask(text="speak"))

        async def read(dice: Random) -> list[Numbered]:
            seen: list[Numbered] = []
            while not seen or not seen[-1].is_last:
                left = dice.randint(1, 12)
                after = seen[-1].number if seen else 0
                told = dice.choice(houses).runner.events(who, live.run_id, after=after)
                async for event in told:
                    seen.append(event)
                    left -= 1
                    if not left:
                        break
                await told.aclose()
            return seen

        readings = await asyncio.gather(*(read(chance(seed)) for seed in range(20)))
        record = await whole(houses[1], who, live.run_id)
    assert [event.number for event in record] == list(range(1, len(record) + 1))
    assert len(record) > 40
    assert all(reading == record for reading in readings)


async def test_redis_that_dies_and_comes_back_in_the_middle_of_a_run_loses_nothing(pool: Pool, redis: Redis) -> None:
    """DP-06."""
    who, brain = await actor(pool, "engineer"), Speaker()
    async with workers(pool, redis.url, brain, ScriptedBrain()) as (one, two), asyncio.timeout(60):
        live = await one.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        reading = asyncio.create_task(whole(two, who, live.run_id))
        listening = spoken(two, who, live.run_id)
        for word in ("with", "and"):
            brain.words.put_nowait(word)
            assert await anext(listening) == word
        await asyncio.to_thread(redis.end)
        for word in ("without", "Redis"):
            brain.words.put_nowait(word)
            assert await anext(listening) == word
        await asyncio.to_thread(redis.begin)
        for word in ("and", "with", "it"):
            brain.words.put_nowait(word)
            assert await anext(listening) == word
        brain.words.put_nowait(None)
        await ended(live)
        told = await reading
        assert told == await whole(one, who, live.run_id)
    assert [event.number for event in told] == list(range(1, len(told) + 1))


async def test_a_run_does_not_wait_for_a_redis_that_hangs(pool: Pool, redis: Redis) -> None:
    """DP-06."""
    who, clock = await actor(pool, "engineer"), asyncio.get_running_loop().time
    async with workers(pool, redis.url, ScriptedBrain(), ScriptedBrain()) as (one, two), asyncio.timeout(30):
        await one.runner.ask(who, Ask(text="warm"))
        redis.hang(on=True)
        try:
            began = clock()
            outcome = await one.runner.ask(who, Ask(text="quick"))
            took = clock() - began
            told = await whole(two, who, outcome.run_id)
        finally:
            redis.hang(on=False)
    assert (outcome.status, told[-1].type) == ("completed", "complete")
    assert took < 1.0


async def test_a_worker_that_lost_its_run_is_heard_no_more_and_its_reader_gets_the_others_answer(
    pool: Pool, redis: Redis
) -> None:
    """DP-04: it was stopped for longer than its lease, and goes on as if nothing had been."""
    who, slow, quick = await actor(pool, "engineer"), Speaker(), ScriptedBrain()
    async with workers(pool, redis.url, slow, quick) as (one, two), asyncio.timeout(30):
        live = await one.runner.start(who, Ask(text="speak"))
        await slow.begun.wait()
        reading = asyncio.create_task(whole(one, who, live.run_id))
        slow.words.put_nowait("lost")
        async with pool.connection() as db:
            await db.execute(TAKEN, {"run_id": live.run_id})
        await two.runner.tend()
        slow.words.put_nowait(None)
        told = await reading
        run = await two.runner.fetch(who, live.run_id)
        assert (await one.runner.finished(live), live.outcome) == (None, None)
    attempts = [event.number // NUMBERS_PER_ATTEMPT for event in told]
    assert attempts == sorted(attempts)
    again = [event for event in told if event.number > NUMBERS_PER_ATTEMPT]
    assert [event.type for event in again] == ["run", "tool_use", "tool_use", "chunk", "complete"]
    assert (run.attempt, run.status, len(quick.seen)) == (2, "completed", 1)


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "record"])
async def test_a_reader_keeps_its_stream_while_the_change_is_approved_and_made_on_another_worker(
    pool: Pool, redis: Redis, *, shared: bool
) -> None:
    """DP-04, CF-05: it was asked for here, and it goes on there."""
    admin, world = await actor(pool, "admin"), World()
    async with AsyncExitStack() as stack:
        houses: list[Worker] = []
        for _ in range(2):
            streams = await stack.enter_async_context(open_streams(redis.url if shared else None, PREFIX))
            made = worker(pool, world.spec(), brain=making("checkout"), streams=streams)
            houses.append(await stack.enter_async_context(made))
        one, two = houses
        asked = await one.runner.ask(admin, Ask(text="make it", graph="revive"))
        assert asked.waiting
        reading = asyncio.create_task(whole(one, admin, asked.run_id))
        said = await two.approvals.decide(admin, asked.waiting.id, Verdict(action="approve"))
        assert said.live
        outcome = await two.runner.finished(said.live)
        async with asyncio.timeout(10):
            told = await reading
        record = await whole(two, admin, asked.run_id)
    assert outcome
    assert (outcome.status, world.made, told[-1].type) == ("completed", ["checkout"], "complete")
    assert told == record


async def test_a_cancellation_on_another_worker_is_heard_within_a_second(pool: Pool) -> None:
    who, brain = await actor(pool, "engineer"), Speaker()
    async with workers(pool, None, brain, ScriptedBrain()) as (one, two):
        live = await one.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        await two.runner.cancel(who, live.run_id)
        async with asyncio.timeout(3):
            outcome = await one.runner.finished(live)
    assert outcome
    assert outcome.status == "cancelled"


async def test_what_could_not_be_stored_once_is_stored_the_next_time(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "KEEP_SECONDS", 3600.0)
    who, brain = await actor(pool, "engineer"), Speaker()
    async with worker(pool, brain=brain) as house:
        live = await house.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        async with pool.connection() as db:
            await db.execute("alter table trivium.run_events rename to away")
        try:
            with pytest.raises(Exception, match="run_events"):
                await house.runner.tend()
        finally:
            async with pool.connection() as db:
                await db.execute("alter table trivium.away rename to run_events")
        await house.runner.tend()
        assert await stored(pool, live.run_id) == [event.number for event in live.relay.events]
        brain.words.put_nowait(None)
        await ended(live)


async def test_a_worker_that_goes_down_leaves_what_does_not_end_in_time_and_its_readers_hear_the_next(
    pool: Pool, redis: Redis
) -> None:
    """DP-04: released, so that nobody waits for the lease; refused, what another worker can begin."""
    who, slow, quick = await actor(pool, "engineer"), Speaker(), ScriptedBrain()
    async with workers(pool, redis.url, slow, quick, drain_seconds=0.1) as (one, two), asyncio.timeout(40):
        live = await one.runner.start(who, Ask(text="speak"))
        await slow.begun.wait()
        reading = asyncio.create_task(whole(two, who, live.run_id))
        await one.runner.drain()
        assert one.runner.left.is_set()
        with pytest.raises(Exception, match="going down"):
            await one.runner.start(who, Ask(text="more"))
        await two.runner.tend()
        told = await reading
        run = await two.runner.fetch(who, live.run_id)
    assert (told[-1].type, run.attempt, run.status) == ("complete", 2, "completed")


async def test_numbers_below_the_newest_are_not_taken_and_the_same_twice_is_once(redis: Redis) -> None:
    key = key_of(uuid4())
    async with open_streams(redis.url, PREFIX) as streams:
        assert streams
        await streams.append([Entry(key, 1, b"a"), Entry(key, 2, b"b")])
        await streams.append([Entry(key, 2, b"b"), Entry(key, NUMBERS_PER_ATTEMPT + 1, b"c")])
        await streams.append([Entry(key, 3, b"late")])
        found = await streams.read({key: 0})
    assert found == [Entry(key, 1, b"a"), Entry(key, 2, b"b"), Entry(key, NUMBERS_PER_ATTEMPT + 1, b"c")]


async def test_a_redis_that_is_away_is_said_within_a_second_and_no_password_with_it() -> None:
    streams = Streams("redis://user:hunter22@127.0.0.1:9/0", PREFIX)
    clock = asyncio.get_running_loop().time
    began = clock()
    with pytest.raises(SourceError, match="Redis did not do its part") as away:
        await streams.append([Entry("key", 1, b"a")])
    await streams.close()
    assert clock() - began < 2.0
    assert "hunter22" not in str(away.value)


async def test_an_event_too_large_for_redis_is_read_from_the_record(pool: Pool, redis: Redis) -> None:
    who, brain = await actor(pool, "engineer"), Speaker()
    async with workers(pool, redis.url, brain, ScriptedBrain()) as (one, two), asyncio.timeout(20):
        live = await one.runner.start(who, Ask(text="speak"))
        await brain.begun.wait()
        listening = spoken(two, who, live.run_id)
        large = "x" * (LARGEST_BYTES + 1)
        for word in ("before", large, "after"):
            brain.words.put_nowait(word)
            assert await anext(listening) == word
        brain.words.put_nowait(None)
        await ended(live)


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - the same cuts every time


def event(number: int) -> Heard:
    return Heard(number, "chunk", {"content": str(number)}, 1)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_heard_in_any_order_and_doubled_stands_in_line_once(seed: int) -> None:
    """Redis has holes and repeats, the record comes in between and in order."""
    dice = chance(seed)
    wanted = [*range(1, 40), *range(NUMBERS_PER_ATTEMPT + 1, NUMBERS_PER_ATTEMPT + 40)]
    mirror = Mirror(top=0, cursor=0)
    place = 0
    while place < len(wanted):
        for number in dice.sample(wanted[: place + 5], k=min(3, place + 1)):
            mirror.take(event(number), of_record=number <= mirror.top + 1)
        mirror.take(event(wanted[place]), of_record=True)
        place += 1
    numbers = [each.number for each in mirror.line]
    assert numbers == sorted(set(numbers))
    heard, after = [], 0
    while found := mirror.after(after):
        after = found.number
        heard.append(after)
    assert heard == numbers
    assert heard[-1] == wanted[-1]


def test_a_line_is_bounded_and_says_what_it_let_go() -> None:
    mirror = Mirror(top=0, cursor=0)
    for number in range(1, MOST_KEPT + 11):
        mirror.take(event(number), of_record=False)
    assert (len(mirror.line), mirror.dropped, mirror.top) == (MOST_KEPT, 10, MOST_KEPT + 10)
    mirror.take(event(MOST_KEPT + 20), of_record=False)
    assert (mirror.top, list(mirror.early)) == (MOST_KEPT + 10, [MOST_KEPT + 20])


async def test_questions_are_counted_over_all_processes_and_by_each_while_redis_is_away(redis: Redis) -> None:
    """SE-04."""
    shared, who = Shared(redis.url, PREFIX), uuid4()
    one, two = Limiter(3, shared), Limiter(3, shared)
    try:
        for limiter in (one, two, one):
            await limiter.admit(who)
        with pytest.raises(RateLimited):
            await two.admit(who)
        await asyncio.to_thread(redis.end)
        await two.admit(who)
        await two.admit(who)
        with pytest.raises(RateLimited) as refused:
            await two.admit(who)
    finally:
        await one.close()
        await two.close()
    assert 1 <= refused.value.retry_after_seconds <= 60


def test_what_is_kept_of_the_settings_shows_no_password() -> None:
    assert "hunter22" not in repr(Shared("redis://user:hunter22@127.0.0.1:6379/0"))
