"""`trivium troubleshoot` and `trivium alerts`: the context of an alert, its cause, and whose alerts one sees."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from domain.database import open_pool
from tests.house import actor
from tests.tools.estate import Estate, open_estate
from trivium.cli import app
from trivium.troubleshooting import line

SECRET = "a secret of the troubleshoot command tests, long"
T = TypeVar("T")


class Invoke:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """As the engineer Eve, who is in the team shop."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "240")
    made = Invoke()("token", "--user", "eve", "--role", "engineer", "--team", "shop")
    monkeypatch.setenv("TRIVIUM_TOKEN", made.stdout.strip())
    return Invoke()


def within(url: str, do: Callable[[Estate], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_pool(url, size=2) as pool:
            return await do(await open_estate(pool))

    return asyncio.run(opened())


def alert(url: str, name: str, **given: Any) -> UUID:
    """An alert that has fired for twenty minutes."""
    started = datetime.now(UTC) - timedelta(minutes=20)
    return within(url, lambda estate: estate.alert(started, name=name, **({"ends_at": None} | given)))


def test_alerts_are_listed_for_a_person_and_for_a_program(invoke: Invoke, database_url: str) -> None:
    """TS-13."""
    assert invoke("alerts", "--firing").stdout == "Nothing fires.\n"
    assert invoke("alerts").stdout == "No alert began in the last 24 hours.\n"
    ours = alert(database_url, "Ours\x1b[2J")
    alert(database_url, "Minor", severity="warning", service="search")
    alert(database_url, "Theirs", team="bank")
    shown = invoke("alerts", "--firing")
    assert shown.exit_code == 0
    assert str(ours) in shown.stdout
    assert "Theirs" not in shown.stdout
    assert "\x1b[2J" not in shown.stdout
    body = json.loads(invoke("alerts", "--severity", "warning", "--service", "search", "--json").stdout)
    assert [each["name"] for each in body["alerts"]] == ["Minor"]
    newest = invoke("alerts", "--limit", 1).stdout
    assert "These are the newest 1 of 2." in newest
    assert invoke("alerts", "--severity", "loud").exit_code == 1


@pytest.mark.slow
def test_the_context_is_shown_as_it_comes_then_the_answer(invoke: Invoke, database_url: str) -> None:
    """TS-12, TS-13."""
    made = alert(database_url, "HighErrorRate", fingerprint="f00d")
    shown = invoke("troubleshoot", "HighErrorRate")
    assert shown.exit_code == 0, shown.stdout
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("✓ The alert  HighErrorRate on checkout, critical, firing since ")
    assert any(each.startswith("○ Metrics around the start  No ") for each in lines), "its source is not configured"
    assert any("HighErrorRate on checkout" in each and "cause" in each for each in lines[4:])
    for reference in (made, "f00d"):
        body = json.loads(invoke("troubleshoot", reference, "who", "is", "on", "call?", "--json").stdout)
        assert body["data"]["alert"]["id"] == str(made)


def test_an_alert_that_is_not_there_or_another_teams_is_one_line(invoke: Invoke, database_url: str) -> None:
    """TS-12."""
    theirs = alert(database_url, "Theirs", service="ledger", team="bank")
    for reference in (theirs, "Theirs", uuid4(), "Nothing"):
        refused = invoke("troubleshoot", reference)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"There is no alert {reference} of your teams")
        assert "ledger" not in refused.stderr


def test_who_may_not_troubleshoot_is_told_so(
    invoke: Invoke, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert(database_url, "Ours")
    narrow = invoke("token", "--user", "eve", "--role", "engineer", "--scope", "inquiry").stdout.strip()
    monkeypatch.setenv("TRIVIUM_TOKEN", narrow)
    refused = invoke("alerts")
    assert (refused.exit_code, refused.stderr) == (1, "This token does not reach troubleshooting.\n")


PARTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"part": "oncall", "status": "late", "why": "took longer than 4 s"}, "… X  took longer than 4 s"),
    ({"part": "slow", "status": "error", "why": "Loki said\x1b[1m no"}, "! X  Loki said[1m no"),
    ({"part": "changes", "status": "empty"}, "– X  nothing"),
    ({"part": "impact", "status": "ok", "data": {"changed": [{"title": "CPU"}]}}, "✓ X  changed: CPU"),
    ({"part": "slow", "status": "ok", "data": {"percentiles": []}}, "✓ X  nothing out of the usual"),
    ({"part": "errors", "status": "ok", "data": {"errors": 9, "errors_before": None}}, "✓ X  9 error lines, 0 before"),
    (
        {"part": "oncall", "status": "ok", "data": {"schedules": [{"on_call": [{"username": "mira"}]}]}},
        "✓ X  mira",
    ),
    (
        {"part": "similar", "status": "ok", "data": {"incidents": [{"number": "INC-1", "title": "Down"}]}},
        "✓ X  INC-1 Down",
    ),
    (
        {"part": "changes", "status": "ok", "data": {"total": 2, "changes": [{"summary": "release 7"}]}},
        "✓ X  2, among them release 7",
    ),
    (
        {"part": "runbooks", "status": "ok", "data": {"runbooks": [{"name": "drain", "confidence": 0.7}]}},
        "✓ X  drain (0.70)",
    ),
    (
        {
            "part": "diagnosis",
            "status": "ok",
            "data": {"verdict": "likely", "hypotheses": [{"title": "A release", "confidence": 0.8}]},
        },
        "✓ X  likely: A release (80 %)",
    ),
)


@pytest.mark.parametrize(
    ("part", "shown"), PARTS, ids=[f"{part['part']}-{part['status']}-{n}" for n, (part, _) in enumerate(PARTS)]
)
def test_each_part_is_one_line_with_the_most_important_of_it(part: dict[str, Any], shown: str) -> None:
    given: dict[str, Any] = {"title": "X", "why": None, "data": {}}
    assert line(given | part).plain == shown


def test_an_engineer_with_no_team_sees_what_is_assigned_to_them(
    invoke: Invoke, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mine(estate: Estate) -> UUID:
        solo = await actor(estate.pool, "engineer", name="solo")
        started = datetime.now(UTC) - timedelta(minutes=5)
        return await estate.alert(started, name="Handed", team="bank", ends_at=None, assigned_to=solo.user_id)

    handed = within(database_url, mine)
    alert(database_url, "Ours")
    monkeypatch.setenv("TRIVIUM_TOKEN", invoke("token", "--user", "solo", "--role", "engineer").stdout.strip())
    body = json.loads(invoke("alerts", "--firing", "--json").stdout)
    assert [each["id"] for each in body["alerts"]] == [str(handed)]
