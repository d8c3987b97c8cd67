"""Changes of alert rules: Grafana replaces the whole rule, so the whole is read, changed, shown and compared."""

from dataclasses import replace

from domain.errors import Refused, SourceError
from tools.grafana import board, rule
from tools.grafana.metrics import Examined
from tools.grafana.reach import SOURCE, folder, folder_title, not_done, prometheus, reached, ready
from tools.grafana.reading import part, text
from tools.grafana.replies import sent
from tools.grafana.rule import Check
from tools.grafana.rule_arguments import Pairs, UpdateAlertRule
from tools.grafana.stored import CONFLICTS
from tools.grafana.stored_rules import (
    StoredRule,
    check_warnings,
    examined,
    refuse_namesake,
    standing,
    stored_rule,
    verified,
    write,
)
from tools.spec import Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec


async def settle(context: ToolContext, args: UpdateAlertRule) -> UpdateAlertRule:
    """What was not said about the rule that is changed is how it stands; names become uids."""
    grafana = reached(context)
    given: Json = {}
    if args.seen is None:
        given["seen"] = (await stored_rule(grafana, args.uid)).fingerprint
    if args.folder is not None:
        given["folder"] = (await folder(grafana, args.folder)).uid
    if args.datasource is not None:
        given["datasource"] = (await prometheus(grafana, args.datasource)).uid
    return args.model_copy(update=given)


async def preview(context: ToolContext, args: UpdateAlertRule) -> Preview:
    grafana = reached(context)
    now = await stored_rule(grafana, args.uid)
    now.refuse_other(args.seen)
    then = changed(now, args)
    if then == now.config:
        raise Refused(f"The alert rule {now.title!r} already is as asked.", code="invalid_arguments")
    if args.title or args.folder:
        await refuse_namesake(grafana, text(then, "title"), text(then, "folder_uid"), now.uid)
    before = await folder_title(grafana, text(now.config, "folder_uid"))
    place = await folder_title(grafana, text(then, "folder_uid"))
    lines, warnings = await stands(context, then, args)
    return Preview(
        title=f"Change the alert rule {now.title!r} in folder {before}",
        lines=(f"It is {now.state} now: {now.link}", *lines),
        diff=board.diff(rule.outline(now.config, before), rule.outline(then, place), now.title),
        details={"title": text(then, "title"), "condition": " ".join(rule.watched(then)), "folder": place},
        warnings=warnings,
    )


async def stands(context: ToolContext, then: Json, args: UpdateAlertRule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the changed rule would stand now, when what it watches changes."""
    check = rule.check_of(then)
    if check is None or not args.changes_check:
        return (), ()
    grafana = reached(context)
    found: Examined = await examined(context, await prometheus(grafana, check.datasource), check)
    minutes = rule.seconds(text(then, "for")) / 60
    return (standing(check, found, minutes),), check_warnings(check, found, text(then, "no_data_state"))


def changed(now: StoredRule, args: UpdateAlertRule) -> Json:
    """The rule as it will be written. Raises Refused when something of it would get lost, or nothing is asked."""
    if not args.asks_something:
        raise Refused("Nothing to change was given.", code="invalid_arguments")
    lost = rule.not_changeable(now.config)
    if lost:
        raise Refused(
            f"The alert rule {now.title!r} cannot be changed from here: {lost}.",
            code="not_changeable",
            alternative=f"Change it in Grafana: {now.link}.",
        )
    then = now.config | given(args)
    labels = args.labels | ({"severity": args.severity} if args.severity else {})
    then |= {"labels": merged(part(then, "labels"), labels)} if labels else {}
    then |= {"annotations": merged(part(then, "annotations"), args.annotations)} if args.annotations else {}
    return rule.with_check(then, new_check(now, args)) if args.changes_check else then


def given(args: UpdateAlertRule) -> Json:
    """The plain fields that were named, in Grafana's words."""
    span = None if args.for_minutes is None else rule.span(args.for_minutes)
    fields = {
        "title": args.title,
        "folder_uid": args.folder,
        "rule_group": args.group,
        "for": span,
        "no_data_state": args.no_data,
        "exec_err_state": args.on_error,
    }
    return {name: value for name, value in fields.items() if value is not None}


def merged(old: Pairs, new: Pairs) -> Pairs:
    return {name: value for name, value in (old | new).items() if value}


def new_check(now: StoredRule, args: UpdateAlertRule) -> Check:
    """What it will watch. Raises Refused for a rule of several expressions."""
    check = rule.check_of(now.config)
    if check is None:
        raise Refused(
            f"The alert rule {now.title!r} is made of several expressions: its condition is not one to set from here.",
            code="not_changeable",
            alternative=f"Change it in Grafana: {now.link}.",
        )
    check = replace(check, expr=args.expr or check.expr, datasource=args.datasource or check.datasource)
    return replace(check, op=args.condition.op, value=args.condition.value) if args.condition else check


async def update_alert_rule(context: ToolContext, args: UpdateAlertRule) -> ToolResult:
    args = await ready(context, args, settle, preview)
    grafana = reached(context)
    query = f"alerting_rules_write update {args.uid}"
    try:
        now = await stored_rule(grafana, args.uid)
        now.refuse_other(args.seen)
        then = changed(now, args)
    except Refused as error:
        return not_done(context, f"{error} Nothing was changed.", query)
    asked = {"operation": "update", "rule_uid": args.uid, **rule.to_write(then)}
    try:
        await write(grafana, asked)
    except SourceError as error:
        if error.status not in CONFLICTS:
            raise
        return not_done(context, f"Grafana did not take the change, and nothing was changed: {error}", query)
    return await verified(context, args.uid, then, sent("alerting_rules_write", asked))


UPDATE_ALERT_RULE = ToolSpec(
    name="update_alert_rule",
    title="Change an alert rule",
    description="Change a Grafana alert rule; what is not named stays.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.UPDATE,
    permission="ai:revive:grafana:alert_rule:update",
    args=UpdateAlertRule,
    handler=update_alert_rule,
    settle=settle,
    preview=preview,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)
