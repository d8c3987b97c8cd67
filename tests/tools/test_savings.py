from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import costs
from config.costs import BadCosts, Costs
from tools.metrics.savings import GIB, Limits, Resource, recommended

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
LIMITS = Limits(WEEK, 0.3)
TABLE: dict[str, Any] = {
    "currency": "EUR",
    "prices": {"core": 20.0, "memory_gib": 2.0},
    "priority": {"high": 100.0, "medium": 20.0},
    "sizing": {"target_utilisation": 0.6, "idle_cpu": 0.02},
}
TIERS = [
    {"name": "large", "cores": 8, "memory_gib": 32, "monthly": 240.0},
    {"name": "small", "cores": 2, "memory_gib": 8, "monthly": 60.0},
    {"name": "medium", "cores": 4, "memory_gib": 16, "monthly": 120.0},
]


def table(**more: Any) -> Costs:
    return costs.made(TABLE | more)


def server(**changes: Any) -> Resource:
    """Eight cores and 32 GiB, half used."""
    given: dict[str, Any] = {
        "kind": "server", "name": "web-1", "cores": 8.0, "memory_bytes": 32.0 * GIB, "cpu": 0.5, "memory": 0.5,
        "last_active": NOW, "known_since": NOW - timedelta(days=8),
    }  # fmt: skip
    return Resource(**(given | changes))


def actions(resource: Resource, prices: Costs | None = None) -> list[str]:
    return [idea.action for idea in recommended(resource, LIMITS, prices or table(), NOW)]


@pytest.mark.parametrize(
    ("last_active", "known_since", "is_idle"),
    [
        (NOW - WEEK, NOW - 2 * WEEK, False),
        (NOW - WEEK - timedelta(seconds=1), NOW - 2 * WEEK, True),
        (None, NOW - WEEK, False),
        (None, NOW - WEEK - timedelta(seconds=1), True),
        (None, NOW - timedelta(days=2), False),
    ],
)
def test_idle_is_more_than_seven_days_and_exactly_seven_is_not(
    last_active: datetime | None, known_since: datetime, *, is_idle: bool
) -> None:
    """WF-03: what is known for less cannot be called idle."""
    found = actions(server(last_active=last_active, known_since=known_since))
    assert found == (["remove"] if is_idle else [])


@pytest.mark.parametrize(
    ("cpu", "memory", "is_large"),
    [
        (0.3, 0.1, False),
        (0.2999, 0.1, True),
        (0.1, 0.3, False),
        (0.1, 0.2999, True),
        (0.1, None, True),
        (None, 0.1, False),
    ],
)
def test_too_large_is_under_thirty_percent_and_exactly_thirty_is_not(
    cpu: float | None, memory: float | None, *, is_large: bool
) -> None:
    """WF-03."""
    assert actions(server(cpu=cpu, memory=memory)) == (["rightsize"] if is_large else [])


def test_a_smaller_size_is_filled_to_the_target_at_most_and_saves_what_is_left_over() -> None:
    (idea,) = recommended(server(cpu=0.15, memory=0.15), LIMITS, table(), NOW)
    assert idea.proposal == "2 of 8 cores and 8 of 32 GiB are enough"
    assert (idea.cost, idea.savings) == (8 * 20 + 32 * 2, 6 * 20 + 24 * 2)
    assert idea.reason == "CPU 15% and memory 15% in use at the 95th percentile, under 30%"
    assert idea.priority == "high"


def test_where_sizes_come_in_tiers_the_cheapest_that_holds_both_is_taken() -> None:
    """WF-03: a tier lower."""
    prices = table(tiers=TIERS, resources=[{"name": "web-*", "monthly": 240.0}])
    (idea,) = recommended(server(cpu=0.1, memory=0.28), LIMITS, prices, NOW)
    assert (idea.proposal, idea.savings, idea.priority) == ("the tier medium is enough", 120, "high")
    assert actions(server(cpu=0.29, memory=None), prices) == []
    assert actions(server(cpu=0.29, memory=0.29), table(tiers=TIERS, resources=[{"name": "*", "monthly": 120.0}])) == []


