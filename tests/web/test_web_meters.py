"""What Prometheus reads: the seeds' names, and a text that promtool has nothing to say against."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.database import Pool
from graphs.stopwatch import Stopwatch
from tests.programs import program
from tests.web.entrance import QUERY, entrance
from tools.metrics.tally import Tally
from web.meters import Meters

METRICS = "/api/v1/metrics"
CONTEXT = "aiops_context_build_duration_seconds"


def value(text: str, sample: str) -> float:
    found = {
        each.name: each.value for family in text_string_to_metric_families(text) for each in family.samples
    }  # fmt: skip
    return found[sample]


async def test_the_time_to_build_a_runs_context_is_measured_once_a_run(pool: Pool) -> None:
    """OB-04."""
    async with entrance(pool) as web:
        before = (await web.get(METRICS)).text
        first = (await web.post(QUERY, json={"query": "one"})).json()
        await web.post(QUERY, json={"query": "two", "session_id": first["session_id"]})
        after = (await web.get(METRICS)).text
    assert f"# TYPE {CONTEXT} histogram" in before
    assert (value(before, f"{CONTEXT}_count"), value(after, f"{CONTEXT}_count")) == (0, 2)
    assert 0 < value(after, f"{CONTEXT}_sum") < 10


def test_several_goes_are_one_time_and_a_failed_go_counts_too() -> None:
    watch = Stopwatch()
    assert watch.seconds is None
    with watch.running():
        pass
    first = watch.seconds
    assert first is not None
    with pytest.raises(ValueError, match="x"), watch.running():
        raise ValueError("x")
    assert watch.seconds > first


async def test_promtool_has_nothing_to_say_against_it(pool: Pool) -> None:
    """OB-01, OB-02, OB-04, OB-05."""
    tally = Tally()
    tally("loki", "error", 0.3)
    tally("prometheus", "success", 0.01)
    tally.translations["promql", "success"] += 1
    async with entrance(pool) as web:
        await web.post(QUERY, json={"query": "one"})
        served = (await web.get(METRICS)).content
    for text in (served, Meters(tally).exposition()):
        checking = await asyncio.create_subprocess_exec(
            program("promtool"), "check", "metrics", stdin=-1, stdout=-1, stderr=-1
        )
        out, err = await checking.communicate(text)
        assert (checking.returncode, out, err) == (0, b"", b"")
