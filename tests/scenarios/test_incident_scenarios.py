import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import scored
from bench.scored import Case, Score
from tests.scenarios import incident_data, incident_world
from tests.scenarios.incident_world import Asked

pytestmark = [pytest.mark.slow, pytest.mark.long]

INCIDENTS = incident_data.load()
WHOLE, BROKEN = scored.cases(INCIDENTS), scored.broken(INCIDENTS)
KINDS = {
    "latency", "errors", "cpu", "memory", "disk", "connections", "traffic", "target_down", "certificate", "queue_lag",
    "crash_loop", "general",
}  # fmt: skip
LEAST_FIRST, LEAST_AMONG_THREE, LEAST_BROKEN = 0.9, 0.9, 0.85
ASKED_AGAIN = 8


@dataclass(frozen=True, slots=True)
class Told:
    """Every case asked about once, and some of them once more."""

    cases: Sequence[tuple[Case, Asked]]
    again: Sequence[tuple[Asked, Asked]]

    def scores(self, wanted: Sequence[Case]) -> list[Score]:
        return [scored.scored(case, asked) for case, asked in self.cases if case in wanted]


@pytest.fixture(scope="module")
def told(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return asyncio.run(asked(postgres, template, tmp_path_factory.mktemp("incidents")))


async def asked(postgres: str, template: str, folder: Path) -> Told:
    async with incident_world.world(postgres, template, INCIDENTS, folder) as world:
        cases = [(case, await incident_world.ask(world, case.incident, case.variant)) for case in (*WHOLE, *BROKEN)]
        spread = cases[:: len(cases) // ASKED_AGAIN]
        again = [(first, await incident_world.ask(world, case.incident, case.variant)) for case, first in spread]
    return Told(cases, again)


def share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def named(scores: Sequence[Score], wrong: Sequence[bool]) -> list[str]:
    return [one.case.name for one, is_wrong in zip(scores, wrong, strict=True) if is_wrong]


def test_there_are_incidents_of_every_kind_and_with_nothing_conclusive() -> None:
    assert {each.kind for each in INCIDENTS} == KINDS
    assert len(INCIDENTS) >= 24
    assert sum(each.truth.is_unknown for each in INCIDENTS) >= 6
    assert len({case.incident.name for case in BROKEN}) >= 6
    assert 0.35 <= share([each.is_held_out for each in INCIDENTS]) <= 0.65


def test_the_right_cause_comes_first_on_both_halves_and_more_often_than_with_any_baseline(told: Told) -> None:
    for is_held_out in (False, True):
        half = [case for case in WHOLE if case.incident.is_held_out == is_held_out]
        scores = told.scores(half)
        assert share([one.is_first for one in scores]) >= LEAST_FIRST, named(scores, [not o.is_first for o in scores])
        assert share([one.is_among_three for one in scores]) >= LEAST_AMONG_THREE
        for baseline in (scored.constant, scored.latest_change):
            assert share([baseline(case) for case in half]) < LEAST_FIRST / 2


def test_every_piece_of_evidence_cites_a_result_that_shows_its_numbers(told: Told) -> None:
    assert [wrong for one in told.scores([*WHOLE, *BROKEN]) for wrong in one.wrong] == []


def test_where_nothing_is_conclusive_no_cause_is_named(told: Told) -> None:
    scores = [one for one in told.scores([*WHOLE, *BROKEN]) if one.has_abstained is not None]
    assert named(scores, [not one.has_abstained for one in scores]) == []


def test_no_red_herring_is_put_forward(told: Told) -> None:
    scores = told.scores([*WHOLE, *BROKEN])
    assert named(scores, [bool(one.herrings) for one in scores]) == []


def test_with_a_broken_source_what_is_left_carries_the_cause_or_it_is_unknown(told: Told) -> None:
    scores = told.scores(BROKEN)
    assert share([one.is_first for one in scores]) >= LEAST_BROKEN, named(scores, [not o.is_first for o in scores])
    silenced = [one for one in scores if one.has_abstained is not None and not one.case.incident.truth.is_unknown]
    assert len(silenced) >= 6
    assert all(one.verdict == "not_enough_evidence" for one in silenced)


def test_a_broken_source_is_told_as_missing_and_its_error_is_never_evidence(told: Told) -> None:
    parts = {"metrics": "impact", "logs": "errors", "changes": "changes"}
    for case, each in told.cases:
        diagnosis = each.answer.data["diagnosis"]
        evidence = [item["text"] for one in diagnosis["hypotheses"] for item in (*one["for"], *one["against"])]
        claims = [each.answer.summary, *(finding.text for finding in each.answer.findings), *evidence]
        assert not [error for error in scored.errors(each) if any(error in claim for claim in claims)], case.name
        missing = {item["part"] for item in diagnosis["missing"]}
        broken = case.variant.broken if case.variant else ()
        assert {parts[source] for source in broken} <= missing, case.name


def test_the_same_incident_gets_the_same_answer_to_the_byte(told: Told) -> None:
    for first, second in told.again:
        assert scored.normalised(first) == scored.normalised(second)
