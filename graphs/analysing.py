"""An analysis that a rule asked for: investigated as the rule's owner, its outcome kept on the alert and marked in
Grafana where the owner may do that without being asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import structlog

from domain import audit, auto_analyses, runs, users
from domain.actors import Actor, Entrance
from domain.audit import Entry
from domain.auto_analyses import UNAVAILABLE, Claimed, End, Ending
from domain.database import Connection, Pool
from domain.errors import Refused, SourceError
from domain.runs import Run
from domain.tokens import PILLARS
from domain.users import User
from domain.windows import stamp
from graphs.asking import Ask
from graphs.runner import Runner
from tools.call import ApprovalNeeded, Door
from tools.resources import NOTHING, Resources
from tools.spec import Pillar, ToolContext

Json: TypeAlias = dict[str, Any]
QUESTION = "What is causing it?"
DEADLINE_SECONDS = 120.0
MOST_ATTEMPTS = 3
MOST_HYPOTHESES = 3
ANNOTATE = "create_annotation"
ASKED = "creating annotations needs a person's approval for {owner}, who owns the rule"
log = structlog.get_logger("ai_ops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """Carries out analyses, one call each."""

    pool: Pool
    door: Door
    runner: Runner
    clock: Callable[[], datetime]
    resources: Resources = NOTHING
    deadline_seconds: float = DEADLINE_SECONDS

    async def analyse(self, analysis_id: UUID) -> None:
        """The analysis has ended, or is left to whoever takes its job up next.

        Raises OperationalError, PoolTimeout and SourceError when Postgres was away: the job is tried again.
        """
        async with self.pool.connection() as db:
            claimed = await auto_analyses.claim(db, analysis_id)
            owner = await users.fetch(db, claimed.owner) if claimed else None
        if claimed is None:
            return
        actor = actor_of(owner, claimed)
        try:
            if why := hindrance(claimed, owner):
                await self.end(claimed, actor, given_up(*why))
            else:
                await self.carry_out(claimed, actor)
        except asyncio.CancelledError:  # this process is going down
            await asyncio.shield(self.release(claimed))
            raise

    async def carry_out(self, claimed: Claimed, actor: Actor) -> None:
        run = await self.investigate(claimed, actor)
        if isinstance(run, End):
            await self.end(claimed, actor, run)
            return
        how = outcome_of(run, claimed, stamp(self.clock()))
        if await self.end(claimed, actor, how) and how.status == "done" and claimed.annotate:
            await self.mark(claimed, actor, run)

    async def investigate(self, claimed: Claimed, actor: Actor) -> Run | End:
        """The run with its end on record: one that an earlier attempt began, wherever it goes on, else a new one."""
        async with self.pool.connection() as db:
            run_id = await auto_analyses.run_of(db, claimed, actor.request_id)
        try:
            async with asyncio.timeout(self.deadline_seconds):
                if run_id is None:
                    ask = Ask(text=QUESTION, graph="troubleshooting", alert=claimed.alert_id)
                    run_id = (await self.runner.start(actor, ask)).run_id
                async for _ in self.runner.events(actor, run_id):
                    pass
                run = await self.runner.fetch(actor, run_id)
        except TimeoutError:
            if run_id:
                await self.runner.cancel(actor, run_id)
            return given_up("failed", f"it took longer than {self.deadline_seconds:g} s", run_id)
        except Refused as refusal:
            return given_up("failed", str(refusal), run_id)
        if (run.error or {}).get("error") == UNAVAILABLE and claimed.attempt < MOST_ATTEMPTS:
            raise SourceError(f"The run {run_id} lost its database.", source="postgres", retryable=True)
        return run

    async def end(self, claimed: Claimed, actor: Actor, how: End) -> bool:
        details = {"analysis": str(claimed.id), "rule": claimed.rule, "status": how.status, "note": how.note}
        async with self.pool.connection() as db, db.transaction():
            if not await auto_analyses.end(db, claimed, how):
                log.warning("analysis was taken over by another worker", analysis=str(claimed.id))
                return False
            await audit.append(db, actor, Entry(action="alert_analysed", target=str(claimed.alert_id), details=details))
        log.info("alert analysed", alert=claimed.alert, service=claimed.service, status=how.status, note=how.note)
        return True

    async def release(self, claimed: Claimed) -> None:
        async with self.pool.connection() as db:
            await auto_analyses.release(db, claimed)

    async def mark(self, claimed: Claimed, actor: Actor, run: Run) -> None:
        """Grafana has an annotation, or the alert's analysis says why it has none. After the end, and not again after
        a crash: better none than two."""
        async with self.pool.connection() as db:
            why = await self.unmarked(db, actor)
        made: Json = {"made": False, "why": why} if why else await self.annotate(claimed, actor, run)
        async with self.pool.connection() as db:
            await auto_analyses.tell_more(db, claimed.alert_id, {"annotation": made})

    async def unmarked(self, db: Connection, actor: Actor) -> str | None:
        """Why the owner may not make annotations without a person's approval; None when they may."""
        spec = self.door.catalogue.get(ANNOTATE)
        policy = await self.door.policy.at((await runs.versions(db)).policy, db)
        if spec is None:
            return f"there is no tool {ANNOTATE}"
        effect = policy.decide(actor.roles, spec, Pillar.TROUBLESHOOTING).effect
        if effect == "deny":
            return f"{actor.name}, who owns the rule, may not create annotations"
        chosen = await users.preferences(db, actor.user_id)
        if effect == "confirm" or chosen.get("confirmation_level") == "strict":
            return ASKED.format(owner=actor.name)
        return None

    async def annotate(self, claimed: Claimed, actor: Actor, run: Run) -> Json:
        context = ToolContext(
            actor=actor, pillar=Pillar.TROUBLESHOOTING, session_id=run.session_id, run_id=run.id, message_id=None,
            database=self.pool, clock=self.clock, resources=self.resources,
        )  # fmt: skip
        summary = (run.answer or {}).get("summary", "")
        arguments = {
            "text": f"{claimed.alert} on {claimed.service}: {summary}"[:2000],
            "tags": ["trivium", "auto-analysis", claimed.service],
            "time": stamp(claimed.alert_started_at),
        }
        try:
            result = await self.door.call(context, ANNOTATE, arguments)
        except ApprovalNeeded:
            return {"made": False, "why": ASKED.format(owner=actor.name)}
        except (Refused, SourceError) as error:
            return {"made": False, "why": str(error)}
        if result.status != "ok":
            return {"made": False, "why": result.error or "Grafana made none"}
        return {"made": True, "id": result.data.get("resource", {}).get("id")}


