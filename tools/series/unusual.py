"""What is unusual in a series: single excursions, and moves of its level that stayed."""

import math
from dataclasses import dataclass, replace

from tools.series import anomalies, changes
from tools.series.anomalies import Judged
from tools.series.changes import Change
from tools.series.series import Season, Series
from tools.series.summary import quantile


@dataclass(frozen=True, slots=True)
class Unusual:
    """The changes are those of the level without its season."""

    judged: Judged
    changes: tuple[Change, ...]


def unusual(series: Series, season: Season | None = None) -> Unusual:
    judged = anomalies.judge(series, season=season)
    return Unusual(judged, changes.found(without_season(series, judged)))


def without_season(series: Series, judged: Judged) -> Series:
    """What the season does not explain, around the median of all."""
    if judged.expected is None or judged.season == "none":
        return series
    middle = quantile([value for value in judged.expected.values if not math.isnan(value)], 0.5)
    pairs = zip(series.values, judged.expected.values, strict=True)
    return replace(series, values=tuple(value - expected + middle for value, expected in pairs))
