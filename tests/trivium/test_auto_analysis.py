"""A rule's analysis from the alert to what the alert keeps of it: as whom, how long, once, and marked by whom."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from psycopg import OperationalError
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from agents.brain import Question, Understanding
from config.settings import Settings
from domain import auto_analyses, users
from domain.auto_analyses import Claimed
from domain.database import Pool
from domain.errors import SourceError
from domain.runs import Run
from domain.users import Change
from graphs.analysing import Analyst, outcome_of
from tests.domain.analysis_world import firing, ids, rule, sent, standing
from tests.house import NOW, ScriptedBrain, Worker, actor, tool_context, worker
from tests.mcp_grafana import Estate
from tests.scenarios.test_webhook_under_fire import wired
from tools import alert_context
from tools.grafana import annotations
from tools.resources import NOTHING, Resources
from tools.spec import Pillar
from trivium.service import open_service
from trivium.working import working
from web.meters import Meters

pytest_plugins = ("tests.grafana_fixtures",)

KEPT = "select ai_analysis from trivium.alerts order by starts_at"
RUNS = "select graph, entrance, status, options ->> 'alert' as alert, user_id from trivium.runs"
AUDIT = """
select entrance, details ->> 'status' as status, person.name from trivium.audit_logs as entry
left join trivium.users as person on person.id = user_id where action = 'alert_analysed'
"""
PENDING = "select count(*) as count from trivium.ai_action_confirmations"
SWITCH_OFF = "update trivium.auto_analyze_rules set is_enabled = false"
STRICT = """update trivium.users set ai_preferences = '{"confirmation_level": "strict"}'"""


async def kept(pool: Pool) -> list[Any]:
    async with pool.connection() as db:
        return [row["ai_analysis"] for row in await (await db.execute(KEPT)).fetchall()]


async def rows(pool: Pool, query: Any) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(query)).fetchall()


def analyst(house: Worker, resources: Resources = NOTHING, **given: Any) -> Analyst:
    return Analyst(
        pool=house.parts.pool, door=house.parts.door, runner=house.runner, clock=lambda: NOW, resources=resources,
        **given,
    )  # fmt: skip


@dataclass(slots=True)
class Diagnosing(ScriptedBrain):
    """Finds one cause for every alert, once it may go on."""

    going: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def understand(self, question: Question) -> Understanding:
        self.seen.append(question)
        self.began.set()
        await self.going.wait()
        return Understanding(kind="query", intent="cause", slots={}, plain="what causes it")


def ready() -> Diagnosing:
    brain = Diagnosing(rounds=())
    brain.going.set()
    return brain


@asynccontextmanager
async def one_waiting(
    pool: Pool, *roles: str, brain: ScriptedBrain | None = None, **criteria: Any
) -> AsyncGenerator[tuple[Worker, UUID, UUID]]:
    """A worker's house, an analysis that waits for somebody with these roles, and who that is."""
    who = await actor(pool, *roles, name="ann")
    await rule(pool, who, **criteria)
    await sent(pool, firing())
    async with worker(pool, *alert_context.TOOLS, brain=brain or ready(), per_minute=1) as house:
        yield house, (await ids(pool))[0], who.user_id


async def test_the_rules_owner_investigates_and_the_alert_keeps_what_was_found(pool: Pool) -> None:
    """AA-01: the real rules, in the process that serves, from the notification to the alert."""
    who = await actor(pool, "admin", name="ann")
    await rule(pool, who)
    settings = Settings(database_url=SecretStr(str(pool.conninfo)))
    async with open_service(settings) as service, working(service):
        await sent(pool, firing())
        await until_ended(pool, 30)
    assert (await standing(pool))[0]["status"] == "done"
    (found,) = await kept(pool)
    assert "HighLatency on checkout" in found["summary"]
    assert (found["verdict"], found["cause"], found["confidence"]) == ("not_enough_evidence", None, None)
    assert found["rule"] == "all"
    assert found["diagnosis"]["missing"], "no metrics, no Grafana: that is told"
    run = (await rows(pool, RUNS))[0]
    assert (run["graph"], run["entrance"], run["status"]) == ("troubleshooting", "rule", "completed")
    assert run["user_id"] == who.user_id
    assert await rows(pool, AUDIT) == [{"entrance": "rule", "status": "done", "name": "ann"}]


CLAIMED = Claimed(
    id=UUID(int=1), attempt=1, queued_at=NOW, alert_id=UUID(int=2), alert="HighLatency", service="checkout",
    alert_started_at=NOW, rule="all", owner=UUID(int=3), annotate=False, is_enabled=True, is_doubled=False,
)  # fmt: skip
RUN = Run(
    id=UUID(int=4), session_id=UUID(int=5), user_id=UUID(int=3), graph="troubleshooting", entrance="rule",
    request_id="", question="", options={}, status="completed", attempt=1, cancel_requested=False, answer=None,
    error=None, tokens_used=0, created_at=NOW, finished_at=NOW,
)  # fmt: skip
DEPLOYMENT = {"id": "deploy", "title": "a deployment", "confidence": 0.8}


