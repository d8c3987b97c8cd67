from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from agents.answer import Answer, Part
from agents.parts import chart
from domain.errors import Refused
from trivium.svg import drawing, save

NOON = 1795608000  # 2026-11-25 12:00 UTC
POINTS = [[NOON + 60 * n, None if n == 30 else n] for n in range(61)]
LIMIT = {"name": "SLO", "value": 50, "side": "above", "unit": "s"}
BREACH = {"kind": "breach", "name": "SLO", "start": "2026-11-25T12:51:00Z", "end": "2026-11-25T13:00:00Z"}
SVG = "{http://www.w3.org/2000/svg}"


def part(name: str = "web", title: str = "Waiting", **more: Any) -> Part:
    series = [{"name": name, "points": POINTS}, {"name": "other", "points": [[NOON, 1], [NOON + 3600, 2]]}]
    return chart({"title": title, "unit": "s", "series": series} | more, ("x1",))


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - it is our own


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def places(line: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.get("points", "").split())]


def test_points_lie_where_the_axes_say() -> None:
    """CX-09: one part, the same picture everywhere."""
    root = parsed(drawing([part(thresholds=[LIMIT], bands=[BREACH])]))
    before, after = sorted(map(places, of_class(root, "c0")[:2]))
    assert (len(before), len(after)) == (30, 30), "a gap where nothing was measured"
    ticks = {label.text: float(label.get("y", "")) - 4 for label in of_class(root, "end")}
    times = {label.text: float(label.get("x", "")) for label in of_class(root, "middle")}
    assert list(ticks) == ["0", "20 s", "40 s", "60 s"]
    assert before[0] == pytest.approx((times["12:00"], ticks["0"]), abs=0.1)
    assert after[-1] == pytest.approx((times["13:00"], ticks["60 s"]), abs=0.1)
    (limit,) = [line for line in of_class(root, "limit") if "H" in line.get("d", "")]
    assert float(limit.get("d", "").split()[1].partition("H")[0]) == pytest.approx(
        (ticks["40 s"] + ticks["60 s"]) / 2, abs=0.1
    )
    (band,) = of_class(root, "breach")
    ends = float(band.get("x", "")), float(band.get("x", "")) + float(band.get("width", ""))
    assert ends == pytest.approx((times["12:00"] + (times["13:00"] - times["12:00"]) * 0.85, times["13:00"]), abs=0.2)


def test_who_cannot_see_it_is_told_the_same() -> None:
    root = parsed(drawing([part(thresholds=[LIMIT], bands=[BREACH])]))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root.findtext(f"{SVG}title") == "Waiting"
    assert root.findtext(f"{SVG}desc") == (
        "Waiting: web: lowest 0, highest 60 s at 25 Nov 13:00, last 60 s. "
        "other: lowest 1 s, highest 2 s at 25 Nov 13:00, last 2 s. "
        "Limit SLO: above 50 s is broken. Breach of SLO: 25 Nov 12:51 to 25 Nov 13:00."
    )


def test_names_from_elsewhere_are_text_and_nothing_else() -> None:
    evil = '</text><script>alert(1)</script>"&\x00\x1b\u2028'
    text = drawing([part(name=evil, title=evil)])
    root = parsed(text)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in text
    assert any("<script>alert(1)</script>" in (label.text or "") for label in of_class(root, "text"))


@pytest.mark.parametrize(
    ("theme", "has", "has_not"),
    [("light", "#3450c8", "#8ea1ff"), ("dark", "#8ea1ff", "#3450c8"), ("auto", "prefers-color-scheme:dark", "nothing")],
)
def test_a_theme_is_light_dark_or_the_readers(theme: Any, has: str, has_not: str) -> None:
    text = drawing([part()], theme)
    assert has in text
    assert has_not not in text


def test_charts_stand_below_each_other_inside_the_image() -> None:
    root = parsed(drawing([part(), part(title="Second")]))
    height = float(root.get("height", ""))
    titles = [float(title.get("y", "")) for title in of_class(root, "title")]
    grids = [float(line.get("d", "").split()[1].partition("H")[0]) for line in of_class(root, "grid")]
    assert titles[0] < max(grids[:4]) < titles[1] < max(grids) < height
    assert all(float(label.get("y", "")) < height for label in root.iter(f"{SVG}text"))


def test_a_single_point_is_a_dot() -> None:
    alone = chart({"title": "One", "unit": "", "series": [{"name": "a", "points": [[NOON, 3]]}]}, ())
    assert len(of_class(parsed(drawing([alone])), "dot")) == 1


def test_an_answer_is_saved_with_all_its_charts_and_one_without_is_refused(tmp_path: Path) -> None:
    old = Part(
        kind="series", title="By hour", data={"unit": "alerts", "points": [["2026-11-25T12:00:00Z", 3]]}, executions=()
    )
    save(Answer(summary="", parts=(part(), old)), tmp_path / "a.svg")
    root = parsed((tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert [title.text for title in of_class(root, "title")] == ["Waiting", "By hour"]
    with pytest.raises(Refused, match="no chart"):
        save(Answer(summary=""), tmp_path / "b.svg")
    assert not (tmp_path / "b.svg").exists()
