"""Planted secrets: every kind, through every entrance and sink; afterwards nothing that is kept or told holds one."""

import io
import logging
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
import orjson
import pytest
import structlog
from mcp import Client

from agents.brain import Call
from domain.database import Pool
from tests import sshd as sshds
from tests.house import Worker, actor, worker
from tests.mcp_server.test_mcp_server import serving
from tests.model_server import Text, Use
from tests.planted import PLANTED
from tests.scenarios.entrances import service
from tests.scenarios.leaks import dumped, leaked
from tests.scenarios.model_house import house as model_house
from tests.scenarios.planted_world import ALL, SPECS, WHOLE, Repeating, questions
from tests.sshd import Sshd
from tests.tools.runbook_world import ssh, with_servers
from tests.web.changes import CONFIRM, MESSAGE, STREAM
from tests.web.entrance import QUERY, app, client, person, signed
from trivium import asking, changing, logs

pytestmark = pytest.mark.slow

ALERTS, CHANGES = "/api/v1/alerts/webhook", "/api/v1/changes"
READS = [
    Call(tool=name, arguments={"text": WHOLE})
    for name in ("query_logs", "query_much", "query_elsewhere", "query_here", "query_refused")
]
RUN = [Call(tool="execute_runbook", arguments={"text": "go"})]
BREAK = [Call(tool="execute_broken", arguments={"text": "go"})]


@pytest.fixture
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sshd]:
    with sshds.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def test_at_least_thirty_kinds_are_planted() -> None:
    assert len({planted.kind for planted in PLANTED}) > 80
    assert leaked({"all": WHOLE, "questions": "".join(questions())}) == {
        place: [planted.kind for planted in PLANTED] for place in ("all", "questions")
    }


@dataclass(slots=True)
class House:
    """Everything that was told, by where it was told."""

    pool: Pool
    worker: Worker
    web: httpx.AsyncClient
    brain: Repeating
    told: dict[str, str] = field(default_factory=dict[str, str])

    def hear(self, place: str, *texts: str) -> None:
        self.told[place] = "\n".join((self.told.get(place, ""), *texts))

    async def post(self, path: str, **given: Any) -> httpx.Response:
        response = await self.web.post(path, **given)
        self.hear(f"HTTP {path}", "\n".join(texts_of(response)))
        return response


def texts_of(response: httpx.Response) -> Generator[str]:
    """The body as it is and as its reader understands it."""
    yield response.text
    if response.headers.get("content-type", "").startswith("application/json"):
        yield str(response.json())


@contextmanager
def captured_logs() -> Generator[io.StringIO]:
    """All that is logged, ours and the libraries', as it is written by a process of ours."""
    root, hook, before = logging.root, sys.excepthook, logging.root.handlers[:]
    root.handlers[:] = []
    with redirect_stderr(io.StringIO()) as written:
        logs.configure(logging.DEBUG)
        yield written
    root.handlers[:] = before
    logging.captureWarnings(False)
    sys.excepthook = hook
    structlog.reset_defaults()


@asynccontextmanager
async def opened(pool: Pool, *rounds: list[Call]) -> AsyncGenerator[House]:
    brain = Repeating(rounds=rounds)
    with captured_logs() as written:
        async with (
            worker(pool, *SPECS, brain=brain) as house,
            client(app(pool, house.runner, house=house)) as web,
        ):
            web.headers.update(person("ann", "admin"))
            made = House(pool, house, web, brain)
            yield made
        made.hear("logs", written.getvalue())
        assert "Traceback" in written.getvalue() or "query_here" not in str(rounds)
        made.hear("brain", *brain.told)


async def found(house: House) -> dict[str, list[str]]:
    return leaked(house.told | await dumped(house.pool))


def alert(number: int, text: str) -> dict[str, Any]:
    """One alert with the secret in every place where a sender can put text."""
    return {
        "status": "firing",
        "labels": {
            "alertname": text,
            "service": text,
            "instance": text,
            "job": text,
            "team": text,
            "number": str(number),
        },
        "annotations": {"summary": text, "description": f"see {text}", text[:200]: "x"},
        "startsAt": f"2026-11-20T11:{number % 60:02}:00Z",
        "generatorURL": f"http://prometheus/graph?q={text}",
        "fingerprint": text[:128],
        "dashboardURL": text,
        "valueString": text,
    }


