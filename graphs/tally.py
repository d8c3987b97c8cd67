"""Runs counted: those under way, and how they ended."""

import time

from graphs.live import Live
from tools.counts import Counts


def follow(counts: Counts, live: Live) -> None:
    """The run counts as active until this process lets it go; one that then waits for a person has not ended."""
    assert live.task  # noqa: S101 - whoever follows it has begun it
    started = time.perf_counter()
    counts.active += 1
    live.task.add_done_callback(lambda _: let_go(counts, live, time.perf_counter() - started))


def let_go(counts: Counts, live: Live, seconds: float) -> None:
    counts.active -= 1
    if live.building.seconds is not None:
        counts.contexts.add(live.building.seconds)
    if live.outcome is None or live.outcome.waiting or live.outcome.status == "awaiting_confirmation":
        return
    counts.ended(live.ask.graph, live.outcome.status, seconds)
    if live.outcome.answer:
        counts.tokens += live.outcome.answer.tokens_used
