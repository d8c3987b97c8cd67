"""Troubleshooting on recorded incidents, beside two baselines: `python -m bench.scenarios` shows each of them.

Playbooks are tuned on one half of the incidents only; what counts is the other. An answer is judged on the graph and
the door that serve people, with the rules brain, on real rows and series, and again with sources broken.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from bench import scored
from bench.measure import Row
from bench.scored import Case, Score
from tests import databases
from tests.scenarios import incident_data, incident_world
from tests.scenarios.incident_world import World

TURNS = 3
OPENED = 12
AFTERWARDS = ("suggest_ssh_command",)
LEAST_FIRST, LEAST_AMONG_THREE = 0.75, 0.85
Right: TypeAlias = Callable[[Score], bool]


@asynccontextmanager
async def opened() -> AsyncGenerator[World]:
    """A world on a database server of its own, or the one that tests have."""
    with TemporaryDirectory(prefix="trivium-scenarios-", ignore_cleanup_errors=True) as home, started(home) as url:
        template = databases.migrated(url)
        name = await asyncio.to_thread(template.__enter__)
        try:
            async with incident_world.world(url, name, incident_data.load(), Path(home)) as world:
                yield world
        finally:
            await asyncio.to_thread(template.__exit__, None, None, None)


@contextmanager
def started(home: str) -> Generator[str]:
    """An embedded server lives where `nobody` can reach it."""
    Path(home).chmod(0o755)
    with databases.server(Path(home)) as url:
        yield url


async def score(world: World, cases: Sequence[Case]) -> list[Score]:
    return [scored.scored(case, await incident_world.ask(world, case.incident, case.variant)) for case in cases]


async def differing(world: World, cases: Sequence[Case]) -> list[Case]:
    """Those whose answer is not the same to the byte, but for ids and errors of sources, each of three times."""
    found: list[Case] = []
    for case in cases:
        texts = {scored.normalised(await incident_world.ask(world, case.incident, case.variant)) for _ in range(TURNS)}
        if len(texts) > 1:
            found.append(case)
    return found


async def rows() -> AsyncGenerator[Row]:
    incidents = incident_data.load()
    async with opened() as world:
        scores = await score(world, scored.cases(incidents))
        broken = await score(world, scored.broken(incidents))
        for name, half in halves(scores):
            for row in of_causes(name, half):
                yield row
        for name, half in halves(broken):
            yield share(f"right with broken sources, {name}", half, lambda one: one.is_first, LEAST_FIRST)
        for row in of_honesty([*scores, *broken]):
            yield row
        yield await opening(world, scored.cases(incidents)[:OPENED])
        every = [*scored.cases(incidents), *scored.broken(incidents)]
        yield count("answers that differ when asked three times", len(await differing(world, every)), len(every))


async def opening(world: World, cases: Sequence[Case]) -> Row:
    """From the first look at an alert to the last, as their rows were written, beside the slowest of them alone."""
    took: list[tuple[float, float]] = []
    for case in cases:
        asked = await incident_world.ask(world, case.incident)
        spans = [
            (each["created_at"], each["finished_at"])
            for each in asked.executions.values()
            if each["finished_at"] and each["tool"] not in AFTERWARDS
        ]
        whole = max(end for _, end in spans) - min(start for start, _ in spans)
        took.append((whole.total_seconds(), max((end - start).total_seconds() for start, end in spans)))
    ours, slowest = (median(each) for each in zip(*took, strict=True))
    return Row(
        what=f"an alert opened with all its sources here, against its slowest source ({len(cases)} alerts)",
        ours=1000 * ours, floor=1000 * slowest, unit="ms", goal="≤ 1.5×", met=ours <= 1.5 * slowest,
    )  # fmt: skip


def halves(scores: Sequence[Score]) -> list[tuple[str, list[Score]]]:
    return [
        ("tuning half", [one for one in scores if not one.case.incident.is_held_out]),
        ("held-out half", [one for one in scores if one.case.incident.is_held_out]),
    ]


def of_causes(name: str, half: Sequence[Score]) -> list[Row]:
    return [
        share(f"right cause first, {name}", half, lambda one: one.is_first, LEAST_FIRST),
        share(f"right cause among three, {name}", half, lambda one: one.is_among_three, LEAST_AMONG_THREE),
    ]


def of_honesty(scores: Sequence[Score]) -> list[Row]:
    due = [one for one in scores if one.has_abstained is not None]
    return [
        count("answers with invalid evidence", sum(bool(one.wrong) for one in scores), len(scores)),
        count("answers that name a red herring", sum(bool(one.herrings) for one in scores), len(scores)),
        count("causes named where there is not enough evidence", sum(not one.has_abstained for one in due), len(due)),
    ]


def share(what: str, half: Sequence[Score], right: Right, least: float) -> Row:
    """Beside the better of the two baselines."""
    found = sum(map(right, half))
    baselines = [sum(guess(one.case) for one in half) for guess in (scored.constant, scored.latest_change)]
    names = f"“a change” {baselines[0]}, the latest change {baselines[1]}"
    ours = found / len(half)
    return Row(
        what=f"{what} ({found} of {len(half)}; {names})", ours=ours, floor=max(baselines) / len(half), unit="share",
        goal=f"≥ {least:g} and above both", met=ours >= least and found > max(baselines),
    )  # fmt: skip


def count(what: str, found: int, of: int) -> Row:
    return Row(what=f"{what}, of {of}", ours=float(found), floor=0.0, unit="", goal="none", met=not found)


def said(one: Score) -> str:
    marks = "".join(
        mark if is_so else "·"
        for mark, is_so in (
            ("1", one.is_first),
            ("3", one.is_among_three),
            ("E", not one.wrong),
            ("R", not one.herrings),
        )
    )
    half = "held-out" if one.case.incident.is_held_out else "tuning"
    cause, sure, title = one.top
    truth = f"{one.case.truth.cause} {one.case.truth.subject}".strip()
    lines = [f"{marks} {half:8} {one.case.name} [{truth}]: {one.verdict}, {cause} {sure:.2f} {title[:60]}"]
    return "\n       ".join([*lines, *one.wrong, *(f"names {red}" for red in one.herrings)])


async def main() -> None:
    incidents = incident_data.load()
    async with opened() as world:
        for case in (*scored.cases(incidents), *scored.broken(incidents)):
            print(said((await score(world, [case]))[0]), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