def test_what_cannot_be_made_smaller_is_left_alone() -> None:
    assert actions(server(cores=1.0, cpu=0.1, memory=0.1)) == []
    assert actions(server(cores=None, cpu=0.1)) == []
    container = server(kind="container", cores=1.0, memory_bytes=GIB, cpu=0.1, memory=0.1)
    (idea,) = recommended(container, LIMITS, table(), NOW)
    assert idea.proposal == "0.2 of 1 cores and 0.25 of 1 GiB are enough"


def test_features_are_switched_off_only_where_they_are_known_not_to_be_needed() -> None:
    """WF-03: backups and high availability outside production."""
    prices = table(
        features={"ha": {"monthly": 90.0, "needed_in": ["prod"]}, "backups": {"monthly": 12.0}},
        resources=[{"name": "web-1", "monthly": 200.0, "features": ["ha", "backups"]}],
    )
    (idea,) = recommended(server(environment="staging"), LIMITS, prices, NOW)
    assert (idea.action, idea.savings, idea.priority) == ("disable_feature", 90, "medium")
    assert idea.reason == "ha is on in staging, and needed in prod only"
    assert actions(server(environment="prod"), prices) == []
    assert actions(server(environment=""), prices) == []


def test_what_is_idle_is_removed_and_nothing_is_saved_on_it_twice() -> None:
    prices = table(
        features={"ha": {"monthly": 90.0, "needed_in": ["prod"]}},
        resources=[{"name": "web-1", "monthly": 200.0, "features": ["ha"]}],
    )
    idle = server(cpu=0.01, memory=0.01, environment="staging", last_active=None)
    (idea,) = recommended(idle, LIMITS, prices, NOW)
    assert (idea.action, idea.savings, idea.cost) == ("remove", 290, 290)
    assert idea.reason == "no activity in the 8.0 days known"


@pytest.mark.parametrize(
    ("monthly", "priority"), [(100.0, "high"), (99.99, "medium"), (20.0, "medium"), (19.99, "low")]
)
def test_the_priority_follows_what_is_saved(monthly: float, priority: str) -> None:
    prices = table(resources=[{"name": "*", "monthly": monthly}])
    (idea,) = recommended(server(last_active=None), LIMITS, prices, NOW)
    assert idea.priority == priority


def test_without_a_price_nothing_is_summed() -> None:
    free = table(prices={"core": 0, "memory_gib": 0})
    (idle,) = recommended(server(last_active=None), LIMITS, free, NOW)
    assert (idle.cost, idle.savings, idle.priority) == (None, None, "medium")
    (large,) = recommended(server(cpu=0.1, memory=0.1), LIMITS, free, NOW)
    assert (large.savings, large.priority) == (None, "low")


def test_the_table_that_comes_along_can_be_read() -> None:
    read = costs.read()
    assert (read.currency, read.high, read.tiers, read.of("anything")) == ("USD", 100, (), None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency = ", "costs.toml: "),
        ("currency = 'EUR'", "costs.toml: 'prices'"),
        ({"prices": {"core": -1, "memory_gib": 1}}, "prices.core must be a number from 0 on, not -1"),
        ({"prices": {"core": True, "memory_gib": 1}}, "prices.core must be a number from 0 on, not True"),
        ({"sizing": {"target_utilisation": 0, "idle_cpu": 1}}, "sizing.target_utilisation must be above 0"),
        ({"resources": [{"name": "a", "monthly": 1, "features": ["x"]}]}, "a has the feature 'x'"),
    ],
)
def test_a_wrong_table_is_refused_with_the_name_of_the_field(
    tmp_path: Path, text: str | dict[str, Any], said: str
) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(text if isinstance(text, str) else "")
    with pytest.raises(BadCosts, match=said):
        costs.read(file) if isinstance(text, str) else costs.made(TABLE | text)
