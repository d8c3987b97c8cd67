from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from domain import auto_analyze_rules
from domain.database import Pool
from domain.errors import Refused
from tests.house import NOW, actor, tool_context
from tools.auto_analyze_rules import CREATE_AUTO_ANALYZE_RULE, LIST_AUTO_ANALYZE_RULES, TOOLS
from tools.masking import mask
from tools.spec import AnySpec, Pillar, Preview, ToolContext, ToolResult

ALERT = """
insert into trivium.alerts (fingerprint, starts_at, name, severity, service, labels, annotations, source)
values (%(fingerprint)s, %(starts_at)s, %(name)s, %(severity)s, %(service)s, %(labels)s, '{}', 'test')
returning id
"""
MANY = """
insert into trivium.alerts (fingerprint, starts_at, name, severity, service, labels, annotations, source)
select 'many-' || number, %(starts_at)s, 'HighLatency', 'warning', 'checkout', '{}', '{}', 'test'
from generate_series(1, %(count)s) as number
"""
SWITCH_OFF = "update trivium.auto_analyze_rules set is_enabled = false where name = %(name)s"
AUDITED = """
select user_id, target, details, ai_session_id, ai_tool_name from trivium.audit_logs
where action = 'auto_analyze_rule_created'"""


@pytest.fixture
async def context(pool: Pool) -> ToolContext:
    return await tool_context(pool, await actor(pool, "admin", name="ann"), Pillar.REVIVE)


async def call(context: ToolContext, spec: AnySpec, **arguments: Any) -> ToolResult:
    result = await spec.handler(context, spec.args.model_validate(arguments))
    assert mask(result.data) == result.data
    return result


async def create(context: ToolContext, name: str = "r", **arguments: Any) -> ToolResult:
    return await call(context, CREATE_AUTO_ANALYZE_RULE, name=name, **arguments)


async def preview(context: ToolContext, name: str = "r", **arguments: Any) -> Preview:
    assert CREATE_AUTO_ANALYZE_RULE.preview
    args = CREATE_AUTO_ANALYZE_RULE.args.model_validate({"name": name} | arguments)
    return await CREATE_AUTO_ANALYZE_RULE.preview(context, args)


async def alert(context: ToolContext, name: str = "HighLatency", **given: Any) -> Any:
    values: dict[str, Any] = {
        "fingerprint": uuid4().hex, "starts_at": NOW - timedelta(hours=1), "name": name, "severity": "critical",
        "service": "checkout", "labels": {},
    }  # fmt: skip
    values |= given
    async with context.database.connection() as db:
        row = await (await db.execute(ALERT, values | {"labels": Jsonb(values["labels"])})).fetchone()
    assert row
    return row["id"]


async def matching(context: ToolContext, alert_id: Any) -> list[str]:
    async with context.database.connection() as db:
        return [rule.name for rule in await auto_analyze_rules.matching(db, alert_id)]


async def test_a_rule_is_made_on_record_and_listed(context: ToolContext) -> None:
    """RV-11."""
    given = {
        "alert_name": "High*",
        "service": "checkout",
        "severities": ["critical", "warning"],
        "labels": {"env": "prod"},
        "annotate": True,
    }
    made = await create(context, "checkout-high", **given)
    rule = made.data["rule"]
    assert made.data["resource"] == {"type": "auto_analyze_rule", "id": rule["id"], "name": "checkout-high"}
    about = {"id": rule["id"], "name": "checkout-high", "created_at": rule["created_at"]}
    assert rule == given | about | {"is_enabled": True, "created_by": "ann"}
    await create(context, "all")
    found = await call(context, LIST_AUTO_ANALYZE_RULES)
    everything, first = found.data["rules"]
    assert (found.status, found.cut, first) == ("ok", None, rule)
    defaults = (everything["alert_name"], everything["service"], everything["severities"], everything["labels"])
    assert defaults == ("*", "*", ["critical", "warning", "info"], {})
    async with context.database.connection() as db:
        entry, _ = await (await db.execute(AUDITED)).fetchall()
    assert entry == {
        "user_id": context.actor.user_id,
        "target": "checkout-high",
        "details": given | {"confirmation": None},
        "ai_session_id": context.session_id,
        "ai_tool_name": "create_auto_analyze_rule",
    }


async def test_no_rule_is_an_empty_answer_and_a_limit_says_that_there_are_more(context: ToolContext) -> None:
    assert (await call(context, LIST_AUTO_ANALYZE_RULES)).status == "empty"
    for name in ("a", "b"):
        await create(context, name)
    cut = await call(context, LIST_AUTO_ANALYZE_RULES, limit=1)
    assert [rule["name"] for rule in cut.data["rules"]] == ["b"]
    assert cut.cut == "the newest 1 rules are listed, there are more"


@pytest.mark.parametrize("deed", [preview, create])
async def test_a_name_that_is_taken_is_refused_before_and_while_it_is_done(context: ToolContext, deed: Any) -> None:
    await create(context, annotate=True)
    with pytest.raises(Refused, match="named r already") as refused:
        await deed(context)
    assert refused.value.code == "already_exists"
    (rule,) = (await call(context, LIST_AUTO_ANALYZE_RULES)).data["rules"]
    assert rule["annotate"] is True


