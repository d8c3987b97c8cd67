"""Four roles, every tool, every entrance: allowed, confirmed, scoped or refused as the table says, and on record.

`cells` has the table (ACCEPTANCE section 3); what the tools themselves do is tested elsewhere.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

import tools
from domain import users
from domain.database import Pool
from domain.errors import Refused
from domain.tokens import PILLARS
from tests.house import actor, tool_context
from tests.programs import ROOT
from tests.scenarios.cells import ARGUMENTS, ROLES, Cell, Deeds, cell, cells, is_real, table
from tests.scenarios.cells import told as told_by
from tests.scenarios.changing_entrances import CHANGING, Word
from tests.scenarios.entrances import ENTRANCES, AskedFor, Opened, Told, opened
from tests.tools.estate import NOW, Estate, open_estate
from tests.web import entrance as http
from tests.web.entrance import KEY
from tools.call import ApprovalNeeded
from tools.decisions import Verdict
from tools.replies import ROWS_HIDDEN
from tools.spec import AnySpec, Pillar, ToolContext

pytestmark = pytest.mark.slow

ROWS_OF = {"query_alerts_history": "alerts", "query_incidents": "incidents"}
INQUIRY = tuple(spec for spec in tools.ALL if Pillar.INQUIRY in spec.pillars)
REVIVE = tuple(spec for spec in tools.ALL if Pillar.REVIVE in spec.pillars)

RECORD: LiteralString = """
select e.tool_name, e.tool_category, e.result_status, e.permission_required, e.permission_granted, e.permission_effect,
    person.name as person, run.entrance, run.status
from trivium.ai_tool_executions e
join trivium.users person on person.id = e.user_id
join trivium.runs run on run.id = e.run_id and run.user_id = e.user_id
order by e.created_at
"""
LEDGER: LiteralString = """
select tool_name, approval_mode, status, outcome, decided_through, person.name as asked, decider.name as decided
from trivium.ai_action_confirmations
join trivium.users person on person.id = user_id
left join trivium.users decider on decider.id = decided_by
order by expires_at
"""
OPEN: LiteralString = (
    "select id::text, tool_name, outcome from trivium.ai_action_confirmations where status = 'pending'"
)
CALLS: LiteralString = """
select tool_name, result_status, permission_granted, permission_effect from trivium.ai_tool_executions
order by created_at
"""
EXECUTIONS: LiteralString = "select tool_name, finished_at is not null as ended from trivium.ai_tool_executions"
RUNS: LiteralString = "select status from trivium.runs"

MAKE_A_RULE = "create an auto-analyze rule named night for all critical alerts"
MADE: LiteralString = "select name from trivium.auto_analyze_rules"
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


def token(name: str, *roles: str, scopes: tuple[str, ...] = PILLARS) -> str:
    return http.token(name, roles=roles, scopes=scopes)


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


def says(told: Told, spec: AnySpec, pillar: Pillar, role: str) -> None:
    """The entrance said the refusal: all of it, or in one text what an entrance without fields has room for."""
    allowing = [name for name in sorted(ROLES) if table()[pillar, spec.name][name] != "deny"]
    alternative = f"Ask someone with the role {' or '.join(allowing)}."
    assert told.refusal is not None
    message = told.refusal["message"]
    cannot = f"use {spec.title.lower()}" if spec.is_read else spec.title.lower()
    assert f"Role '{role}' cannot {cannot} ({spec.name}). {alternative}" in message
    if "error" in told.refusal:
        assert told.refusal == {
            "error": "insufficient_permissions" if spec.is_read else "permission_denied",
            "message": message,
            "required_permission": spec.permission,
            "alternative": alternative,
        }
    assert not told.data, "a refusal shows nothing of what it refuses"


async def expected(estate: Estate, each: Cell) -> Told:
    """What the tool itself answers within the scope that the table gives; where it is only counted, that it was."""
    if not is_real(each.spec):
        return Told(data=told_by(each.spec, frozenset({each.scope} if each.scope else ())))
    result = await estate.ask(each.spec.name, each.scope, **ARGUMENTS.get(each.spec.name, {}))
    assert result.status == "ok", "the estate has something for each tool"
    return Told(data=result.data, cut=result.cut)


def shows_what_it_may(each: Cell, told: Told) -> None:
    """Checked without the tool's own words for it: an aggregate counts the rows that it does not list."""
    if each.spec.name not in ROWS_OF:
        return
    listed = (told.data or {})[ROWS_OF[each.spec.name]]
    seen = ((told.data or {})["total"], len(listed), told.cut)
    assert seen == ((1, 0, ROWS_HIDDEN) if each.scope == "aggregated_only" else (1, 1, None))


