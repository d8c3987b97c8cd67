"""The runbook tools as a person meets them; requests and checks go to a real HTTP server."""

import json
import threading
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from domain.database import Pool
from domain.errors import NotFound, Refused
from domain.schemas import schema
from tests.sshd import Sshd
from tests.tools.runbook_world import SPECS, World, ssh, statuses, world
from tools.cleaning import validated
from tools.spec import Category, Pillar, Risk

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcsa9z1CmhHqI418tkEg7I3ilKwA5tUljxUV3dzDUib"
NOWHERE = Sshd(port=1, username="ops", host_key=HOST_KEY, key_file=Path("/nonexistent"), pid=0, private_key="")


@dataclass(slots=True)
class Site:
    """A web site that remembers what it was asked: (method, path, body, headers)."""

    port: int = 0
    asked: list[tuple[str, str, str, dict[str, str]]] = field(
        default_factory=list[tuple[str, str, str, dict[str, str]]]
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        times = sum(1 for _, asked, _, _ in self.asked if asked == path)
        match path.partition("?")[0]:
            case "/flaky":
                return (200, {}, b"ready") if times > 2 else (503, {}, b"starting")
            case "/away":
                return 302, {"Location": f"http://localhost:{self.port}/ok"}, b""
            case "/here":
                return 302, {"Location": "/ok"}, b""
            case "/broken":
                return 500, {}, b"auth_token=abcdef123456 is wrong"
            case "/big":
                return 200, {}, b"x" * 3_000_000
            case _:
                return 200, {}, b"fine"


@pytest.fixture
def site() -> Generator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            made.asked.append((self.command, self.path, body, dict(self.headers)))
            if self.path == "/cut":
                self.connection.close()
                return
            status, headers, content = made.answer(self.path)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PUT = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def http(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "http", "url": url, "timeout_seconds": 5} | more


async def described(here: World, name: str = "fix") -> dict[str, Any]:
    return (await here.call("get_runbook_details", runbook=name)).data["runbook"]


RESTART = {
    "title": "Restart a service",
    "description": "Drains it first.",
    "service": "checkout",
    "alert_names": ["HighErrorRate"],
    "tags": ["restart"],
    "parameters": [
        {"name": "unit", "pattern": "[a-z-]+", "description": "systemd unit"},
        {"name": "where", "type": "server"},
        {"name": "tries", "type": "integer", "minimum": 1, "maximum": 5, "default": 2},
    ],
    "rollback": [ssh("start", "systemctl start {unit}", server="{where}")],
}
STEPS = [
    ssh("restart", "systemctl restart {unit} --tries={tries}", server="{where}", on_failure="rollback"),
    {"name": "settle", "kind": "wait", "seconds": 2},
]


LIMITS_OF_RUN = " (at most 20 s, on failure roll back)"
LIMITS = " (at most 20 s, on failure roll back, exit 0)"


async def made(pool: Pool) -> World:
    """A world with one server that nobody answers for, and the restart runbook."""
    here = await world(pool)
    key = await here.credential("deploy-key", Path("/nonexistent"))
    await here.server("web-1", NOWHERE, key)
    await here.store(*STEPS, name="restart-service", **RESTART)
    return here


async def test_a_runbook_is_shown_in_words_before_it_is_made_and_found_afterwards(pool: Pool) -> None:
    """RV-08."""
    here = await world(pool)
    shown = await here.preview("create_runbook", name="restart-service", steps=STEPS, **RESTART)
    assert shown.title == "Create the runbook restart-service"
    assert shown.lines == (
        "Restart a service: Drains it first.",
        "Parameter unit: string like [a-z-]+, systemd unit",
        "Parameter where: server",
        "Parameter tries: integer from 1 to 5 (default 2)",
        "Step 1, restart: on {where} run systemctl restart {unit} --tries={tries}" + LIMITS,
        "Step 2, settle: wait 2 s",
        "Rollback 1, start: on {where} run systemctl start {unit} (at most 20 s, on failure stop, exit 0)",
    )
    assert (shown.warnings, shown.level, shown.diff) == ((), None, "")
    result = await here.call("create_runbook", name="restart-service", steps=STEPS, **RESTART)
    resource = {"type": "runbook", "id": result.data["resource"]["id"], "name": "restart-service", "version": 1}
    assert result.data == {"resource": resource}
    for search in ("restart", "HighErrorRate", "highErrorRate", "drains", "checkout", ""):
        found = await here.call("list_runbooks", search=search)
        assert [item["name"] for item in found.data["runbooks"]] == ["restart-service"], search
    assert (await here.call("list_runbooks", search="database")).status == "empty"
    assert (await here.call("list_runbooks", service="payments")).status == "empty"
    assert (await here.call("list_runbooks", kind="service_template")).status == "empty"
    details = await described(here, "restart-service")
    assert (details["version"], details["in_words"]) == (1, list(shown.lines[1:]))
    assert await described(here, details["id"]) == details


async def test_what_is_destructive_stands_out_when_it_is_made_and_when_it_is_run(pool: Pool) -> None:
    here = await made(pool)
    steps = [ssh("clean", "rm -rf /var/cache/app"), http("drop", "http://10.0.0.1/index", method="DELETE")]
    shown = await here.preview("create_runbook", name="clean", steps=steps)
    warnings = (
        "Destructive: step 'clean' deletes files recursively.",
        "Destructive: step 'drop' deletes by a DELETE request.",
    )
    assert (shown.warnings, shown.level) == (warnings, "high")
    await here.store(*steps, name="clean")
    card = await here.preview("execute_runbook", runbook="clean", reason="full disk")
    assert card.level == "critical"
    assert card.warnings == (
        "Destructive: 'clean' deletes files recursively on web-1.",
        "Destructive: 'drop' deletes by a DELETE request.",
    )


async def test_a_name_that_is_taken_is_not_taken_over_by_mistake(pool: Pool) -> None:
    here = await made(pool)
    changed = [STEPS[0], {"name": "settle", "kind": "wait", "seconds": 9}]
    said = []
    for given in ({}, {"replaces_version": 2}):
        with pytest.raises(Refused) as refusal:
            await here.preview("create_runbook", name="restart-service", steps=changed, **RESTART, **given)
        said.append(refusal.value.code)
        with pytest.raises(Refused) as refusal:
            await here.call("create_runbook", name="restart-service", steps=changed, **RESTART, **given)
        said.append(refusal.value.code)
    assert said == ["already_exists", "already_exists", "already_exists", "version_conflict"]
    shown = await here.preview("create_runbook", name="restart-service", steps=changed, **RESTART, replaces_version=1)
    assert shown.title == "Replace version 1 of the runbook restart-service"
    assert '-      "seconds": 2.0' in shown.diff
    assert '+      "seconds": 9.0' in shown.diff
    await here.call("create_runbook", name="restart-service", steps=changed, **RESTART, replaces_version=1)
    assert (await described(here, "restart-service"))["version"] == 2


async def test_a_run_is_shown_exactly_as_it_would_be_done(pool: Pool) -> None:
    here = await made(pool)
    given = {"unit": "checkout-api", "where": "web-1"}
    card = await here.preview("execute_runbook", runbook="restart-service", parameters=given, reason="errors")
    lines = (
        "1. restart: web-1 (ops@127.0.0.1:1) $ systemctl restart checkout-api --tries=2"
        + LIMITS.replace(", exit 0", ""),
        "2. settle: wait 2 s",
        "Rollback 1. start: web-1 (ops@127.0.0.1:1) $ systemctl start checkout-api (at most 20 s, on failure stop)",
    )
    assert card.title == "Run Restart a service (version 1)"
    assert card.lines == (*lines, "Reason: errors")
    assert (card.level, card.warnings, card.details["servers"]) == (None, (), ["web-1"])
    dry = await here.run("restart-service", parameters=given, dry_run=True)
    assert (dry.status, dry.data["commands"], dry.data["dry_run"]) == ("ok", list(lines), True)
    assert await here.rows() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"runbook": "restart-servise"}, "Did you mean restart-service?"),
        ({"runbook": "zzz"}, "There is no runbook named 'zzz'."),
        ({"version": 7}, "at version 1 now, and version 7 was asked for"),
        ({"parameters": {"unit": "a"}}, "The parameters where are missing."),
        ({"parameters": {"unit": "a b", "where": "web-1"}}, "unit string should match pattern"),
        ({"parameters": {"unit": "a", "where": "web-9"}}, "There is no server named 'web-9'. Did you mean web-1?"),
        ({"parameters": {"unit": "a", "where": "web-1", "colour": 1}}, "There is no parameter 'colour'."),
        ({"credentials": {"unit": "a"}}, "unit is given twice"),
    ],
)
async def test_what_cannot_be_run_as_asked_is_refused_before_anybody_is_asked(
    pool: Pool, changes: dict[str, Any], said: str
) -> None:
    here = await made(pool)
    asked = {"runbook": "restart-service", "reason": "a test", "parameters": {"unit": "a", "where": "web-1"}} | changes
    assert said in await here.refused("execute_runbook", **asked)
    assert await here.rows() == []


