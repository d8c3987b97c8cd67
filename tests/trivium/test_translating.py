"""`trivium translate`: what it prints and how it ends."""

from pathlib import Path

import orjson
import pytest

from domain.errors import Refused
from trivium import translating
from trivium.translating import Wanted

CATALOGUE = """
[metrics]
up = ["gauge", "job=checkout,payment"]
[logs]
app = ["checkout"]
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "catalogue.toml"
    file.write_text(CATALOGUE)
    return file


async def test_a_query_is_printed_with_its_reading(catalogue: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert await translating.once("is checkout up", Wanted(catalogue=catalogue)) == 0
    printed = capfd.readouterr().out
    assert 'up{job="checkout"}' in printed
    assert "up of checkout" in printed
    assert "confidence 1.00" in printed


async def test_json_is_the_whole_translation(catalogue: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    wanted = Wanted(catalogue=catalogue, is_logql=True, as_json=True)
    assert await translating.once("logs of checkout", wanted) == 0
    printed = orjson.loads(capfdbinary.readouterr().out)
    assert printed["queries"][0]["query"] == '{app="checkout"}'
    assert set(printed) == {"queries", "confidence", "why", "repairs", "notes", "assumed", "missing"}


async def test_what_cannot_be_translated_ends_with_4(catalogue: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert await translating.once("is nonesuch up", Wanted(catalogue=catalogue)) == 4
    assert "There is: checkout, payment" in capfd.readouterr().out


async def test_without_anything_to_ask_it_says_what_to_give() -> None:
    with pytest.raises(Refused, match="--catalogue"):
        await translating.once("is checkout up", Wanted())
