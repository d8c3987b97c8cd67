"""Every acceptance utterance about the record, and what engineers write instead, against SQL of its own.

The estate, the tools, the door, the graph and the rules brain are the real ones.

Promises: IN-05, IN-07, IN-08, IN-09.
"""

import re
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import ExitStack
from typing import Any

import orjson
import pytest

from agents.answer import Answer
from tests.scenarios import (
    questions_alerts,
    questions_changes,
    questions_compared,
    questions_incidents,
    questions_stories,
    questions_talks,
    questions_unanswered,
)
from tests.scenarios.acceptance_utterances import PARAPHRASES, UTTERANCES, Utterance
from tests.scenarios.questions import CLOCKS, Case, Estate, cases
from tests.scenarios.questions_unanswered import NOBODY, TALK, USERS, Unanswered
from tests.scenarios.sample_estate import Desk, Row, desk, filled

ANSWERED = (
    *questions_alerts.GROUPS,
    *questions_compared.GROUPS,
    *questions_incidents.GROUPS,
    *questions_stories.GROUPS,
    *questions_changes.GROUPS,
    *questions_talks.GROUPS,
)
CASES = list(cases(ANSWERED))
HONEST = [(text, group) for group in questions_unanswered.GROUPS for text in group.asked]
ASKED = {group.name: group.asked for group in (*ANSWERED, *questions_unanswered.GROUPS)}
REPEATED = [case for case in CASES if case.text == case.group.asked[0]]
REFUSED = [group.asked[0] for group in questions_unanswered.GROUPS]
IDENTIFIER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
EXECUTED = (
    "select count(*) as count from trivium.ai_tool_executions where session_id = %(session)s and id = any(%(ids)s)"
)
CALLED = "select count(*) as count from trivium.ai_tool_executions where session_id = %(session)s"


@pytest.fixture(scope="module")
def estates(postgres: str, template: str) -> Generator[Mapping[Estate, str]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(filled(postgres, template, now)) for name, now in CLOCKS.items()}


@pytest.fixture
async def january(estates: Mapping[Estate, str]) -> AsyncGenerator[Desk]:
    async with desk(estates["january"], CLOCKS["january"]) as opened:
        yield opened


@pytest.mark.parametrize("utterance", UTTERANCES, ids=str)
def test_every_acceptance_utterance_is_asked_as_it_stands_and_in_four_other_ways(utterance: Utterance) -> None:
    first, *others = ASKED[utterance.group]
    assert first == utterance.asked, "the first of a group is the one that is asked three times"
    assert len({plain(text) for text in others} - {plain(first)}) >= PARAPHRASES


def plain(text: str) -> str:
    """The words alone: another case, comma or question mark makes no paraphrase."""
    return " ".join(re.findall(r"\w+", text.lower()))


def test_a_group_stands_for_one_acceptance_utterance() -> None:
    groups = [utterance.group for utterance in UTTERANCES]
    assert len(groups) == len(set(groups))
    assert len(ASKED) == len(ANSWERED) + len(questions_unanswered.GROUPS)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_an_answer_says_what_the_raw_tables_say(case: Case, estates: Mapping[Estate, str]) -> None:
    group = case.group
    async with desk(estates[group.estate], CLOCKS[group.estate]) as asked:
        answer, session = await asked.ask(*group.before, case.text, zone=group.zone)
        truth = await asked.rows(group.truth)
        cited = {execution for finding in answer.findings for execution in finding.executions}
        known = await asked.rows(EXECUTED, {"session": session, "ids": list(cited)})
    assert truth, "the SQL of the group finds nothing, so it shows nothing"
    assert [differences(answer, row) for row in truth] == [{} for _ in truth]
    assert known == [{"count": len(cited)}]
    assert all(finding.executions for finding in answer.findings)


def differences(answer: Answer, truth: Row) -> Row:
    """What the answer has instead, for each column of the truth that it does not meet."""
    summary = re.sub("[\u00a0\u202f]", " ", answer.summary)
    given: Row = {}
    for column, value in truth.items():
        found = summary if column.startswith("said") else at(answer.data, column.replace("*", str(truth.get("place"))))
        meets = stands_in(summary, value) if column.startswith("said") else equal(found, value)
        if not meets and column != "place":
            given[column] = {"answer": found, "truth": value}
    return given


