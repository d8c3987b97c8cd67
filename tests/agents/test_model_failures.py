import subprocess
import sys
from collections.abc import Sequence

import pytest

from agents.brain import Call, Gathered, Understanding
from agents.model import open_model
from agents.model.proposals import CHOSEN
from tests.agents.model_world import QUESTION, RULES_CALL, UNDERSTOOD, Rules, running
from tests.model_server import Failure, Hang, Page, Step, Text, Use, scripted

ASK = Use("query_alerts", {"service": "checkout"})
RULES_CALLS = [("query_alerts", dict(RULES_CALL.arguments))]

FAILURES: dict[str, tuple[Sequence[Step], str]] = {
    "rate limit": ([Failure(429)] * 2, "429 rate limited"),
    "server error": ([Failure(500)] * 2, "500 server error"),
    "wrong key": ([Failure(401)], "401 key refused"),
    "forbidden": ([Failure(403)], "403 not allowed"),
    "wrong model": ([Failure(404)], "404 no such model"),
    "bad request": ([Failure(400)], "400 request refused"),
    "payment": ([Failure(402)], "402 request refused"),
    "too long": ([Failure(400, code="context_length_exceeded")], "the conversation is longer than it can read"),
    "cut stream": ([Text("47 alerts of all", cut=2)], "the stream broke off"),
    "sign-in page": ([Page()], "its reply was no completion"),
    "broken json": ([Page("data: {broken\n\n", "text/event-stream")], "its reply was no completion"),
    "error event": ([Page('data: {"error": {"message": "boom"}}\n\n', "text/event-stream")], "it reported an error"),
    "empty": ([Text(" ")], "an empty answer"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_when_the_model_fails_the_rules_answer_and_say_why(name: str) -> None:
    steps, why = FAILURES[name]
    with scripted(*steps) as server:
        async with running(server) as run:
            answer = await run.answer()
    assert answer.notes == (f"The model did not answer ({why}), the rules took over",)
    assert (answer.summary, answer.brain, answer.tokens_used) == ("checkout: 47 alerts.", "rules", 0)
    assert run.calls == RULES_CALLS
    assert len(server.requests) == len(steps), "a model that failed is not asked again in that run"


async def test_a_model_that_hangs_is_waited_for_within_bounds() -> None:
    with scripted(Hang(), Hang()) as server:
        async with running(server, seconds=0.1) as run:
            answer = await run.answer()
    [note] = answer.notes
    assert note in {
        "The model did not answer (no answer in time), the rules took over",
        "The model did not answer (no answer within 0.2 s), the rules took over",
    }
    assert answer.summary == "checkout: 47 alerts."


async def test_a_model_that_pauses_between_words_is_waited_for_within_bounds() -> None:
    with scripted(ASK, Text("47 alerts of all", pause_seconds=3)) as server:
        async with running(server, seconds=0.3) as run:
            answer = await run.answer()
    assert answer.notes == ("The model did not answer (no answer in time), the rules took over",)
    assert answer.summary == "checkout: 47 alerts."


async def test_a_refused_connection_is_named_and_no_secret_is() -> None:
    async with running("http://user:hunter2@127.0.0.1:9/v1") as run:
        answer = await run.answer()
    assert answer.notes == ("The model did not answer (no connection), the rules took over",)
    assert "hunter2" not in str(answer)


async def test_an_answer_that_breaks_off_half_way_is_followed_by_the_rules() -> None:
    with scripted(ASK, *[Use("drop_tables")] * 3, Text("checkout fired 47 alerts", cut=2)) as server:
        async with running(server) as run:
            answer = await run.answer()
    assert run.heard == ["checkout", " fired", "\n", "checkout: 47 alerts."]
    assert answer.summary == "checkout: 47 alerts."
    assert answer.notes[0] == "The model did not answer (the stream broke off), the rules took over"
    assert answer.tokens_used == 4 * 18


async def test_a_model_that_fails_to_correct_itself_keeps_what_was_proven() -> None:
    with scripted(ASK, Text("47 alerts [e1]. They cost 93 orders [e1]."), Failure(401)) as server:
        async with running(server) as run:
            answer = await run.answer()
    assert (answer.summary, answer.brain) == ("47 alerts.", "model")
    assert [unknown.what for unknown in answer.unknown] == ["They cost 93 orders."]
    assert answer.notes == ("The model did not correct its numbers (401 key refused)",)
    assert run.heard == ["47 alerts."]


async def test_without_results_of_their_own_the_rules_do_not_write() -> None:
    """Another process takes a run over whose model had only asked for its own."""
    rules = Rules()
    theirs = Call(tool="query_logs", arguments={"service": "checkout"}, label=CHOSEN, id="r1-1")
    with scripted(Failure(401)) as server:
        async with running(server, rules) as run:
            run.gathered.append(Gathered(theirs, run.result(theirs, 0)))
            answer = await run.brain.write(QUESTION, UNDERSTOOD, run.gathered, run.emit)
    assert rules.written == []
    assert answer.summary == "Nobody could write this up. Results gathered: 1; the sources list them."
    assert [source.tool for source in answer.sources] == ["query_logs"]


async def test_a_model_that_fails_half_way_leaves_its_results_and_the_rules_ask_their_own() -> None:
    rules = Rules()
    with scripted(Use("query_logs", {"service": "checkout"}), Failure(401)) as server:
        async with running(server, rules) as run:
            answer = await run.answer()
    assert [tool for tool, _ in run.calls] == ["query_logs", "query_alerts"]
    assert [[one.call.tool for one in given] for given in rules.written] == [["query_alerts"]]
    assert (answer.summary, answer.tools_used) == ("checkout: 47 alerts.", ("query_logs", "query_alerts"))
    assert len(server.requests) == 2


async def test_when_the_model_fails_on_what_the_rules_cannot_answer_their_own_words_stand() -> None:
    cannot = Understanding(
        kind="ask_back", intent="none", slots={}, plain="", reply="Which service?", suggestions=("checkout",)
    )
    with scripted(Failure(401)) as server:
        async with running(server, Rules(cannot)) as run:
            answer = await run.answer()
    assert (answer.summary, answer.suggestions, run.calls) == ("Which service?", ("checkout",), [])


async def test_a_model_that_answers_later_than_its_first_refusal_is_used() -> None:
    with scripted(Failure(429), ASK, Text("47 alerts [e1].")) as server:
        async with running(server) as run:
            answer = await run.answer()
    assert (answer.brain, answer.notes) == ("model", ())
    assert len(server.requests) == 3


def test_a_house_without_a_model_does_not_pay_for_its_client() -> None:
    loaded = "import sys, agents.model; print({'openai', 'langchain_openai'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True).stdout == b"set()\n"


async def test_the_client_speaks_plain_chat_completions_with_the_key_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    with scripted(Text("hi"), Text("hi")) as server:
        for key in ("sk-ours", None):
            async with open_model(
                base_url=server.base_url,
                api_key=key,
                model="gpt-6-codex",
                timeout_seconds=5,
                chunk_timeout_seconds=5,
            ) as model:
                assert (await model.ainvoke(QUESTION.text)).text == "hi"
    assert [headers["authorization"] for headers in server.headers] == ["Bearer sk-ours", "Bearer none"]
    assert [(body["model"], body["temperature"]) for body in server.requests] == [("gpt-6-codex", 0)] * 2
