"""What results say in numbers: every value, and what plain arithmetic over one column or one object adds to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from typing import Any, TypeAlias, cast

from agents.numbers.quantities import SECONDS, Quantity, read
from tools.spec import ToolResult

Path: TypeAlias = tuple[str, ...]

LENGTH, KEY = "#", "@"
PAIRS = 12  # of more values than this nearly every number is some pair's difference: only the ends are compared
OURS = frozenset({KEY, "key", "name", "number", "title"})  # texts that we make; all others are somebody's words
LARGEST = 1e300
EPOCH = (1e9, 4e9)  # 2001 to 2096: zero times and years beyond every calendar are no moments of an estate
INSTANT = timedelta(microseconds=1)
UNITS = {f"{unit}{plural}": size for unit, size in SECONDS.items() if len(unit) > 1 for plural in ("", "s")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A scalar of the data: a number as `value`, a text as the quantities `said` in it. `column` is its path without
    list positions, `place` the path with them; `unit` is in seconds, when a key says that the value is a time."""

    value: float | None = None
    said: tuple[Quantity, ...] = ()
    column: Path
    place: Path
    unit: float | None = None


@dataclass(slots=True)
class Evidence:
    """`numbers` as they stand or add up; of those, `bare` may have any unit and `seconds` are times by their key.
    `ratios` of two comparable values, `moments` in epoch seconds, `said` the quantities inside texts but for the plain
    numbers of other people's, which are `written`: whoever words an alert could make any count true with them."""

    numbers: list[float] = field(default_factory=list[float])
    bare: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    ratios: list[float] = field(default_factory=list[float])
    moments: list[float] = field(default_factory=list[float])
    said: list[Quantity] = field(default_factory=list[Quantity])
    written: list[Quantity] = field(default_factory=list[Quantity])

    def add(self, values: Iterable[float], unit: float | None) -> None:
        found = [abs(value) for value in values]
        self.numbers += found
        if unit is None:
            self.bare += found
        else:
            self.seconds += [value * unit for value in found]

    def sort(self) -> None:
        for values in (self.numbers, self.bare, self.seconds, self.ratios, self.moments):
            values.sort()


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
    for path, members in groups.items():
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
            items = cast("Sequence[Any]", value)
            yield length(items, at)
            points = at.column[-1:] == ("[]",)
            for position, item in enumerate(items):
                column = (*at.column, str(position) if points else "[]")
                yield from leaves(item, replace(at, column=column, place=(*at.place, str(position))))
        case _:
            return


def of_object(items: Mapping[str, Any], at: Leaf) -> Iterator[Leaf]:
    """Keys are texts too (counts by day); a `unit` beside a value holds for it, a unit in its own key more so."""
    yield length(items, at)
    shared = UNITS.get(str(items.get("unit")), at.unit)
    for key, item in items.items():
        yield replace(at, said=tuple(read(str(key))), column=(*at.column, KEY), place=(*at.place, KEY))
        known = next((UNITS[word] for word in str(key).lower().split("_") if word in UNITS), shared)
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
    evidence.moments += values
    sums = [sum(values)] if adds_up else []
    evidence.add([*sums, *(total / len(values) for total in sums)], unit)
    compared = comparable(values)
    evidence.add((one - other for one, other in permutations(compared, 2)), unit)
    evidence.ratios += [abs(one / other) for one, other in permutations([*compared, *sums], 2) if other]
    evidence.ratios += [abs(value / total) for total in sums if total for value in values]


def comparable(values: Sequence[float]) -> Sequence[float]:
    return values if len(values) <= PAIRS else (values[0], values[-1], min(values), max(values))


def add_texts(evidence: Evidence, members: Sequence[Leaf]) -> None:
    """The quantities in the texts of one column or object, and what passed between the times among them."""
    found = [(quantity, leaf.column[-1] in OURS) for leaf in members for quantity in leaf.said]
    evidence.written += [one for one, is_ours in found if one.kind == "number" and not is_ours]
    evidence.said += [one for one, is_ours in found if one.kind != "instant" and (is_ours or one.kind != "number")]
    times = [reading.value for quantity, _ in found if quantity.kind == "instant" for reading in quantity.readings]
    evidence.moments += times
    evidence.seconds += [abs(one - other) for one, other in permutations(comparable(times), 2)]
