"""How measured values are said: number and unit together, three digits: 12.3 %, 1.4 GiB, 245 ms, 37 req/s."""

from collections.abc import Callable

from agents.rules.phrases import HARD, NARROW, duration

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
KILO, WHOLE = 1024, 100
LARGE = 100_000


def said(value: float | None, unit: str) -> str:
    """A value in Grafana's unit as people say it; "nothing" where nothing was measured."""
    if value is None:
        return "nothing"
    return SAYINGS[unit](value) if unit in SAYINGS else f"{number(value)}{HARD}{unit}"


def number(value: float) -> str:
    """Three digits that count, all of a whole number: "0.0123", "12.3", "1,204"."""
    if value == 0:
        return "0"
    if abs(value) >= LARGE:
        return f"{value:,.0f}"
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in digits else digits


def percent(value: float) -> str:
    """Three digits; more of them short of a hundred, which 99.98 is not."""
    if 99 <= value < 100:
        return next((f"{value:.{places}f}" for places in (1, 2, 3, 4) if float(f"{value:.{places}f}") < 100), "100")
    return number(value)


def length(seconds: float) -> str:
    """ "245 ms", "1.25 s", "3 h 12 min"."""
    size_of = abs(seconds)
    if size_of < 1e-3 and seconds:
        return f"{number(seconds * 1e6)}{HARD}µs"
    if size_of < 1:
        return f"{number(seconds * 1e3)}{HARD}ms"
    if size_of < 60:
        return f"{number(seconds)}{HARD}s"
    return duration(seconds) if seconds > 0 else f"-{duration(-seconds)}"


def size(value: float) -> str:
    """ "512 MiB", "1.4 GiB"."""
    step = 0
    while abs(value) >= KILO and step < len(BYTES) - 1:
        value, step = value / KILO, step + 1
    return f"{number(value)}{HARD}{BYTES[step]}"


SAYINGS: dict[str, Callable[[float], str]] = {
    "percentunit": lambda value: f"{percent(100 * value)}{NARROW}%",
    "percent": lambda value: f"{percent(value)}{NARROW}%",
    "s": length,
    "ms": lambda value: length(value / 1000),
    "bytes": size,
    "decbytes": size,
    "Bps": lambda value: f"{size(value)}/s",
    "binBps": lambda value: f"{size(value)}/s",
    "reqps": lambda value: f"{number(value)}{HARD}req/s",
    "rps": lambda value: f"{number(value)}{HARD}req/s",
    "ops": lambda value: f"{number(value)}{HARD}ops/s",
    "short": number,
    "none": number,
    "": number,
}
