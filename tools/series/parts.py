"""The JSON that charts are drawn from, in one place: what handlers put into `data`, and answers carry on.

A chart is {"title", "unit", "series", "thresholds", "bands"}:
- series: {"name", "labels", "unit", "points": [[epoch seconds, value or null], ...], "summary", "cut"}
- thresholds: {"name", "value", "side": "above" | "below", "unit"}, the side on which it is broken
- bands: {"kind": "breach" | "anomaly", "name", "start", "end", "peak", "peak_at", ...}, times in RFC 3339
- marks: {"kind": "change" | "alert", "name", "at", ...}
Units are Grafana's: percentunit (0.052 is 5.2 %), s, ms, bytes, Bps, reqps, short.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from domain.windows import stamp
from tools.series.breaches import Breach, Threshold
from tools.series.compare import Comparison, Side
from tools.series.downsample import DRAWN, downsampled
from tools.series.series import Series
from tools.series.summary import summarised

if TYPE_CHECKING:
    from tools.series.anomalies import Anomaly
    from tools.series.changes import Change

Json: TypeAlias = dict[str, Any]


def chart(title: str, unit: str, series: Iterable[Json], **more: list[Json]) -> Json:
    """One chart; `more` are its thresholds, bands and marks."""
    return {"title": title, "unit": unit, "series": list(series), "thresholds": [], "bands": [], "marks": []} | more


def line(series: Series, name: str = "", points: int = DRAWN) -> Json:
    """One series to draw; its summary is of all samples, drawn or not."""
    drawn = downsampled(series, points)
    return {
        "name": name or series.name,
        "labels": dict(series.labels),
        "unit": series.unit,
        "points": [
            [point(time), rounded(value)] for time, value in zip(drawn.series.times, drawn.series.values, strict=True)
        ],
        "summary": {key: rounded(value) for key, value in summarised(series).as_json().items()},
        "cut": drawn.cut,
    }


def point(time: float) -> float | int:
    return int(time) if time == int(time) else time


def rounded(value: float | None) -> float | None:
    """Six significant digits, as many as anybody reads; null for what was not measured."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.6g}")


def threshold(limit: Threshold) -> Json:
    return {"name": limit.name, "value": limit.value, "side": limit.side, "unit": limit.unit}


def breach_band(item: Breach) -> Json:
    return {
        "kind": "breach",
        "name": item.threshold.name,
        "start": stamp(item.start),
        "end": stamp(item.end),
        "minutes": round(item.duration.total_seconds() / 60, 1),
        "peak": rounded(item.peak),
        "peak_at": stamp(item.peak_at),
        "threshold": item.threshold.value,
        "unit": item.threshold.unit,
        "ended": item.ended,
    }


def anomaly_band(item: "Anomaly", name: str) -> Json:
    return {
        "kind": "anomaly",
        "name": name,
        "start": stamp(item.start),
        "end": stamp(item.end),
        "peak": rounded(item.peak),
        "peak_at": stamp(item.peak_at),
        "baseline": rounded(item.baseline),
        "score": item.score,
        "direction": item.direction,
        "samples": item.samples,
    }


def change_mark(item: "Change", name: str) -> Json:
    return {
        "kind": "change",
        "name": name,
        "at": stamp(item.at),
        "before": rounded(item.before),
        "after": rounded(item.after),
        "relative": rounded(item.relative),
        "confidence": item.confidence,
    }


def comparison(found: Comparison) -> Json:
    return {
        "before": side(found.before),
        "after": side(found.after),
        "verdict": found.verdict,
        "relative": rounded(found.relative),
        "effect": rounded(found.effect),
        "superiority": rounded(found.superiority),
    }


def side(found: Side) -> Json:
    numbers = {"median": found.median, "p95": found.p95, "most": found.most, "least": found.least}
    return {key: rounded(value) for key, value in numbers.items()} | {
        "samples": found.samples,
        "missing": found.missing,
    }