@pytest.mark.parametrize(
    ("verdict", "cause", "confidence"),
    [("likely", "a deployment", 0.8), ("possible", "a deployment", 0.8), ("not_enough_evidence", None, None)],
)
def test_a_found_cause_is_kept_in_the_words_that_other_tools_read(
    verdict: str, cause: str | None, confidence: float | None
) -> None:
    hypotheses: list[Any] = [DEPLOYMENT | {"for": [], "against": []}]
    found: dict[str, Any] = {"verdict": verdict, "onset": None, "missing": [], "hypotheses": hypotheses}
    answer: dict[str, Any] = {"summary": "It was deployed.", "findings": [], "data": {"diagnosis": found}}
    how = outcome_of(replace(RUN, answer=answer), CLAIMED, "2026-11-20T12:00:00Z")
    assert (how.status, how.run_id) == ("done", RUN.id)
    assert how.analysis == {
        "summary": "It was deployed.", "cause": cause, "hypothesis": cause or "", "confidence": confidence,
        "verdict": verdict,
        "diagnosis": {"onset": None, "hypotheses": [DEPLOYMENT], "missing": []},
        "rule": "all", "run_id": str(RUN.id), "at": "2026-11-20T12:00:00Z",
    }  # fmt: skip


def test_a_run_that_found_out_nothing_is_no_analysis() -> None:
    how = outcome_of(replace(RUN, answer={"summary": "There is no such alert.", "findings": []}), CLAIMED, "")
    assert (how.status, how.analysis) == ("failed", {"not_analysed": "There is no such alert."})


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (Change(roles=()), "failed", "ann, who owns the rule all, has no role any more"),
        (Change(is_disabled=True), "failed", "the owner of the rule all is disabled"),
        (Change(roles=("viewer",)), "failed", "Role 'viewer' cannot use"),
        (None, "dropped", "the rule all was switched off"),
    ],
    ids=["no_role", "disabled", "viewer", "switched_off"],
)
async def test_what_the_owner_or_the_rule_has_lost_since_counts_at_the_moment_of_the_analysis(
    pool: Pool, change: Change | None, status: str, said: str
) -> None:
    """AA-03."""
    admin = await actor(pool, "admin", name="root")
    async with one_waiting(pool, "engineer") as (house, analysis, owner):
        async with pool.connection() as db:
            if change:
                await users.change(db, admin, owner, change)
            else:
                await db.execute(SWITCH_OFF)
        await analyst(house).analyse(analysis)
    (found,) = await standing(pool)
    assert (found["status"], said in found["note"]) == (status, True), found
    assert [list(each) for each in await kept(pool)] == [["not_analysed"]]


async def test_what_was_not_analysed_is_no_earlier_analysis(pool: Pool) -> None:
    async with one_waiting(pool, "admin") as (house, analysis, _):
        async with pool.connection() as db:
            await db.execute(SWITCH_OFF)
        await analyst(house).analyse(analysis)
        context = await tool_context(pool, await actor(pool, "admin"), Pillar.TROUBLESHOOTING)
        told = await house.parts.door.call(context, "get_alert_details", {"alert": "HighLatency"})
    assert told.data["analyses"] == []


async def test_an_analysis_that_takes_too_long_is_stopped(pool: Pool) -> None:
    """AA-01."""
    brain = Diagnosing(rounds=())
    async with one_waiting(pool, "admin", brain=brain) as (house, analysis, _):
        await analyst(house, deadline_seconds=0.3).analyse(analysis)
    assert [row["note"] for row in await standing(pool)] == ["it took longer than 0.3 s"]
    assert [row["status"] for row in await rows(pool, RUNS)] == ["cancelled"]


async def test_what_a_leaving_worker_began_is_ended_by_another_with_the_same_run(pool: Pool) -> None:
    """AA-02."""
    brain = Diagnosing(rounds=())
    async with one_waiting(pool, "admin", brain=brain) as (house, analysis, _):
        leaving = asyncio.create_task(analyst(house).analyse(analysis))
        await brain.began.wait()
        leaving.cancel()
        await asyncio.wait([leaving])
        assert [row["status"] for row in await standing(pool)] == ["waiting"]
        brain.going.set()
        await analyst(house).analyse(analysis)
        await analyst(house).analyse(analysis)
    assert [row["status"] for row in await rows(pool, RUNS)] == ["completed"]
    assert len(await rows(pool, AUDIT)) == 1


@dataclass(slots=True)
class Losing(ScriptedBrain):
    """Loses its database the first time."""

    async def understand(self, question: Question) -> Understanding:
        self.seen.append(question)
        if len(self.seen) == 1:
            raise OperationalError("the connection is lost")
        return Understanding(kind="query", intent="cause", slots={}, plain="what causes it")


