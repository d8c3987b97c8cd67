"""Whether the audit log is whole, how use goes day by day, and what auto-analyze rules catch, as an admin sees it."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from starlette.responses import Response

from domain import audit_anchors, audit_chain, auto_analyze_rules, rule_record, usage_days
from domain.audit_anchors import Anchor, AnchorDamaged
from domain.auto_analyze_rules import Rule
from domain.rule_record import Analyses, RuleChange
from domain.windows import Window
from web.audit import AHEAD, USAGE_DAYS, spanned
from web.desk import Visit
from web.models.oversight import (
    AnalysesTold,
    AnalyzeRuleChange,
    AnalyzeRulesReply,
    AnalyzeRuleTold,
    ChainReply,
    DaysAsked,
    DaysReply,
    DayTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of, parameters_of
from web.replies import reply

LOOK_BACK = timedelta(days=7)
MOST_DAYS = timedelta(days=366)
MOST_RULES = 500


async def get_chain(visit: Visit) -> Response:
    """The whole log read once and compared with the anchor file, as `trivium audit verify` does it."""
    parts = visit.desk.parts
    anchors, damage = await asyncio.to_thread(anchors_of, parts.anchor)
    async with parts.pool.connection() as db:
        verdict = await audit_chain.verify(db, anchors)
    fields = asdict(verdict)
    body = ChainReply(
        **fields,
        is_intact=verdict.is_intact,
        anchored_at=anchors[-1].at if anchors else None,
        anchor_problem=damage,
        checked_at=parts.clock(),
    )
    return reply(body)


def anchors_of(path: Path | None) -> tuple[list[Anchor], str]:
    """The anchors, or none and why."""
    alone = "That the end of the log was not cut off is only the database's own word."
    if path is None:
        return [], f"No anchor file is kept here. {alone}"
    try:
        found = audit_anchors.read(path)
    except AnchorDamaged as error:
        return [], f"{error} Nothing outside the database vouches for the log."
    except OSError as error:
        return [], f"The anchor file {path} cannot be read: {error.strerror}. {alone}"
    return found, "" if found else f"There is no anchor file {path}. {alone}"


async def get_usage_days(visit: Visit) -> Response:
    asked, now = parameters_of(visit.request, DaysAsked), visit.desk.parts.clock()
    window = spanned(asked.since or (asked.until or now) - timedelta(days=USAGE_DAYS), asked.until or now + AHEAD)
    if window.length > MOST_DAYS:
        raise Invalid((FieldProblem(field="since", message=f"at most {MOST_DAYS.days} days at once"),))
    async with visit.desk.parts.pool.connection() as db:
        found = await usage_days.days(db, window)
    days = tuple(DayTold(**asdict(day)) for day in found)
    return reply(DaysReply(since=window.start, until=window.end, days=days))


async def list_rules(visit: Visit) -> Response:
    """Newest first, each with what it would have caught and what it has had analysed."""
    now = visit.desk.parts.clock()
    async with visit.desk.parts.pool.connection() as db:
        rules = await auto_analyze_rules.newest(db, limit=MOST_RULES)
        matched = await rule_record.matched(db, Window(now - LOOK_BACK, now))
        analyses = await rule_record.analyses(db)
    told = (rule_told(rule, matched.get(rule.id, 0), analyses.get(rule.id)) for rule in rules)
    return reply(AnalyzeRulesReply(rules=tuple(told)))


async def put_rule(visit: Visit) -> Response:
    """It holds from the next alert on; the change and its audit entry commit together."""
    asked, now = await body_of(visit.request, AnalyzeRuleChange), visit.desk.parts.clock()
    wanted = RuleChange(is_enabled=asked.is_enabled, annotate=asked.annotate)
    async with visit.desk.parts.pool.connection() as db:
        async with db.transaction():
            rule = await rule_record.change(db, visit.actor, visit.request.path_params["rule_id"], wanted)
        matched = await rule_record.matched(db, Window(now - LOOK_BACK, now))
        analyses = await rule_record.analyses(db)
    return reply(rule_told(rule, matched.get(rule.id, 0), analyses.get(rule.id)))


def rule_told(rule: Rule, matched: int, analyses: Analyses | None) -> AnalyzeRuleTold:
    of = asdict(analyses or Analyses(rule_id=rule.id))
    del of["rule_id"]
    fields = asdict(rule)
    fields["severities"] = tuple(rule.severities)
    return AnalyzeRuleTold(**fields, matched=matched, analyses=AnalysesTold(**of))
