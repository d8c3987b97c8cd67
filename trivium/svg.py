"""A series part as an SVG image: axes with round ticks, limits, bands, a legend, and the same in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

from agents.answer import Answer, Part
from agents.plots import Plot, plot_of, rounded, sentences, time_text, time_ticks, value_text
from domain.errors import Refused
from tools.cleaning import strip_text

Theme: TypeAlias = Literal["auto", "light", "dark"]
WIDTH, PLOT_HEIGHT = 760, 240
LEFT, RIGHT, TOP, AXIS = 76, 16, 40, 28
ROW = 20
LONGEST_NAME = 90
DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 3", "1 3")
COLOURS = {  # the page's tokens: light, dark
    "ground": ("#ffffff", "#131519"),
    "text": ("#16171b", "#eceef2"),
    "quiet": ("#646875", "#9297a4"),
    "grid": ("#ececf0", "#22252b"),
    "limit": ("#b0151f", "#ff8f8c"),
    "breach": ("#cf202b", "#f0524f"),
    "anomaly": ("#c47a00", "#e8a52c"),
    "c0": ("#3450c8", "#8ea1ff"),
    "c1": ("#b4530a", "#f09a4a"),
    "c2": ("#0b7f74", "#3fc4b1"),
    "c3": ("#9c2f86", "#e07fca"),
    "c4": ("#463c05", "#f4e69a"),
    "c5": ("#586273", "#9aa5b5"),
}


def save(answer: Answer, path: Path, theme: Theme = "auto") -> None:
    """The file has every chart of the answer, one below the other.

    Raises Refused when there is none, or when the file cannot be written.
    """
    parts = [part for part in answer.parts if part.kind == "series" and not plot_of(part).is_empty]
    if not parts:
        raise Refused("This answer has no chart to draw.", code="no_chart", alternative="--format csv has its tables.")
    try:
        path.write_text(drawing(parts, theme), encoding="utf-8")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(f"The charts could not be written to {path}: {why}.", code="not_written") from error


def drawing(parts: Sequence[Part], theme: Theme = "auto") -> str:
    """One SVG document with the charts below each other. `auto` follows the system of whoever looks at it."""
    frames: list[Frame] = []
    top = 0
    for part in parts:
        plot, ticks = rounded(plot_of(part), 4)
        frames.append(Frame(plot, ticks, top))
        top = frames[-1].bottom
    words = [sentence for frame in frames for sentence in (f"{frame.plot.title}:", *sentences(frame.plot))]
    size = f'viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
            f'<title id="title">{safe(", ".join(frame.plot.title for frame in frames))}</title>',
            f'<desc id="desc">{safe(" ".join(words))}</desc>',
            f"<style>{style(theme)}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{top}"/>',
            *(line for frame in frames for line in frame.elements()),
            "</svg>\n",
        ]
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """One chart from `top` down; x and y are places in the document."""

    plot: Plot
    ticks: Sequence[float]
    top: int

    @property
    def floor(self) -> int:
        return self.top + TOP + PLOT_HEIGHT

    @property
    def bottom(self) -> int:
        return self.floor + AXIS + ROW * (len(self.plot.lines) + len(self.plot.limits)) + ROW // 2

    def x(self, time: float) -> float:
        inside = min(max(self.plot.across(time), 0), 1)
        return round(LEFT + inside * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(self.floor - self.plot.up(value) * PLOT_HEIGHT, 1)

    def elements(self) -> Iterator[str]:
        yield f'<g aria-hidden="true">{text(LEFT, self.top + 24, self.plot.title, "title")}'
        yield from self.bands()
        yield from self.axes()
        yield from self.limits()
        yield from self.lines()
        yield from self.legend()
        yield "</g>"

    def bands(self) -> Iterator[str]:
        for band in self.plot.bands:
            left, right = self.x(band.start), self.x(band.end)
            kind = "breach" if band.kind == "breach" else "anomaly"
            yield (
                f'<rect class="{kind}" x="{left}" y="{self.top + TOP}" width="{max(right - left, 1):.1f}" '
                f'height="{PLOT_HEIGHT}"/>'
            )

    def axes(self) -> Iterator[str]:
        for tick in self.ticks:
            y = self.y(tick)
            yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
            yield text(LEFT - 8, y + 4, value_text(tick, self.plot.unit), "quiet end")
        times = time_ticks(self.plot.start, self.plot.end, 8)
        step = times[1] - times[0] if len(times) > 1 else self.plot.end - self.plot.start
        for time in times:
            yield text(self.x(time), self.floor + 18, time_text(time, step), "quiet middle")

    def limits(self) -> Iterator[str]:
        for limit in self.plot.limits:
            yield f'<path class="limit" d="M{LEFT} {self.y(limit.value)}H{WIDTH - RIGHT}"/>'

    def lines(self) -> Iterator[str]:
        """The first is drawn last, above the others; where nothing was measured there is a gap, alone a dot."""
        for number, line in reversed(list(enumerate(self.plot.lines))):
            for run in runs(line.points):
                places = " ".join(f"{self.x(time)},{self.y(value)}" for time, value in run)
                if len(run) > 1:
                    yield f'<polyline class="{pen(number)}" points="{places}"/>'
                else:
                    x, y = places.split(",")
                    yield f'<circle class="{pen(number)} dot" cx="{x}" cy="{y}" r="1.5"/>'

    def legend(self) -> Iterator[str]:
        y = self.floor + AXIS + ROW - 6
        names = [(pen(number), line.name) for number, line in enumerate(self.plot.lines)]
        names += [
            ("limit", f"{limit.name}: {limit.side} {value_text(limit.value, self.plot.unit)} is broken")
            for limit in self.plot.limits
        ]
        for row, (kind, name) in enumerate(names):
            yield f'<path class="{kind}" d="M{LEFT} {y + row * ROW - 4}h24"/>'
            yield text(LEFT + 32, y + row * ROW, name, "text")


def runs(points: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """Neighbours that were all measured."""
    run: list[tuple[float, float]] = []
    for time, value in points:
        if value is not None:
            run.append((time, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def pen(number: int) -> str:
    return f"line c{number % len(DASHES)}"


def text(x: float, y: float, words: str, kind: str) -> str:
    shown = words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
    return f'<text class="{kind}" x="{x}" y="{y}">{safe(shown)}</text>'


def safe(words: str) -> str:
    """Names of series come from elsewhere: no markup, and no character that XML does not know."""
    return escape("".join(sign for sign in strip_text(words) if sign.isprintable() or sign == " "))


def style(theme: Theme) -> str:
    shape = (
        "text{font:12px ui-sans-serif,system-ui,sans-serif}.title{font-weight:600;font-size:14px}"
        ".end{text-anchor:end}.middle{text-anchor:middle}.line,.limit,.grid{fill:none}"
        ".line{stroke-width:1.5;stroke-linejoin:round}.limit{stroke-width:1;stroke-dasharray:4 4}"
        ".breach{fill-opacity:.12}.anomaly{fill-opacity:.12}"
        + "".join(f".c{number}{{stroke-dasharray:{dash}}}" for number, dash in enumerate(DASHES) if dash)
    )
    match theme:
        case "light":
            return shape + colours(0)
        case "dark":
            return shape + colours(1)
        case "auto":
            return f"{shape}{colours(0)}@media (prefers-color-scheme:dark){{{colours(1)}}}"


def colours(column: Literal[0, 1]) -> str:
    chosen = {name: pair[column] for name, pair in COLOURS.items()}
    filled = {name: chosen[name] for name in ("ground", "text", "quiet", "breach", "anomaly")} | {
        "title": chosen["text"]
    }
    drawn = {name: chosen[name] for name in ("grid", "limit", "c0", "c1", "c2", "c3", "c4", "c5")}
    return "".join(
        [f".{name}{{fill:{colour}}}" for name, colour in filled.items()]
        + [f".{name}{{stroke:{colour}}}" for name, colour in drawn.items()]
        + [f".c{number}.dot{{fill:{chosen[f'c{number}']}}}" for number in range(len(DASHES))]
    )
