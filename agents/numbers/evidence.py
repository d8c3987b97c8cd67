"""What results say in numbers: every value, and what plain arithmetic over one column or one object adds to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from typing import Any, TypeAlias, cast

from agents.numbers import points, units
from agents.numbers.quantities import Quantity, read
from agents.numbers.units import Unit
from tools.spec import ToolResult

Path: TypeAlias = tuple[str, ...]

LENGTH, KEY = "#", "@"
PAIRS = 12  # of more values than this nearly every number is some pair's difference: only the ends are compared
OURS = frozenset({KEY, "key", "name", "number", "title"})  # texts that we make; all others are somebody's words
LARGEST = 1e300
EPOCH = (1e9, 4e9)  # 2001 to 2096: zero times and years beyond every calendar are no moments of an estate
INSTANT = timedelta(microseconds=1)
SIDES = frozenset({"against", "before", "after"})  # what lies below them is compared with what lies beside them
NUMBERED = frozenset({"number", "bytes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A scalar of the data: a number as `value`, a text as the quantities `said` in it. `column` is its path without
    list positions, `place` the path with them; `unit` is what a key, or a unit beside the value, says it measures."""

    value: float | None = None
    said: tuple[Quantity, ...] = ()
    column: Path
    place: Path
    unit: Unit | None = None


@dataclass(slots=True)
class Evidence:
    """`numbers` as they stand or add up; of those, `bare` may have any unit, and those whose unit is known are in
    `seconds`, `bytes` or `shares` of a whole. `ratios` of two comparable values, `moments` in epoch seconds, `said` the
    quantities inside texts but for the plain numbers of other people's, which are `written`: whoever words an alert
    could make any count true with them."""

    numbers: list[float] = field(default_factory=list[float])
    bare: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    bytes: list[float] = field(default_factory=list[float])
    shares: list[float] = field(default_factory=list[float])
    ratios: list[float] = field(default_factory=list[float])
    moments: list[float] = field(default_factory=list[float])
    said: list[Quantity] = field(default_factory=list[Quantity])
    written: list[Quantity] = field(default_factory=list[Quantity])

    def add(self, values: Iterable[float], unit: Unit | None) -> None:
        found = [abs(value) for value in values]
        self.numbers += found
        match unit.kind if unit else "any":
            case "any":
                self.bare += found
            case "time":
                self.seconds += sized(found, unit)
            case "bytes":
                self.bytes += sized(found, unit)
            case "share":
                self.shares += sized(found, unit)
            case "count":
                pass

    def sort(self) -> None:
        for values in (
            self.numbers, self.bare, self.seconds, self.bytes, self.shares, self.ratios, self.moments,
        ):  # fmt: skip
            values.sort()


def sized(values: Iterable[float], unit: Unit | None) -> list[float]:
    return [value * unit.size for value in values] if unit else []


def collect(results: Sequence[ToolResult]) -> Evidence:
    """Everything said by the results that support claims; the others (error, forbidden, truncated) say nothing.

    A column runs through all results of one tool, so this week's total is comparable with last week's.
    """
    evidence = Evidence()
    groups: dict[Path, list[Leaf]] = defaultdict(list)
    for index, result in enumerate(results):
        if not result.supports_claims:
            continue
        add_frame(evidence, result)
        for leaf in leaves(result.data, Leaf(column=(result.tool,), place=(str(index),))):
            groups["column", *leaf.column].append(leaf)
            groups["object", *leaf.place[:-1]].append(leaf)
            groups["sides", *(step for step in leaf.place if step not in SIDES)].append(leaf)
    for path, members in groups.items():
        if path[0] == "sides":
            add_compared(evidence, members)
        else:
            add_numbers(evidence, members, adds_up=path[0] == "column" or path[-1].startswith("by_"))
            add_texts(evidence, members)
    evidence.moments = [moment for moment in evidence.moments if EPOCH[0] <= moment < EPOCH[1]]
    evidence.sort()
    return evidence


def leaves(value: Any, at: Leaf) -> Iterator[Leaf]:
    """All scalars below `value`, and the length of every list and object as a number beside it."""
    match value:
        case bool() | None:
            return
        case int() | float() if abs(value) < LARGEST:  # neither NaN nor infinite
            yield replace(at, value=float(value))
        case str():
            yield replace(at, said=tuple(read(value)))
        case Mapping():
            yield from of_object(cast("Mapping[str, Any]", value), at)
        case list() | tuple():
            yield from of_list(cast("Sequence[Any]", value), at)
        case _:
            return