async def test_the_preview_says_what_the_rule_would_have_caught_and_makes_nothing(context: ToolContext) -> None:
    """RV-11."""
    await alert(context, labels={"env": "prod", "pod": "a"})
    await alert(context, "DiskFull", labels={"env": "prod"})
    narrow = await preview(
        context, alert_name="High*", service="checkout", severities="critical", labels={"env": "prod"}, annotate=True
    )
    kind = "is named High*, belongs to checkout, is critical and has the label env equal to prod"
    assert narrow == Preview(
        title="Make the auto-analyze rule r",
        lines=(
            f"Analyses each alert that fires and {kind}",
            "In the last 7 days it would have matched 1 alert",
            "Also writes each analysis to Grafana as an annotation",
        ),
        details={"name": "r", "alert_name": "High*", "service": "checkout", "matched": 1},
    )
    wide = await preview(context, severities=[])
    assert wide.lines == (
        "Analyses each alert that fires and has any name, belongs to any service and has any severity",
        "In the last 7 days it would have matched 2 alerts",
        "Writes nothing to Grafana",
    )
    assert (await call(context, LIST_AUTO_ANALYZE_RULES)).status == "empty"


async def test_only_the_last_seven_days_count(context: ToolContext) -> None:
    for days in (0.0, 0.001, 6.999, 7.0, 7.001, -1.0):
        await alert(context, starts_at=NOW - timedelta(days=days))
    assert (await preview(context)).details["matched"] == 3


@pytest.mark.parametrize(("count", "warned"), [(100, False), (101, True)])
async def test_a_rule_for_more_than_a_hundred_alerts_is_a_warning(
    context: ToolContext, count: int, warned: bool
) -> None:
    async with context.database.connection() as db:
        await db.execute(MANY, {"starts_at": NOW - timedelta(days=1), "count": count})
    shown = await preview(context)
    assert shown.details["matched"] == count
    assert shown.warnings == (("That is a lot: 101 alerts in 7 days, each analysed by itself.",) if warned else ())


async def test_counting_ends_somewhere_and_says_so(context: ToolContext) -> None:
    async with context.database.connection() as db:
        await db.execute(MANY, {"starts_at": NOW - timedelta(days=1), "count": 10_050})
    shown = await preview(context)
    assert "In the last 7 days it would have matched 10,000 alerts or more" in shown.lines
    assert shown.details["matched"] == 10_000


GLOBS = [
    ("*", "HighLatency", True),
    ("HighLatency", "HighLatency", True),
    ("HighLatency", "HighLatency2", False),
    ("High", "HighLatency", False),
    ("High*", "HighLatency", True),
    ("*Latency", "HighLatency", True),
    ("*La*", "HighLatency", True),
    ("H?gh*", "HighLatency", True),
    ("High?Latency", "HighLatency", False),
    ("high*", "HighLatency", False),
    ("100%", "100%", True),
    ("100%", "1000", False),
    ("a_b", "a_b", True),
    ("a_b", "axb", False),
    ("a\\b", "a\\b", True),
    ("a\\*", "a\\b", True),
    ("a\\", "a\\", True),
    ("[ab]", "[ab]", True),
    ("[ab]", "a", False),
    ("%", "x", False),
    ("a'b", "a'b", True),
    ("*", "two\nlines", True),
]


@pytest.mark.parametrize(("glob", "name", "fits"), GLOBS)
async def test_a_glob_knows_a_star_and_a_question_mark_and_nothing_else(
    context: ToolContext, glob: str, name: str, fits: bool
) -> None:
    """The preview counts by the very rule that later matches."""
    by_name = await alert(context, name, service="other")
    by_service = await alert(context, "other", service=name)
    await create(context, "by-name", alert_name=glob, service="other")
    await create(context, "by-service", alert_name="other", service=glob)
    assert await matching(context, by_name) == (["by-name"] if fits else [])
    assert await matching(context, by_service) == (["by-service"] if fits else [])
    assert (await preview(context, alert_name=glob, service="other")).details["matched"] == fits
    assert (await preview(context, alert_name="other", service=glob)).details["matched"] == fits


async def test_severity_and_every_label_have_to_fit_and_the_rule_be_on(context: ToolContext) -> None:
    one = await alert(context, severity="warning", labels={"env": "prod", "pod": "a", "level": "1"})
    rules: dict[str, dict[str, Any]] = {
        "yes": {"severities": ["warning"], "labels": {"env": "prod", "pod": "a"}},
        "any": {},
        "off": {},
        "severity": {"severities": ["critical", "info"]},
        "value": {"labels": {"env": "test"}},
        "missing": {"labels": {"env": "prod", "zone": "a"}},
        "empty": {"labels": {"zone": ""}},
    }
    for name, criteria in rules.items():
        await create(context, name, **criteria)
    async with context.database.connection() as db:
        await db.execute(SWITCH_OFF, {"name": "off"})
    assert await matching(context, one) == ["any", "yes"]
    assert await matching(context, uuid4()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "a b"},
        {"alert_name": ""},
        {"service": "x" * 201},
        {"severities": ["page"]},
        {"labels": {"a b": "c"}},
        {"labels": {"a": 1}},
        {"labels": {f"l{number}": "x" for number in range(21)}},
        {"enabled": True},
    ],
)
def test_arguments_that_make_no_rule_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CREATE_AUTO_ANALYZE_RULE.args.model_validate({"name": "r"} | arguments)


async def test_the_approval_stands_on_the_audit_log(context: ToolContext) -> None:
    await create(replace(context, confirmation_id=context.session_id))
    async with context.database.connection() as db:
        entry = await (await db.execute(AUDITED)).fetchone()
    assert entry
    assert entry["details"]["confirmation"] == str(context.session_id)


def test_only_creating_changes_something() -> None:
    assert [(spec.name, spec.is_read, spec.permission) for spec in TOOLS] == [
        ("list_auto_analyze_rules", True, "ai:revive:aiops:auto_analyze_rule:read"),
        ("create_auto_analyze_rule", False, "ai:revive:aiops:auto_analyze_rule:create"),
    ]
