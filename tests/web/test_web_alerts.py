"""Alerts over HTTP, conversations about one of them, and a chat that finds its pillar: real tools, graphs, Postgres."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

import tools
from agents.brain import Brain, Call, Gathered, Offer, Question, Understanding
from agents.rules.brain import RulesBrain
from domain import permissions
from domain.database import Pool
from domain.permissions import Rule
from tests.house import NOW, ScriptedBrain, actor, worker
from tests.tools.estate import Estate, open_estate
from tests.web.changes import CONFIRM, STREAM, World
from tests.web.entrance import client, frames, parts_of, person, signed
from tools.spec import AnySpec, Category, Pillar, Risk
from web.app import build
from web.models.alerts import AlertChatReply, AlertReply, AlertsReply, ChatReply

ALERTS, CHAT = "/api/v1/alerts", "/api/v1/chat"
HOUR = timedelta(hours=1)
CONTEXT = {"alert", "impact", "errors", "slow", "oncall", "similar", "changes", "runbooks"}
WHY = {"message": "What is causing it?"}


@asynccontextmanager
async def desk(
    pool: Pool, *specs: AnySpec, brain: Brain | None = None, per_minute: int = 10_000
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the app with every tool, or these; signed as the admin Ann."""
    house = worker(pool, *(specs or tools.ALL), brain=brain or RulesBrain(), per_minute=per_minute)
    async with house as opened:
        parts = replace(parts_of(pool, opened.runner, house=opened), clock=lambda: NOW)
        async with client(build(parts)) as web:
            web.headers.update(person("ann", "admin"))
            yield web


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


async def eve(pool: Pool, *teams: str) -> dict[str, str]:
    """Headers of the engineer Eve, who is in these teams."""
    await actor(pool, "engineer", teams=teams, name="eve")
    return person("eve", "engineer")


def message(alert: Any) -> str:
    return f"{ALERTS}/{alert}/chat/message"


async def test_alerts_are_listed_by_status_severity_and_service_a_page_at_a_time(pool: Pool, estate: Estate) -> None:
    """EP-05."""
    for number in range(3):
        await estate.alert(NOW - HOUR * (number + 1), name=f"Fires{number}", ends_at=None)
    await estate.alert(NOW - HOUR, name="Over", service="search", severity="warning")
    await estate.alert(NOW - HOUR * 90, name="Old")
    async with desk(pool) as web:
        page = await web.get(ALERTS, params={"status": "firing", "per_page": 2, "page": 2})
        over = await web.get(ALERTS, params={"severity": "warning", "service": "search"})
        then = {"start": "2026-11-16T00:00:00Z", "end": "2026-11-17T00:00:00Z"}
        old = await web.get(ALERTS, params=then)
        bad = [await web.get(ALERTS, params=wrong) for wrong in ({"severity": "loud"}, {"start": then["start"]})]
    told = AlertsReply.model_validate(page.json())
    assert [alert.name for alert in told.alerts] == ["Fires2"]
    assert (told.pagination.total, told.by_status, told.execution_id is not None) == (
        3,
        {"firing": 3, "resolved": 0},
        True,
    )
    assert [alert["name"] for alert in over.json()["alerts"]] == ["Over"]
    assert [alert["name"] for alert in old.json()["alerts"]] == ["Old"]
    assert [response.status_code for response in bad] == [422, 422]


async def test_an_alert_is_shown_with_what_is_on_record_about_it(pool: Pool, estate: Estate) -> None:
    """EP-05."""
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    await estate.alert(NOW - HOUR + timedelta(minutes=5), name="Other")
    async with desk(pool) as web:
        found = AlertReply.model_validate((await web.get(f"{ALERTS}/{alert}")).json())
        missing = await web.get(f"{ALERTS}/{uuid4()}")
        no_id = await web.get(f"{ALERTS}/none")
    assert (found.alert["id"], found.alert["status"], found.incident) == (str(alert), "firing", None)
    assert [each["name"] for each in found.related] == ["Other"]
    assert (missing.status_code, missing.json()["error"], no_id.status_code) == (404, "not_found", 404)


async def test_a_message_about_an_alert_is_answered_in_the_seeds_shape(pool: Pool, estate: Estate) -> None:
    """EP-05, TS-12, TS-13."""
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    await estate.change("release-7", NOW - HOUR - timedelta(minutes=5))
    async with desk(pool) as web:
        response = await web.post(message(alert), json=WHY)
    body = response.json()
    told = AlertChatReply.model_validate(body)
    assert (response.status_code, told.status) == (200, "completed")
    assert set(body) == {"session_id", "run_id", "status", "response", "tokens_used"}
    assert set(body["response"]) == {"content", "tools_used", "suggestions", "runbook_match", "answer"}
    assert {"name": "get_alert_details", "source": "native"} in body["response"]["tools_used"]
    assert {"name": "get_oncall_schedule", "source": "mcp"} in body["response"]["tools_used"]
    assert "HighErrorRate on checkout" in told.response.content
    assert told.response.suggestions
    assert told.response.answer
    assert told.response.answer.data["alert"]["id"] == str(alert)


