"""Four roles, every tool, every entrance: allowed, scoped or refused as the table says, and on record once."""

import csv
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

import tools
from domain import users
from domain.database import Pool
from tests.programs import ROOT
from tests.scenarios.entrances import ENTRANCES, AskedFor, Told, opened
from tests.tools.estate import NOW, Estate, open_estate
from tests.web.entrance import KEY, token
from tools.replies import ROWS_HIDDEN
from tools.spec import AnySpec, Pillar, Scope

ROLES = ("admin", "operator", "engineer", "viewer")
MATRIX = Path(__file__).parents[1] / "data" / "role_tool_matrix.csv"
NOT_IN_THE_SEEDS: dict[str, dict[str, str]] = {"get_event_count": dict.fromkeys(ROLES, "allow")}
ROWS_OF = {"query_alerts_history": "alerts", "query_incidents": "incidents"}
ARGUMENTS = {"get_incident_timeline": {"service": "checkout"}}
PERMISSION = "ai:inquiry:read"

RECORD: LiteralString = """
select e.tool_name, e.tool_category, e.result_status, e.permission_required, e.permission_granted, e.permission_effect,
    person.name as person, run.entrance, run.status
from trivium.ai_tool_executions e
join trivium.users person on person.id = e.user_id
join trivium.runs run on run.id = e.run_id and run.user_id = e.user_id
order by e.created_at
"""
EXECUTIONS: LiteralString = "select tool_name, finished_at is not null as ended from trivium.ai_tool_executions"
RUNS: LiteralString = "select status from trivium.runs"

LIST, POSTMORTEMS = "List the alerts of the last 3 hours", "Find postmortems about connections"
ALERTS, REPORTS = tools.catalogue()["query_alerts_history"], tools.catalogue()["search_postmortems"]
NOT_OPEN = (
    "Role 'viewer' cannot use search postmortems (search_postmortems)."
    " Ask someone with the role admin or engineer or operator."
)
STANDINGS = (
    ("an admin with a small token", ("admin", "viewer"), ("viewer",), "viewer"),
    ("a viewer with a large token", ("viewer",), ("admin",), "none"),
)

everywhere = pytest.mark.parametrize("entrance", ENTRANCES)


def table() -> dict[str, dict[str, str]]:
    """What the seeds' table says of each inquiry tool, by role: `allow`, `allow:scope` or `deny`."""
    with MATRIX.open() as file:
        rows = [row for row in csv.DictReader(file) if row["pillar"] == "inquiry"]
    return NOT_IN_THE_SEEDS | {row["tool"]: {role: row[role] for role in ROLES} for row in rows}


async def rows(pool: Pool, query: LiteralString) -> list[tuple[Any, ...]]:
    async with pool.connection() as db:
        return [tuple(row.values()) for row in await (await db.execute(query)).fetchall()]


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    """An outage of checkout that every inquiry tool has something to say about."""
    made = await open_estate(pool)
    started = NOW - timedelta(hours=1)
    alert = await made.alert(started)
    incident = await made.incident(started, members=[alert])
    await made.change("release-7", started - timedelta(minutes=5))
    await made.postmortem("Checkout ran out of connections", started, incident=incident)
    return made


def asks(between: Callable[[], Awaitable[None]] | None = None) -> AskedFor:
    return AskedFor(arguments=ARGUMENTS, between=between)


def refusal(spec: AnySpec, role: str) -> dict[str, Any]:
    allowing = [name for name in sorted(ROLES) if table()[spec.name][name] != "deny"]
    alternative = f"Ask someone with the role {' or '.join(allowing)}."
    return {
        "error": "insufficient_permissions",
        "message": f"Role '{role}' cannot use {spec.title.lower()} ({spec.name}). {alternative}",
        "required_permission": PERMISSION,
        "alternative": alternative,
    }


def says(told: Told, wanted: dict[str, Any]) -> None:
    """The entrance said the refusal: all of it, or in one text what an entrance without fields has room for."""
    assert told.refusal is not None
    if "error" in told.refusal:
        assert told.refusal == wanted
    else:
        assert told.refusal["message"].startswith(wanted["message"])
    assert not told.data, "a refusal shows nothing of what it refuses"


