import io
from itertools import pairwise
from typing import Any

import pytest
from rich.console import Console

from agents.answer import Answer, Part
from agents.export import as_csv, as_markdown
from agents.parts import MOST_POINTS, MOST_SERIES, bounded, chart, level_of, logs
from agents.plots import nice_step, plot_of, rounded, time_text, time_ticks, value_text
from trivium.charts import Chart
from trivium.show import show

NOON = 1795608000  # 2026-11-25 12:00 UTC
TRIANGLE = [[NOON + 60 * n, 30 - abs(30 - n)] for n in range(61)]
FLAT = [[NOON + 60 * n, 5] for n in range(61)]


def part(*series: tuple[str, list[list[Any]]], **more: Any) -> Part:
    lines = [{"name": name, "unit": "s", "points": points} for name, points in series]
    return chart({"title": "Waiting", "unit": "s", "series": lines} | more, ("x1",))


def printed(drawn: Part, *, encoding: str = "utf-8", **options: Any) -> list[str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=out, highlight=False, **options).print(Chart(plot_of(drawn)))
    out.seek(0)
    return [line.rstrip() for line in out.read().splitlines()]


LIMIT = {"name": "SLO", "value": 20, "side": "above", "unit": "s"}
BREACH = {"kind": "breach", "name": "SLO", "start": "2026-11-25T12:20:00Z", "end": "2026-11-25T12:40:00Z"}


def test_a_chart_without_colour_and_unicode_still_tells_its_lines_apart() -> None:
    """CX-09."""
    drawn = part(("up", TRIANGLE), ("flat", FLAT), thresholds=[LIMIT], bands=[BREACH])
    lines = printed(drawn, encoding="ascii", width=60)
    assert lines[0] == "Waiting"
    assert [line for line in lines if "breach" in line and "=" in line]
    assert all(line.isascii() and len(line) <= 60 for line in lines)
    body = [line[11:] for line in lines[1:11]]
    assert [row.strip(" -") for row in body if "*" in row], "the line is drawn"
    assert "+" * 10 in max(body, key=lambda row: row.count("+"))
    assert lines[-3:] == [
        "* up: lowest 0, highest 30 s at 25 Nov 12:30, last 0.",
        "+ flat: lowest 5 s, highest 5 s at 25 Nov 12:00, last 5 s.",
        "- SLO: above 20 s is broken",
    ]


def test_a_peak_is_in_the_middle_and_above_the_limit() -> None:
    lines = printed(part(("up", TRIANGLE), thresholds=[LIMIT]), width=72)
    rows = [line[11:] for line in lines[1:11]]
    top = next(row for row in rows if row.strip(" ╌"))
    dots = [place for place, sign in enumerate(top) if 0x2800 < ord(sign) < 0x2900]
    assert abs(sum(dots) / len(dots) - 30) < 2
    limit_row = next(number for number, row in enumerate(rows) if "╌" in row)
    assert rows.index(top) < limit_row


@pytest.mark.parametrize("width", [20, 39, 40, 60, 100, 200])
def test_a_chart_is_never_wider_than_the_terminal(width: int) -> None:
    drawn = part(("up", TRIANGLE), ("flat", FLAT), thresholds=[LIMIT], bands=[BREACH])
    for encoding in ("utf-8", "ascii"):
        lines = printed(drawn, encoding=encoding, width=width)
        assert max(map(len, lines)) <= width
        assert ("12:00" in "".join(lines[11:13])) == (width >= 40)


def test_where_nothing_was_measured_nothing_is_drawn() -> None:
    holes = [[time, None if 20 <= place <= 40 else value] for place, (time, value) in enumerate(TRIANGLE)]
    rows = [line[11:] for line in printed(part(("up", holes)), width=72)[1:11]]
    middle = "".join(row.ljust(61)[25:35] for row in rows)
    assert not middle.strip()
    assert printed(part(("up", [[NOON, None]])), width=72)[1] == "nothing was measured"


def test_the_lines_of_a_colour_terminal_have_their_own_colours() -> None:
    drawn = "\n".join(
        printed(part(("a", TRIANGLE), ("b", FLAT)), width=80, force_terminal=True, color_system="standard")
    )
    assert "\x1b[34m●" in drawn
    assert "\x1b[33m●" in drawn


def test_an_answer_with_a_chart_and_logs_is_shown() -> None:
    lines = [{"at": "2026-11-25T12:00:00Z", "level": "ERROR", "text": "database timeout"}]
    answer = Answer(summary="Slow.", parts=(part(("up", TRIANGLE)), logs("Errors", lines, ("x1",), total=7)))
    out = io.StringIO()
    show(Console(file=out, width=90), answer)
    assert "25 Nov 12:00  error  database timeout" in out.getvalue()
    assert "… of 7 lines" in out.getvalue()
    assert "└12:00" in out.getvalue()


