"""What Prometheus reads of the work: tool calls, runs, what is open in the house, connections."""

from prometheus_client.parser import text_string_to_metric_families

from agents.brain import Call
from domain.database import Pool
from tests.house import ScriptedBrain, spec
from tests.web.changes import World, card_of, decide, making
from tests.web.entrance import QUERY, desk, entrance

METRICS = "/api/v1/metrics"


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Values by their labels' values, in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_each_call_of_a_tool_and_each_run_is_counted_by_how_it_ended(pool: Pool) -> None:
    """OB-05."""
    async with entrance(pool, spec()) as web:
        await web.post(QUERY, json={"query": "one"})
        await web.post(QUERY, json={"query": "two"})
        told = (await web.get(METRICS)).text
    assert samples(told, "trivium_tool_calls_total") == {("success", "query_echo"): 2}
    assert samples(told, "trivium_tool_call_duration_seconds_count") == {("query_echo",): 2}
    assert samples(told, "trivium_runs_total") == {("inquiry", "completed"): 2}
    assert samples(told, "trivium_run_duration_seconds_count") == {("inquiry",): 2}
    assert samples(told, "trivium_runs_active") == {(): 0}


async def test_a_tool_that_is_none_makes_no_series_of_its_own(pool: Pool) -> None:
    brain = ScriptedBrain(rounds=((Call(tool="invented", arguments={}),),))
    async with entrance(pool, spec(), brain=brain) as web:
        await web.post(QUERY, json={"query": "one"})
        told = (await web.get(METRICS)).text
    assert samples(told, "trivium_tool_calls_total") == {("blocked", "unknown"): 1}


async def test_connections_are_told_by_what_they_do(pool: Pool) -> None:
    """OB-06."""
    async with entrance(pool, spec()) as web:
        told = samples((await web.get(METRICS)).text, "trivium_postgres_connections")
    assert told.keys() == {("used",), ("idle",), ("wanted",)}
    assert told[("used",)] + told[("idle",)] > 0


async def test_what_waits_for_a_person_is_told_until_it_is_decided(pool: Pool) -> None:
    """OB-05: what an autoscaler or an alert of ours looks at."""
    world = World()
    async with desk(pool, world.spec(), brain=making("orders")) as web:
        card = await card_of(web)
        waiting = (await web.get(METRICS)).text
        await decide(web, card, "reject")
        [run] = (await web.get("/api/v1/runs")).json()["runs"]
        async with web.stream("GET", f"/api/v1/runs/{run['id']}/events") as events:
            await events.aread()  # to its end
        decided = (await web.get(METRICS)).text
    assert sum(samples(waiting, "trivium_confirmations_waiting").values()) == 1
    assert samples(waiting, "trivium_runs_open")[("awaiting_confirmation",)] == 1
    assert set(samples(decided, "trivium_runs_open").values()) == {0}
    assert set(samples(decided, "trivium_confirmations_waiting").values()) == {0}
