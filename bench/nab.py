"""The labelled series of NAB, and its standard scoring profile, written from the paper (Lavin and Ahmad 2015).

Every flagged sample is a detection. The earliest in a labelled window scores up to 1, a missed window -1, each
detection outside of all windows up to -0.11; 0 is what detects nothing, 100 what finds every window at its start.
The first 15 % of a series (at most 750 samples) are not scored.
"""

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tools.series.series import Series

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "nab"
PROBATION, MOST_PROBATION = 0.15, 750
FALSE_WEIGHT = 0.11
FAR = 3.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series on an even grid, and the first and last place of each labelled window."""

    name: str
    series: Series
    windows: tuple[tuple[int, int], ...]

    @property
    def weeks(self) -> float:
        return len(self.series.times) * self.series.step_seconds / 604_800

    @property
    def probation(self) -> int:
        return min(math.floor(PROBATION * len(self.series.times)), MOST_PROBATION)


def corpus(folder: Path = FOLDER) -> list[Labelled]:
    """Every series of the folder, by name; none where it is absent."""
    labels_file = folder / "labels" / "combined_windows.json"
    if not labels_file.exists():
        return []
    labels: dict[str, list[list[str]]] = json.loads(labels_file.read_text())
    files = sorted(folder.glob("data/*/*.csv"))
    return [labelled(file, labels.get(f"{file.parent.name}/{file.name}", [])) for file in files]


def labelled(file: Path, windows: Iterable[Sequence[str]]) -> Labelled:
    with file.open() as lines:
        rows = [(seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(lines)]
    gaps = sorted(after[0] - before[0] for before, after in pairwise(rows))
    step, first = gaps[len(gaps) // 2], rows[0][0]
    values = {round((time - first) / step): value for time, value in rows}
    size = max(values) + 1
    series = Series(
        times=tuple(first + place * step for place in range(size)),
        values=tuple(values.get(place, math.nan) for place in range(size)),
        labels={},
    )
    places = [(round((seconds(start) - first) / step), round((seconds(end) - first) / step)) for start, end in windows]
    return Labelled(f"{file.parent.name}/{file.stem}", series, tuple(places))


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def score(detected: Iterable[tuple[Labelled, Iterable[int]]]) -> float:
    """The normalised score of the standard profile over the whole corpus."""
    total = windows = 0.0
    for item, places in detected:
        total += raw(item, sorted(place for place in places if place >= item.probation))
        windows += len(item.windows)
    return 100 * (total + windows) / (2 * windows) if windows else 0.0


def raw(item: Labelled, places: Sequence[int]) -> float:
    found = 0.0
    for first, last in item.windows:
        inside = [place for place in places if first <= place <= last]
        width = last - first + 1
        found += sigmoid(-(last - min(inside) + 1) / width) / sigmoid(-1.0) if inside else -1.0
    outside = [place for place in places if not any(first <= place <= last for first, last in item.windows)]
    return found + FALSE_WEIGHT * sum(false_alarm(item, place) for place in outside)


def false_alarm(item: Labelled, place: int) -> float:
    """-1, less just behind a window: a late detection is better than one from nowhere."""
    before = [window for window in item.windows if window[1] < place]
    if not before:
        return -1.0
    first, last = before[-1]
    return sigmoid((place - last) / max(1, last - first))


def sigmoid(position: float) -> float:
    """1 well before the end of a window, 0 at it, -1 well behind."""
    return -1.0 if position > FAR else 2 / (1 + math.exp(5 * position)) - 1
