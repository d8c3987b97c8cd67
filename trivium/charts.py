"""A line chart in a terminal: braille dots where there is colour, a sign for each line where there is none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from agents.plots import Plot, rounded, sentence, time_text, time_ticks, value_text

ROWS = 10
NARROWEST = 40
WIDEST = 140
LABEL_ROOM = 9
COLOURS = ("blue", "yellow", "cyan", "magenta", "green", "white")
SIGNS = ("*", "+", "o", "x", "#", "@")
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
BRAILLE = 0x2800


@dataclass(frozen=True, slots=True)
class Manner:
    """How to draw here: cells across, whether there is colour, whether there is more than ASCII.

    `has_signs`: dots could not be told apart, so each line is drawn with a sign of its own.
    """

    width: int
    is_coloured: bool
    is_ascii: bool
    has_signs: bool = False

    def sign(self, number: int) -> str:
        return SIGNS[number % len(SIGNS)]

    def style(self, number: int) -> str:
        return COLOURS[number % len(COLOURS)]


@dataclass(frozen=True, slots=True)
class Chart:
    """Axes, lines, limits as broken lines, bands as a bar below; then a legend. At most as wide as the terminal."""

    plot: Plot

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_coloured = console.color_system is not None and not console.no_color
        manner = Manner(
            width=min(options.max_width, WIDEST),
            is_coloured=is_coloured,
            is_ascii=options.ascii_only,
            has_signs=options.ascii_only or (len(self.plot.lines) > 1 and not is_coloured),
        )
        yield from drawn(self.plot, manner)


def drawn(plot: Plot, manner: Manner) -> Iterator[Text]:
    yield Text(plot.title)
    if plot.is_empty:
        yield Text("nothing was measured", style="dim")
        return
    if manner.width >= NARROWEST:
        scaled, ticks = rounded(plot, 4)
        width = manner.width - LABEL_ROOM - 2
        yield from framed(scaled, ticks, width, manner)
        yield axis(scaled, width, manner)
        yield from bands(scaled, width, manner)
    yield from legend(plot, manner)


@dataclass(slots=True)
class Canvas:
    """Cells by (row from above, column): what dots they have and which line put the last of them there."""

    width: int
    height: int
    dots: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    owners: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def dot(self, x: int, y: int, owner: int) -> None:
        """Two dots across and four down make a cell; y counts from below."""
        if not (0 <= x < self.width * 2 and 0 <= y < self.height * 4):
            return
        row, column = divmod(self.height * 4 - 1 - y, 4), divmod(x, 2)
        cell = row[0], column[0]
        if self.owners.get(cell) not in (None, owner):
            self.dots[cell] = 0
        self.dots[cell] = self.dots.get(cell, 0) | DOTS[row[1]][column[1]]
        self.owners[cell] = owner

    def segment(self, one: tuple[int, int], other: tuple[int, int], owner: int) -> None:
        """Every dot on the way. Source: Bresenham's algorithm."""
        steps = max(abs(other[0] - one[0]), abs(other[1] - one[1]), 1)
        for step in range(steps + 1):
            x = one[0] + (other[0] - one[0]) * step / steps
            y = one[1] + (other[1] - one[1]) * step / steps
            self.dot(round(x), round(y), owner)


def painted(plot: Plot, width: int) -> Canvas:
    """The first line is drawn last, above the others."""
    canvas = Canvas(width, ROWS)
    for number in reversed(range(len(plot.lines))):
        places = [
            None
            if value is None
            else (round(plot.across(time) * (width * 2 - 1)), round(plot.up(value) * (ROWS * 4 - 1)))
            for time, value in plot.lines[number].points
        ]
        for place in places:
            if place:
                canvas.dot(*place, number)
        for one, other in pairwise(places):
            if one and other:
                canvas.segment(one, other, number)
    return canvas


def framed(plot: Plot, ticks: list[float], width: int, manner: Manner) -> Iterator[Text]:
    canvas = painted(plot, width)
    labels = {row_of(plot, tick): value_text(tick, plot.unit) for tick in ticks}
    limits = {row_of(plot, limit.value) for limit in plot.limits}
    for row in range(ROWS):
        line = Text(no_wrap=True)
        line.append(labels.get(row, "").rjust(LABEL_ROOM) + edge(is_tick=row in labels, manner=manner), style="dim")
        cells = [cell(canvas, (row, column), manner, is_limit=row in limits) for column in range(width)]
        for style, run in groupby(cells, key=lambda drawn: drawn[1]):
            line.append("".join(sign for sign, _ in run), style=style)
        yield line


def cell(canvas: Canvas, place: tuple[int, int], manner: Manner, *, is_limit: bool) -> tuple[str, str]:
    """A sign and its style."""
    owner = canvas.owners.get(place)
    if owner is None:
        dash = "-" if manner.is_ascii else "╌"
        return (dash if place[1] % 2 else " ", "red") if is_limit else (" ", "")
    if manner.has_signs:
        return manner.sign(owner), manner.style(owner)
    return chr(BRAILLE + canvas.dots[place]), manner.style(owner)


def row_of(plot: Plot, value: float) -> int:
    """The row from above."""
    return ROWS - 1 - round(plot.up(value) * (ROWS * 4 - 1)) // 4


def edge(*, is_tick: bool, manner: Manner) -> str:
    if manner.is_ascii:
        return " +" if is_tick else " |"
    return " ┤" if is_tick else " │"


def axis(plot: Plot, width: int, manner: Manner) -> Text:
    """The times, each beginning where it is; none that would touch the one before it."""
    ticks = time_ticks(plot.start, plot.end, max(width // 12, 1))
    step = ticks[1] - ticks[0] if len(ticks) > 1 else plot.end - plot.start
    line = ""
    for tick in ticks:
        column, text = round(plot.across(tick) * (width - 1)), time_text(tick, step)
        if column >= len(line) + bool(line) and column + len(text) <= width:
            line = line.ljust(column) + text
    corner = " +" if manner.is_ascii else " └"
    return Text(" " * LABEL_ROOM + corner + line, style="dim", no_wrap=True)


def bands(plot: Plot, width: int, manner: Manner) -> Iterator[Text]:
    """A bar for the bands of each name, where they are."""
    names = dict.fromkeys((band.kind, band.name) for band in plot.bands)
    for kind, name in names:
        bar = [" "] * width
        for band in plot.bands:
            if (band.kind, band.name) == (kind, name):
                first, last = (round(min(max(plot.across(at), 0), 1) * (width - 1)) for at in (band.start, band.end))
                bar[first : last + 1] = ("=" if manner.is_ascii else "━") * (last + 1 - first)
        line = Text(no_wrap=True).append(kind[:LABEL_ROOM].rjust(LABEL_ROOM) + "  ", style="dim")
        yield line.append("".join(bar).rstrip(), style="red" if kind == "breach" else "yellow")


def legend(plot: Plot, manner: Manner) -> Iterable[Text]:
    for number, line in enumerate(plot.lines):
        sign = manner.sign(number) if manner.has_signs else "●"
        shown = Text(overflow="fold").append(f"{sign} " if len(plot.lines) > 1 else "", style=manner.style(number))
        yield shown.append(sentence(line, plot.unit), style="dim")
    for limit in plot.limits:
        mark = "-" if manner.is_ascii else "╌"
        text = f"{mark} {limit.name}: {limit.side} {value_text(limit.value, plot.unit)} is broken"
        yield Text(text, style="red", overflow="fold")
