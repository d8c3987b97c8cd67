import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from psycopg import OperationalError

from agents.answer import Answer
from agents.brain import Call, Emit, Gathered, Question, Understanding
from domain.database import Pool
from tests.house import ScriptedBrain, spec
from tests.web.entrance import QUERY, entrance, frames, signed
from tools.spec import ToolContext, ToolResult
from web.inquiry import answered
from web.models.inquiry import QueryReply


async def test_an_answer_has_the_keys_of_the_seed_and_ours_beside_them(pool: Pool) -> None:
    """EP-01, IQ-10."""
    async with entrance(pool) as web:
        response = await web.post(QUERY, json={"query": "echo?"})
    body = response.json()
    reply = QueryReply.model_validate(body)
    execution = reply.answer.findings[0].executions[0]
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert body == {
        "session_id": str(reply.session_id),
        "run_id": str(reply.run_id),
        "answer": {
            "summary": "echo?: 1 results.",
            "data": {},
            "timeline": [],
            "sources": ["echo"],
            "evidence": [
                {
                    "execution": execution, "tool": "query_echo", "source": "echo", "status": "ok", "query": "echo hi",
                    "window": None, "as_of": None, "stale": False, "cut": None, "error": None,
                    "artifact_id": None,
                }
            ],
            "findings": [
                {
                    "text": "{'text': 'hi', 'scopes': [], 'teams': []}", "executions": [execution],
                    "confidence": "certain",
                }
            ],
            "parts": [],
            "suggestions": [],
            "unknown": [],
            "understood": "an echo",
            "brain": "rules",
            "notes": [],
        },
        "tools_used": ["query_echo"],
        "tokens_used": 0,
    }  # fmt: skip


async def test_each_source_is_named_once_however_often_it_was_asked(pool: Pool) -> None:
    calls = [Call(tool="query_echo", arguments={"text": text}) for text in ("one", "two")]
    async with entrance(pool, brain=ScriptedBrain(rounds=[calls])) as web:
        answer = (await web.post(QUERY, json={"query": "twice"})).json()["answer"]
    assert answer["sources"] == ["echo"]
    assert [source["query"] for source in answer["evidence"]] == ["echo one", "echo two"]


async def test_context_and_format_reach_the_brain(pool: Pool) -> None:
    """IQ-08, IQ-09."""
    brain = ScriptedBrain(rounds=())
    context = {
        "time_range": {"start": "2024-01-08T01:00:00+01:00", "end": "2024-01-15T00:00:00Z"},
        "services": ["payment-service"],
        "severity_filter": ["critical"],
        "timezone": "Europe/Berlin",
    }
    async with entrance(pool, brain=brain) as web:
        await web.post(QUERY, json={"query": "how many?", "context": context, "response_format": "table"})
    seen = brain.seen[0]
    assert seen.window
    assert seen.window.as_json() == {"start": "2024-01-08T00:00:00Z", "end": "2024-01-15T00:00:00Z"}
    assert (seen.services, seen.severities, seen.zone.key, seen.response_format) == (
        ("payment-service",), ("critical",), "Europe/Berlin", "table",
    )  # fmt: skip


async def test_a_session_goes_on_for_its_owner_and_is_not_there_for_others(pool: Pool) -> None:
    """AU-08."""
    async with entrance(pool) as web:
        session_id = (await web.post(QUERY, json={"query": "one"})).json()["session_id"]
        again = await web.post(QUERY, json={"query": "two", "session_id": session_id})
        foreign = await web.post(QUERY, json={"query": "three", "session_id": session_id}, headers=signed("bob"))
        nowhere = str(uuid4())
        missing = await web.post(QUERY, json={"query": "four", "session_id": nowhere})
    assert again.json()["session_id"] == session_id
    assert [(response.status_code, response.json()) for response in (foreign, missing)] == [
        (404, {"error": "not_found", "message": f"There is no session {known} of yours to continue."})
        for known in (session_id, nowhere)
    ]


