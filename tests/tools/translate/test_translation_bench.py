"""QT-22: accuracy on our own sets, a third of each held out; and that the judge can tell right from wrong."""

from pathlib import Path

import pytest

from bench import evaluated, generated, rules, translation
from bench.evaluated import Case, Verdict
from tests.programs import program
from tests.tools.translate.world import METRICS
from tools.grafana.promql import parse

FAILED = 'sum by (service) (rate(http_requests_total{status="500"}[5m]))'
SHARE = f"{FAILED} / sum by (service) (rate(http_requests_total[5m]))"
FREE = "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"


@pytest.mark.parametrize(("language", "least"), [("promql", 120), ("logql", 60)])
def test_more_than_85_of_100_questions_of_the_own_set_are_right(language: str, least: int) -> None:
    tries = translation.own(language)
    held_out = [item for item in tries if item.is_held_out]
    assert len(tries) >= least
    assert len(held_out) >= least / 3
    assert translation.share(tries) >= 85
    assert translation.share(held_out) >= 85


@pytest.mark.slow
async def test_more_than_85_of_100_questions_of_the_own_set_are_answered_like_the_wanted_query() -> None:
    assert program("promtool")
    tries = await translation.compared(translation.own("promql"), translation.estate().metrics)
    assert all(item.is_told for item in tries)
    assert translation.share(tries, "equal") >= 85


@pytest.mark.slow
async def test_equal_results_tell_right_queries_from_wrong_ones(tmp_path: Path) -> None:
    assert program("promtool")
    same, bare, wrong = (Verdict(True, True, True), Verdict(True, True, False), Verdict(True, False, False))
    expected = {
        (SHARE, f"100 * {SHARE}"): same,
        (SHARE, f"({SHARE}) > 0"): bare,
        (SHARE, SHARE.replace("500", "200")): wrong,
        (SHARE, SHARE.replace("service", "env")): wrong,
        (FAILED, FAILED.replace("rate", "increase")): wrong,
        (f"{FREE} < 0.1", f"100 * {FREE} < 10"): same,
        (f"{FREE} < 0.1", f"{FREE} < 0.5"): bare,
        (f"{FREE} < 0.1", f"{FREE} > 0.1"): bare,
        (f"{FREE} < 0.1", ""): wrong,
        ("up == 0", "up != 1"): same,
        ("up == 0", "up > 0"): bare,
        ('absent(up{job="checkout"})', 'absent(up{job="checkout"})'): same,
        ('up{job="checkout"}', 'label_replace(up{job="checkout"}, "job", "other", "", "")'): wrong,
        ("nothing_is_known_by_this_name", "up"): wrong,
    }
    cases = [Case(wanted=(wanted,), got=got) for wanted, got in expected]
    assert await evaluated.verdicts(cases, METRICS, tmp_path) == list(expected.values())


def test_series_made_up_for_a_query_pass_it_or_fail_by_one_label_alone() -> None:
    found = generated.made([parse(FAILED)], METRICS)
    statuses = {dict(one.labels)["status"] for one in found}
    assert {"500", "200"} <= statuses
    assert len({one.labels for one in found}) == len(found)
    assert found == generated.made([parse(FAILED)], METRICS)


def test_a_rule_is_held_out_by_its_words_alone() -> None:
    words = [f"The disk of host {number} is full" for number in range(300)]
    held_out = [item for item in words if rules.is_held_out(item)]
    assert 80 <= len(held_out) <= 120
    assert held_out == [item for item in words if rules.is_held_out(item)]


@pytest.mark.parametrize(
    ("words", "expr", "is_said"),
    [
        ("Disk over 90%", "used / size > 0.9", True),
        ("Disk over 90%", "used / size * 100 > 90", True),
        ("Expires in less than 7 days", "expiry - time() < 604800", True),
        ("Something failed", "increase(failed_total[5m]) > 0", True),
        ("Something failed", "rate(failed_total[5m]) > 0.05", False),
    ],
)
def test_a_rule_says_its_numbers_or_keeps_them_to_itself(words: str, expr: str, *, is_said: bool) -> None:
    assert rules.says_its_numbers(rules.Rule("group", words, expr)) == is_said