def test_what_is_drawn_is_exported_too() -> None:
    """IQ-13."""
    lines = [{"at": "2026-11-25T12:00:00Z", "level": "warn", "text": "a|b\nc", "labels": {"pod": "p", "app": "=x"}}]
    drawn = part(("a", [[NOON, 1], [NOON + 60, None]]), ("b", [["2026-11-25T12:01:00Z", 2.5]]))
    answer = Answer(summary="Two.", parts=(drawn, logs("Lines", lines, ("x1",))))
    assert as_csv(answer).splitlines() == [
        "# Waiting", "time,a (s),b (s)", "2026-11-25T12:00:00Z,1,", "2026-11-25T12:01:00Z,,2.5",
        "# Lines", "at,level,text,labels", '2026-11-25T12:00:00Z,warning,"a|b', 'c","app==x, pod=p"',
    ]  # fmt: skip
    assert "| 2026-11-25T12:00:00Z | warning | a\\|b c | app==x, pod=p |" in as_markdown(answer)


def test_parts_are_bounded_and_say_so() -> None:
    """UI-03."""
    peak = [[NOON + n, 1000.0 if n == 7777 else float(n % 10)] for n in range(10_000)]
    drawn = part(*((f"s{number}", peak) for number in range(30)))
    assert len(drawn.data["series"]) == MOST_SERIES
    points = drawn.data["series"][0]["points"]
    assert len(points) <= MOST_POINTS
    assert [NOON + 7777, 1000.0] in points
    assert (points[0], points[-1]) == (peak[0], peak[-1])
    assert drawn.data["cut"].startswith("20 of 30 series; ")
    long = logs("Lines", [{"at": "", "text": "x" * 5000}] * 3000, (), total=9000)
    assert (len(long.data["rows"]), len(long.data["rows"][0]["text"]), long.data["cut"]) == (
        1000,
        2001,
        "1,000 of 9,000 lines",
    )
    table = bounded(Part(kind="table", title="", data={"columns": [], "rows": [{"n": 1}] * 1500}, executions=()))
    assert (len(table.data["rows"]), table.data["cut"]) == (1000, "1,000 of 1,500 rows")


def test_a_part_that_is_small_enough_stays_as_it_is() -> None:
    for small in (part(("up", TRIANGLE)), Part(kind="stat", title="", data={"value": 1}, executions=())):
        assert bounded(small) == small


def test_what_is_no_number_is_a_gap() -> None:
    drawn = part(("up", [[NOON, float("nan")], [NOON + 1, float("inf")], [NOON + 2, 1.0]]))
    assert drawn.data["series"][0]["points"] == [[NOON, None], [NOON + 1, None], [NOON + 2, 1.0]]


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("ERR", "error"),
        ("fatal", "critical"),
        ("Warning", "warning"),
        ("notice", "info"),
        ("TRACE", "debug"),
        ("", "unknown"),
    ],
)
def test_levels_have_one_spelling(word: str, level: str) -> None:
    assert level_of(word) == level


@pytest.mark.parametrize(("rough", "step"), [(0.7, 1), (1, 1), (1.1, 2), (3, 5), (6, 10), (0.0012, 0.002), (4e6, 5e6)])
def test_ticks_are_round(rough: float, step: float) -> None:
    assert nice_step(rough) == pytest.approx(step)


@pytest.mark.parametrize("high", [0.0003, 0.9, 1, 17, 99.9, 100, 12_345])
def test_the_ticks_hold_every_value(high: float) -> None:
    plot, ticks = rounded(plot_of(part(("up", [[NOON, 0], [NOON + 1, high]]))), 4)
    assert plot.low == ticks[0] <= 0
    assert plot.high == ticks[-1] >= high
    assert 2 <= len(ticks) <= 7


@pytest.mark.parametrize(
    ("seconds", "step"), [(60, 10), (3600, 600), (5 * 3600, 3600), (86_400, 3 * 3600), (7 * 86_400, 86_400)]
)
def test_times_are_round(seconds: int, step: int) -> None:
    ticks = time_ticks(NOON + 7, NOON + 7 + seconds, 8)
    assert {later - earlier for earlier, later in pairwise(ticks)} == {step}
    assert all(tick % step == 0 and NOON + 7 <= tick <= NOON + 7 + seconds for tick in ticks)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.052, "percentunit", "5.2 %"), (1536, "bytes", "1.5 KiB"), (2**30, "Bps", "1 GiB/s"), (0.25, "s", "250 ms"),
        (90, "s", "90 s"), (7200, "s", "2 h"), (1500, "ms", "1.5 s"), (12345, "reqps", "12.35k req/s"), (0, "s", "0"),
        (1_000_000, "short", "1M"), (3, "alerts", "3 alerts"), (-0.5, "", "-0.5"), (0.0000005, "s", "0.5 µs"),
    ],
)  # fmt: skip
def test_values_are_written_in_their_unit(value: float, unit: str, text: str) -> None:
    assert value_text(value, unit) == text


def test_midnight_is_written_as_its_day() -> None:
    assert [time_text(NOON + hours * 3600, 3600) for hours in (0, 12, 13)] == ["12:00", "26 Nov", "01:00"]