def record(each: Cell, person: str, entrance: str) -> tuple[Any, ...]:
    """The one row of a call that was made at once, or refused."""
    denied = each.effect == "deny"
    return row(each, "blocked" if denied else "success", person, entrance, "failed" if denied else "completed")


def row(each: Cell, came_of_it: str, person: str, entrance: str, run: str) -> tuple[Any, ...]:
    return (
        each.spec.name, each.category, came_of_it, each.spec.permission, each.effect != "deny", each.effect,
        person, entrance, run,
    )  # fmt: skip


def denied(spec: AnySpec, pillar: Pillar = Pillar.INQUIRY) -> Cell:
    return cell(spec, pillar, "", "deny")


def test_the_table_speaks_of_every_tool_and_the_other_way_round() -> None:
    """PM-01: every tool stands in ACCEPTANCE section 3, in each pillar it belongs to."""
    assert table().keys() == {(pillar, spec.name) for spec in tools.ALL for pillar in spec.pillars}


@everywhere
@pytest.mark.parametrize("role", ROLES)
async def test_each_question_is_allowed_scoped_or_refused_as_the_table_says_and_on_record_once(
    pool: Pool, estate: Estate, entrance: str, role: str
) -> None:
    """PM-01, PM-14, PM-22, PM-26, SC-04, AU-06, and SC-13 for what a role is not offered."""
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks(), Deeds().catalogue()) as house:
        for each in cells(Pillar.INQUIRY, role):
            told = await ask(house, token("ann", role), each.spec.name)
            if each.effect == "deny":
                says(told, each.spec, each.pillar, role)
                continue
            assert told == await expected(estate, each)
            shows_what_it_may(each, told)
    assert await rows(pool, RECORD) == [record(each, "ann", kind) for each in cells(Pillar.INQUIRY, role)]


@dataclass(slots=True)
class Person:
    """Ann, who comes in by one entrance with one role, and what ought to be on record of her."""

    house: Opened
    entrance: str
    role: str
    deeds: Deeds
    calls: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    ledger: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    @property
    def kind(self) -> str:
        return ENTRANCES[self.entrance][0]

    async def tries(self, each: Cell) -> None:
        """Everything that the cell says comes true, and nothing else does."""
        match each.effect:
            case "deny":
                says(await self.wants(each), each.spec, each.pillar, self.role)
                self.calls.append(record(each, "ann", self.kind))
            case "confirm":
                await self.is_asked(each, "reject")
                await self.is_asked(each, "approve")
            case _:
                assert await self.wants(each) == Told(data=told_by(each.spec, frozenset()))
                self.is_done(each, once=1)
                self.noted(each, "policy", "approved", "policy")

    async def wants(self, each: Cell) -> Told:
        self.deeds.done.clear()
        told = await CHANGING[self.entrance][0](self.house, token("ann", self.role), each.spec.name)
        if each.effect != "allow":
            self.is_done(each, once=0)
        return told

    async def is_asked(self, each: Cell, word: Word) -> None:
        """It waits and nothing is done; after a yes it is done once, after a no never."""
        told = await self.wants(each)
        assert await rows(self.house.service.pool, OPEN) == [(told.waiting, each.spec.name, None)]
        after = await CHANGING[self.entrance][1](self.house, token("ann", self.role), told, word)
        if word == "approve":
            assert after == Told(data=told_by(each.spec, frozenset()))
            self.is_done(each, once=1)
            self.noted(each, "self", "approved", self.kind)
        else:
            assert (after.data or {}, after.refusal) == ({}, None)
            self.is_done(each, once=0)
            self.noted(each, "self", "rejected", self.kind)

    def is_done(self, each: Cell, *, once: int) -> None:
        assert self.deeds.done == [each.spec.name] * once

    def noted(self, each: Cell, mode: str, standing: str, through: str) -> None:
        """A change that is asked about is on record as it is proposed, and once more as it is carried out."""
        run, is_made = "completed" if standing == "approved" else standing, standing == "approved"
        if not each.spec.is_read:
            if mode != "policy":
                self.calls.append(row(each, "pending_approval", "ann", self.kind, run))
            outcome = "succeeded" if is_made else None
            self.ledger.append((each.spec.name, mode, standing, outcome, through, "ann", "ann"))
        if is_made:
            self.calls.append(row(each, "success", "ann", self.kind, run))


