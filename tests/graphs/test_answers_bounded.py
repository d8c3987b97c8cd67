"""What a brain answers is bounded once, before anybody keeps, streams or draws it, whichever brain it was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agents.answer import Answer, Part
from agents.brain import Emit, Gathered, Question, Understanding
from agents.parts import ANSWERED, MOST_POINTS, MOST_ROWS, MOST_SERIES
from graphs.discretion import Discreet
from tests.agents.rules_world import question
from tests.house import ScriptedBrain

UNDERSTOOD = Understanding(kind="query", intent="echo", slots={}, plain="an echo")
CUT = f"{MOST_SERIES:,} of 30 series; {MOST_POINTS:,} of 5,000 points are drawn"


class Lavish(ScriptedBrain):
    """Answers with more than anybody can read."""

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        line: dict[str, Any] = {"name": "x", "points": [[at, float(at)] for at in range(5000)]}
        parts = (
            Part(kind="series", title="Many", data={"unit": "short", "series": [line] * 30}, executions=("e1",)),
            Part(
                kind="table", title="Long", data={"columns": [], "rows": [{"text": "a" * 9000}] * 2000}, executions=()
            ),
        )
        return replace(await super().write(question, understood, gathered, emit), parts=parts)


async def nothing(words: str) -> None:
    assert words


async def test_no_part_of_an_answer_leaves_a_brain_unbounded() -> None:
    answer = await Discreet(Lavish()).write(question("everything"), UNDERSTOOD, (), nothing)
    drawn, listed = answer.parts
    assert len(drawn.data["series"]) == MOST_SERIES
    assert {len(line["points"]) for line in drawn.data["series"]} == {MOST_POINTS}
    assert drawn.data["cut"] == CUT
    assert len(listed.data["rows"]) == MOST_ROWS
    assert len(listed.data["rows"][0]["text"]) == ANSWERED.characters + 1


async def test_what_is_small_enough_stays_as_it_was_written() -> None:
    written = await ScriptedBrain().write(question("hello"), UNDERSTOOD, (), nothing)
    assert await Discreet(ScriptedBrain()).write(question("hello"), UNDERSTOOD, (), nothing) == written
