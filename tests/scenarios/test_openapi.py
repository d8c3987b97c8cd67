"""The description against the server: every path, as each role, with what fits the description and what does not."""

import random
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from domain.tokens import SCOPES, Claims, mint
from tests.programs import free_port, running
from tests.scenarios.attack_world import KEY, SEALING, SECRET
from tests.schemas import understood

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
Json: TypeAlias = dict[str, Any]

SEED = 20261120
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
PILLARS = tuple(scope for scope in SCOPES if scope != "ingest")
ROLES = {
    "admin": (("admin",), PILLARS, 5),
    "operator": (("operator",), PILLARS, 3),
    "engineer": (("engineer",), PILLARS, 3),
    "viewer": (("viewer",), PILLARS, 3),
    "ingest": (("viewer",), ("ingest",), 2),
    "nobody": ((), (), 2),
}
EVENTS = "text/event-stream"
ALERT = {
    "version": "4",
    "receiver": "r",
    "groupKey": "g",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighLatency", "service": "checkout", "severity": "critical"},
            "annotations": {"summary": "slow"},
            "startsAt": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(),
            "fingerprint": "f1",
        }
    ],
}

MADE: Mapping[str, tuple[str, Json, str]] = {
    "datasource_id": (
        "/api/grafana/datasources",
        {"name": "d", "type": "prometheus", "through": "direct", "url": "http://127.0.0.1:9"},
        "id",
    ),
    "application_id": ("/api/applications", {"name": "checkout"}, "id"),
    "server_id": (
        "/api/v1/admin/mcp-servers",
        {"name": "m", "transport": "http", "url": "http://127.0.0.1:9/mcp"},
        "id",
    ),
    "model_id": (
        "/api/v1/admin/llm-models",
        {"name": "l", "environment": "PROD", "base_url": "http://127.0.0.1:9/v1", "model": "m"},
        "id",
    ),
    "query_id": ("/api/v1/saved-queries", {"name": "q", "query": "What is firing?"}, "id"),
    "session_id": ("/api/v1/inquiry/query", {"query": "What is firing right now?"}, "session_id"),
    "run_id": ("/api/v1/inquiry/query", {"query": "How many alerts fired yesterday?"}, "run_id"),
}


def bearer(name: str, roles: tuple[str, ...], scopes: tuple[str, ...]) -> dict[str, str]:
    claims = Claims(name=name, roles=frozenset(roles), scopes=frozenset(scopes))
    return {"Authorization": f"Bearer {mint(KEY, claims, ttl=timedelta(hours=1))}"}


@dataclass(slots=True)
class House:
    """A real server with something of each kind in it; `known` are ids by the names that paths have for them."""

    url: str
    known: dict[str, str] = field(default_factory=dict[str, str])

    def make(self) -> None:
        headers = bearer("ann", ("admin",), SCOPES)
        with httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False) as web:
            assert web.post("/api/v1/alerts/webhook", json=ALERT).is_success
            for name, (path, body, key) in MADE.items():
                response = web.post(path, json=body)
                assert response.is_success, (path, response.text)
                self.known[name] = response.json()[key]
            self.known["app_id"] = self.known["application_id"]
            self.known["alert_id"] = web.get("/api/v1/alerts").json()["alerts"][0]["id"]


@pytest.fixture(scope="module")
def house(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - this fixture's alone

    from tests import databases  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("openapi")
    port = free_port()
    with databases.made(postgres, template) as name:
        environment = {
            "DATABASE_URL": make_conninfo(postgres, dbname=name), "TRIVIUM_JWT_SECRET": SECRET, "PORT": str(port),
            "TRIVIUM_SECRET_KEYS": SEALING, "RATE_LIMIT_PER_MINUTE": "1000000", "MCP_HEALTH_SECONDS": "3600",
            "LLM_HEALTH_SECONDS": "86400", "AUDIT_ANCHOR_FILE": str(folder / "anchor"),
        }  # fmt: skip
        with serving(port, environment, folder / "serve.log") as house:
            house.make()
            yield house


@contextmanager
def serving(port: int, environment: dict[str, str], log: Path) -> Generator[House]:
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "trivium", "serve"]
    with running(command, ready=f"{url}/api/v1/health", log=log, environment=environment):
        yield House(url)


@dataclass(slots=True)
class Visitor:
    """Sends one case after another as one role, and remembers what did not come back as described."""

    house: House
    headers: Mapping[str, str]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - the same choices each time
    wrong: dict[str, None] = field(default_factory=dict[str, None])
    statuses: dict[int, int] = field(default_factory=dict[int, int])

    def conclude(self) -> None:
        if self.wrong:
            pytest.fail("\n".join(self.wrong), pytrace=False)

    def take(self, case: Case) -> None:
        self.send(case, "application/json")

    def follow(self, case: Case) -> None:
        self.send(case, EVENTS)

    def send(self, case: Case, accept: str) -> None:
        """Half of the ids are of things that there are."""
        if case.path_parameters and self.chance.random() < 0.5:
            given = case.path_parameters
            case.path_parameters = {name: self.house.known.get(name, value) for name, value in given.items()}
        headers = {**self.headers, "Accept": accept}
        name = f"{case.method} {case.path}"
        response = case.call(base_url=self.house.url, headers=headers, timeout=60)
        self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
        if response.status_code == 500:
            self.wrong[f"{name}: 500 {case.as_curl_command()[:600]} -> {response.text[:300]}"] = None
            return
        try:
            case.validate_response(response, checks=CHECKS if accept != EVENTS else CHECKS[:2])
        except FailureGroup as failures:
            for failure in failures.exceptions:
                said = " ".join(str(failure).split())[:500]
                self.wrong.setdefault(f"{name}: {response.status_code} {said}: {response.text[:200]}")


def exercise(test: Callable[..., None], strategy: Any, examples: int) -> None:
    chosen = settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - an enum
    )  # fmt: skip
    seed(SEED)(chosen(given(case=strategy)(test)))()


def operations(house: House) -> list[Any]:
    document = httpx.get(f"{house.url}/openapi.json", trust_env=False).json()
    schema: Any = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def libraries() -> Iterator[None]:
    with understood():
        yield


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role == "admin" else pytest.mark.long) for role in ROLES]
)
def test_every_path_answers_as_it_is_described(house: House, role: str) -> None:
    """EP-01 to EP-21, IQ-13: no bug, no status and no body that the description does not have, whoever asks what."""
    roles, scopes, examples = ROLES[role]
    visitor = Visitor(house, bearer(f"{role}-visitor", roles, scopes) if roles else {})
    for operation in operations(house):
        exercise(visitor.take, operation.as_strategy(), examples)
        with suppress(Unsatisfiable):  # what has neither parameters nor a body has nothing that could be wrong
            exercise(visitor.take, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), 2)
    visitor.conclude()


def test_streams_are_streams_where_they_are_described_and_taken(house: House) -> None:
    """EP-10."""
    visitor = Visitor(house, bearer("ann", ("admin",), PILLARS))
    for operation in operations(house):
        if EVENTS in str(operation.definition.raw["responses"].get("200")):
            exercise(visitor.follow, operation.as_strategy(), 4)
    visitor.conclude()
