"""compose.yaml run by hand: its parts find each other, alerts arrive, and what watches Trivium has something to see."""

import json
import re
import threading
from collections.abc import Generator
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from psycopg.conninfo import make_conninfo

from domain.tokens import PILLARS, Claims, Key, mint
from tests import databases
from tests.deploy.by_hand import SECRETS, ByHand, composed, until_healthy
from tests.grafana_server import grafana_server
from tests.model_server import Failure, Text, scripted
from tests.programs import ROOT, pause

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300)]

KEY = Key(secret=SECRETS["TRIVIUM_JWT_SECRET"], issuer="trivium", audience="trivium")
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
QUESTIONS = (
    "How many alerts fired in the last {minutes} minutes?",
    "CPU of prometheus in the last {minutes} minutes",
    "memory of the prometheus process over the last {minutes} minutes",
)
REQUEST = {"message": "list the servers"}


@pytest.fixture(scope="module")
def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[ByHand]:
    folder = tmp_path_factory.mktemp("composed")
    with (
        databases.made(postgres) as name,
        grafana_server(None) as grafana,
        scripted(*[Text("It is quiet."), Failure(500)] * 50) as model,
    ):
        variables = {**SECRETS, "LLM_BASE_URL": model.base_url, "LLM_MODEL": "m", "LLM_API_KEY": "k"}
        with composed(
            ByHand(
                folder=folder,
                database_url=make_conninfo(postgres, dbname=name),
                variables=variables,
                grafana=grafana.url,
            )
        ) as opened:
            yield opened


def client(world: ByHand) -> httpx.Client:
    claims = Claims(name="ann", roles=frozenset({"admin"}), scopes=frozenset(PILLARS))
    headers = {"Authorization": f"Bearer {mint(KEY, claims, ttl=timedelta(hours=1))}"}
    return httpx.Client(base_url=world.url("trivium"), headers=headers, timeout=60, trust_env=False)


def ask(world: ByHand, expression: str) -> list[Any]:
    expression = expression.replace("$__rate_interval", "30s")
    reply = httpx.get(world.url("prometheus", "/api/v1/query"), params={"query": expression}, timeout=10).json()
    assert reply["status"] == "success", (expression, reply)
    return reply["data"]["result"]


def until_there(world: ByHand, expression: str) -> list[Any]:
    """What the expression gives once it gives anything."""
    for _ in range(60):
        if found := ask(world, expression):
            return found
        pause(0.5)
    return pytest.fail(f"nothing is there for {expression}")


def test_every_part_is_well_by_its_own_health_check(world: ByHand) -> None:
    """DP-01, DP-02."""
    for name in ("redis", "prometheus", "alertmanager"):
        until_healthy(world, name)
    with client(world) as web:
        assert web.get("/api/v1/health/ready").json()["status"] == "ready"


def test_prometheus_sees_every_serve_and_worker_process(world: ByHand) -> None:
    found = until_there(world, 'up{job=~"trivium|trivium-worker"} == 1')
    while {each["metric"]["job"] for each in found} != {"trivium", "trivium-worker"}:
        pause(0.5)
        found = ask(world, 'up{job=~"trivium|trivium-worker"} == 1')


def test_an_alert_of_alertmanager_arrives_by_the_token_that_was_prepared(world: ByHand) -> None:
    """EP-17: with the configuration of deploy/alertmanager."""
    alert = [{"labels": {"alertname": "ByHand", "service": "checkout", "severity": "critical"}}]
    httpx.post(world.url("alertmanager", "/api/v2/alerts"), json=alert, timeout=10).raise_for_status()
    with client(world) as web:
        while not any(each["name"] == "ByHand" for each in web.get("/api/v1/alerts").json()["alerts"]):
            pause(0.5)


class Asking(threading.Thread):
    """Somebody asks meanwhile, never the same twice: rates need steps up, and a cache would take the sources away."""

    def __init__(self, world: ByHand) -> None:
        super().__init__(name="asking")
        self.world, self.enough, self.failed = world, threading.Event(), list[str]()

    def run(self) -> None:
        with client(self.world) as web:
            for number in count(1):
                for question in QUESTIONS:
                    reply = web.post("/api/v1/inquiry/query", json={"query": question.format(minutes=5 + number)})
                    self.failed += [reply.text] if reply.status_code >= 500 else []
                web.post("/api/v1/revive/message", json=REQUEST)
                if self.enough.wait(1):
                    return


def test_every_expression_of_the_dashboards_and_rules_has_something_to_show(world: ByHand) -> None:
    """OB-01, OB-03, OB-07: nothing on a dashboard is there for show."""
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    expressions = {target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]}
    asking = Asking(world)
    asking.start()
    try:
        for expression in sorted(expressions):
            until_there(world, expression)
        rules = httpx.get(world.url("prometheus", "/api/v1/rules"), timeout=10).json()["data"]["groups"][0]["rules"]
        for rule in rules:  # whatever went wrong is not there; what it is measured by is
            if "absent" not in rule["query"]:
                until_there(world, re.sub(r"{[^}]*}", "", re.split(r" (?:>|==) ", rule["query"])[0]))
    finally:
        asking.enough.set()
        asking.join()
    assert {rule["health"] for rule in rules} == {"ok"}
    assert asking.failed == []
