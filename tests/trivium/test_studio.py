"""LangGraph Studio's own server on our graph: a real `langgraph dev`, asked over HTTP."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from domain.tokens import Claims, Key, mint
from graphs import inquiry, revive, troubleshooting
from tests import studio_server

pytestmark = [pytest.mark.slow, pytest.mark.long]

SECRET = "studio tests sign with this, 32 bytes or more"
RECORDS = """
select
    run.entrance, run.status, run.question, run.session_id, person.name as person, session.message_count,
    (select count(*) from trivium.ai_tool_executions where run_id = run.id) as executions,
    (select content from trivium.ai_messages where run_id = run.id and role = 'assistant') as said
from trivium.runs as run
join trivium.users as person on person.id = run.user_id
join trivium.ai_sessions as session on session.id = run.session_id
order by run.created_at
"""


@dataclass(frozen=True, slots=True)
class Studio:
    http: httpx.Client
    database_url: str

    def thread(self) -> str:
        return studio_server.new_thread(self.http)

    def ask(self, thread: str, content: object, **more: object) -> Mapping[str, Any]:
        return studio_server.ask(self.http, thread, content, **more)

    def records(self) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url) as db, db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(RECORDS).fetchall()


def token(*roles: str) -> str:
    key = Key(secret=SECRET, issuer="trivium", audience="trivium")
    claims = Claims(name="ann", roles=frozenset(roles), scopes=frozenset({"inquiry"}))
    return mint(key, claims, ttl=timedelta(hours=1))


@contextmanager
def studio(database_url: str, folder: Path, *roles: str) -> Generator[Studio]:
    """`langgraph dev`, acting for ann with these roles; ended on leaving."""
    environment = {"DATABASE_URL": database_url, "TRIVIUM_TOKEN": token(*roles), "TRIVIUM_JWT_SECRET": SECRET}
    with studio_server.studio_server(folder, environment) as http:
        yield Studio(http, database_url)


def test_a_studio_thread_is_a_conversation_with_the_same_records_as_any_other(
    database_url: str, tmp_path: Path
) -> None:
    with studio(database_url, tmp_path, "engineer") as dev:
        thread = dev.thread()
        first = dev.ask(thread, "What is firing now?")
        second = dev.ask(thread, [{"type": "text", "text": "and yesterday?"}])
        other = dev.ask(dev.thread(), "Open incidents")
        records = dev.records()
    states = (first, second, other)
    assert first["session_id"] == second["session_id"] != other["session_id"]
    assert len(second["messages"]) == 4
    assert second["answer"]["understood"] != first["answer"]["understood"]
    assert [(row["question"], str(row["session_id"]), row["said"]) for row in records] == [
        (question, state["session_id"], state["messages"][-1]["content"])
        for question, state in zip(("What is firing now?", "and yesterday?", "Open incidents"), states, strict=True)
    ]
    assert [(row["entrance"], row["status"], row["person"], row["message_count"]) for row in records] == [
        ("studio", "completed", "ann", 4), ("studio", "completed", "ann", 4), ("studio", "completed", "ann", 2),
    ]  # fmt: skip
    assert [row["executions"] for row in records] == [len(state["evidence"]) for state in states] == [1, 1, 1]


def test_roles_that_a_studio_client_claims_open_nothing(database_url: str, tmp_path: Path) -> None:
    claimed = {"user": "root", "actor": {"name": "root", "roles": ["admin"]}, "roles": ["admin"]}
    with studio(database_url, tmp_path) as dev:
        by_context = dev.ask(dev.thread(), "What is firing now?", context=claimed)
        by_config = dev.ask(dev.thread(), "What is firing now?", config={"configurable": claimed})
        records = dev.records()
    assert [(state["answer"]["findings"], state["answer"]["parts"]) for state in (by_context, by_config)] == [
        ([], [])
    ] * 2
    assert [(row["person"], row["executions"]) for row in records] == [("ann", 1)] * 2


def test_drawing_and_schemas_are_those_of_the_graph_and_open_nothing(database_url: str, tmp_path: Path) -> None:
    with studio(database_url, tmp_path, "engineer") as dev:
        found = dev.http.post("/assistants/search", json={}).raise_for_status().json()
        known = {each["graph_id"]: f"/assistants/{each['assistant_id']}" for each in found}
        drawn = {name: dev.http.get(f"{place}/graph").raise_for_status().json() for name, place in known.items()}
        schemas = {name: dev.http.get(f"{place}/schemas").raise_for_status().json() for name, place in known.items()}
        with psycopg.connect(database_url) as db:
            users = db.execute("select count(*) from trivium.users").fetchone()
    own = {"inquiry": inquiry.build(), "troubleshooting": troubleshooting.build(), "revive": revive.build()}
    assert {name: edges(drawing) for name, drawing in drawn.items()} == {
        name: edges(graph.compile().get_graph().to_json()) for name, graph in own.items()
    }
    assert {name: list(each["input_schema"]["properties"]) for name, each in schemas.items()} == {
        "inquiry": ["messages"], "troubleshooting": ["messages", "alert"], "revive": ["messages"],
    }  # fmt: skip
    assert users == (0,)


def edges(drawing: Mapping[str, Any]) -> set[tuple[str, str, bool]]:
    return {(edge["source"], edge["target"], edge.get("conditional", False)) for edge in drawing["edges"]}
