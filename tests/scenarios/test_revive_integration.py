"""TestReviveIntegration, the eight tests that the seeds name (003:1726-1734): words in over HTTP, real deeds behind.

The rules read the words; the tools, the door, the ledger and Postgres are the real ones. Grafana is the real
mcp-grafana in front of the Grafana of tests and a real Prometheus; a runbook's server is a real sshd.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.rules.brain import RulesBrain
from domain import credentials, runbooks, servers, users
from domain.credentials import NewCredential
from domain.database import Pool
from domain.runbooks import NewRunbook
from domain.servers import NewServer
from tests import sshd
from tests.mcp_grafana import Estate
from tests.scenarios.cells import KEY
from tests.scenarios.entrances import Json, Opened, opened
from tests.tools.sources_world import opened as opened_sources
from tests.web.changes import CONFIRM, MESSAGE, STREAM, WAITING, aged, decide, rows
from tests.web.entrance import admin, app, frames, listening
from tools.grafana import promql
from tools.resources import NOTHING, Resources

pytest_plugins = ("tests.grafana_fixtures",)

KNOWN = "insert into trivium.names (kind, name) values ('service', 'checkout'), ('alert', 'HighErrorRate')"
MAKE_A_RULE = "create an auto-analyze rule for HighErrorRate on checkout, critical only"
RULES = "select name, alert_name, service, severities from trivium.auto_analyze_rules"
NAME = "HighErrorRate-checkout-critical"
MADE = [{"name": NAME, "alert_name": "HighErrorRate", "service": "checkout", "severities": ["critical"]}]
LEDGER = "select status, outcome, decided_through from trivium.ai_action_confirmations order by created_at"
CALLS = "select tool_name, result_status from trivium.ai_tool_executions order by created_at"
AUDIT = "select action from trivium.audit_logs where action like 'action%' or action like '%rule%' order by id"


@asynccontextmanager
async def at_work(pool: Pool, resources: Resources = NOTHING) -> AsyncGenerator[Opened]:
    """The app as it is served, with somebody signed in as admin; checkout is a service that has had alerts."""
    async with pool.connection() as db:
        await db.execute(KNOWN)
    async with opened(pool, RulesBrain(), resources=resources, clock=lambda: datetime.now(UTC)) as house:
        house.web.headers.update(admin())
        yield house


async def asked(web: httpx.AsyncClient, message: str, **more: Any) -> Json:
    response = await web.post(MESSAGE, json={"message": message, **more})
    assert response.status_code == 200, response.text
    return response.json()


async def card(web: httpx.AsyncClient, message: str) -> Json:
    """What has to be approved before anything is done."""
    body = await asked(web, message)
    assert body["status"] == "awaiting_confirmation", body
    return body["response"]["action_required"]


@pytest.mark.slow
async def test_grafana_mode_create_dashboard(pool: Pool, grafana_estate: Estate) -> None:
    """TE-02, RV-01, RV-18, RV-19, RV-22: shown with its panels, approved, then really in Grafana, linked."""
    async with grafana_estate.reach() as grafana, at_work(pool, Resources(grafana=grafana)) as house:
        body = await asked(house.web, "Create a dashboard for checkout with CPU, memory and request rate")
        shown = body["response"]["action_required"]
        assert (body["response"]["mode_detected"], shown["type"]) == ("grafana", "create_dashboard")
        assert (len(shown["details"]["panels"]), shown["risk_level"]) == (3, "medium")
        assert grafana_estate.grafana.writes == []
        done = (await decide(house.web, shown)).json()
        run = (await house.web.get(f"/api/v1/runs/{body['run_id']}")).json()
    made = done["result"]["resource"]
    (stored,) = grafana_estate.grafana.state.dashboards[made["uid"]]
    drawn = [target["expr"] for panel in stored["data"]["panels"] for target in panel["targets"]]
    assert (done["result"]["success"], made["type"], stored["data"]["title"]) == (True, "dashboard", made["name"])
    assert made["url"].startswith(f"{grafana_estate.grafana.url}/d/{made['uid']}")
    assert len(grafana_estate.grafana.writes) == 1
    assert [promql.metric_names(expr) for expr in drawn] == [
        ("process_cpu_seconds_total",),
        ("process_resident_memory_bytes",),
        ("prometheus_http_requests_total",),
    ]
    assert made["url"] in str(run["answer"])


@pytest.mark.slow
async def test_grafana_mode_query_metrics(pool: Pool, grafana_estate: Estate) -> None:
    """TE-02, RV-03: a query is run at once, and its answer is Prometheus' own."""
    async with (
        grafana_estate.reach() as grafana,
        opened_sources(pool, grafana=grafana) as sources,
        at_work(pool, Resources(grafana=grafana, sources=sources)) as house,
    ):
        body = await asked(house.web, 'run promql up{service="checkout"}')
    assert (body["status"], body["response"]["mode_detected"]) == ("completed", "grafana")
    assert body["tools_used"] == ["query_prometheus"]
    (proof,) = body["response"]["answer"]["evidence"]
    (table,) = body["response"]["answer"]["parts"]
    assert (proof["status"], proof["query"].startswith('up{service="checkout"}')) == ("ok", True)
    assert [row["values"] for row in table["data"]["rows"]] == ["1"]
    assert "service=checkout" in table["data"]["rows"][0]["metric"]
    assert (grafana_estate.grafana.writes, await rows(pool, LEDGER)) == ([], [])


