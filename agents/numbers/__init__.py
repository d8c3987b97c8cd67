"""Whether the numbers of a text stand in the results it speaks of."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from agents.numbers.evidence import Evidence, collect
from agents.numbers.quantities import Quantity, Reading, plain, read
from tools.spec import ToolResult

OF_TIME = frozenset({"duration", "date", "clock", "instant"})
YEARS = range(1990, 2101)
QUOTE = re.compile(r"“[^”\n]{1,400}”|\"[^\"\n]{1,400}\"")


def unsupported(text: str, results: Sequence[ToolResult], zone: tzinfo = UTC, asked: str = "") -> tuple[str, ...]:
    """The numbers of `text`, as written, that the results do not show.

    Shown is what stands in the data, the length of a list, the sum, mean or share of a column or of counts by a label,
    a difference or ratio of two values of one column or object, and any of it in another unit or rounded to the digits
    written. Times of day and dates may be UTC or of `zone`. Times and durations in `asked`, the person's own words,
    need no proof. A plain number that only somebody's words show (an alert's summary, a postmortem) has to be quoted
    with words of theirs, in quotation marks: it is what they wrote, not what was counted.
    """
    return Ground.of(results, zone, asked).unsupported(text)


def has_numbers(text: str) -> bool:
    """Whether the text states anything that `unsupported` would check."""
    return next(read(text), None) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The evidence, and how the person speaks of time."""

    evidence: Evidence
    zone: tzinfo
    asked: tuple[Quantity, ...]

    @classmethod
    def of(cls, results: Sequence[ToolResult], zone: tzinfo, asked: str) -> "Ground":
        """To be kept when several texts are checked against the same results: reading them is most of the work."""
        return cls(evidence=collect(results), zone=zone, asked=tuple(one for one in read(asked) if one.kind in OF_TIME))

    def unsupported(self, text: str) -> tuple[str, ...]:
        own = [quantity for quantity in read(QUOTE.sub(" ", text)) if not self.shows(quantity)]
        quoted = [quantity for quote in QUOTE.findall(text) for quantity in read(quote)]
        wrong = [quantity for quantity in quoted if not (self.shows(quantity) or self.is_written(quantity))]
        return tuple(dict.fromkeys(quantity.text for quantity in (*own, *wrong)))

    def is_written(self, quantity: Quantity) -> bool:
        return any(same(quantity, other) for other in self.evidence.written)

    def shows(self, quantity: Quantity) -> bool:
        if any(same(quantity, other) for other in (*self.evidence.said, *self.asked)):
            return True
        if quantity.kind == "date":
            return all(self.shows_reading(quantity, reading) for reading in quantity.readings)
        return any(self.shows_reading(quantity, reading) for reading in quantity.readings)

    def shows_reading(self, quantity: Quantity, reading: Reading) -> bool:
        evidence = self.evidence
        match quantity.kind:
            case "number":
                return near(evidence.numbers, reading) or self.is_year(reading)
            case "percent":
                return self.shows_percent(reading)
            case "bytes":
                return near(evidence.bytes, reading) or any(
                    near(evidence.bare, one) for one in (reading, plain(quantity.text))
                )
            case "factor":
                return near(evidence.ratios, reading) or near(evidence.numbers, reading)
            case "duration":
                bare = (reading, plain(quantity.text))
                return near_time(evidence.seconds, reading) or any(near_time(evidence.bare, one) for one in bare)
            case "instant" | "clock" | "date":
                return self.shows_time(quantity.kind, reading)

    def shows_percent(self, reading: Reading) -> bool:
        """As it stands, as a ratio (0.12), as the share of two values, or as the change from one to the other."""
        part, step = reading.value / 100, reading.step / 100
        ratios = (Reading(value=value, step=step) for value in (part, 1 + part, abs(1 - part)))
        share = Reading(value=part, step=step)
        return (
            near(self.evidence.bare, reading)
            or near(self.evidence.bare, share)
            or near(self.evidence.shares, share)
            or any(near(self.evidence.ratios, ratio) for ratio in ratios)
        )

    def shows_time(self, kind: Literal["instant", "clock", "date"], reading: Reading) -> bool:
        match kind:
            case "instant":
                return near_time(self.evidence.moments, reading)
            case "clock":
                return any(0 <= seconds_of_day(time) - reading.value < reading.step for time in self.times())
            case "date":
                return any(time.month * 100 + time.day == reading.value for time in self.times())

    def is_year(self, reading: Reading) -> bool:
        return reading.value in YEARS and any(time.year == reading.value for time in self.times())

    def times(self) -> list[datetime]:
        return [datetime.fromtimestamp(moment, zone) for zone in (UTC, self.zone) for moment in self.evidence.moments]


def same(one: Quantity, other: Quantity) -> bool:
    """Whether both may mean the same, as far as `one` is written out."""
    return one.kind == other.kind and any(
        abs(mine.value - theirs.value) <= mine.step / 2 + slack(mine.value)
        for mine in one.readings
        for theirs in other.readings
    )


def near(values: Sequence[float], reading: Reading) -> bool:
    """Whether sorted `values` hold one that is the reading when rounded to its step."""
    half = reading.step / 2 + slack(reading.value)
    return between(values, reading.value - half, reading.value + half)


def near_time(values: Sequence[float], reading: Reading) -> bool:
    """As `near`, and also when cut off instead of rounded: 43 min 50 s may be written 43 min."""
    return between(values, reading.value - reading.step / 2 - slack(reading.value), reading.value + reading.step)


def between(values: Sequence[float], low: float, high: float) -> bool:
    position = bisect_left(values, low)
    return position < len(values) and values[position] <= high


def slack(value: float) -> float:
    return 1e-9 * max(1.0, abs(value))


def seconds_of_day(time: datetime) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second
