"""Auto-analyze rules: which there are, and making one that says beforehand how much it would have caught."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from domain import audit, auto_analyze_rules
from domain.audit import Entry
from domain.auto_analyze_rules import MOST_COUNTED, NewRule, Rule
from domain.filters import SEVERITIES
from domain.found import readable
from domain.windows import Window, stamp
from tools.arguments import Severities
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium auto-analyze rules"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
LABEL = r"^[A-Za-z_][A-Za-z0-9_]*$"
MOST_LABELS = 20
LOOK_BACK = timedelta(days=7)
MANY = 100


class ListAutoAnalyzeRules(Args):
    limit: int = Field(100, ge=1, le=500, description="Most rules listed")


async def list_auto_analyze_rules(context: ToolContext, args: ListAutoAnalyzeRules) -> ToolResult:
    async with context.database.connection() as db:
        found = await auto_analyze_rules.newest(db, limit=args.limit + 1)
    shown = found[: args.limit]
    return ToolResult(
        status="ok" if shown else "empty",
        source=SOURCE,
        data={"rules": [as_json(rule) for rule in shown]},
        query=readable(auto_analyze_rules.NEWEST, {"limit": args.limit + 1}),
        as_of=context.clock(),
        cut=f"the newest {args.limit} rules are listed, there are more" if len(found) > args.limit else None,
    )


def as_json(rule: Rule) -> Json:
    return {
        "id": str(rule.id),
        "name": rule.name,
        "alert_name": rule.alert_name,
        "service": rule.service,
        "severities": rule.severities,
        "labels": rule.labels,
        "annotate": rule.annotate,
        "is_enabled": rule.is_enabled,
        "created_by": rule.created_by,
        "created_at": stamp(rule.created_at),
    }


def few(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > MOST_LABELS:
        raise ValueError(f"a rule names at most {MOST_LABELS} labels")
    return labels


LabelName = Annotated[str, Field(pattern=LABEL, max_length=100)]
LabelValue = Annotated[str, Field(max_length=500)]
Glob = Annotated[str, Field(min_length=1, max_length=200)]


class CreateAutoAnalyzeRule(Args):
    name: str = Field(max_length=63, pattern=NAME)
    alert_name: Glob = Field("*", description="Glob: * any text, ? one letter")
    service: Glob = Field("*", description="Glob too")
    severities: Severities = Field(SEVERITIES, description="Default: all")
    labels: Annotated[dict[LabelName, LabelValue], AfterValidator(few)] = Field(
        default_factory=dict, description="Labels with their exact values, all needed"
    )
    annotate: bool = Field(default=False, description="Also write each analysis to Grafana as an annotation")


def rule_of(context: ToolContext, args: CreateAutoAnalyzeRule) -> NewRule:
    """No severity named means all of them."""
    return NewRule(
        name=args.name,
        alert_name=args.alert_name,
        service=args.service,
        severities=args.severities or SEVERITIES,
        labels=args.labels,
        annotate=args.annotate,
        created_by=context.actor.user_id,
    )


async def preview_create_auto_analyze_rule(context: ToolContext, args: CreateAutoAnalyzeRule) -> Preview:
    new, now = rule_of(context, args), context.clock()
    async with context.database.connection() as db:
        if await auto_analyze_rules.by_name(db, args.name):
            raise auto_analyze_rules.taken(args.name)
        count = await auto_analyze_rules.would_match(db, new, Window(now - LOOK_BACK, now))
    return Preview(
        title=f"Make the auto-analyze rule {args.name}",
        lines=(
            f"Analyses each alert that fires and {fits(new)}",
            f"In the last 7 days it would have matched {counted(count)}",
            "Also writes each analysis to Grafana as an annotation" if new.annotate else "Writes nothing to Grafana",
        ),
        details={"name": new.name, "alert_name": new.alert_name, "service": new.service, "matched": count},
        warnings=(f"That is a lot: {counted(count)} in 7 days, each analysed by itself.",) if count > MANY else (),
    )


def fits(new: NewRule) -> str:
    """`is named High*, belongs to checkout, is critical and has the label env equal to prod`."""
    named = "has any name" if new.alert_name == "*" else f"is named {new.alert_name}"
    where = "belongs to any service" if new.service == "*" else f"belongs to {new.service}"
    grave = "has any severity" if set(new.severities) == set(SEVERITIES) else f"is {' or '.join(new.severities)}"
    labels = [f"has the label {name} equal to {value}" for name, value in sorted(new.labels.items())]
    *first, last = [named, where, grave, *labels]
    return f"{', '.join(first)} and {last}"


def counted(count: int) -> str:
    if count >= MOST_COUNTED:
        return f"{MOST_COUNTED:,} alerts or more"
    return "1 alert" if count == 1 else f"{count:,} alerts"


async def create_auto_analyze_rule(context: ToolContext, args: CreateAutoAnalyzeRule) -> ToolResult:
    async with context.database.connection() as db, db.transaction():
        rule = await auto_analyze_rules.add(db, rule_of(context, args))
        await audit.append(db, context.actor, created(context, rule))
    resource: Json = {"type": "auto_analyze_rule", "id": str(rule.id), "name": rule.name}
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={"resource": resource, "rule": as_json(rule)},
        as_of=context.clock(),
    )


def created(context: ToolContext, rule: Rule) -> Entry:
    criteria = {key: as_json(rule)[key] for key in ("alert_name", "service", "severities", "labels", "annotate")}
    confirmation = str(context.confirmation_id) if context.confirmation_id else None
    return Entry(
        action="auto_analyze_rule_created",
        target=rule.name,
        details=criteria | {"confirmation": confirmation},
        session_id=context.session_id,
        tool="create_auto_analyze_rule",
    )


LIST_AUTO_ANALYZE_RULES = ToolSpec(
    name="list_auto_analyze_rules",
    title="Auto-analyze rules",
    description="Rules that say which alerts are analysed by themselves.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:auto_analyze_rule:read",
    args=ListAutoAnalyzeRules,
    handler=list_auto_analyze_rules,
)
CREATE_AUTO_ANALYZE_RULE = ToolSpec(
    name="create_auto_analyze_rule",
    title="Make an auto-analyze rule",
    description="Have alerts of a kind analysed as soon as they fire.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.CREATE,
    permission="ai:revive:aiops:auto_analyze_rule:create",
    args=CreateAutoAnalyzeRule,
    handler=create_auto_analyze_rule,
    preview=preview_create_auto_analyze_rule,
    idempotent=False,
)
TOOLS = (LIST_AUTO_ANALYZE_RULES, CREATE_AUTO_ANALYZE_RULE)