@everywhere
@pytest.mark.parametrize("role", ROLES)
async def test_each_look_and_change_is_allowed_confirmed_or_refused_as_the_table_says_and_done_at_most_once(
    pool: Pool, entrance: str, role: str
) -> None:
    """PM-01, PM-18, PM-22, PM-26, SC-04, SC-13, AU-06, CF-06, RV-14: with the confirmations of each entrance."""
    deeds = Deeds()
    async with opened(pool, asks(), deeds.catalogue()) as house:
        ann = Person(house, entrance, role, deeds)
        for each in cells(Pillar.REVIVE, role):
            await ann.tries(each)
    assert await rows(pool, RECORD) == ann.calls
    assert await rows(pool, LEDGER) == ann.ledger


async def at_the_door(house: Opened, context: ToolContext, each: Cell) -> list[str]:
    """What came of each row that one call, and its approval where one is wanted, leaves on record."""
    service, name = house.service, each.spec.name
    try:
        result = await service.door.call(context, name, ARGUMENTS.get(name, {}))
    except Refused as refusal:
        return ["blocked"] if refusal.code == "permission_denied" else [refusal.code]
    except ApprovalNeeded as needed:
        said = await service.approvals.decide(context.actor, needed.confirmation.id, Verdict(action="approve"))
        return ["pending_approval", "success" if said.confirmation.outcome == "succeeded" else "failed"]
    scopes = frozenset({each.scope} if each.scope else ())
    is_told = is_real(each.spec) or result.data == told_by(each.spec, scopes)
    return ["success" if is_told else "not as it should be"]


CAME_OF_IT = {"deny": ["blocked"], "confirm": ["pending_approval", "success"], "allow": ["success"]}


@pytest.mark.parametrize("role", ROLES)
async def test_the_door_keeps_the_table_of_troubleshooting_which_no_entrance_opens_yet(pool: Pool, role: str) -> None:
    """PM-01, PM-14, PM-26: the tools that troubleshooting shares, in their scope; a write does not slip through."""
    deeds, all_cells = Deeds(), cells(Pillar.TROUBLESHOOTING, role)
    async with opened(pool, asks(), deeds.catalogue()) as house:
        context = await tool_context(pool, await actor(pool, role), Pillar.TROUBLESHOOTING)
        for each in all_cells:
            assert (each.spec.name, await at_the_door(house, context, each)) == (
                each.spec.name,
                CAME_OF_IT[each.effect],
            )
    assert deeds.done == [each.spec.name for each in all_cells if each.effect != "deny" and not is_real(each.spec)]
    assert await rows(pool, CALLS) == [
        (each.spec.name, came_of_it, each.effect != "deny", each.effect)
        for each in all_cells
        for came_of_it in CAME_OF_IT[each.effect]
    ]