async def test_secrets_in_alerts_and_changes_are_not_stored(pool: Pool) -> None:
    """Labels, annotations, group, link and fingerprint; the summary, author and link of a change."""
    async with opened(pool) as house:
        house.web.headers.update(signed("alertmanager", scopes=("ingest",)))
        for number, text in enumerate(ALL):
            body = {
                "version": "4", "receiver": text[:256], "groupKey": f"{{}}:{{a={text}}}", "groupLabels": {"a": text},
                "orgId": 1, "alerts": [alert(number, text)],
            }  # fmt: skip
            response = await house.post(ALERTS, json=body)
            assert (response.status_code, response.json()["new"]) == (200, 1)
        changes = [
            {"occurred_at": "2026-11-20T11:00:00Z", "kind": "deployment", "service": text[:256], "summary": text,
             "author": text[:256], "version": text[:256], "url": text, "id": text[:256], "environment": text[:256]}
            for text in ALL
        ]  # fmt: skip
        response = await house.post(CHANGES, json={"changes": changes})
        assert (response.status_code, response.json()["new"]) == (200, len(ALL))
        for text in ALL:
            wrong = alert(0, "A") | {"labels": {text[:256]: 3}}
            refused = await house.post(
                ALERTS, json={"version": "4", "receiver": "r", "groupKey": "k", "alerts": [wrong]}
            )
            assert (refused.status_code, refused.json()["field"][:17]) == (400, "alerts[0].labels.")
    assert await found(house) == {}


async def test_one_alert_is_one_alert_though_its_secret_is_not_stored(pool: Pool) -> None:
    """Two labels that differ in the secret alone are two alerts; each told again is known."""
    async with opened(pool) as house:
        house.web.headers.update(signed("alertmanager", scopes=("ingest",)))
        bodies = [
            {"version": "4", "receiver": "r", "groupKey": f"k{secret}", "alerts": [
                {"status": "firing", "labels": {"alertname": "A", "url": f"password={secret}"},
                 "startsAt": "2026-11-20T11:00:00Z"}]}
            for secret in ("first-secret", "second-secret", "first-secret")
        ]  # fmt: skip
        news = [(await house.post(ALERTS, json=body)).json()["new"] for body in bodies]
    assert news == [1, 1, 0]
    tables = await dumped(pool)
    assert "first-secret" not in tables["alerts"]
    assert "password=[masked]" in tables["alerts"]


async def test_secrets_in_questions_results_and_answers_reach_nobody(pool: Pool) -> None:
    """Over HTTP, as JSON and as a stream: question, context, arguments, results, errors, artifacts, answer, record."""
    async with opened(pool, READS) as house:
        session = ""
        for text in questions():
            asked = {"query": text, "context": {"services": [one[:200] for one in ALL[:5]]}}
            response = await house.post(QUERY, json=asked)
            assert response.status_code == 200, response.text
            session = response.json()["session_id"]
            again = await house.post(QUERY, json={"query": text, "session_id": session}, headers=STREAM)
            assert "event: complete" in again.text
        for path in ("/api/v1/inquiry/sessions", f"/api/v1/inquiry/sessions/{session}/messages", "/api/v1/runs"):
            house.hear(f"HTTP {path}", *texts_of(await house.web.get(path)))
        run = (await house.web.get("/api/v1/runs")).json()["runs"][0]["id"]
        for path in (f"/api/v1/runs/{run}", f"/api/v1/runs/{run}/events", "/metrics"):
            house.hear(f"HTTP {path}", *texts_of(await house.web.get(path)))
    assert await found(house) == {}


async def test_secrets_in_a_change_reach_neither_the_card_nor_the_record(pool: Pool) -> None:
    """Request, selection, card, edit, reason, output of the script, and what is told of it afterwards."""
    async with opened(pool, RUN) as house:
        context = {"current_page": ALL[0][:400], "selected_items": [text[:256] for text in ALL if "\n" not in text]}
        for number, text in enumerate(questions()):
            response = await house.post(MESSAGE, json={"message": text, "context": context})
            card = response.json()["response"]["action_required"]
            path = f"{CONFIRM}/{card['confirmation_id']}"
            for edited in ALL[number :: len(questions())]:
                await house.post(path, json={"action": "edit", "arguments": {"text": edited}})
                await house.post(path, json={"action": edited, "reason": [edited]})
            done = await house.post(path, json={"action": "approve", "reason": text[:500]})
            assert done.status_code == 200, done.text
        await settled(house)
    assert await found(house) == {}


async def settled(house: House) -> None:
    """Every run has ended."""
    for run in (await house.web.get("/api/v1/runs")).json()["runs"]:
        house.hear("run events", (await house.web.get(f"/api/v1/runs/{run['id']}/events")).text)
        house.hear("run", (await house.web.get(f"/api/v1/runs/{run['id']}")).text)


async def test_a_secret_among_the_arguments_of_a_change_is_refused(pool: Pool) -> None:
    async with opened(pool, [Call(tool="execute_runbook", arguments={"text": WHOLE})]) as house:
        response = await house.post(MESSAGE, json={"message": "go"})
        assert "holds a secret" in response.text
    assert await found(house) == {}


