"""`trivium ask --svg`: the answer's charts in a file, beside the answer itself."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from domain.database import open_pool
from domain.sample.fill import fill
from trivium.cli import app

SECRET = "a secret of the chart tests, long enough"
TREND = "alert trend per day last week"


class Invoke:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """As the engineer Ann."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    monkeypatch.setenv("TRIVIUM_TOKEN", Invoke()("token", "--user", "ann", "--role", "engineer").stdout.strip())
    return Invoke()


async def filled(url: str) -> None:
    async with open_pool(url, size=2) as pool, pool.connection() as db:
        await fill(db, datetime.now(UTC))


@pytest.mark.slow
def test_the_charts_of_an_answer_are_drawn_into_the_file_and_the_answer_is_printed_as_ever(
    invoke: Invoke, database_url: str, tmp_path: Path
) -> None:
    """CX-09."""
    asyncio.run(filled(database_url))
    asked = invoke("ask", "--json", "--svg", tmp_path / "trend.svg", TREND)
    answer = json.loads(asked.stdout)
    (chart,) = [part for part in answer["parts"] if part["kind"] == "series"]
    drawn = ElementTree.parse(tmp_path / "trend.svg").getroot()  # noqa: S314 - it is our own
    assert drawn.findtext("{http://www.w3.org/2000/svg}title") == chart["title"]
    nowhere = invoke("ask", "--svg", tmp_path / "no" / "trend.svg", TREND)
    assert (nowhere.exit_code, answer["summary"].split(",")[0] in nowhere.stdout) == (1, True)
    assert "could not be written to" in nowhere.stderr


def test_an_answer_without_a_chart_is_printed_and_then_says_so(invoke: Invoke, tmp_path: Path) -> None:
    asked = invoke("ask", "--svg", tmp_path / "none.svg", "thank you")
    assert asked.exit_code == 1
    assert asked.stdout.strip()
    assert "This answer has no chart to draw." in asked.stderr
    assert not (tmp_path / "none.svg").exists()