def of_list(items: Sequence[Any], at: Leaf) -> Iterator[Leaf]:
    """Of many points only what a series was in all: among hundreds of values nearly every number is somewhere."""
    if points.is_points(items) and len(items) > points.FEW:
        yield from of_object(points.summary(items), at)
        return
    yield length(items, at)
    is_pair = at.column[-1:] == ("[]",) or points.is_sample(items)
    for position, item in enumerate(items):
        column = (*at.column, str(position) if is_pair else "[]")
        told = points.as_number(item) if position and points.is_sample(items) else item
        yield from leaves(told, replace(at, column=column, place=(*at.place, str(position))))


def of_object(items: Mapping[str, Any], at: Leaf) -> Iterator[Leaf]:
    """Keys are texts too (counts by day); a `unit` beside a value holds for it, a unit in its own key more so. Points
    that were thinned out to be drawn prove nothing where the summary of all stands beside them."""
    yield length(items, at)
    shared = units.beside(items) or at.unit
    for key, item in items.items():
        if key == "points" and "summary" in items:
            continue
        yield replace(at, said=tuple(read(str(key))), column=(*at.column, KEY), place=(*at.place, KEY))
        known = (None if isinstance(item, Mapping) else units.of_key(str(key))) or shared
        yield from leaves(item, replace(at, column=(*at.column, key), place=(*at.place, key), unit=known))


def length(items: Sized, at: Leaf) -> Leaf:
    return replace(at, value=len(items), column=(*at.column, LENGTH), place=(*at.place, LENGTH, LENGTH))


def add_frame(evidence: Evidence, result: ToolResult) -> None:
    """What stands around the data: the window, when it was asked, what was left out, the times in the query."""
    if result.status == "empty":
        evidence.numbers.append(0)
    if result.window is not None:
        edges = (result.window.start, result.window.end - INSTANT, result.window.end)
        evidence.moments += [edge.timestamp() for edge in edges]
        evidence.seconds.append(result.window.length.total_seconds())
    if result.as_of is not None:
        evidence.moments.append(result.as_of.timestamp())
    evidence.said += read(result.cut or "")
    evidence.said += [quantity for quantity in read(result.query) if quantity.kind == "duration"]


def add_numbers(evidence: Evidence, members: Sequence[Leaf], *, adds_up: bool) -> None:
    """The values of one column or object, their differences and ratios; for columns and counts by a label also the
    sum, its shares, and the mean."""
    numbers = [leaf for leaf in members if leaf.value is not None]
    values = [leaf.value for leaf in members if leaf.value is not None]
    if not values:
        return
    if numbers[0].column[-1] == LENGTH:
        evidence.numbers += values
        return
    unit = numbers[0].unit if len({leaf.unit for leaf in numbers}) == 1 else None
    for value, leaf in zip(values, numbers, strict=True):
        evidence.add([value], leaf.unit)
        if leaf.column[-1] in units.CHANGES:
            evidence.ratios.append(1 + value)
    evidence.moments += values
    sums = [sum(values)] if adds_up else []
    evidence.add([*sums, *(total / len(values) for total in sums)], unit)
    compare(evidence, numbers)
    evidence.ratios += [abs(total / value) for total in sums for value in comparable(values) if value]
    evidence.ratios += [abs(value / total) for total in sums if total for value in values]


def compare(evidence: Evidence, numbers: Sequence[Leaf]) -> None:
    """Differences and ratios of the values that measure the same."""
    by_unit: dict[Unit | None, list[float]] = defaultdict(list)
    for leaf in numbers:
        if leaf.value is not None:
            by_unit[None if leaf.unit == units.COUNT else leaf.unit].append(leaf.value)
    for unit, values in by_unit.items():
        compared = comparable(values)
        evidence.add((one - other for one, other in permutations(compared, 2)), unit)
        evidence.ratios += [abs(one / other) for one, other in permutations(compared, 2) if other]


def add_compared(evidence: Evidence, members: Sequence[Leaf]) -> None:
    """One measure on several sides: what it is now, and what it was."""
    if len(members) > 1:
        compare(evidence, members)


def comparable(values: Sequence[float]) -> Sequence[float]:
    return values if len(values) <= PAIRS else (values[0], values[-1], min(values), max(values))


def add_texts(evidence: Evidence, members: Sequence[Leaf]) -> None:
    """The quantities in the texts of one column or object, and what passed between the times among them."""
    found = [(quantity, leaf.column[-1] in OURS) for leaf in members for quantity in leaf.said]
    evidence.written += [one for one, is_ours in found if one.kind in NUMBERED and not is_ours]
    evidence.said += [one for one, is_ours in found if one.kind != "instant" and (is_ours or one.kind not in NUMBERED)]
    times = [reading.value for quantity, _ in found if quantity.kind == "instant" for reading in quantity.readings]
    evidence.moments += times
    evidence.seconds += [abs(one - other) for one, other in permutations(comparable(times), 2)]
