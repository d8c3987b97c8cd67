"""`detect_anomalies` on NAB, beside a constant and a random baseline: `python -m bench.anomalies` shows each series.

What is judged is what the tool reports: anomalies and lasting changes of level, from the whole series at once. Scores
published for NAB are of detectors that see no future; ours is not to be compared with them, only with the baselines.
"""

import random
import statistics
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench import nab
from bench.measure import Row
from bench.nab import Labelled
from tools.series.series import Series
from tools.series.unusual import unusual

Window: TypeAlias = tuple[int, int]
Detector: TypeAlias = Callable[[Labelled], Sequence[Window]]
SEEDS = 20


@dataclass(frozen=True, slots=True)
class Result:
    """`found` of `labelled` windows, `false` reported windows outside of all, `score` as NAB's standard profile."""

    found: int
    labelled: int
    false: int
    weeks: float
    score: float

    @property
    def false_per_week(self) -> float:
        return self.false / self.weeks

    @property
    def f1(self) -> float:
        """Of windows: a reported one is right when it overlaps a label, a label is found when one overlaps it."""
        return 2 * self.found / (2 * self.found + self.false + self.labelled - self.found) if self.found else 0.0


def reported(item: Labelled) -> list[Window]:
    """The windows of our tool, as first and last place."""
    result = unusual(item.series)
    anomalies = [(place(item.series, one.start.timestamp()), place(item.series, one.end.timestamp()))
                 for one in result.judged.anomalies]  # fmt: skip
    changes = [place(item.series, one.at.timestamp()) for one in result.changes]
    return sorted(anomalies + [(at, at) for at in changes])


def place(series: Series, time: float) -> int:
    return round((time - series.times[0]) / series.step_seconds)


def nothing(_: Labelled) -> list[Window]:
    """What any constant score gives at its best threshold."""
    return []


def everything(item: Labelled) -> list[Window]:
    return [(0, len(item.series.times) - 1)]


def at_random(windows: dict[str, list[Window]], seed: int) -> Detector:
    """As many windows as ours, each as long as ours, anywhere."""

    def detect(item: Labelled) -> list[Window]:
        chance = random.Random(f"{seed} {item.name}")  # noqa: S311 - a baseline, not a secret
        size = len(item.series.times)
        lengths = [last - first for first, last in windows[item.name]]
        starts = [chance.randrange(item.probation, size - length) for length in lengths]
        return [(start, start + length) for start, length in zip(starts, lengths, strict=True)]

    return detect


def judged(items: Iterable[Labelled], detect: Detector) -> Result:
    found = labelled = false = 0
    weeks = 0.0
    detections: list[tuple[Labelled, list[int]]] = []
    for item in items:
        windows = detect(item)
        found += sum(any(overlaps(window, label) for window in windows) for label in item.windows)
        false += sum(not any(overlaps(window, label) for label in item.windows) for window in windows)
        labelled += len(item.windows)
        weeks += item.weeks
        detections.append((item, [at for first, last in windows for at in range(first, last + 1)]))
    return Result(found, labelled, false, weeks, nab.score(detections))


def overlaps(one: Window, other: Window) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def whole(detect: Detector) -> Detector:
    return detect


def starts(detect: Detector) -> Detector:
    """Each window as one detection, at its start."""
    return lambda item: [(first, first) for first, _ in detect(item)]


async def rows() -> AsyncGenerator[Row]:
    """Nothing where the data is absent."""
    items = nab.corpus()
    if not items:
        return
    windows = {item.name: reported(item) for item in items}
    chances = [at_random(windows, seed) for seed in range(SEEDS)]

    def ours(item: Labelled) -> list[Window]:
        return windows[item.name]

    for way, detects in (("every sample of a reported window is a detection", whole), ("its start alone is", starts)):
        score = judged(items, detects(ours)).score
        chance = statistics.mean(judged(items, detects(one)).score for one in chances)
        yield Row(
            what=f"NAB standard profile, {way}; beside random windows (constant: 0)",
            ours=score, floor=chance, unit="points", goal="above both baselines", met=score > max(0, chance),
        )  # fmt: skip
    result = judged(items, ours)
    chance = statistics.mean(judged(items, one).f1 for one in chances)
    found = f"{result.found} of {result.labelled} windows found, {result.false_per_week:.2f} false a week"
    yield Row(
        what=f"F1 of windows on NAB beside random windows; {found}",
        ours=result.f1, floor=chance, unit="F1", goal="> 2× random", met=result.f1 > 2 * chance,
    )  # fmt: skip


def shown(name: str, result: Result) -> str:
    return (
        f"{name:60} {result.found:2} of {result.labelled:2} found, {result.false:3} false "
        f"({result.false_per_week:.2f} a week), F1 {result.f1:.2f}, NAB {result.score:7.1f}"
    )


def main() -> None:
    items = nab.corpus()
    windows = {item.name: reported(item) for item in items}

    def ours(item: Labelled) -> list[Window]:
        return windows[item.name]

    for item in items:
        print(shown(item.name, judged([item], ours)))
    print(shown("ALL", judged(items, ours)))
    print(shown("ALL, each window one detection", judged(items, starts(ours))))
    print(shown("constant, at its best threshold", judged(items, nothing)))
    print(shown("always", judged(items, everything)))
    for seed in range(3):
        print(shown(f"random windows like ours, seed {seed}", judged(items, at_random(windows, seed))))
        print(shown("  each window one detection", judged(items, starts(at_random(windows, seed)))))


if __name__ == "__main__":
    main()