async def expected(estate: Estate, spec: AnySpec, effect: str) -> Told:
    """What the tool itself answers within the scope that the table gives."""
    scope = Scope(effect.partition(":")[2]) if ":" in effect else None
    result = await estate.ask(spec.name, scope, **ARGUMENTS.get(spec.name, {}))
    assert result.status == "ok", "the estate has something for each tool"
    return Told(data=result.data, cut=result.cut)


def shows_what_it_may(spec: AnySpec, effect: str, told: Told) -> None:
    """Checked without the tool's own words for it: an aggregate counts the rows that it does not list."""
    if spec.name not in ROWS_OF:
        return
    listed, scoped = (told.data or {})[ROWS_OF[spec.name]], effect == "allow:aggregated_only"
    assert ((told.data or {})["total"], len(listed), told.cut) == ((1, 0, ROWS_HIDDEN) if scoped else (1, 1, None))


def record(spec: AnySpec, effect: str, person: str, entrance: str) -> tuple[Any, ...]:
    denied = effect == "deny"
    return (
        spec.name, "inquiry", "blocked" if denied else "success", PERMISSION, not denied, effect.partition(":")[0],
        person, entrance, "failed" if denied else "completed",
    )  # fmt: skip


def test_the_table_speaks_of_every_tool_and_the_other_way_round() -> None:
    assert table().keys() == {spec.name for spec in tools.ALL if Pillar.INQUIRY in spec.pillars}


@everywhere
@pytest.mark.parametrize("role", ROLES)
async def test_each_tool_is_allowed_scoped_or_refused_as_the_table_says_and_on_record_once(
    pool: Pool, estate: Estate, entrance: str, role: str
) -> None:
    """PM-01, PM-14, PM-22, AU-06, and SC-13 for what a role is not offered."""
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        for spec in tools.ALL:
            effect = table()[spec.name][role]
            told = await ask(house, token("ann", roles=(role,)), spec.name)
            if effect == "deny":
                says(told, refusal(spec, role))
                continue
            assert told == await expected(estate, spec, effect)
            shows_what_it_may(spec, effect, told)
    assert await rows(pool, RECORD) == [record(spec, table()[spec.name][role], "ann", kind) for spec in tools.ALL]


@everywhere
async def test_a_hidden_tool_is_blocked_by_its_other_name_too(pool: Pool, entrance: str) -> None:
    """SC-13."""
    kind, ask = ENTRANCES[entrance]
    spec = tools.catalogue()["correlate_changes"]
    async with opened(pool, asks()) as house:
        says(await ask(house, token("vic", roles=("viewer",)), "correlate_changes"), refusal(spec, "viewer"))
    assert await rows(pool, RECORD) == [record(spec, "deny", "vic", kind)]


@everywhere
async def test_an_invented_tool_runs_nothing_is_on_record_and_the_answer_says_so(pool: Pool, entrance: str) -> None:
    """AU-06."""
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        told = await ask(house, token("ann", roles=("admin",)), "drop_everything")
    (why,) = told.unknown
    assert why.startswith("There is no tool named 'drop_everything'. Tools here: correlate_alerts_changes, ")
    assert (told.data, told.refusal) == ({}, None)
    assert await rows(pool, RECORD) == [
        ("drop_everything", "unknown", "blocked", None, False, None, "ann", kind, "completed")
    ]


@everywhere
async def test_without_a_role_everything_is_refused(pool: Pool, estate: Estate, entrance: str) -> None:
    """PM-01: what nothing allows is denied."""
    assert estate
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        for spec in tools.ALL:
            says(await ask(house, token("una", roles=()), spec.name), refusal(spec, "none"))
    assert await rows(pool, RECORD) == [record(spec, "deny", "una", kind) for spec in tools.ALL]