async def test_a_role_without_the_permission_is_told_which_one_and_whom_to_ask(pool: Pool) -> None:
    """PM-16, PM-22."""
    async with entrance(pool) as web:
        response = await web.post(QUERY, json={"query": "echo?"}, headers=signed("eve", roles=("viewer",)))
    alternative = "Ask someone with the role admin or engineer or operator."
    assert (response.status_code, response.json()) == (
        403,
        {
            "error": "insufficient_permissions",
            "message": f"Role 'viewer' cannot use echo (query_echo). {alternative}",
            "required_permission": "ai:inquiry:read",
            "alternative": alternative,
        },
    )


INVALID: tuple[tuple[Any, str, str], ...] = (
    ({}, "query", "Field required"),
    ([], "body", "Input should be an object"),
    ({"query": 7}, "query", "Input should be a valid string"),
    ({"query": " \u0007 "}, "query", "The question is empty."),
    ({"query": "x" * 4001}, "query", "The question has 4001 characters; at most 4000 are read."),
    ({"query": "a", "querry": "b"}, "querry", "Extra inputs are not permitted"),
    (
        {"query": "a", "response_format": "pdf"}, "response_format",
        "Input should be 'detailed', 'summary', 'table' or 'timeline'",
    ),
    (
        {"query": "a", "context": {"severity_filter": ["bad"]}}, "context.severity_filter[0]",
        "Input should be 'critical', 'warning' or 'info'",
    ),
    (
        {"query": "a", "context": {"services": ["a\u0000b"]}}, "context.services[0]",
        "has a character that cannot be printed",
    ),
    (
        {"query": "a", "context": {"timezone": "Europe"}}, "context.timezone",
        "is not an IANA time zone; write for example Europe/Berlin",
    ),
    (
        {"query": "a", "context": {"time_range": {"start": "2024-01-08T00:00:00", "end": "2024-01-09T00:00:00Z"}}},
        "context.time_range.start", "write a time with its zone, like 2026-11-20T09:30:00Z",
    ),
    (
        {"query": "a", "context": {"time_range": {"start": "2024-01-08T00:00:00Z", "end": "2024-01-08T00:00:00Z"}}},
        "context.time_range", "the end must be after the start",
    ),
)  # fmt: skip


async def test_a_body_that_cannot_be_taken_names_its_field(pool: Pool) -> None:
    async with entrance(pool) as web:
        for body, field, message in INVALID:
            response = await web.post(QUERY, json=body)
            found = response.json()
            assert (response.status_code, found.keys() - {"alternative"}) == (422, {"error", "message", "details"})
            assert (found["error"], found["details"]) == ("validation_error", [{"field": field, "message": message}])