async def test_the_context_is_told_as_it_comes_and_parts_can_be_left_out(pool: Pool, estate: Estate) -> None:
    """EP-05, TS-12."""
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    bare = WHY | {"include_sift": False, "include_oncall": False}
    async with desk(pool) as web:
        whole, part = [await web.post(message(alert), json=body, headers=STREAM) for body in (WHY, bare)]
    parts = [{e["part"] for _, kind, e in frames(each.text) if kind == "context"} for each in (whole, part)]
    assert parts == [CONTEXT | {"diagnosis"}, (CONTEXT | {"diagnosis"}) - {"errors", "slow", "oncall"}]
    assert [kind for _, kind, _ in frames(whole.text)][-1] == "complete"
    assert "runbook_match" in frames(whole.text)[-1][2]["answer"]["data"]


async def test_a_conversation_is_found_under_its_alert_and_only_there(pool: Pool, estate: Estate) -> None:
    """EP-05."""
    alert, other = await estate.alerts(NOW - HOUR, NOW - HOUR * 2, ends_at=None)
    async with desk(pool) as web:
        session = (await web.post(message(alert), json=WHY)).json()["session_id"]
        again = await web.post(message(alert), json={"message": "who is on call?", "session_id": session})
        strayed = await web.post(message(other), json={"message": "and this?", "session_id": session})
        listed = (await web.get(f"{ALERTS}/{alert}/chat/sessions")).json()
        empty = (await web.get(f"{ALERTS}/{other}/chat/sessions")).json()
        messages = (await web.get(f"{ALERTS}/{alert}/chat/sessions/{session}/messages")).json()
        elsewhere = await web.get(f"{ALERTS}/{other}/chat/sessions/{session}/messages")
        strangers = await web.get(
            f"{ALERTS}/{alert}/chat/sessions/{session}/messages", headers=person("bob", "operator")
        )
        gone = await web.delete(f"{ALERTS}/{alert}/chat/sessions/{session}")
        after = (await web.get(f"{ALERTS}/{alert}/chat/sessions")).json()
    assert (again.status_code, again.json()["session_id"], strayed.status_code) == (200, session, 404)
    assert [item["id"] for item in listed["sessions"]] == [session]
    assert (listed["pagination"]["total"], empty["sessions"], empty["pagination"]["total"]) == (1, [], 0)
    assert [item["role"] for item in messages["messages"]] == ["user", "assistant"] * 2
    assert (elsewhere.status_code, strangers.status_code, gone.status_code, after["sessions"]) == (404, 404, 204, [])


async def test_an_engineer_sees_and_asks_about_alerts_of_their_teams_alone(pool: Pool, estate: Estate) -> None:
    """EP-05, IN-15: another's alert looks like one that is not there, on every path."""
    mine = await estate.alert(NOW - HOUR, name="Ours", ends_at=None, team="shop")
    theirs = await estate.alert(NOW - HOUR, name="Theirs", service="ledger", ends_at=None, team="bank")
    async with desk(pool) as web:
        headers = await eve(pool, "shop")
        listed = await web.get(ALERTS, params={"status": "firing"}, headers=headers)
        one = await web.get(f"{ALERTS}/{theirs}", headers=headers)
        said = await web.post(message(theirs), json=WHY, headers=headers)
        stream = await web.post(message(theirs), json=WHY, headers=headers | STREAM)
        chat = await web.post(CHAT, json={"message": "why?", "alert_id": str(theirs)}, headers=headers)
        own = await web.post(message(mine), json=WHY, headers=headers)
    assert [alert["name"] for alert in listed.json()["alerts"]] == ["Ours"]
    assert (listed.json()["pagination"]["total"], own.status_code) == (1, 200)
    for response in (one, said, stream, chat):
        assert (response.status_code, response.json()["error"]) == (404, "not_found")
        assert "ledger" not in response.text
    assert "Theirs" not in own.text


async def test_who_may_not_troubleshoot_is_told_so_and_wrong_bodies_name_their_field(
    pool: Pool, estate: Estate
) -> None:
    """EP-05."""
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    async with desk(pool, per_minute=1) as web:
        viewer = await web.post(message(alert), json=WHY, headers=person("vic", "viewer"))
        token = await web.post(message(alert), json=WHY, headers=signed("ann", roles=("admin",)))
        nobody = await web.post(message(alert), json=WHY, headers={"Authorization": ""})
        empty = await web.post(message(alert), json={"message": " "})
        typo = await web.post(message(alert), json=WHY | {"include_sifting": True})
        gone = await web.post(message(uuid4()), json=WHY)
        first = await web.post(message(alert), json=WHY)
        second = await web.post(message(alert), json=WHY)
    assert [each.status_code for each in (viewer, token, nobody, empty, typo, gone, first, second)] == [
        403, 403, 401, 422, 422, 404, 200, 429,
    ]  # fmt: skip
    assert viewer.json()["error"] == "permission_denied"
    assert typo.json()["details"][0]["field"] == "include_sifting"


