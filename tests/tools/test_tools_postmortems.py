from typing import Any

import pytest

from domain.database import Pool
from domain.postmortems import words_of
from tests.tools.estate import Estate, at, open_estate
from tools.spec import Scope


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


@pytest.fixture
async def library(estate: Estate) -> Estate:
    await estate.postmortem("Checkout timeouts", at("09:00", day=1), root_cause="connection pool exhausted")
    await estate.postmortem("Pool exhausted", at("09:00", day=2), service="payments", summary="payments were down")
    await estate.postmortem("Disk full", at("09:00", day=3), service="db", lessons="watch the connections and the disk")
    return estate


def titles(data: dict[str, Any]) -> list[str]:
    return [postmortem["title"] for postmortem in data["postmortems"]]


async def test_a_postmortem_is_told_with_its_incident_and_the_words_found(estate: Estate) -> None:
    """IQ-07."""
    incident = await estate.incident(at("09:00"))
    made = await estate.postmortem(
        "Checkout down", at("09:00"), incident=incident, summary="Requests failed.", root_cause="A leaking pool."
    )
    result = await estate.ask("search_postmortems", query="leaks")
    (found,) = result.data["postmortems"]
    score = found.pop("score")
    assert found == {
        "id": str(made),
        "title": "Checkout down",
        "service": "checkout",
        "occurred_at": "2026-11-20T09:00:00Z",
        "summary": "Requests failed.",
        "root_cause": "A leaking pool.",
        "resolution": "",
        "lessons": "",
        "url": "",
        "incident_id": str(incident),
        "incident_number": "INC-1",
        "highlight": "Requests failed. A **leaking** pool.",
    }
    assert 0 < score < 1
    assert (result.data["total"], result.status, result.window) == (1, "ok", None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"query": "pool exhausted"}, ["Pool exhausted", "Checkout timeouts"]),
        ({"query": "connections"}, ["Checkout timeouts", "Disk full"]),
        ({"query": "disk OR timeout"}, ["Disk full", "Checkout timeouts"]),
        ({"query": "payments"}, ["Pool exhausted"]),
        ({"query": "kubernetes"}, []),
        ({"query": ""}, ["Disk full", "Pool exhausted", "Checkout timeouts"]),
        ({"query": " -- ?! "}, ["Disk full", "Pool exhausted", "Checkout timeouts"]),
        ({}, ["Disk full", "Pool exhausted", "Checkout timeouts"]),
        ({"service": ["db", "payments"]}, ["Disk full", "Pool exhausted"]),
        ({"query": "connections", "service": "db"}, ["Disk full"]),
        ({"time_range": {"start": "2026-11-01T09:00:00Z", "end": "2026-11-02T09:00:00Z"}}, ["Checkout timeouts"]),
        (
            {"query": "pool", "time_range": {"start": "2026-11-02T09:00:00Z", "end": "2026-11-03T09:00:00Z"}},
            ["Pool exhausted"],
        ),
    ],
)
async def test_any_word_finds_and_a_title_counts_most(
    library: Estate, arguments: dict[str, Any], expected: list[str]
) -> None:
    result = await library.ask("search_postmortems", **arguments)
    assert titles(result.data) == expected
    assert result.data["total"] == len(expected)
    assert result.status == ("ok" if expected else "empty")


async def test_a_limit_keeps_the_best_and_not_the_newest(library: Estate) -> None:
    result = await library.ask("search_postmortems", query="timeouts connections", limit=1)
    assert (titles(result.data), result.data["total"]) == (["Checkout timeouts"], 2)


async def test_three_are_listed_unless_more_are_asked_for(library: Estate) -> None:
    await library.postmortem("Oldest", at("08:00", day=1))
    result = await library.ask("search_postmortems")
    assert (titles(result.data), result.data["total"]) == (["Disk full", "Pool exhausted", "Checkout timeouts"], 4)
    assert result.cut == "3 of 4 postmortems are listed"
    assert len(titles((await library.ask("search_postmortems", limit=4)).data)) == 4


@pytest.mark.parametrize(
    "query", ["a & | ! ( ) : * <-> '", "pool:* & !disk", "it's \\ 'quoted' \"pool\"", "the of and"]
)
async def test_no_text_is_read_as_an_operator(library: Estate, query: str) -> None:
    result = await library.ask("search_postmortems", query=query)
    assert result.status in ("ok", "empty")


async def test_a_viewer_may_read_postmortems(library: Estate) -> None:
    result = await library.ask("search_postmortems", Scope.AGGREGATED_ONLY, query="disk")
    assert titles(result.data) == ["Disk full"]


def test_the_words_of_a_question_are_letters_and_digits_once_each() -> None:
    assert words_of("Checkout-API: p95 > 2 s? checkout_api!") == ["checkout", "api", "p95", "2", "s"]
    assert words_of("&|!()") == []
