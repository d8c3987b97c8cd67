"""Troubleshooting end to end on real Postgres: opened in parallel, diagnosed by rules, run only after approval."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from agents.model import ModelBrain, open_model
from agents.rules.brain import RulesBrain
from domain.actors import Actor
from domain.database import Pool
from domain.errors import SourceError
from graphs.asking import Ask
from graphs.live import Live, Outcome
from tests.house import Worker, actor, spec, worker
from tests.model_server import Text, scripted
from tools.decisions import Verdict
from tools.spec import AnySpec, Args, Category, Pillar, Preview, Risk, ToolContext, ToolResult

ALERT = uuid4()
START = "2026-11-20T11:30:00Z"
CHANGED = "2026-11-20T11:22:00Z"


class Anything(Args):
    alert_id: UUID | None = None
    alert: str | None = None
    service: Any = None
    time: str | None = None
    application: str | None = None
    time_range: Any = None
    investigation_type: str = "errors"
    window_minutes: int = 60
    limit: int = 5
    team: str | None = None
    runbook: str | None = None
    reason: str = ""
    command: str = ""
    explanation: str = ""


DETAILS: dict[str, Any] = {
    "alert": {
        "id": str(ALERT),
        "name": "HighErrorRate",
        "service": "checkout",
        "severity": "critical",
        "status": "firing",
        "starts_at": START,
        "ends_at": None,
        "summary": "12 % of requests fail",
        "description": "",
        "instance": "web-1:9100",
    },
    "incident": None,
    "related": [],
    "history": {"count_30d": 1, "last": [], "flapping": False},
    "analyses": [],
    "sessions": [],
    "rules": [],
    "profile": {"name": "shop", "components": [], "depends_on": ["payment"], "dependents": []},
}
CHANGES = {
    "alerts_total": 1,
    "changes_total": 1,
    "correlated_alerts": 1,
    "changes": [
        {
            "id": "1",
            "occurred_at": CHANGED,
            "kind": "deployment",
            "service": "checkout",
            "environment": "production",
            "summary": "Deploy checkout 2.4.0",
            "author": "mira",
            "version": "2.4.0",
            "url": "",
            "same_service": True,
            "score": 1,
        }
    ],
}
PATTERNS = {
    "errors": 40,
    "errors_before": 0,
    "new_patterns": 1,
    "patterns": [
        {
            "pattern": "NullPointerException in CartTotals",
            "count": 40,
            "count_before": 0,
            "state": "new",
            "first_at": "2026-11-20T11:23:10Z",
            "last_at": START,
            "example": "NullPointerException in CartTotals.java:81",
        }
    ],
}
CALM = {
    "service": "payment",
    "impacted": "no",
    "changed": [],
    "not_measured": [],
    "hypothesis": None,
    "charts": [],
    "unchanged": [{"measure": "error rate", "verdict": "same"}, {"measure": "latency p95", "verdict": "same"}],
}
RUNBOOKS: dict[str, Any] = {
    "runbooks": [
        {
            "id": "r1",
            "name": "roll-back-checkout",
            "title": "Roll back",
            "description": "",
            "confidence": 0.87,
            "why": ["same alert"],
            "steps": 2,
            "parameters": {},
            "servers": ["web-1"],
            "source": "runbook",
            "url": None,
        }
    ]
}
ANSWERS: dict[str, Any] = {
    "get_alert_details": DETAILS,
    "analyze_impact": CALM,
    "investigate_sift": PATTERNS,
    "get_oncall_schedule": {"schedules": []},
    "get_similar_incidents": {"incidents": [], "searched": 0},
    "correlate_alerts_changes": CHANGES,
    "get_runbook": RUNBOOKS,
    "suggest_ssh_command": {
        "type": "command",
        "server": None,
        "command": "x",
        "explanation": "y",
        "class": "read_only",
    },
}


@dataclass(slots=True)
class World:
    """What the looks of a test find: `broken` fail, `hanging` never answer; `ran` are the runbooks that were run."""

    broken: set[str] = field(default_factory=set[str])
    hanging: set[str] = field(default_factory=set[str])
    ran: list[str] = field(default_factory=list[str])
    hung: asyncio.Event = field(default_factory=asyncio.Event)

    def looking(self, name: str) -> AnySpec:
        async def look(context: ToolContext, args: Anything) -> ToolResult:  # noqa: ARG001 - the spec's signature
            if name in self.hanging:
                await self.hung.wait()
            if name in self.broken:
                raise SourceError("connection refused by payment-db at 10.0.0.9", source=name)
            return ToolResult(status="ok", source=name, data=ANSWERS[name])

        pillars = frozenset({Pillar.TROUBLESHOOTING})
        return spec(name, look, pillars=pillars, category=Category.TROUBLESHOOTING, args=Anything, source=name)

    async def run(self, context: ToolContext, args: Anything) -> ToolResult:  # noqa: ARG002 - the spec's signature
        self.ran.append(str(args.runbook))
        return ToolResult(status="ok", source="ssh", data={})

    async def preview(self, context: ToolContext, args: Anything) -> Preview:  # noqa: ARG002 - the spec's signature
        return Preview(title=f"Run {args.runbook}")

    def specs(self) -> list[AnySpec]:
        running = spec(
            "execute_runbook",
            self.run,
            pillars=frozenset({Pillar.TROUBLESHOOTING, Pillar.REVIVE}),
            category=Category.AIOPS,
            risk=Risk.EXECUTE,
            permission="ai:revive:aiops:runbook:execute",
            args=Anything,
            idempotent=False,
            preview=self.preview,
        )
        return [*map(self.looking, ANSWERS), running]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def operator(pool: Pool) -> Actor:
    return await actor(pool, "operator")


@asynccontextmanager
async def house(pool: Pool, world: World) -> AsyncGenerator[Worker]:
    async with worker(pool, *world.specs(), brain=RulesBrain()) as opened:
        yield opened


def ask(text: str, **more: Any) -> Ask:
    return Ask(text=text, graph="troubleshooting", alert=ALERT, **more)


async def asked(
    opened: Worker, who: Actor, text: str = "What is causing this alert?", **more: Any
) -> tuple[Live, Outcome]:
    live = await opened.runner.start(who, ask(text, **more))
    outcome = await opened.runner.finished(live)
    assert outcome
    return live, outcome


def context_of(live: Live) -> dict[str, str]:
    """How each part of the context was told to stand."""
    return {event.data["part"]: event.data["status"] for event in live.relay.events if event.type == "context"}


async def test_the_alert_is_opened_and_its_cause_named_with_its_evidence(
    pool: Pool, world: World, operator: Actor
) -> None:
    """TS-16: a pattern of errors that began after a deployment."""
    async with house(pool, world) as opened:
        live, outcome = await asked(opened, operator)
    assert outcome.answer
    assert outcome.answer.summary.startswith("Likely cause of HighErrorRate on checkout (")
    assert "Deploy checkout 2.4.0" in outcome.answer.summary
    first = outcome.answer.data["diagnosis"]["hypotheses"][0]
    assert [item["text"].split(":")[0] for item in first["for"]] == [
        "Deployment of checkout 8 min before it began",
        "40 log lines like “NullPointerException in CartTotals” (not seen before)",
    ]
    assert outcome.answer.data["runbook_match"] == {"id": "r1", "name": "roll-back-checkout", "confidence": 0.87}
    assert context_of(live) == {
        "alert": "ok",
        "impact": "ok",
        "dependency:payment": "ok",
        "errors": "ok",
        "slow": "ok",
        "oncall": "ok",
        "similar": "ok",
        "changes": "ok",
        "runbooks": "ok",
        "diagnosis": "ok",
    }


async def test_every_finding_cites_executions_of_this_very_run(pool: Pool, world: World, operator: Actor) -> None:
    async with house(pool, world) as opened:
        _, outcome = await asked(opened, operator)
    assert outcome.answer
    known = {source.execution for source in outcome.answer.sources if source.status in ("ok", "empty")}
    assert all(set(finding.executions) <= known and finding.executions for finding in outcome.answer.findings)


@pytest.mark.parametrize("tool", ["correlate_alerts_changes", "investigate_sift", "analyze_impact", "get_runbook"])
async def test_a_broken_source_is_named_as_unknown_and_never_a_finding(
    pool: Pool, world: World, operator: Actor, tool: str
) -> None:
    world.broken.add(tool)
    async with house(pool, world) as opened:
        live, outcome = await asked(opened, operator)
    assert outcome.answer
    assert outcome.status == "completed"
    assert "error" in context_of(live).values()
    assert any("connection refused by payment-db" in item.why for item in outcome.answer.unknown)
    told = [outcome.answer.summary, *(finding.text for finding in outcome.answer.findings)]
    assert not any("connection refused" in text for text in told)
    if tool == "correlate_alerts_changes":
        assert outcome.answer.summary == "Not enough evidence for a cause of HighErrorRate on checkout."


async def test_a_source_that_hangs_delays_nothing_beyond_its_own_deadline(
    pool: Pool, world: World, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CX-11: its part is late, all others are there, and the answer does not wait for it."""
    monkeypatch.setattr("agents.rules.troubleshooting.opening.SOURCE_SECONDS", 0.4)
    world.hanging.add("investigate_sift")
    async with house(pool, world) as opened:
        async with asyncio.timeout(10):
            live, outcome = await asked(opened, operator)
    found = context_of(live)
    assert {part for part, status in found.items() if status == "late"} == {"errors", "slow"}
    assert found["changes"] == found["impact"] == "ok"
    assert outcome.answer
    assert any("took longer than" in item.why for item in outcome.answer.unknown)


