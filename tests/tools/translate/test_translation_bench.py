"""QT-22: accuracy on our own sets, a third of each held out."""

import pytest

from bench import translation


@pytest.mark.parametrize(("language", "least"), [("promql", 120), ("logql", 60)])
def test_more_than_85_of_100_questions_of_the_own_set_are_right(language: str, least: int) -> None:
    tries = translation.own(language)
    held_out = [item for item in tries if item.is_held_out]
    assert len(tries) >= least
    assert len(held_out) >= least / 3
    assert translation.share(tries) >= 85
    assert translation.share(held_out) >= 85
