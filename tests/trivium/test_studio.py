"""LangGraph Studio's own server on our graph: a real `langgraph dev`, asked over HTTP."""

import os
import socket
import subprocess
import sys
import time
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
from graphs import inquiry

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECRET = "studio tests sign with this, 32 bytes or more"
START_SECONDS = 60
QUIET = {
    "TRIVIUM_JWT_SECRET": SECRET,
    "PYTHONPATH": str(ROOT),
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "1",
    "LANGSMITH_TRACING": "false",
}
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
        return self.http.post("/threads", json={}).raise_for_status().json()["thread_id"]

    def ask(self, thread: str, content: object, **more: object) -> Mapping[str, Any]:
        """The thread's state after a run on this message."""
        body = {"assistant_id": "inquiry", "input": {"messages": [{"role": "user", "content": content}]}, **more}
        return self.http.post(f"/threads/{thread}/runs/wait", json=body).raise_for_status().json()

    def records(self) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url) as db, db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(RECORDS).fetchall()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def token(*roles: str) -> str:
    key = Key(secret=SECRET, issuer="trivium", audience="trivium")
    claims = Claims(name="ann", roles=frozenset(roles), scopes=frozenset({"inquiry"}))
    return mint(key, claims, ttl=timedelta(hours=1))


def wait_until_ready(http: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.get("/ok").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"langgraph dev did not start:\n{log.read_text()}")


@contextmanager
def studio(database_url: str, folder: Path, *roles: str) -> Generator[Studio]:
    """`langgraph dev` in a folder of its own, acting for ann with these roles; ended on leaving."""
    port, log = free_port(), folder / "studio.log"
    graphs = (ROOT / "langgraph.json").read_text().replace('"."', f'"{ROOT}"').replace("./", f"{ROOT}/")
    (folder / "langgraph.json").write_text(graphs)
    environment = os.environ | QUIET | {"DATABASE_URL": database_url, "TRIVIUM_TOKEN": token(*roles)}
    command = [Path(sys.executable).with_name("langgraph"), "dev", "--no-browser", "--no-reload", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            wait_until_ready(http, process, log)
            yield Studio(http, database_url)
    finally:
        process.terminate()
        process.wait(30)


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
    assert [(row["person"], row["executions"]) for row in records] == [("ann", 0)] * 2


def test_drawing_and_schemas_are_those_of_the_graph_and_open_nothing(database_url: str, tmp_path: Path) -> None:
    with studio(database_url, tmp_path, "engineer") as dev:
        (assistant,) = dev.http.post("/assistants/search", json={}).raise_for_status().json()
        drawing = dev.http.get(f"/assistants/{assistant['assistant_id']}/graph").raise_for_status().json()
        schemas = dev.http.get(f"/assistants/{assistant['assistant_id']}/schemas").raise_for_status().json()
        with psycopg.connect(database_url) as db:
            users = db.execute("select count(*) from trivium.users").fetchone()
    own = inquiry.build().compile().get_graph().to_json()
    assert edges(drawing) == edges(own)
    assert list(schemas["input_schema"]["properties"]) == ["messages"]
    assert users == (0,)


def edges(drawing: Mapping[str, Any]) -> set[tuple[str, str, bool]]:
    return {(edge["source"], edge["target"], edge.get("conditional", False)) for edge in drawing["edges"]}