async def test_parts_that_are_not_wanted_are_not_looked_at(pool: Pool, world: World, operator: Actor) -> None:
    """TS-12: include_sift and include_oncall."""
    async with house(pool, world) as opened:
        live, _ = await asked(opened, operator, left_out=("errors", "slow", "oncall"))
    assert set(context_of(live)) == {
        "alert",
        "impact",
        "dependency:payment",
        "similar",
        "changes",
        "runbooks",
        "diagnosis",
    }


async def test_run_it_runs_the_runbook_that_fits_after_a_person_approved(
    pool: Pool, world: World, operator: Actor
) -> None:
    async with house(pool, world) as opened:
        _, outcome = await asked(opened, operator, "Run it")
        assert outcome.waiting
        assert (outcome.waiting.tool, world.ran) == ("execute_runbook", [])
        said = await opened.approvals.decide(operator, outcome.waiting.id, Verdict(action="approve"))
        assert said.live
        ended = await opened.runner.finished(said.live)
    assert ended
    assert ended.answer
    assert (ended.answer.summary, world.ran) == ("Runbook roll-back-checkout was run.", ["roll-back-checkout"])


async def test_a_conversation_goes_on_about_its_alert(pool: Pool, world: World, operator: Actor) -> None:
    async with house(pool, world) as opened:
        _, first = await asked(opened, operator)
        follow = Ask(text="What changed before it?", graph="troubleshooting", session_id=first.session_id)
        outcome = await opened.runner.ask(operator, follow)
    assert outcome.answer
    assert outcome.answer.summary.startswith("1 change in the 24 hours before it; the last: 20 Nov 11:22 UTC, checkout")


