import asyncio
import io
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings
from domain import secrets
from domain.errors import Refused
from domain.secrets import Keyring
from trivium import keys
from trivium.credentials import Wanted, arguments

OLD, NEW = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0=", "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="


def test_what_one_ring_sealed_only_a_ring_with_that_key_opens() -> None:
    """SE-07."""
    sealed = Keyring([OLD]).seal("hunter2")
    assert "hunter2" not in sealed
    assert Keyring([NEW, OLD]).open(sealed) == "hunter2"
    with pytest.raises(Refused, match="not in TRIVIUM_SECRET_KEYS") as refused:
        Keyring([NEW]).open(sealed)
    assert refused.value.code == "secret_unreadable"


def test_resealing_moves_a_value_to_the_first_key() -> None:
    """SE-07: after that the old key can go."""
    sealed = Keyring([NEW, OLD]).reseal(Keyring([OLD]).seal("hunter2"))
    assert Keyring([NEW]).open(sealed) == "hunter2"
    with pytest.raises(Refused):
        Keyring([OLD]).open(sealed)


@pytest.mark.parametrize("sealed", ["", "hunter2", "gAAAA", "ünsealed"])
def test_what_nobody_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(Refused):
        Keyring([OLD]).open(sealed)


@pytest.mark.parametrize("reference", ["", "hunter2", "env:", "env:a b", "env:A;B", "file:", "file:a", "http://a"])
def test_only_a_variable_or_an_absolute_path_is_a_reference(reference: str) -> None:
    """SE-08."""
    with pytest.raises(Refused):
        secrets.parse_reference(reference)


def test_a_reference_is_read_when_it_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SE-08."""
    place = tmp_path / "key"
    for value in ("first", "second"):
        monkeypatch.setenv("DEPLOY_KEY", value)
        place.write_text(f" {value}\nline\r\n")
        assert secrets.fetch("env:DEPLOY_KEY") == value
        assert secrets.fetch(f"file:{place}") == f" {value}\nline"


@pytest.mark.parametrize("reference", ["env:NOBODY_SET_THIS", "file:/nowhere/at/all", "file:/tmp"])
def test_a_reference_that_leads_nowhere_is_refused_by_its_name(reference: str) -> None:
    with pytest.raises(Refused, match=reference):
        secrets.fetch(reference)


def read_settings(monkeypatch: pytest.MonkeyPatch, value: str | None = None, home: Path | None = None) -> Settings:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if home is None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://db/trivium")
    else:
        monkeypatch.setenv("TRIVIUM_HOME", str(home))
    if value is not None:
        monkeypatch.setenv("TRIVIUM_SECRET_KEYS", value)
    return Settings.read()


@pytest.mark.parametrize("value", ["short", OLD[:-1], f"{OLD},short", f"{OLD[:-3]}+/=", f"{OLD}="])
def test_a_key_that_is_none_stops_the_start_and_does_not_show(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(ValidationError, match="openssl rand -base64 32") as error:
        read_settings(monkeypatch, value)
    assert value not in str(error.value)


def test_keys_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OLD not in repr(read_settings(monkeypatch, OLD))


def test_the_first_key_of_the_setting_seals_and_all_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """SE-07."""
    ring = keys.keyring(read_settings(monkeypatch, f" {NEW} , {OLD},"))
    assert ring
    assert ring.open(Keyring([OLD]).seal("hunter2")) == "hunter2"
    assert Keyring([NEW]).open(ring.seal("hunter2")) == "hunter2"


def test_with_a_database_of_ones_own_and_no_key_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys.keyring(read_settings(monkeypatch)) is None


async def test_the_embedded_house_makes_one_key_and_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """However many processes start at once, they end up with the same key."""
    settings = read_settings(monkeypatch, home=tmp_path)
    rings = await asyncio.gather(*(asyncio.to_thread(keys.keyring, settings) for _ in range(8)))
    sealed = [ring.seal("hunter2") for ring in rings if ring]
    last = keys.keyring(settings)
    assert last
    assert [last.open(text) for text in sealed] == ["hunter2"] * 8
    (kept,) = tmp_path.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    ring = keys.keyring(read_settings(monkeypatch, f"{NEW},{kept.read_text()}", tmp_path))
    assert ring
    assert ring.open(sealed[0]) == "hunter2"


def test_a_damaged_kept_key_is_refused_and_left_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / keys.SEALING_FILE
    place.write_text("half a k")
    with pytest.raises(Refused, match="holds no key"):
        keys.keyring(read_settings(monkeypatch, home=tmp_path))
    assert place.read_text() == "half a k"


class Typed(io.StringIO):
    """A terminal, or a pipe with this text."""

    def __init__(self, text: str = "", *, is_terminal: bool = False) -> None:
        super().__init__(text, newline="")
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


PASSWORD = Wanted(name="db", kind="password", username="app", description="the shop's")
GIVEN = {"name": "db", "kind": "password", "username": "app", "description": "the shop's"}


def no_prompt(text: str) -> str:
    raise AssertionError(text)


async def test_a_secret_comes_by_a_pipe_or_a_hidden_prompt() -> None:
    piped = await arguments(PASSWORD, Typed(" two\nlines \r\n"), no_prompt)
    assert piped == GIVEN | {"secret": " two\nlines "}
    typed = await arguments(PASSWORD, Typed(is_terminal=True), lambda text: f"answer to {text}")
    assert typed == GIVEN | {"secret": "answer to Secret of db: "}


async def test_a_credential_by_reference_asks_for_nothing() -> None:
    wanted = Wanted(name="db", kind="password", username="app", description="the shop's", reference="env:DB_PASSWORD")
    assert await arguments(wanted, Typed(is_terminal=True), no_prompt) == GIVEN | {"reference": "env:DB_PASSWORD"}


@pytest.mark.parametrize("text", ["", " \n", "x" * 65_537])
async def test_no_secret_and_too_much_of_one_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="between 1 and 65536"):
        await arguments(PASSWORD, Typed(text), no_prompt)


async def test_a_private_key_is_not_typed_at_a_prompt() -> None:
    with pytest.raises(Refused, match="many lines"):
        await arguments(Wanted(name="deploy", kind="ssh_key"), Typed(is_terminal=True), no_prompt)