def actor_of(owner: User | None, claimed: Claimed) -> Actor:
    """The rule's owner with the roles of now, for whom the rule speaks."""
    roles = frozenset(owner.roles if owner else ())
    return Actor(
        user_id=claimed.owner, name=owner.name if owner else "", roles=roles,
        teams=frozenset(owner.teams if owner else ()), ceiling=roles, scopes=frozenset(PILLARS),
        entrance=Entrance.RULE, request_id=f"analysis-{claimed.id.hex}",
    )  # fmt: skip


def hindrance(claimed: Claimed, owner: User | None) -> tuple[Ending, str] | None:
    """Why this is not to be investigated, and what becomes of it then."""
    if claimed.attempt > MOST_ATTEMPTS:
        return "failed", f"given up: {MOST_ATTEMPTS} attempts did not end"
    if claimed.is_doubled:
        return "dropped", "its incident turned out to be one that has an analysis"
    if not claimed.is_enabled:
        return "dropped", f"the rule {claimed.rule} was switched off"
    if owner is None or owner.is_disabled:
        return "failed", f"the owner of the rule {claimed.rule} is disabled"
    if not owner.roles:
        return "failed", f"{owner.name}, who owns the rule {claimed.rule}, has no role any more"
    return None


def given_up(status: Ending, why: str, run_id: UUID | None = None) -> End:
    return End(status=status, note=why, run_id=run_id, analysis={"not_analysed": why})


def outcome_of(run: Run, claimed: Claimed, at: str) -> End:
    """A run that found out nothing at all, not even which alert it is, is no analysis."""
    answer = run.answer or {}
    if run.status == "completed" and (answer.get("findings") or answer.get("data", {}).get("diagnosis")):
        return End(status="done", note="", run_id=run.id, analysis=told(run, claimed, at))
    why = str((run.error or {}).get("message") or answer.get("summary") or f"the run is {run.status}")
    return given_up("failed", why, run.id)


def told(run: Run, claimed: Claimed, at: str) -> Json:
    """What the alert keeps of the answer. Without enough evidence there is no cause, however near one came."""
    answer = run.answer or {}
    diagnosis: Json = answer.get("data", {}).get("diagnosis") or {}
    hypotheses: list[Json] = diagnosis.get("hypotheses", [])
    is_found = diagnosis.get("verdict") in ("likely", "possible") and bool(hypotheses)
    return {
        "summary": answer.get("summary", ""),
        "cause": hypotheses[0]["title"] if is_found else None,
        "hypothesis": hypotheses[0]["title"] if is_found else "",
        "confidence": hypotheses[0]["confidence"] if is_found else None,
        "verdict": diagnosis.get("verdict", "not_enough_evidence"),
        "diagnosis": {
            "onset": diagnosis.get("onset"),
            "hypotheses": [
                {key: each.get(key) for key in ("id", "title", "confidence")} for each in hypotheses[:MOST_HYPOTHESES]
            ],
            "missing": diagnosis.get("missing", []),
        },
        "rule": claimed.rule,
        "run_id": str(run.id),
        "at": at,
    }