async def test_the_same_case_gives_the_same_answer(pool: Pool, world: World, operator: Actor) -> None:
    """Three runs alike, but for the ids of their executions."""
    async with house(pool, world) as opened:
        found = [(await asked(opened, operator))[1].answer for _ in range(3)]
    texts = {(each.summary, tuple(item.text for item in each.findings)) for each in found if each}
    assert len(texts) == 1


async def test_a_model_explains_the_alert_and_only_the_rules_run_anything(
    pool: Pool, world: World, operator: Actor
) -> None:
    """It is given the rules' diagnosis as a hint, and is not asked at all about what is to be run."""
    text = "The likely cause is the deployment of checkout 2.4.0 [e9]. 40 lines of one new error came after it [e4]."
    with scripted(Text(text)) as server:
        async with open_model(
            base_url=server.base_url, api_key=None, model="scripted", timeout_seconds=10, chunk_timeout_seconds=10
        ) as model:
            make = partial(ModelBrain, model, RulesBrain())
            async with worker(pool, *world.specs(), brain=make) as opened:
                _, told = await asked(opened, operator)
                _, run = await asked(opened, operator, "Run it")
    assert told.answer
    assert (told.answer.brain, len(server.requests)) == ("model", 1)
    assert told.answer.summary.startswith("The likely cause is the deployment of checkout 2.4.0")
    assert "Deploy checkout 2.4.0" in told.answer.data["diagnosis"]["hypotheses"][0]["title"]
    said = str(server.requests[0]["messages"])
    assert "A simple reasoner ranked the causes" in said
    assert "execute_runbook" not in str(server.requests[0].get("tools"))
    assert run.waiting
    assert run.waiting.tool == "execute_runbook"
