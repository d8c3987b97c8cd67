import random
from datetime import UTC, datetime, timedelta

import pytest

from tools.metrics.asking import Line
from tools.metrics.patterns import grouped, same_as, words_of

START = datetime(2026, 11, 20, tzinfo=UTC)


def lines(*texts: str) -> list[Line]:
    return [Line(START + timedelta(seconds=place), text, {}) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("timeout after 3000ms on 10.0.0.1:5432", "timeout after <*> on <*>"),
        ("2026-11-20T10:00:00.123Z ERROR took 12.5 s", "<*> ERROR took <*> s"),
        ("user 'bob smith' and \"x y\" refused", "user <*> and <*> refused"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736 lost", "trace <*> lost"),
        ("request 123e4567-e89b-12d3-a456-426614174000 failed with 503", "request <*> failed with <*>"),
        ('{"level":"error","message":"cannot reach 10.0.0.1","at":1}', "cannot reach <*>"),
        ('{"level":"error","code":7}', "{<*>:<*>,<*>:<*>}"),
        ('level=error msg="no route to db" attempt=3', "no route to db"),
        ('["a"]', "[<*>]"),
        ("{broken", "{broken"),
        ("", "<*>"),
    ],
)
def test_the_words_of_a_line_are_its_message_without_values(text: str, pattern: str) -> None:
    assert " ".join(words_of(text)) == pattern


def test_lines_that_differ_in_values_and_names_are_one_pattern() -> None:
    found = grouped(
        lines(
            "connection to db-1 refused after 3 attempts",
            "connection to db-2 refused after 17 attempts",
            "user alice not found",
            "connection to cache refused after 1 attempts",
        )
    )
    assert [(pattern.template, pattern.count) for pattern in found] == [
        ("connection to <*> refused after <*> attempts", 3),
        ("user alice not found", 1),
    ]
    assert (found[0].first_at, found[0].last_at) == (START, START + timedelta(seconds=3))
    assert found[0].example == "connection to cache refused after 1 attempts"


def test_the_patterns_do_not_depend_on_the_order_in_which_lines_come() -> None:
    texts = [f"{verb} of order {n} failed: {why}" for n in range(40) for verb, why in (("pay", "no"), ("load", "io"))]
    whole = lines(*texts)
    shuffled = random.Random(1).sample(whole, len(whole))  # noqa: S311
    assert grouped(shuffled) == grouped(whole)
    assert {pattern.count for pattern in grouped(whole)} == {40}
    chain = lines("s a b c d", "s a b x y", "s p q c z")
    assert grouped(chain[::-1]) == grouped(chain)


def test_a_pattern_is_known_again_among_those_of_another_window() -> None:
    (before,) = grouped(lines("disk sda is full", "disk sdb is full"))
    (now,) = grouped(lines("disk sdc is full"))
    (other,) = grouped(lines("queue is long now"))
    assert same_as(now, [before]) is before
    assert same_as(other, [before]) is None


def test_a_flood_of_different_lines_is_bounded() -> None:
    words = random.Random(3)  # noqa: S311
    texts = [" ".join(words.sample("abcdefghijklmnopqrstuvwxyz", 8)) for _ in range(1000)]
    assert len(grouped(lines(*texts))) <= 500
