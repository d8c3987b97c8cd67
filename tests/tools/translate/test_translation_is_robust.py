"""Whatever is asked, the answer is a translation that reads, or a refusal: never a fault, never a broken query."""

import random

import pytest

from domain.errors import Refused
from tests.tools.translate.world import SHOP
from tools.translate.answers import Untranslated
from tools.translate.lexicon import lexicon
from tools.translate.logql import review as logql_review
from tools.translate.promql import review as promql_review
from tools.translate.translation import translate_to_logql, translate_to_promql

OTHERS = [
    "checkout", "payment", "node-1", "production", "5%", "500ms", "10", "by", "per", "for each", "and", "vs", "not",
    "compared to yesterday", "last hour", "in the last 7 days", "p95", "404", "5xx", '"quoted text"', "'x'", "(", "{",
    "}", '"', "\\", "$match", "[5m]", "=~", "http_requests_total", "which", "top 5", "where status is 500", "without",
    "alert when", "/login", "https://api.example.com", "é", "\x00", "$quantile", "%s", "{0}", "nonesuch",
]  # fmt: skip


def words() -> list[str]:
    tables = (lexicon().measures, lexicon().statistics, lexicon().ranks, lexicon().comparisons, lexicon().several)
    said = [" ".join(phrase) for table in tables for phrase in table]
    return [*said, *lexicon().labels, *lexicon().plurals, *OTHERS]


def test_no_question_breaks_the_translator() -> None:
    dice, known = random.Random(3), words()  # noqa: S311 - the same questions every time
    for _ in range(400):
        question = " ".join(dice.choice(known) for _ in range(dice.randint(1, 9)))
        for translate in (translate_to_promql, translate_to_logql):
            found = translate(question, SHOP)
            if isinstance(found, Untranslated):
                assert found.code in {"nothing_read", "nothing_to_show", "unknown_name", "range_too_long"}, question


@pytest.mark.parametrize(
    "question", ["a " * 490, "cpu of " * 140, '"' * 990, "last " * 190, "over 5 " * 140, "x" * 990, "x" * 10**6]
)
def test_a_monstrous_question_is_answered(question: str) -> None:
    translate_to_promql(question, SHOP)
    translate_to_logql(question, SHOP)


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ('up{job="checkout"}', 'up{job="checkout"}'),
        (r"up{instance=~`node-\d:9100`}", r'up{instance=~"node-\\d:9100"}'),
        ("up{job='checkout'} # `", 'up{job="checkout"}'),
        ('up{job="`checkout`"}', 'up{job="`checkout`"}'),
    ],
)
def test_an_edited_query_is_reviewed_like_our_own(query: str, right: str) -> None:
    """QT-14."""
    assert promql_review.reviewed(query, promql_review.Asking(), SHOP).query.query == right


def test_an_edited_query_out_of_bounds_is_refused() -> None:
    """QT-14."""
    with pytest.raises(Refused, match="168 hours"):
        promql_review.reviewed("max_over_time(up[30d])", promql_review.Asking(), SHOP)
    with pytest.raises(Refused, match="not valid LogQL"):
        logql_review.reviewed("{app=checkout}", logql_review.Asking(), SHOP)
