"""`trivium ask` about metrics, on a real Prometheus: drawn, saved, and with `--preview` sent once a person agreed."""

import asyncio
import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.database import open_pool
from domain.sample.fill import fill
from tests.tools import metrics_world
from tests.tools.metrics_world import Told, counter
from trivium.cli import app

pytestmark = pytest.mark.slow

SECRET = "a secret of the metric question tests, long enough"
START = datetime.now(UTC) - timedelta(hours=3)
QUESTION = "request rate of checkout in the last hour"


class Invoke:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    told = [
        Told(f'http_requests_total{{service="checkout",pod="checkout-{n}",code="200"}}', START, datetime.now(UTC), 30,
             counter(lambda _, rate=n + 1: float(rate), START))
        for n in range(2)
    ]  # fmt: skip
    with metrics_world.prometheus(told, tmp_path_factory.mktemp("now")) as started:
        yield started


@pytest.fixture
def invoke(database_url: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """As the engineer Ann, at the sample estate with metrics."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PROMETHEUS_URL", url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    monkeypatch.setenv("TRIVIUM_TOKEN", Invoke()("token", "--user", "ann", "--role", "engineer").stdout.strip())
    asyncio.run(filled(database_url))
    return Invoke()


async def filled(url: str) -> None:
    async with open_pool(url, size=2) as pool, pool.connection() as db:
        await fill(db, datetime.now(UTC))


def test_a_question_about_metrics_is_drawn_in_the_terminal_and_into_a_file(invoke: Invoke, tmp_path: Path) -> None:
    """CX-09."""
    asked = invoke("ask", "--svg", tmp_path / "rate.svg", QUESTION)
    assert asked.exit_code == 0, asked.output
    assert "Requests per second of checkout: 3 req/s\n" in "\n".join(
        line.rstrip() for line in asked.stdout.splitlines()
    )
    assert "└" in asked.stdout
    assert "Sure" in asked.stdout
    assert "query_metrics ok" in asked.stdout
    assert "<polyline" in (tmp_path / "rate.svg").read_text(encoding="utf-8")


def test_a_preview_waits_and_is_answered_once_it_is_approved(invoke: Invoke) -> None:
    waits = invoke("ask", "--preview", "--json", QUESTION)
    assert waits.exit_code == 5, waits.output
    card = json.loads(waits.stdout)["action_required"]
    assert "http_requests_total" in json.dumps(card)
    approved = invoke("approve", card["confirmation_id"])
    assert approved.exit_code == 0, approved.output
    assert "3 req/s" in approved.stdout


def test_what_a_preview_cannot_do_is_said(invoke: Invoke, tmp_path: Path) -> None:
    refused = invoke("ask", "--preview", "--svg", tmp_path / "rate.svg", QUESTION)
    assert refused.exit_code == 2
    assert "--preview" in refused.stderr