async def test_a_disabled_runbook_does_not_run(pool: Pool) -> None:
    here = await made(pool)
    async with pool.connection() as db:
        await db.execute("update trivium.runbooks set is_enabled = false")
    given = {"unit": "a", "where": "web-1"}
    assert "is disabled" in await here.refused(
        "execute_runbook", runbook="restart-service", reason="a test", parameters=given
    )


async def test_what_was_approved_for_one_version_does_not_run_the_next(pool: Pool) -> None:
    """The version that is shown becomes part of the arguments that are approved."""
    here = await made(pool)
    spec = SPECS["execute_runbook"]
    given = {"unit": "a", "where": "web-1"}
    asked = validated(spec, {"runbook": "restart-service", "reason": "a test", "parameters": given})
    assert spec.settle
    settled = await spec.settle(here.context, asked)
    assert settled.model_dump()["version"] == 1
    await here.call("create_runbook", name="restart-service", steps=STEPS[:1], **RESTART, replaces_version=1)
    with pytest.raises(Refused, match="at version 2 now"):
        await spec.handler(here.context, settled)


async def test_a_stored_runbook_that_is_none_is_refused_and_not_a_bug(pool: Pool) -> None:
    here = await made(pool)
    async with pool.connection() as db:
        odd = {"steps": [{"kind": "ssh", "name": "x", "server": "web-1", "command": "{cmd"}, {"kind": "magic"}]}
        await db.execute("update trivium.runbooks set steps = %(odd)s", {"odd": Jsonb(odd)})
    with pytest.raises(Refused, match="restart-service cannot be run"):
        await here.run("restart-service", parameters={"unit": "a", "where": "web-1"})