@everywhere
async def test_neither_the_token_nor_the_user_alone_lifts_what_the_other_lacks(
    pool: Pool, estate: Estate, entrance: str
) -> None:
    """SE-03: a token bounds its user's roles, and claims of a known user's token grant nothing."""
    assert estate
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        for name, own, claimed, left in STANDINGS:
            async with pool.connection() as db:
                await users.ensure(db, name, roles=own)
            says(await ask(house, token(name, roles=claimed), REPORTS.name), refusal(REPORTS, left))
    assert await rows(pool, RECORD) == [record(REPORTS, "deny", name, kind) for name, *_ in STANDINGS]


TAKEN_AWAY: dict[str, tuple[LiteralString, str]] = {
    "the role": ("delete from trivium.user_roles", "Role 'none' cannot use search postmortems (search_postmortems). "),
    "its permission": (
        "update trivium.ai_permissions set permission = 'deny' where pillar = 'inquiry'",
        "Role 'engineer' cannot use search postmortems (search_postmortems). ",
    ),
    "the account": ("update trivium.users set disabled_at = now()", "ann is disabled."),
}


@everywhere
@pytest.mark.parametrize("what", TAKEN_AWAY)
async def test_what_is_taken_away_between_two_calls_of_one_run_bites_at_the_second(
    pool: Pool, estate: Estate, entrance: str, what: str
) -> None:
    """SE-03."""
    kind, ask = ENTRANCES[entrance]
    first, second = ALERTS, REPORTS
    change, words = TAKEN_AWAY[what]

    async def take_away() -> None:
        async with pool.connection() as db:
            await db.execute(change)

    async with opened(pool, asks(take_away)) as house:
        told = await ask(house, token("ann", roles=("engineer",)), f"{first.name} {second.name}")
    assert told.data == (await expected(estate, first, "allow")).data
    assert [why[: len(words)] for why in told.unknown] == [words]
    _, *denied = record(second, "deny", "ann", kind)
    assert await rows(pool, RECORD) == [
        record(first, "allow", "ann", kind), (second.name, *denied[:-1], "completed"),
    ]  # fmt: skip


@everywhere
async def test_a_token_for_other_doors_starts_no_run(pool: Pool, entrance: str) -> None:
    """SE-01."""
    _, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        told = await ask(house, token("ann", roles=("admin",), scopes=("ingest",)), "query_incidents")
    assert told.refusal is not None
    assert "This token does not" in told.refusal["message"]
    assert "inquiry" in told.refusal["message"]
    assert (await rows(pool, RUNS), await rows(pool, EXECUTIONS)) == ([], [])


class Desktop:
    """`trivium mcp` as a desktop host starts it for one person; its brain are the rules."""

    def __init__(self, database_url: str) -> None:
        self.environment = {**os.environ, "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": KEY.secret}

    async def ask(self, person: str, *questions: str) -> list[dict[str, Any]]:
        environment = self.environment | {"TRIVIUM_TOKEN": person}
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "trivium", "mcp"], env=environment, cwd=str(ROOT)
        )
        async with Client(stdio_client(command)) as host:
            results = [await host.call_tool("ask", {"question": question}) for question in questions]
        return [result.structured_content["answer"] for result in results]


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
async def test_the_real_program_over_stdio_shows_each_role_what_the_table_says(
    pool: Pool, database_url: str, role: str
) -> None:
    """PM-01, PM-14."""
    estate = await open_estate(pool)
    started = datetime.now(UTC) - timedelta(minutes=20)
    await estate.incident(started, members=[await estate.alert(started)])
    await estate.postmortem("Checkout ran out of connections", started)
    listed, found = await Desktop(database_url).ask(token("ann", roles=(role,)), LIST, POSTMORTEMS)
    allowed = [spec for spec in (ALERTS, REPORTS) if table()[spec.name][role] != "deny"]
    assert (listed["data"]["total_alerts"], len(listed["data"]["alerts"])) == (1, 0 if role == "viewer" else 1)
    assert found["data"].get("total_postmortems") == (1 if REPORTS in allowed else None)
    assert [item["why"] for item in found["unknown"]] == ([] if REPORTS in allowed else [NOT_OPEN])
    told = [record(spec, table()[spec.name][role], "ann", "mcp") for spec in (ALERTS, REPORTS)]
    assert await rows(pool, RECORD) == told
