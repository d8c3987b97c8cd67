"""One recorded answer on every kind of terminal: look at the golden files, they are what people see."""

import re

import pytest

from tests.trivium.golden_answers import FOLDER, TERMINALS, drawn, printed

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)[0-7]m|\x1b\[(?:\d+;)*[34]8;")


@pytest.mark.parametrize("name", TERMINALS)
def test_an_answer_looks_as_it_did(name: str) -> None:
    """CX-09."""
    found = printed(name)
    assert found == (FOLDER / name).read_text(encoding="utf-8")
    assert max(len(ESCAPE.sub("", line)) for line in found.splitlines()) <= TERMINALS[name][0]


def test_charts_are_drawn_as_they_were() -> None:
    assert drawn() == (FOLDER / "charts.svg").read_text(encoding="utf-8")


def test_without_colour_each_line_has_a_sign_of_its_own() -> None:
    coloured, plain = printed("colour-100.ansi"), printed("no-color-100.ansi")
    assert COLOUR.search(coloured)
    assert not COLOUR.search(plain)
    text = ESCAPE.sub("", plain)
    assert ("* checkout:" in text, "+ payment-service:" in text, "o checkout before:" in text) == (True,) * 3
    assert "● checkout:" in ESCAPE.sub("", coloured)


def test_a_terminal_of_plain_ascii_loses_no_number_and_no_line_of_a_chart() -> None:
    found = printed("ascii-60.txt")
    assert found.isascii()
    chart = found.partition("Error rate of checkout and")[2].partition("breach")[0]
    assert "?" not in chart
    assert {"*", "+", "o", "-"} <= set(chart)


def test_a_narrow_terminal_has_words_in_place_of_charts_and_whole_log_lines() -> None:
    found = printed("narrow-32.txt")
    assert "┤" not in found
    assert "highest 6.415 % at 25 Nov" in found
    assert "25 Nov 13:40 warning\n    connection pool at 10 of 10\n" in found


@pytest.mark.parametrize("name", TERMINALS)
def test_whoever_sees_a_cut_result_is_told_how_to_see_all_of_it(name: str) -> None:
    words = " ".join(ESCAPE.sub("", printed(name)).split())
    assert "whole result: trivium artifact" in words
    assert "0b8e6a52-0d55-4f0e-9b1c-5f3f6f1d2a3b" in words.replace(" ", "")