@pytest.mark.parametrize("kind", ["ssh_key", None])
async def test_a_secret_parameter_is_the_name_of_a_stored_password_or_token(
    pool: Pool, tmp_path: Path, kind: str | None
) -> None:
    here = await made(pool)
    steps = [ssh("use", "login {login}")]
    await here.store(*steps, name="login", parameters=[{"name": "login", "secret": True}])
    if kind:
        await here.credential("hunter2", tmp_path / "x", kind)
    said = await here.refused("execute_runbook", runbook="login", reason="a test", credentials={"login": "hunter2"})
    assert "is not the name of a stored password or token" in said
    assert "hunter2" not in said


async def test_a_request_is_sent_as_it_was_shown_and_a_check_waits_for_its_answer(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(
        http(
            "post", site.url + "/scale/{name}?by={by}", method="POST", headers={"X-Why": "for {name}"},
            body={"by": "{by}", "note": "{name}: {by}"},
        ),
        {"name": "ready", "kind": "check", "http": {"url": site.url + "/flaky"}, "every_seconds": 0.1,
         "contains": "ready", "timeout_seconds": 10},
        {"name": "pause", "kind": "wait", "seconds": 0.1},
        parameters=[{"name": "name"}, {"name": "by", "type": "integer"}],
    )  # fmt: skip
    given = {"name": "a/b &c", "by": 3}
    card = await here.preview("execute_runbook", runbook="fix", reason="a test", parameters=given)
    assert f"post: POST {site.url}/scale/a%2Fb%20%26c?by=3" in card.lines[0]
    assert 'X-Why: for a/b &c; {"by":3,"note":"a/b &c: 3"}' in card.lines[0]
    result = await here.run(parameters=given)
    assert statuses(result) == ["succeeded"] * 3
    method, path, body, headers = site.asked[0]
    assert (method, path, json.loads(body)) == ("POST", "/scale/a%2Fb%20%26c?by=3", {"by": 3, "note": "a/b &c: 3"})
    assert (headers["X-Why"], headers["Content-Type"]) == ("for a/b &c", "application/json")
    assert headers["Host"] == f"127.0.0.1:{site.port}"
    assert [path for _, path, _, _ in site.asked[1:]] == ["/flaky"] * 3
    assert result.data["steps"][1]["output"] == "ready"


async def test_a_status_that_was_not_expected_fails_the_step_with_a_masked_answer(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(http("ask", site.url + "/broken"))
    (step,) = (await here.run()).data["steps"]
    assert (step["status"], step["http_status"]) == ("failed", 500)
    assert step["error"] == "answered HTTP 500; expected 200 or 201 or 202 or 204"
    assert "abcdef" not in str(step)


async def test_a_check_that_is_never_met_is_over_its_time_and_says_what_came_last(pool: Pool, site: Site) -> None:
    here = await world(pool)
    check = {"name": "wait", "kind": "check", "http": {"url": site.url + "/broken"}, "every_seconds": 0.1}
    await here.store(check | {"timeout_seconds": 0.5})
    (step,) = (await here.run()).data["steps"]
    assert step["status"] == "timed_out"
    assert "last: answered HTTP 500; expected 200" in step["error"]


async def test_a_redirect_is_followed_on_the_same_host_and_no_further(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(
        http("here", site.url + "/here"),
        http("posted", site.url + "/here", method="POST", expected_status=[302]),
        http("away", site.url + "/away"),
    )
    result = await here.run()
    assert statuses(result) == ["succeeded", "succeeded", "failed"]
    assert [(method, path) for method, path, _, _ in site.asked] == [
        ("GET", "/here"), ("GET", "/ok"), ("POST", "/here"), ("GET", "/away"),
    ]  # fmt: skip


async def test_of_a_large_answer_only_the_beginning_is_read(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(http("big", site.url + "/big"))
    (step,) = (await here.run()).data["steps"]
    assert step["status"] == "succeeded"
    assert len(step["output"]) < 20_000


async def test_a_cut_connection_leaves_a_change_unknown_and_a_read_failed(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(http("read", site.url + "/cut", on_failure="continue"), http("gone", "http://127.0.0.1:1/x"))
    result = await here.run()
    assert (result.data["status"], result.is_uncertain) == ("failed", False)
    assert statuses(result) == ["failed", "failed"]
    assert "127.0.0.1 cannot be reached" in result.data["steps"][1]["error"]
    await here.store(http("write", site.url + "/cut", method="POST"), name="write")
    result = await here.run("write")
    assert (result.data["status"], result.is_uncertain) == ("unknown", True)
    assert "may have been done" in result.data["steps"][0]["error"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/latest",
        "http://0xa9fea9fe/latest",
        "http://[::ffff:169.254.169.254]/latest",
        "http://[fe80::1]/latest",
        "http://metadata.google.internal/",
        "http://100.100.100.200/",
    ],
)
async def test_no_request_goes_to_a_metadata_address_however_it_is_written(pool: Pool, url: str) -> None:
    here = await world(pool)
    await here.store(http("ask", url))
    result = await here.run()
    assert statuses(result) == ["failed"]
    assert "metadata or link-local address, to which no request is sent" in result.data["steps"][0]["error"]


async def test_what_was_run_is_listed_newest_first_and_shown_step_by_step(pool: Pool, site: Site) -> None:
    """RV-13."""
    here = await world(pool)
    await here.store(http("ask", site.url + "/ok"), name="good")
    await here.store(http("ask", site.url + "/broken"), name="bad")
    first, second = await here.run("good"), await here.run("bad")
    listed = await here.call("list_executions")
    assert listed.data["total"] == 2
    found = [(item["runbook"], item["status"], item["failed_steps"]) for item in listed.data["executions"]]
    assert found == [("bad", "failed", ["ask"]), ("good", "succeeded", [])]
    assert [item["user"] for item in listed.data["executions"]] == [here.context.actor.name] * 2

    async def names(**narrowed: Any) -> list[str]:
        found = await here.call("list_executions", **narrowed)
        return [item["runbook"] for item in found.data["executions"]]

    assert await names(runbook="good") == ["good"]
    assert await names(status="failed") == ["bad"]
    assert await names(since=datetime(2999, 1, 1, tzinfo=UTC).isoformat()) == []
    assert await names(limit=1) == ["bad"]
    details = await here.call("get_execution_details", execution=second.data["execution"])
    assert details.data["execution"]["steps"] == second.data["steps"]
    assert details.data["execution"]["result"]["message"] == second.error
    assert first.data["resource"] == {"type": "execution", "id": first.data["execution"], "name": "good"}
    with pytest.raises(NotFound):
        await here.call("get_execution_details", execution=str(uuid4()))


async def test_making_and_running_are_on_the_audit_log(pool: Pool, site: Site) -> None:
    here = await world(pool)
    await here.store(http("ask", site.url + "/ok"))
    await here.run()
    async with pool.connection() as db:
        read = "select action, target, details from trivium.audit_logs order by id"
        rows = await (await db.execute(read)).fetchall()
    assert [(row["action"], row["target"]) for row in rows] == [
        ("runbook_created", "fix"), ("runbook_started", "fix"), ("runbook_finished", "fix"),
    ]  # fmt: skip
    assert rows[2]["details"]["status"] == "succeeded"
    assert rows[1]["details"]["reason"] == "a test"


def test_the_tools_cost_a_model_little_and_say_what_they_risk() -> None:
    offered = [[spec.name, spec.description, schema(spec.args)] for spec in SPECS.values()]
    assert len(json.dumps(offered)) / 4 < 1300
    said = {name: (spec.risk, spec.idempotent, spec.permission) for name, spec in SPECS.items()}
    assert said == {
        "list_runbooks": (Risk.READ, True, "ai:revive:aiops:runbook:read"),
        "get_runbook_details": (Risk.READ, True, "ai:revive:aiops:runbook:read"),
        "create_runbook": (Risk.CREATE, False, "ai:revive:aiops:runbook:create"),
        "execute_runbook": (Risk.EXECUTE, False, "ai:revive:aiops:runbook:execute"),
        "list_executions": (Risk.READ, True, "ai:revive:aiops:execution:read"),
        "get_execution_details": (Risk.READ, True, "ai:revive:aiops:execution:read"),
    }
    assert {spec.category for spec in SPECS.values()} == {Category.AIOPS}
    elsewhere = {name for name, spec in SPECS.items() if spec.pillars != frozenset({Pillar.REVIVE})}
    assert elsewhere == {"execute_runbook"}, "an alert's runbook is run from its own conversation"
    assert SPECS["execute_runbook"].pillars == {Pillar.REVIVE, Pillar.TROUBLESHOOTING}