async def furnish(pool: Pool, server: sshd.Sshd, file: Path) -> None:
    """The server web-1, and a runbook that appends one line to a file there."""
    step = {"kind": "ssh", "name": "append", "server": "web-1", "command": ["sh", "-c", f"echo done >> {file}"]}
    async with pool.connection() as db, db.transaction():
        owner = await users.ensure(db, "ann", roles=["admin"])
        key = await credentials.add(
            db, NewCredential(name="deploy", kind="ssh_key", reference=f"file:{server.key_file}", created_by=owner)
        )
        await servers.add(
            db,
            NewServer(
                name="web-1", hostname=server.hostname, port=server.port, username=server.username,
                host_key=server.host_key, credential_id=key.id, created_by=owner,
            ),
        )  # fmt: skip
        await runbooks.add(
            db,
            NewRunbook(
                name="restart-api", alert_names=[], tags=[], parameters=[], steps=[step], rollback=[], created_by=owner
            ),
        )


@pytest.mark.slow
async def test_aiops_mode_execute_runbook(pool: Pool, tmp_path: Path) -> None:
    """TE-02, RV-08, RV-13, RV-25: run on a real server once somebody has agreed, and told with what came of it."""
    folder, file = tmp_path / "sshd", tmp_path / "deeds"
    folder.mkdir()
    with sshd.running(folder) as server:
        await furnish(pool, server, file)
        async with at_work(pool) as house:
            body = await asked(house.web, "run the runbook restart-api because it hangs")
            shown = body["response"]["action_required"]
            assert (body["response"]["mode_detected"], shown["type"]) == ("aiops", "execute_runbook")
            assert (shown["risk_level"], file.exists()) == ("high", False)
            assert f"echo done >> {file}" in str(shown["details"]["lines"])
            done = (await decide(house.web, shown)).json()
            listed = await asked(house.web, "list executions")
    assert (done["result"]["outcome"], file.read_text()) == ("succeeded", "done\n")
    assert done["result"]["resource"]["type"] == "execution"
    assert "restart-api" in str(listed["response"]["answer"]["parts"])
    found = await rows(pool, "select runbook_name, status, reason from trivium.executions")
    assert found == [{"runbook_name": "restart-api", "status": "succeeded", "reason": "it hangs"}]


async def test_aiops_mode_list_servers(pool: Pool) -> None:
    """TE-02, RV-09: what only looks is done at once, and asks nobody."""
    async with pool.connection() as db, db.transaction():
        owner = await users.ensure(db, "root", roles=["admin"])
        for name in ("web-1", "db-1"):
            new = NewServer(
                name=name, hostname=f"{name}.example.com", username="deploy", host_key=KEY, created_by=owner
            )
            await servers.add(db, new)
    async with at_work(pool) as house:
        body = await asked(house.web, "list servers")
    assert (body["status"], body["response"]["mode_detected"]) == ("completed", "aiops")
    assert (body["tools_used"], "action_required" in body["response"]) == (["list_servers"], False)
    assert all(name in str(body["response"]["answer"]["parts"]) for name in ("web-1", "db-1"))
    assert await rows(pool, CALLS) == [{"tool_name": "list_servers", "result_status": "success"}]


MODES: tuple[tuple[Json, str], ...] = (
    ({"message": "search dashboards"}, "grafana"),
    ({"message": "run promql up"}, "grafana"),
    ({"message": "list the alert rules"}, "grafana"),
    ({"message": "list servers"}, "aiops"),
    ({"message": "list auto-analyze rules"}, "aiops"),
    ({"message": "list runbooks", "context": {"current_page": "/dashboards"}}, "aiops"),
    ({"message": "list servers", "mode": "grafana"}, "grafana"),
    ({"message": "hello"}, "auto"),
)


