"""Alert rules: found, looked at, and deleted; making and changing them stands beside this."""

from collections import Counter
from typing import Literal, TypeAlias

from pydantic import Field

from domain.errors import NotFound, SourceError
from tools.grafana import rule
from tools.grafana.alert_rule_edits import UPDATE_ALERT_RULE
from tools.grafana.new_alert_rules import CREATE_ALERT_RULE
from tools.grafana.panel_arguments import Uid
from tools.grafana.reach import (
    CHANGE_SECONDS,
    SOURCE,
    Folder,
    folder,
    folder_title,
    folders,
    not_done,
    reached,
    ready,
    unsure,
)
from tools.grafana.reading import part, text
from tools.grafana.replies import answer, made, sent
from tools.grafana.stored_rules import MOST_RULES, StoredRule, link_of, listed, stored_rule
from tools.sources.grafana import Grafana
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

State: TypeAlias = Literal["firing", "pending", "normal", "recovering", "nodata", "error"]
PERMISSION = "ai:revive:grafana:alert_rule:"


class ListAlertRules(Args):
    folder: str | None = Field(None, max_length=200, description="Title or uid")
    search: str = Field("", max_length=200, description="Part of the title")
    state: State | None = None
    limit: int = Field(50, ge=1, le=MOST_RULES)


async def list_alert_rules(context: ToolContext, args: ListAlertRules) -> ToolResult:
    """Older Grafanas pay no heed to a title or a state, so both are looked at here too."""
    grafana = reached(context)
    asked: Json = {}
    asked |= {"folder_uid": (await folder(grafana, args.folder)).uid} if args.folder else {}
    asked |= {"search_rule_name": args.search} if args.search else {}
    asked |= {"states": [args.state]} if args.state else {}
    there = await listed(grafana, asked)
    chosen = [item for item in there if is_wanted(item, args)]
    known = await folders(grafana) if chosen else ()
    rules = [row(grafana, item, known) for item in chosen[: args.limit]]
    states = Counter(text(item, "state") for item in chosen)
    data = {"rules": rules, "total": len(chosen), "by_state": dict(states)}
    return answer(context, data, query=sent("alerting_rules_read", {"operation": "list", **asked}), found=len(chosen),
                  cut=left_out(len(there), len(rules), len(chosen)))  # fmt: skip


def is_wanted(item: Json, args: ListAlertRules) -> bool:
    is_named = args.search.casefold() in text(item, "title").casefold()
    return is_named and args.state in (None, text(item, "state"))


def left_out(read: int, shown: int, chosen: int) -> str | None:
    notes = (
        f"{shown} of {chosen} rules are listed" if shown < chosen else None,
        f"Grafana tells of at most {MOST_RULES} rules; narrow by folder" if read >= MOST_RULES else None,
    )
    return "; ".join(filter(None, notes)) or None


def row(grafana: Grafana, item: Json, known: tuple[Folder, ...]) -> Json:
    folder_uid = text(item, "folder_uid")
    return {
        "uid": text(item, "uid"),
        "title": text(item, "title"),
        "state": text(item, "state"),
        "health": text(item, "health"),
        "folder": next((place.title for place in known if place.uid == folder_uid), folder_uid),
        "group": text(item, "rule_group"),
        "labels": item.get("labels") or {},
        "url": link_of(grafana, text(item, "uid")),
    }


LIST_ALERT_RULES = ToolSpec(
    name="list_alert_rules",
    title="Alert rules",
    description="Grafana alert rules with their state.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission=PERMISSION + "read",
    args=ListAlertRules,
    handler=list_alert_rules,
    source=SOURCE,
    deadline_seconds=30,
)


class GetAlertRuleByUid(Args):
    uid: Uid


async def get_alert_rule_by_uid(context: ToolContext, args: GetAlertRuleByUid) -> ToolResult:
    grafana = reached(context)
    found = await stored_rule(grafana, args.uid)
    place = await folder_title(grafana, text(found.config, "folder_uid"))
    query = sent("alerting_rules_read", {"operation": "get", "rule_uid": args.uid})
    return answer(context, summary(found, place), query=query, found=1)


