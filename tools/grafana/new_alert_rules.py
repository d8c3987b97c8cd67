"""New alert rules: their expression parsed, tried, and compared with the condition before anybody is asked."""

from domain.errors import Refused, SourceError
from tools.grafana import rule, wishes
from tools.grafana.reach import SOURCE, folder, folder_title, not_done, prometheus, reached, ready
from tools.grafana.reading import counted
from tools.grafana.replies import sent
from tools.grafana.rule import Check
from tools.grafana.rule_arguments import CreateAlertRule
from tools.grafana.stored import CONFLICTS
from tools.grafana.stored_rules import check_warnings, examined, refuse_namesake, standing, verified, write
from tools.spec import Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec


async def settle(context: ToolContext, args: CreateAlertRule) -> CreateAlertRule:
    """The folder and the datasource become their uids."""
    grafana = reached(context)
    source, where = await prometheus(grafana, args.datasource), await folder(grafana, args.folder)
    if not where.uid:
        raise Refused("An alert rule needs a folder of its own, and General is none.", code="invalid_arguments")
    return args.model_copy(update={"datasource": source.uid, "folder": where.uid})


def check_of(args: CreateAlertRule) -> Check:
    return Check(datasource=args.datasource or "", expr=args.expr, op=args.condition.op, value=args.condition.value)


def config_of(args: CreateAlertRule) -> Json:
    return {
        "title": args.title,
        "folder_uid": args.folder,
        "rule_group": args.group,
        "condition": "B",
        "no_data_state": args.no_data,
        "exec_err_state": args.on_error,
        "for": rule.span(args.for_minutes),
        "annotations": args.annotations,
        "labels": args.labels | {"severity": args.severity},
        "data": rule.data_of(check_of(args)),
    }


async def preview(context: ToolContext, args: CreateAlertRule) -> Preview:
    grafana = reached(context)
    source, place = await prometheus(grafana, args.datasource), await folder_title(grafana, args.folder)
    there = await refuse_namesake(grafana, args.title, args.folder)
    check = check_of(args)
    found = await examined(context, source, check)
    mates = sum(item.get("rule_group") == args.group for item in there)
    group = f"beside {counted(mates, 'other rule')}" if mates else "which is new"
    return Preview(
        title=f"Create the alert rule {args.title!r} in folder {place}",
        lines=(
            f"Fires when {check} for {counted(args.for_minutes, 'minute')}, with severity {args.severity}",
            standing(check, found, args.for_minutes),
            f"Evaluated on {source.name}, in the group {args.group!r}, {group}",
            f"Without data: {args.no_data}; on an error: {args.on_error}",
            *rule.pairs("label", args.labels),
            *rule.pairs("annotation", args.annotations),
            *([f"In words: {plain}"] if (plain := wishes.in_words(check.expr)) else []),
        ),
        details={"title": args.title, "condition": str(check), "folder": place, "severity": args.severity},
        warnings=check_warnings(check, found, args.no_data),
    )


async def create_alert_rule(context: ToolContext, args: CreateAlertRule) -> ToolResult:
    args = await ready(context, args, settle, preview)
    grafana, config = reached(context), config_of(args)
    asked = {"operation": "create", **rule.to_write(config)}
    query = sent("alerting_rules_write", asked)
    try:
        await refuse_namesake(grafana, args.title, args.folder)
        uid = await write(grafana, asked)
    except Refused as error:
        return not_done(context, f"{error} Nothing was created.", query)
    except SourceError as error:
        if error.status not in CONFLICTS:
            raise
        return not_done(context, f"Grafana did not take the rule, and nothing was created: {error}", query)
    return await verified(context, uid, config, query)


CREATE_ALERT_RULE = ToolSpec(
    name="create_alert_rule",
    title="Create an alert rule",
    description="Create a Grafana alert rule that fires when PromQL is above or below a value for some minutes.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.CREATE,
    permission="ai:revive:grafana:alert_rule:create",
    args=CreateAlertRule,
    handler=create_alert_rule,
    settle=settle,
    preview=preview,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)