async def test_secrets_in_a_runbooks_output_are_not_kept(pool: Pool, sshd: Sshd, tmp_path: Path) -> None:
    """A real command on a real machine prints them all, line by line."""
    printed = tmp_path / "printed"
    known = [planted.text for planted in PLANTED if planted.kind != "Kubernetes secret"]  # is one only when it is whole
    printed.write_text("\n".join(known))
    world = await with_servers(pool, sshd)
    await world.store(ssh("show", f"cat {printed}"))
    result = await world.run()
    assert result.status == "ok"
    assert "[masked]" in str(result.data)
    assert leaked({"progress": "\n".join(world.lines), "result": str(result)} | await dumped(pool)) == {}


async def test_secrets_reach_no_mcp_client(pool: Pool) -> None:
    async with opened(pool, RUN) as house:
        who = await actor(pool, "admin")
        server = serving(house.worker.runner, who, approvals=house.worker.approvals)
        async with Client(server) as host:
            for text in questions():
                told = await host.call_tool("revive", {"request": text})
                house.hear("MCP revive", *mcp_texts(told))
                waits = told.structured_content["confirmation"]["confirmation_id"]
                said = {"confirmation_id": waits, "decision": "approve", "reason": text[:500]}
                house.hear("MCP confirm", *mcp_texts(await host.call_tool("confirm", said)))
            for text in ALL:
                for name, arguments in (("ask", {"question": text, text: 1}), ("get_run", {"run_id": text})):
                    house.hear("MCP refusals", *mcp_texts(await host.call_tool(name, arguments)))
                with pytest.raises(Exception, match="There is no tool") as refused:
                    await host.call_tool(text, {})
                house.hear("MCP errors", str(refused.value))
            house.hear("MCP list_runs", *mcp_texts(await host.call_tool("list_runs", {})))
    assert await found(house) == {}


def mcp_texts(result: Any) -> list[str]:
    return [str(result.content), str(result.structured_content), orjson.dumps(result.structured_content).decode()]


@pytest.mark.parametrize("form", ["text", "json", "csv", "md"])
async def test_secrets_reach_no_terminal_and_no_export(pool: Pool, form: Literal["text", "json", "csv", "md"]) -> None:
    async with opened(pool, READS) as house:
        who = await actor(pool, "admin")
        outcome = await house.worker.runner.ask(who, asking.Ask(text=questions()[0], zone=ZoneInfo("UTC")))
        with redirect_stdout(io.StringIO()) as printed:
            asking.print_answer(asking.answered(outcome), outcome, form)
        house.hear("command line", printed.getvalue(), printed.getvalue().replace("\n", ""))
    assert printed.getvalue().count("[masked]") > len(ALL)
    assert await found(house) == {}


async def test_secrets_of_a_change_reach_no_terminal(pool: Pool) -> None:
    """The card, and the end of a change that broke with them in its error."""
    async with opened(pool, BREAK) as house:
        who = await actor(pool, "admin", name="ann")
        acting = service(house.worker)
        with redirect_stdout(io.StringIO()) as printed:
            for as_json in (True, False):
                outcome = await house.worker.runner.ask(who, asking.Ask(text=questions()[1], graph="revive"))
                changing.told(outcome, changing.Manner(as_json=as_json))
                assert outcome.waiting
                verdict = changing.Verdict(action="approve", reason=questions()[2])
                after = await changing.decided(acting, who, outcome, verdict)
                changing.told(after, changing.Manner(as_json=as_json))
        house.hear("command line", printed.getvalue(), printed.getvalue().replace("\n", ""))
    assert "unknown" in str(await dumped(pool))
    assert await found(house) == {}


async def test_what_is_sent_to_a_model_holds_no_secret(pool: Pool) -> None:
    """The question, the history, and the alerts that the real tools find: all of it goes over the wire masked."""
    async with opened(pool) as filling:
        filling.web.headers.update(signed("alertmanager", scopes=("ingest",)))
        for number, text in enumerate(ALL):
            body = {"version": "4", "receiver": "r", "groupKey": "g", "alerts": [alert(number, text)]}
            await filling.post(ALERTS, json=body)
    told = dict(filling.told)
    steps = [Use("query_alerts", {"time_range": {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T13:00:00Z"}})]
    with captured_logs() as written:
        async with model_house(pool, *[*steps, Text("Many fired [e1].")] * 2 * len(questions())) as house:
            session = None
            for text in questions():
                asked = {"query": f"How many alerts fired on 20 November 2026? {text}"}
                response = await house.web.post(QUERY, json=asked | ({"session_id": session} if session else {}))
                told["HTTP"] = told.get("HTTP", "") + response.text
                session = response.json().get("session_id", session)
            sent = orjson.dumps(house.model.requests).decode() + str(house.model.requests)
    assert len(house.model.requests) > len(questions())
    assert "[masked]" in sent
    assert leaked(told | {"model": sent, "logs": written.getvalue()} | await dumped(pool)) == {}