@everywhere
async def test_a_hidden_tool_is_blocked_by_its_other_name_too(pool: Pool, entrance: str) -> None:
    """SC-13."""
    kind, ask = ENTRANCES[entrance]
    spec = tools.catalogue()["correlate_changes"]
    async with opened(pool, asks()) as house:
        says(await ask(house, token("vic", "viewer"), "correlate_changes"), spec, Pillar.INQUIRY, "viewer")
    assert await rows(pool, RECORD) == [record(denied(spec), "vic", kind)]


@everywhere
async def test_an_invented_tool_runs_nothing_is_on_record_and_the_answer_says_so(pool: Pool, entrance: str) -> None:
    """AU-06."""
    kind, ask = ENTRANCES[entrance]
    async with opened(pool, asks()) as house:
        told = await ask(house, token("ann", "admin"), "drop_everything")
    (why,) = told.unknown
    assert why.startswith("There is no tool named 'drop_everything'. Tools here: aggregate_artifact, analyze_impact, ")
    assert (told.data, told.refusal) == ({}, None)
    assert await rows(pool, RECORD) == [
        ("drop_everything", "unknown", "blocked", None, False, None, "ann", kind, "completed")
    ]


@everywhere
async def test_without_a_role_everything_is_refused(pool: Pool, estate: Estate, entrance: str) -> None:
    """PM-01: what nothing allows is denied."""
    assert estate
    deeds, (kind, ask), (want, _) = Deeds(), ENTRANCES[entrance], CHANGING[entrance]
    async with opened(pool, asks(), deeds.catalogue()) as house:
        for spec in INQUIRY:
            says(await ask(house, token("una"), spec.name), spec, Pillar.INQUIRY, "none")
        for spec in REVIVE:
            says(await want(house, token("una"), spec.name), spec, Pillar.REVIVE, "none")
    assert (await rows(pool, LEDGER), deeds.done) == ([], [])
    assert await rows(pool, RECORD) == [
        *(record(denied(spec), "una", kind) for spec in INQUIRY),
        *(record(denied(spec, Pillar.REVIVE), "una", kind) for spec in REVIVE),
    ]


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
            says(await ask(house, token(name, *claimed), REPORTS.name), REPORTS, Pillar.INQUIRY, left)
    assert await rows(pool, RECORD) == [record(denied(REPORTS), name, kind) for name, *_ in STANDINGS]


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
        told = await ask(house, token("ann", "engineer"), f"{first.name} {second.name}")
    allowed = cell(first, Pillar.INQUIRY, "engineer", "allow")
    assert told.data == (await expected(estate, allowed)).data
    assert [why[: len(words)] for why in told.unknown] == [words]
    assert await rows(pool, RECORD) == [
        record(allowed, "ann", kind), row(denied(second), "blocked", "ann", kind, "completed"),
    ]  # fmt: skip


@everywhere
@pytest.mark.parametrize("pillar", [Pillar.INQUIRY, Pillar.REVIVE])
async def test_a_token_for_other_doors_starts_no_run(pool: Pool, entrance: str, pillar: Pillar) -> None:
    """SE-01."""
    ask, tool = (ENTRANCES[entrance][1], "query_incidents")
    if pillar is Pillar.REVIVE:
        ask, tool = (CHANGING[entrance][0], "list_servers")
    others = tuple({"ingest", *PILLARS} - {pillar})
    async with opened(pool, asks()) as house:
        told = await ask(house, token("ann", "admin", scopes=others), tool)
    assert told.refusal is not None
    assert "This token does not" in told.refusal["message"]
    assert pillar in told.refusal["message"]
    assert (await rows(pool, RUNS), await rows(pool, EXECUTIONS)) == ([], [])


