from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_every_setting_is_documented() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in Settings.model_fields if f"`{name.upper()}`" not in text] == []


def test_lists_are_read_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_SERVICE_LABELS", "svc, component ,")
    assert Settings.read().alert_service_labels == ("svc", "component")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TIMEZONE", "Mars/Olympus", "no IANA time zone|not an IANA time zone"),
        ("TRIVIUM_JWT_SECRET", "short", "32 bytes or more"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("RATE_LIMIT_PER_MINUTE", "none", "valid integer"),
    ],
)
def test_a_value_that_cannot_be_right_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=message):
        Settings.read()


def test_secrets_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pa55word@db/trivium")
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", "a-secret-of-more-than-thirty-two-bytes")
    shown = repr(Settings.read())
    assert "pa55word" not in shown
    assert "thirty-two" not in shown
