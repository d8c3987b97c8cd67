from typing import Any, TypeAlias

import pytest

from domain.database import Pool
from tests.house import spec
from tests.web.changes import STREAM, rows
from tests.web.entrance import desk, entrance, frames, person, signed
from tools.spec import Args, Pillar, ToolContext, ToolResult

Json: TypeAlias = dict[str, Any]
QUERIES = "/api/v1/saved-queries"
ONE: Json = {"name": "monday", "query": "What fired last week?"}


class Wanted(Args):
    query: str
    datasource: str | None = None


async def looked_up(_context: ToolContext, args: Wanted) -> ToolResult:
    return ToolResult(status="ok", source="prometheus", data={"asked": args.query}, query=args.query)


async def test_a_query_is_kept_changed_and_removed_by_its_owner_alone(pool: Pool) -> None:
    """IQ-13."""
    async with entrance(pool) as web:
        response = await web.post(QUERIES, json=ONE)
        made = response.json()
        one = f"{QUERIES}/{made['id']}"
        changed = (await web.put(one, json={**ONE, "name": "sunday", "description": "for the report"})).json()
        got, listed = (await web.get(one)).json(), (await web.get(QUERIES)).json()
        bob = signed("bob")
        foreign = [
            await web.get(one, headers=bob),
            await web.put(one, json=ONE, headers=bob),
            await web.delete(one, headers=bob),
            await web.post(f"{one}/run", headers=bob),
        ]
        nothing = (await web.get(QUERIES, headers=bob)).json()
        gone = await web.delete(one)
    assert response.status_code == 201
    assert made == {
        **ONE,
        "id": made["id"],
        "language": "words",
        "description": "",
        "datasource_id": None,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    assert (changed["name"], changed["description"]) == ("sunday", "for the report")
    assert (got, listed) == (changed, {"queries": [changed]})
    assert [each.status_code for each in foreign] == [404] * 4
    assert nothing == {"queries": []}
    assert gone.status_code == 204


async def test_a_saved_question_is_asked_as_if_it_were_written_now(pool: Pool) -> None:
    async with entrance(pool) as web:
        made = (await web.post(QUERIES, json=ONE)).json()
        answer = await web.post(f"{QUERIES}/{made['id']}/run")
        stream = await web.post(f"{QUERIES}/{made['id']}/run", headers=STREAM)
    assert answer.json()["answer"]["summary"] == "What fired last week?: 1 results."
    assert [kind for _, kind, _ in frames(stream.text)][-1] == "complete"
    runs = await rows(pool, "select question, graph from trivium.runs")
    assert runs == [{"question": "What fired last week?", "graph": "inquiry"}] * 2


async def test_a_saved_query_of_metrics_goes_through_its_tools_door(pool: Pool) -> None:
    tool = spec("query_prometheus", looked_up, args=Wanted, pillars=frozenset({Pillar.INQUIRY}))
    async with desk(pool, tool) as web:
        made = (await web.post(QUERIES, json={"name": "up", "language": "promql", "query": "up"})).json()
        found = await web.post(f"{QUERIES}/{made['id']}/run")
        traces = (await web.post(QUERIES, json={"name": "t", "language": "traceql", "query": "{}"})).json()
        refused = await web.post(f"{QUERIES}/{traces['id']}/run")
    assert (found.status_code, found.json()["data"], found.json()["query"]) == (200, {"asked": "up"}, "up")
    assert (refused.status_code, "kept and cannot be run" in refused.json()["message"]) == (422, True)
    executions = await rows(pool, "select tool_name from trivium.ai_tool_executions")
    assert executions == [{"tool_name": "query_prometheus"}]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": ""}, 422),
        ({"query": "  "}, 422),
        ({"query": "a\0b"}, 422),
        ({"language": "sql"}, 422),
        ({"name": "other", "datasource_id": "00000000-0000-4000-8000-000000000000"}, 422),
        ({}, 409),
    ],
)
async def test_what_cannot_be_kept_is_refused(pool: Pool, changes: Json, status: int) -> None:
    async with entrance(pool) as web:
        web.headers.update(person("ann", "viewer"))
        await web.post(QUERIES, json=ONE)
        assert (await web.post(QUERIES, json={**ONE, **changes})).status_code == status