async def test_a_run_that_lost_its_database_is_made_again(pool: Pool) -> None:
    """AA-02."""
    async with one_waiting(pool, "admin", brain=Losing(rounds=())) as (house, analysis, _):
        with pytest.raises(SourceError, match="lost its database"):
            await analyst(house).analyse(analysis)
        assert await kept(pool) == [None]
        await analyst(house).analyse(analysis)
    assert [row["status"] for row in await standing(pool)] == ["done"]
    assert sorted(row["status"] for row in await rows(pool, RUNS)) == ["completed", "failed"]


async def test_a_failure_does_not_take_the_place_of_an_earlier_analysis(pool: Pool) -> None:
    earlier = {"summary": "It was the disk."}
    async with one_waiting(pool, "admin") as (house, analysis, _):
        async with pool.connection() as db:
            await db.execute("update trivium.alerts set ai_analysis = %(earlier)s", {"earlier": Jsonb(earlier)})
            await db.execute(SWITCH_OFF)
        await analyst(house).analyse(analysis)
    assert await kept(pool) == [earlier]


@pytest.mark.slow
async def test_a_worker_goes_on_after_postgres_was_away(pool: Pool, database_url: str) -> None:
    """AA-02: nothing has to be started again."""
    await rule(pool, await actor(pool, "admin"))
    async with wired(database_url) as wire:
        settings = Settings(database_url=SecretStr(wire.url(database_url)))
        async with open_service(settings) as service, working(service):
            await wire.cut()
            await sent(pool, firing())
            await asyncio.sleep(3)
            assert [row["status"] for row in await standing(pool)] == ["waiting"]
            await wire.mend()
            await until_ended(pool, 60)
    assert [row["status"] for row in await standing(pool)] == ["done"]


async def until_ended(pool: Pool, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while (await standing(pool))[0]["status"] in ("waiting", "running"):  # noqa: ASYNC110 - another task's rows
            await asyncio.sleep(0.05)


async def test_analyses_are_nobodys_questions_too_many(pool: Pool) -> None:
    """AA-01: the owner may ask once a minute here."""
    async with one_waiting(pool, "admin") as (house, _, _):
        await sent(pool, firing("Other"), group="other")
        for analysis in await ids(pool):
            await analyst(house).analyse(analysis)
    assert [row["status"] for row in await rows(pool, RUNS)] == ["completed", "completed"]


@pytest.mark.slow
async def test_grafana_gets_one_annotation_when_the_owner_may_make_it_unasked(
    pool: Pool, grafana_estate: Estate
) -> None:
    """AA-03."""
    async with grafana_estate.reach() as grafana, annotating(pool, "admin", Resources(grafana=grafana)) as told:
        made = list(grafana_estate.grafana.state.annotations)
    assert told["made"] is True
    assert len(made) == 1


@pytest.mark.parametrize(
    ("role", "is_strict", "why"),
    [
        ("operator", False, "creating annotations needs a person's approval for ann, who owns the rule"),
        ("engineer", False, "ann, who owns the rule, may not create annotations"),
        ("admin", True, "creating annotations needs a person's approval for ann, who owns the rule"),
        ("admin", False, "No Grafana is configured here."),
    ],
)
async def test_without_an_annotation_the_alert_says_why(pool: Pool, role: str, is_strict: bool, why: str) -> None:
    """AA-03: nothing is put before a person that nobody asked."""
    async with annotating(pool, role, is_strict=is_strict) as told:
        assert told == {"made": False, "why": why}
    assert await rows(pool, PENDING) == [{"count": 0}]


@asynccontextmanager
async def annotating(
    pool: Pool, role: str, resources: Resources = NOTHING, *, is_strict: bool = False
) -> AsyncGenerator[dict[str, Any]]:
    """What the alert keeps of its annotation, after an analysis for an owner with this role."""
    who = await actor(pool, role, name="ann", teams=["shop"])
    await rule(pool, who, annotate=True)
    await sent(pool, firing())
    if is_strict:
        async with pool.connection() as db:
            await db.execute(STRICT)
    async with worker(pool, *alert_context.TOOLS, *annotations.TOOLS, brain=ready()) as house:
        for analysis in await ids(pool) * 2:
            await analyst(house, resources).analyse(analysis)
    yield (await kept(pool))[0]["annotation"]


async def test_metrics_tell_how_many_analyses_stand_how(pool: Pool) -> None:
    """AA-01."""
    async with one_waiting(pool, "admin"), pool.connection() as db:
        counted = await auto_analyses.counts(db)
    meters = Meters()
    meters.analysed(counted)
    assert 'trivium_auto_analyses{status="waiting"} 1.0' in meters.exposition().decode()
    meters.analysed({})
    assert "trivium_auto_analyses{" not in meters.exposition().decode()