def summary(found: StoredRule, place: str) -> Json:
    config, check = found.config, rule.check_of(found.config)
    return {
        "uid": found.uid,
        "title": found.title,
        "state": found.state,
        "health": found.health,
        "last_error": found.last_error,
        "folder": place,
        "group": text(config, "rule_group"),
        "expr": check.expr if check else None,
        "condition": {"op": check.op, "value": check.value} if check else None,
        "queries": [] if check else list(rule.watched(config)),
        "for_minutes": rule.seconds(text(config, "for")) / 60,
        "no_data": text(config, "no_data_state"),
        "on_error": text(config, "exec_err_state"),
        "labels": part(config, "labels"),
        "annotations": part(config, "annotations"),
        "is_paused": bool(config.get("is_paused")),
        "fingerprint": found.fingerprint,
        "url": found.link,
    }


GET_ALERT_RULE_BY_UID = ToolSpec(
    name="get_alert_rule_by_uid",
    title="One alert rule",
    description="An alert rule's expression, condition, labels and state.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission=PERMISSION + "read",
    args=GetAlertRuleByUid,
    handler=get_alert_rule_by_uid,
    source=SOURCE,
    deadline_seconds=20,
)


class DeleteAlertRule(Args):
    uid: Uid
    seen: str | None = Field(None, description="`fingerprint` as last read; left out: as it stands")


async def settle_delete(context: ToolContext, args: DeleteAlertRule) -> DeleteAlertRule:
    """The rule that a person will see is the one that may go."""
    if args.seen is not None:
        return args
    return args.model_copy(update={"seen": (await stored_rule(reached(context), args.uid)).fingerprint})


async def preview_delete(context: ToolContext, args: DeleteAlertRule) -> Preview:
    grafana = reached(context)
    found = await stored_rule(grafana, args.uid)
    found.refuse_other(args.seen)
    place = await folder_title(grafana, text(found.config, "folder_uid"))
    return Preview(
        title=f"Delete the alert rule {found.title!r} from folder {place}",
        lines=(f"It is {found.state} now: {found.link}", *rule.outline(found.config, place)[2:]),
        details={"title": found.title, "folder": place},
        warnings=("Nobody is told any more when this happens.",),
    )


async def delete_alert_rule(context: ToolContext, args: DeleteAlertRule) -> ToolResult:
    """Grafana reports success for a rule that never was, so it is looked for before and after."""
    args = await ready(context, args, settle_delete, preview_delete)
    grafana = reached(context)
    asked = {"operation": "delete", "rule_uid": args.uid}
    query = sent("alerting_rules_write", asked)
    try:
        found = await stored_rule(grafana, args.uid)
    except NotFound as error:
        return not_done(context, f"{error} Somebody may have deleted it meanwhile.", query)
    if args.seen is not None and args.seen != found.fingerprint:
        return not_done(context, f"{found.was_changed} It was not deleted.", query)
    await grafana.change("alerting_rules_write", asked, deadline_seconds=CHANGE_SECONDS)
    return await gone(context, grafana, found, query)


async def gone(context: ToolContext, grafana: Grafana, was: StoredRule, query: str) -> ToolResult:
    """The result of a deletion that Grafana reported as done: ok only when the rule cannot be found any more."""
    try:
        await stored_rule(grafana, was.uid)
    except NotFound:
        resource = {"type": "alert_rule", "uid": was.uid, "name": was.title}
        return made(context, resource, query, deleted=True)
    except SourceError as error:
        said = f"Grafana said it deleted {was.title!r}, but whether it is gone could not be read: {error}"
        return unsure(context, said, query, was.resource)
    said = f"Grafana said it deleted {was.title!r}, but it is still there: {was.link}"
    return unsure(context, said, query, was.resource)


DELETE_ALERT_RULE = ToolSpec(
    name="delete_alert_rule",
    title="Delete an alert rule",
    description="Delete one alert rule for good.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.DELETE,
    permission=PERMISSION + "delete",
    args=DeleteAlertRule,
    handler=delete_alert_rule,
    settle=settle_delete,
    preview=preview_delete,
    source=SOURCE,
    idempotent=False,
    deadline_seconds=40,
)

TOOLS = (LIST_ALERT_RULES, GET_ALERT_RULE_BY_UID, CREATE_ALERT_RULE, UPDATE_ALERT_RULE, DELETE_ALERT_RULE)