def stands_in(summary: str, words: str) -> bool:
    """Whether the words stand there as a whole: "1" does not in "109 alerts"."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", summary) is not None


def at(data: Any, path: str) -> Any:
    """What stands at a path: "a.b", "a.0.b", or "a[].b" for the sorted values of a list; "absent" for nothing."""
    if "[]." in path:
        name, _, key = path.partition("[].")
        rows = at(data, name)
        return rows if rows == "absent" else sorted(row[key] for row in rows)
    for step in path.split("."):
        data = data[int(step)] if step.isdigit() else data.get(step, "absent")
    return data


def equal(found: Any, value: Any) -> bool:
    return found == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


async def test_what_only_came_before_is_told_as_possible(january: Desk) -> None:
    answer, _ = await january.ask("Why did checkout have issues on Jan 10?")
    change, postmortem = (finding for finding in answer.findings if finding.confidence == "possible")
    assert "“Lower the database connection pool of payment-service from 50 to 10” of payment-service" in change.text
    assert "“Payments failed after the connection pool was made smaller” of payment-service" in postmortem.text
    assert [unknown.what for unknown in answer.unknown] == [f"The cause of {answer.data['incident']['number']}"]


@pytest.mark.parametrize("case", REPEATED, ids=str)
async def test_three_runs_give_the_same_bytes(case: Case, estates: Mapping[Estate, str]) -> None:
    group = case.group
    async with desk(estates[group.estate], CLOCKS[group.estate]) as asked:
        runs = [await asked.ask(*group.before, case.text, zone=group.zone) for _ in range(3)]
    assert len({without_ids(answer) for answer, _ in runs}) == 1


@pytest.mark.parametrize("text", REFUSED)
async def test_three_honest_replies_are_the_same_bytes(text: str, january: Desk) -> None:
    assert len({without_ids((await january.ask(text))[0]) for _ in range(3)}) == 1


def without_ids(answer: Answer) -> bytes:
    return IDENTIFIER.sub(b"id", orjson.dumps(answer.as_json()))


@pytest.mark.parametrize(("text", "group"), HONEST, ids=[text for text, _ in HONEST])
async def test_what_no_source_here_knows_is_said_and_not_made_up(text: str, group: Unanswered, january: Desk) -> None:
    answer, session = await january.ask(text)
    assert group.said in answer.summary
    assert answer.tools_used == group.tools
    assert answer.parts == ()
    if len(group.tools) < 2:
        assert (answer.data, answer.findings) == ({}, ())
    assert answer.suggestions, "an honest no is followed by what can be asked"
    assert await january.rows(CALLED, {"session": session}) == [{"count": group.calls or len(group.tools)}]


@pytest.mark.parametrize("text", USERS)
async def test_users_are_counted_by_nobody(text: str, january: Desk) -> None:
    answer, _ = await january.ask(text)
    assert answer.summary.startswith("Users are not counted by any source.")
    assert answer.data["users"] is None
    assert "How many users were affected" in [unknown.what for unknown in answer.unknown]


@pytest.mark.parametrize(("text", "name"), NOBODY, ids=[text for text, _ in NOBODY])
async def test_a_service_that_never_sent_an_alert_is_not_answered_for_all_others(
    text: str, name: str, january: Desk
) -> None:
    answer, session = await january.ask(text)
    assert answer.summary.startswith(f"No service named {name} has sent an alert.")
    assert (answer.data, answer.findings) == ({}, ())
    assert await january.rows(CALLED, {"session": session}) == [{"count": 0}]


@pytest.mark.parametrize("text", TALK)
async def test_small_talk_runs_no_tool(text: str, january: Desk) -> None:
    answer, session = await january.ask(text)
    assert answer.summary
    assert (answer.data, answer.tools_used) == ({}, ())
    assert await january.rows(CALLED, {"session": session}) == [{"count": 0}]


async def test_an_empty_record_says_that_the_service_is_not_known(fresh_database_url: str) -> None:
    async with desk(fresh_database_url, CLOCKS["january"]) as asked:
        answer, _ = await asked.ask("How many alerts fired on payment-service last week?")
    assert answer.summary == "No service named payment-service has sent an alert."