class Desktop:
    """`trivium` as a person starts it, or a desktop host for them; its brain are the rules."""

    def __init__(self, database_url: str) -> None:
        self.environment = {**os.environ, "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": KEY.secret}

    def started(self, person: str) -> Any:
        environment = self.environment | {"TRIVIUM_TOKEN": person}
        return stdio_client(
            StdioServerParameters(command=sys.executable, args=["-m", "trivium", "mcp"], env=environment, cwd=str(ROOT))
        )

    async def ask(self, person: str, *questions: str) -> list[dict[str, Any]]:
        async with Client(self.started(person)) as host:
            results = [await host.call_tool("ask", {"question": question}) for question in questions]
        return [result.structured_content["answer"] for result in results]

    async def change(self, person: str) -> Any:
        """What `confirm` says after somebody who was shown the card has agreed; or `revive`, when it asks nobody."""
        async with Client(self.started(person)) as host:
            waits = await host.call_tool("revive", {"request": MAKE_A_RULE})
            if waits.is_error:
                return waits
            said = {"confirmation_id": waits.structured_content["confirmation"]["confirmation_id"]}
            return await host.call_tool("confirm", {**said, "decision": "approve"})

    async def command(self, person: str, *words: str) -> tuple[int, str]:
        """Exit code and output of `trivium` with these words."""
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "trivium", *words, cwd=ROOT, env=self.environment | {"TRIVIUM_TOKEN": person},
            stdout=PIPE, stderr=STDOUT,
        )  # fmt: skip
        output, _ = await program.communicate()
        assert program.returncode is not None
        return program.returncode, output.decode()


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
    listed, found = await Desktop(database_url).ask(token("ann", role), LIST, POSTMORTEMS)
    both = {
        name: cell(spec, Pillar.INQUIRY, role, table()[Pillar.INQUIRY, name][role])
        for spec in (ALERTS, REPORTS)
        for name in [spec.name]
    }
    is_open = both[REPORTS.name].effect != "deny"
    assert (listed["data"]["total_alerts"], len(listed["data"]["alerts"])) == (1, 0 if role == "viewer" else 1)
    assert found["data"].get("total_postmortems") == (1 if is_open else None)
    assert [item["why"] for item in found["unknown"]] == ([] if is_open else [NOT_OPEN])
    assert await rows(pool, RECORD) == [record(each, "ann", "mcp") for each in both.values()]


@pytest.mark.slow
async def test_the_real_command_line_asks_first_and_makes_the_change_once(pool: Pool, database_url: str) -> None:
    """PM-26, CF-03: as `trivium revive` and `trivium approve`, each a process of its own."""
    desktop, ann = Desktop(database_url), token("ann", "admin")
    code, output = await desktop.command(token("eve", "operator"), "revive", "--json", MAKE_A_RULE)
    assert (code, "Ask someone with the role admin." in output) == (3, True)
    for word, left in (("--reject", []), ("--reason=as discussed", [("night",)])):
        code, output = await desktop.command(ann, "revive", "--json", MAKE_A_RULE)
        assert (code, await rows(pool, MADE)) == (5, [])
        waiting = json.loads(output)["action_required"]["confirmation_id"]
        code, output = await desktop.command(ann, "approve", word, waiting)
        assert (code, await rows(pool, MADE)) == (0, left), output
    code, output = await desktop.command(ann, "approve", waiting)
    assert (code, "already" in output, await rows(pool, MADE)) == (1, True, [("night",)])
    assert [row[1:5] for row in await rows(pool, LEDGER)] == [
        ("self", "rejected", None, "cli"), ("self", "approved", "succeeded", "cli"),
    ]  # fmt: skip


@pytest.mark.slow
async def test_the_real_program_over_stdio_makes_a_change_that_its_person_confirmed(
    pool: Pool, database_url: str
) -> None:
    """PM-26, CF-03."""
    desktop = Desktop(database_url)
    refused = await desktop.change(token("eve", "operator"))
    assert (refused.is_error, "Ask someone with the role admin." in refused.content[0].text) == (True, True)
    assert await rows(pool, MADE) == []
    done = await desktop.change(token("ann", "admin"))
    assert (done.structured_content["status"], await rows(pool, MADE)) == ("completed", [("night",)])
    assert [row[1:5] for row in await rows(pool, LEDGER)] == [("self", "approved", "succeeded", "mcp")]
