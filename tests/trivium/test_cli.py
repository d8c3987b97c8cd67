"""The command line's own part: options read, failures in one line, exit codes that a script can use."""

import json

import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner, Result

from domain.tokens import Key, check
from trivium.cli import app

SECRET = "a secret of the command line tests, long enough"
KEY = Key(secret=SECRET, issuer="trivium", audience="trivium")


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> "Invoke":
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    return Invoke()


class Invoke:
    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)


def test_a_token_speaks_for_a_user_who_is_made_with_the_role_and_put_on_the_audit_log(
    invoke: Invoke, database_url: str
) -> None:
    made = invoke("token", "--user", "ann", "--role", "engineer", "--team", "payments", "--ttl", "1h")
    claims = check(KEY, made.stdout.strip())
    assert (claims.name, claims.roles, claims.teams) == ("ann", {"engineer"}, {"payments"})
    with psycopg.connect(database_url) as db, db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select action, target, details from trivium.audit_logs").fetchone()
    assert row == {
        "action": "token_made",
        "target": "ann",
        "details": {"roles": ["engineer"], "scopes": ["inquiry", "revive", "troubleshooting"], "teams": ["payments"]},
    }


def test_a_token_for_the_owner_is_made_on_a_new_database_too(invoke: Invoke) -> None:
    """The owner is also who makes it: one transaction must not wait for the other."""
    made = invoke("token", "--user", "owner", "--role", "admin")
    assert (made.exit_code, made.output.count(".")) == (0, 2)


def test_a_token_for_ingest_needs_no_role_and_opens_nothing_else(invoke: Invoke) -> None:
    claims = check(KEY, invoke("token", "--user", "alertmanager", "--scope", "ingest", "--ttl", "7d").stdout.strip())
    assert (claims.roles, claims.scopes) == (frozenset(), {"ingest"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--user", "ann", "--role", "king"), "There is no role king; there are admin, engineer, operator, viewer."),
        (("--user", "ann", "--role", "viewer", "--scope", "gossip"), "There is no scope gossip"),
        (("--user", "ann"), "needs a role"),
        (("--user", " ", "--role", "viewer"), "subject is no name"),
    ],
)
def test_a_token_that_cannot_be_is_refused_in_one_line(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    refused = invoke("token", *arguments)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("ttl", ["1", "h", "0h", "1y", "-1h", ""])
def test_a_duration_that_is_none_says_how_to_write_one(invoke: Invoke, ttl: str) -> None:
    refused = invoke("token", "--user", "ann", "--role", "viewer", "--ttl", ttl)
    assert refused.exit_code == 2
    assert "30m, 1h or 7d" in refused.stderr


def test_a_time_zone_that_is_none_says_how_to_write_one(invoke: Invoke) -> None:
    refused = invoke("ask", "--timezone", "Mars/Olympus", "what is firing?")
    assert refused.exit_code == 2
    assert "Europe/Berlin" in refused.stderr


def test_a_shared_database_wants_to_know_who_asks(invoke: Invoke) -> None:
    refused = invoke("ask", "what is firing?")
    assert refused.exit_code == 1
    assert "TRIVIUM_TOKEN" in refused.stderr


def test_a_setting_that_cannot_be_right_is_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    refused = invoke("migrate")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("PORT: ")


@pytest.mark.slow
def test_a_database_that_is_away_is_said_in_one_line(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")
    refused = invoke("migrate")
    assert refused.exit_code == 1
    assert "Check DATABASE_URL" in refused.stderr


def test_an_answer_comes_as_json_with_its_run_and_session(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    token = invoke("token", "--user", "ann", "--role", "engineer").stdout.strip()
    monkeypatch.setenv("TRIVIUM_TOKEN", token)
    first = json.loads(invoke("ask", "--json", "how many alerts fired yesterday?").stdout)
    assert (first["status"], first["data"]["total_alerts"], first["error"]) == ("completed", 0, None)
    second = json.loads(invoke("ask", "--json", "--session", first["session_id"], "and the day before?").stdout)
    assert second["session_id"] == first["session_id"]
    assert invoke("ask", "--session", "not-an-id", "what?").exit_code == 1


def test_a_doctor_says_what_is_well_and_what_to_do(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("COLUMNS", "200")
    found = invoke("doctor")
    assert found.exit_code == 0
    assert "Postgres of DATABASE_URL" in found.stdout
    assert "none: rules answer" in found.stdout
    monkeypatch.delenv("TRIVIUM_JWT_SECRET")
    sick = invoke("doctor")
    assert sick.exit_code == 1
    assert "set TRIVIUM_JWT_SECRET" in sick.stdout