async def test_auto_mode_detection(pool: Pool) -> None:
    """TE-02, IN-10, IN-11, IN-12, RV-17: a choice goes before the words, and the words before the page."""
    async with at_work(pool) as house:
        found = [(await asked(house.web, **sent))["response"]["mode_detected"] for sent, _ in MODES]
    assert found == [mode for _, mode in MODES]


async def test_confirmation_workflow(pool: Pool) -> None:
    """TE-02, CF-03, CF-08, CF-11, RV-11, RV-20, RV-22: rejected, edited, approved; made once; each step on record."""
    async with at_work(pool) as house:
        rejected = (await decide(house.web, await card(house.web, MAKE_A_RULE), "reject", reason="not today")).json()
        assert (rejected["status"], await rows(pool, RULES)) == ("rejected", [])
        first = await card(house.web, MAKE_A_RULE)
        waiting = (await house.web.get(WAITING)).json()["confirmations"]
        assert [each["confirmation_id"] for each in waiting] == [first["confirmation_id"]]
        wanted = first["details"]["arguments"] | {"annotate": True}
        second = (await decide(house.web, first, "edit", arguments=wanted)).json()["action_required"]
        late = await decide(house.web, first)
        assert (late.status_code, late.json()["error"], await rows(pool, RULES)) == (409, "already_decided", [])
        done = (await decide(house.web, second)).json()
        again = await decide(house.web, second)
    assert (done["result"]["success"], done["result"]["resource"]["name"]) == (True, NAME)
    assert (again.status_code, await rows(pool, RULES)) == (409, MADE)
    assert await rows(pool, "select annotate from trivium.auto_analyze_rules") == [{"annotate": True}]
    assert [tuple(row.values()) for row in await rows(pool, LEDGER)] == [
        ("rejected", None, "http"), ("superseded", None, None), ("approved", "succeeded", "http"),
    ]  # fmt: skip
    assert [row["action"] for row in await rows(pool, AUDIT)] == [
        "action_proposed", "action_rejected", "action_proposed", "action_proposed",
        "action_approved", "action_started", "auto_analyze_rule_created", "action_finished",
    ]  # fmt: skip


async def test_confirmation_expiry(pool: Pool) -> None:
    """TE-02, CF-01, CF-08: five minutes by the database's clock; 301 seconds are too late, 299 are not."""
    async with at_work(pool) as house:
        late = await card(house.web, MAKE_A_RULE)
        await aged(pool, 301)
        answer = await decide(house.web, late)
        told = (await house.web.get(f"{WAITING}/{late['confirmation_id']}")).json()
        assert (answer.status_code, answer.json()["error"], told["status"]) == (410, "confirmation_expired", "expired")
        assert ((await house.web.get(WAITING)).json()["confirmations"], await rows(pool, RULES)) == ([], [])
        early = await card(house.web, MAKE_A_RULE)
        await aged(pool, 299)
        assert (await decide(house.web, early)).json()["result"]["success"]
    assert await rows(pool, RULES) == MADE


async def test_sse_streaming(pool: Pool) -> None:
    """TE-02, EP-10: over a real connection, numbered through the pause to the end, and told again to who comes late."""
    async with at_work(pool) as house:
        served = app(pool, house.service.runner, house=house.worker)
        async with listening(served) as web:
            web.headers.update(admin())
            before = frames((await web.post(MESSAGE, json={"message": MAKE_A_RULE}, headers=STREAM)).text)
            number, kind, last = before[-1]
            assert (kind, last["action"]["type"]) == ("confirmation_required", "create_auto_analyze_rule")
            path = f"{CONFIRM}/{last['confirmation_id']}"
            after = frames((await web.post(path, json={"action": "approve"}, headers=STREAM)).text)
            resumed = {"Last-Event-ID": str(number)}
            again = frames((await web.get(f"/api/v1/runs/{last['run_id']}/events", headers=resumed)).text)
    numbers = [each for each, _, _ in before + after]
    assert numbers == sorted(set(numbers))
    assert (before[0][1], after[-1][1]) == ("run", "complete")
    assert NAME in str(after[-1][2]["answer"])
    assert [(each, kind) for each, kind, _ in again] == [(each, kind) for each, kind, _ in after]
    assert await rows(pool, RULES) == MADE