async def test_a_body_full_of_mistakes_names_the_first_twenty(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await web.post(QUERY, json={"query": "a"} | {f"key{number}": 1 for number in range(1000)})
    assert (response.status_code, len(response.json()["details"])) == (422, 20)


async def test_one_question_too_many_is_told_when_to_come_back(pool: Pool) -> None:
    """SE-04."""
    async with entrance(pool, per_minute=1) as web:
        await web.post(QUERY, json={"query": "one"})
        response = await web.post(QUERY, json={"query": "two"})
    seconds = int(response.headers["retry-after"])
    assert 1 <= seconds <= 120
    assert (response.status_code, response.json()) == (
        429,
        {
            "error": "rate_limited",
            "message": f"More than 1 questions in a minute; ask again in {seconds} s.",
            "retry_after": seconds,
        },
    )


class FailingBrain(ScriptedBrain):
    error: Exception = OperationalError("connection lost")

    async def understand(self, question: Question) -> Understanding:  # noqa: ARG002
        raise self.error


async def test_a_run_that_lost_its_database_is_503_and_may_be_asked_again(pool: Pool) -> None:
    async with entrance(pool, brain=FailingBrain()) as web:
        response = await web.post(QUERY, json={"query": "one"})
    message = "The database could not be reached, so nothing was answered: connection lost"
    assert (response.status_code, response.json()) == (503, {"error": "database_unavailable", "message": message})
    assert response.headers["Retry-After"] == "5"


async def test_a_bug_in_a_run_is_500_with_the_id_of_its_log_line(pool: Pool) -> None:
    brain = FailingBrain()
    brain.error = ZeroDivisionError()
    async with entrance(pool, brain=brain) as web:
        response = await web.post(QUERY, json={"query": "one"})
    assert response.status_code == 500
    assert response.json()["error"] == "internal_error"
    assert response.json()["message"].startswith("Trivium failed on this question; its log has it as ")


async def test_a_question_left_to_another_worker_says_so() -> None:
    response = answered(None)
    assert response.status_code == 503
    assert bytes(response.body).startswith(b'{"error":"stopped"')


async def test_a_cancelled_question_is_answered_as_cancelled(pool: Pool) -> None:
    reached = asyncio.Event()

    async def hang(_context: ToolContext, _args: object) -> ToolResult:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with entrance(pool, spec(handler=hang)) as web:
        asking = asyncio.create_task(web.post(QUERY, json={"query": "slow"}))
        await reached.wait()
        run_id = (await web.get("/api/v1/runs")).json()["runs"][0]["id"]
        cancelled = await web.post(f"/api/v1/runs/{run_id}/cancel")
        response = await asking
    assert (cancelled.status_code, cancelled.json()) == (202, {"run_id": run_id})
    assert (response.status_code, response.json()) == (
        409,
        {"error": "cancelled", "message": "The run was cancelled."},
    )


class CountingBrain(ScriptedBrain):
    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        return replace(await super().write(question, understood, gathered, emit), tokens_used=1250)


async def test_tokens_are_told_and_counted(pool: Pool) -> None:
    async with entrance(pool, brain=CountingBrain()) as web:
        body = (await web.post(QUERY, json={"query": "one"})).json()
        metrics = (await web.get("/api/v1/metrics")).text
    assert body["tokens_used"] == 1250
    assert "trivium_tokens_total 1250.0\n" in metrics
    assert "trivium_runs_active 0.0\n" in metrics


async def test_a_stream_ends_with_the_answer_in_the_shape_of_the_json_reply(pool: Pool) -> None:
    async with entrance(pool) as web:
        streamed = await web.post(QUERY, json={"query": "one"}, headers={"Accept": "text/event-stream, */*;q=0.1"})
        run = (await web.get("/api/v1/runs")).json()["runs"][0]
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = frames(streamed.text)
    assert [(number, kind) for number, kind, _ in events] == [
        (1, "run"), (2, "tool_use"), (3, "tool_use"), (4, "chunk"), (5, "complete"),
    ]  # fmt: skip
    reply = QueryReply.model_validate(events[-1][2])
    assert (str(reply.run_id), reply.answer.sources, reply.answer.summary) == (run["id"], ("echo",), "one: 1 results.")


async def test_a_stream_of_a_refused_question_ends_with_the_error(pool: Pool) -> None:
    headers = {"Accept": "text/event-stream", **signed("eve", roles=("viewer",))}
    async with entrance(pool) as web:
        streamed = await web.post(QUERY, json={"query": "one"}, headers=headers)
    _, kind, data = frames(streamed.text)[-1]
    assert (streamed.status_code, kind, data["error"]) == (200, "error", "insufficient_permissions")


async def test_what_is_wrong_before_a_run_begins_is_plain_json_even_for_a_stream(pool: Pool) -> None:
    async with entrance(pool) as web:
        response = await web.post(QUERY, json={"query": ""}, headers={"Accept": "text/event-stream"})
    assert (response.status_code, response.json()["error"]) == (422, "validation_error")