class Runs(World):
    def runbook(self) -> AnySpec:
        return self.spec(
            "execute_runbook",
            pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
            category=Category.AIOPS,
            risk=Risk.EXECUTE,
            permission="ai:revive:aiops:runbook:execute",
        )


async def test_a_runbook_waits_for_approval_and_runs_once_after_it(pool: Pool, estate: Estate) -> None:
    """EP-05, TS-13."""
    world = Runs()
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    rule = Rule(role="admin", pillar="troubleshooting", category=None, tool="execute_*", effect="confirm", scope=None)
    async with pool.connection() as db, db.transaction():
        await permissions.put(db, await actor(pool, "admin", name="ann"), rule)
    kept = [spec for spec in tools.ALL if spec.name != "execute_runbook"]
    async with desk(pool, *kept, world.runbook(), brain=RunsIt()) as web:
        body = (await web.post(message(alert), json={"message": "run it"})).json()
        card = body["response"]["action_required"]
        assert (body["status"], world.made) == ("awaiting_confirmation", [])
        said = await web.post(f"{CONFIRM}/{card['confirmation_id']}", json={"action": "approve"})
        run = await web.get(f"/api/v1/runs/{body['run_id']}")
    assert (said.status_code, world.made, run.json()["status"]) == (200, ["drain"], "completed")


class RunsIt(ScriptedBrain):
    """Has a diagnosis, and puts one runbook forward."""

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:  # noqa: ARG002
        return {"verdict": "likely"}

    async def plan(
        self,
        question: Question,  # noqa: ARG002
        understood: Understanding,  # noqa: ARG002
        gathered: Sequence[Gathered],
        offer: Offer,  # noqa: ARG002
    ) -> Sequence[Call]:
        is_done = any(item.call.tool == "execute_runbook" for item in gathered)
        return () if is_done else [Call(tool="execute_runbook", arguments={"title": "drain"})]


PLAIN = (
    ("create an auto-analyze rule named night for all critical alerts", "revive"),
    ("How many alerts fired yesterday?", "inquiry"),
    ("why is HighErrorRate firing?", "troubleshooting"),
)


@pytest.mark.parametrize(("text", "pillar"), PLAIN)
async def test_a_chat_finds_the_pillar_by_the_words(pool: Pool, estate: Estate, text: str, pillar: str) -> None:
    """EP-16, IN-15."""
    await estate.alert(NOW - HOUR, ends_at=None)
    async with desk(pool) as web:
        response = await web.post(CHAT, json={"message": text})
        alias = await web.post("/plugins/ai-ops/api/chat/", json={"message": text})
    told = ChatReply.model_validate(response.json())
    assert (response.status_code, told.pillar, alias.json()["pillar"]) == (200, pillar, pillar)
    assert told.routed_by.startswith("it asks")


async def test_a_chat_goes_on_in_its_pillar_and_can_be_told_which(pool: Pool, estate: Estate) -> None:
    """EP-16, IN-15."""
    alert = await estate.alert(NOW - HOUR, ends_at=None)
    async with desk(pool) as web:
        first = (await web.post(CHAT, json={"message": "hello", "alert_id": str(alert)})).json()
        on = (await web.post(CHAT, json={"message": "list the runbooks", "session_id": first["session_id"]})).json()
        forced = (await web.post(CHAT, json={"message": "list the runbooks", "pillar": "revive"})).json()
        lost = await web.post(CHAT, json={"message": "hello", "session_id": str(uuid4())})
        narrow = await web.post(
            CHAT, json={"message": "restart checkout"}, headers=signed("ann", roles=("admin",), scopes=("inquiry",))
        )
        lesser = await web.post(
            CHAT,
            json={"message": "why is checkout slow?"},
            headers=signed("ann", roles=("admin",), scopes=("inquiry",)),
        )
    assert [told["pillar"] for told in (first, on, forced)] == ["troubleshooting", "troubleshooting", "revive"]
    assert (on["routed_by"], lost.status_code) == ("the conversation is its own", 404)
    assert (narrow.status_code, narrow.json()["required_permission"]) == (403, "scope revive")
    assert lesser.json()["pillar"] == "inquiry"


async def test_a_chat_can_be_followed_as_events(pool: Pool, estate: Estate) -> None:
    """EP-16."""
    await estate.alert(NOW - HOUR, ends_at=None)
    async with desk(pool) as web:
        response = await web.post(CHAT, json={"message": "How many alerts fired yesterday?"}, headers=STREAM)
    kinds = [kind for _, kind, _ in frames(response.text)]
    assert (kinds[0], kinds[-1]) == ("run", "complete")
