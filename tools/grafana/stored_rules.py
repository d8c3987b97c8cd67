"""Alert rules as Grafana holds them now, how a new one would stand at this moment, and whether a save was kept."""

from dataclasses import dataclass

from domain.errors import Refused, SourceError
from tools.grafana import promql, rule
from tools.grafana.metrics import Examined, metrics_of
from tools.grafana.reach import CHANGE_SECONDS, ask, missing, reached, record, rows, unsure
from tools.grafana.reading import counted, text
from tools.grafana.replies import made
from tools.grafana.rule import Check
from tools.sources.grafana import Datasource, Grafana
from tools.spec import Json, ToolContext, ToolResult

MOST_RULES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRule:
    """One rule: `config` is what a person decides, the rest how it stands."""

    uid: str
    config: Json
    state: str
    health: str
    last_error: str
    link: str

    @property
    def title(self) -> str:
        return text(self.config, "title")

    @property
    def fingerprint(self) -> str:
        return rule.fingerprint(self.config)

    @property
    def resource(self) -> Json:
        return {"type": "alert_rule", "uid": self.uid, "name": self.title, "url": self.link}

    @property
    def was_changed(self) -> str:
        return f"The alert rule {self.title!r} was changed since: it is not the one that was shown any more."

    def refuse_other(self, seen: str | None) -> None:
        """Raises Refused unless this is the rule that was read."""
        if seen is None:
            raise Refused(
                f"Read the alert rule {self.title!r} first.",
                code="invalid_arguments",
                alternative=f"Send seen={self.fingerprint} with the change.",
            )
        if seen != self.fingerprint:
            raise Refused(self.was_changed, code="conflict", alternative="Read it again and change what is there now.")


def link_of(grafana: Grafana, uid: str) -> str:
    return grafana.link(f"/alerting/grafana/{uid}/view")


async def stored_rule(grafana: Grafana, uid: str) -> StoredRule:
    """The rule with this uid as it stands. Raises NotFound, SourceError."""
    try:
        found = record(await ask(grafana, "alerting_rules_read", {"operation": "get", "rule_uid": uid}))
    except SourceError as error:
        raise missing(error, "alert rule", uid) from error
    return StoredRule(
        uid=uid,
        config=rule.config_of(found),
        state=text(found, "state") or "unknown",
        health=text(found, "health"),
        last_error=text(found, "last_error"),
        link=link_of(grafana, uid),
    )


async def listed(grafana: Grafana, asked: Json) -> list[Json]:
    """Rules as {uid, title, state, folder_uid, rule_group, ...}; Grafana gives at most 200."""
    given = {"operation": "list", "rule_limit": MOST_RULES, **asked}
    return rows(await ask(grafana, "alerting_rules_read", given))


async def refuse_namesake(grafana: Grafana, title: str, folder_uid: str, own_uid: str = "") -> list[Json]:
    """The rules of the folder. Raises Refused when another of them has this title."""
    there = await listed(grafana, {"folder_uid": folder_uid})
    others = [item for item in there if text(item, "title") == title and item.get("uid") != own_uid]
    if not others:
        return there
    uid = text(others[0], "uid")
    raise Refused(
        f"There already is an alert rule {title!r} in that folder: {link_of(grafana, uid)}.",
        code="already_exists",
        alternative=f"Update it (update_alert_rule, uid {uid}), or choose another title or folder.",
    )


async def examined(context: ToolContext, source: Datasource, check: Check) -> Examined:
    """What the rule's expression gives now. Raises Refused when it is no PromQL or names what does not exist."""
    unset = promql.variables(check.expr)
    if unset:
        raise Refused(
            f"An alert rule knows no dashboard variables, and this one uses ${unset[0]}.", code="bad_expression"
        )
    return await (await metrics_of(context, source)).examined("The alert rule", check.expr)


def standing(check: Check, found: Examined, minutes: float) -> str:
    """How the rule would stand now: `Evaluated now: 3 series, 2 of them above 0.9: it would be firing for 2 series`."""
    values = found.values or ()
    if not values:
        return "Evaluated now: no data"
    holding = sum(check.holds(value) for value in values)
    if not holding:
        return f"Evaluated now: {len(values)} series, none {check.op} {check.value:g}: it would not be firing"
    after = f", once that has lasted {counted(minutes, 'minute')}" if minutes else ""
    one = f"Evaluated now: {len(values)} series, {holding} of them {check.op} {check.value:g}"
    return f"{one}: it would be firing for {holding} series now{after}"


def check_warnings(check: Check, found: Examined, no_data: str) -> tuple[str, ...]:
    """What is odd about the expression, or about comparing it once more."""
    warnings = list(found.warnings)
    if promql.is_comparison(check.expr):
        warnings.append("the expression compares already: what is left of it is compared once more with the condition")
    if not found.values:
        warnings.append(f"as long as there is no data the rule is in the state {no_data}")
    return tuple(warnings)


async def write(grafana: Grafana, arguments: Json) -> str:
    """The uid of the rule that Grafana says it kept. Raises SourceError, uncertain when it may have been kept."""
    answer = await grafana.change("alerting_rules_write", arguments, deadline_seconds=CHANGE_SECONDS)
    return text(record(answer, is_uncertain=True), "uid")


async def verified(context: ToolContext, uid: str, sent: Json, query: str) -> ToolResult:
    """The result of a write that Grafana reported as done: ok only when reading it back gives what was sent."""
    grafana, title = reached(context), text(sent, "title")
    if not uid:
        return unsure(context, f"Grafana did not say where it kept {title!r}; look for it there.", query)
    try:
        now = await stored_rule(grafana, uid)
    except (SourceError, Refused) as error:
        resource = {"type": "alert_rule", "uid": uid, "name": title, "url": link_of(grafana, uid)}
        return unsure(
            context, f"Grafana said it kept {title!r}, but it could not be read back: {error}", query, resource
        )
    if rule.outline(now.config) != rule.outline(sent):
        said = f"Grafana kept {title!r}, but what it holds now differs from what was approved: {now.link}"
        return unsure(context, said, query, now.resource)
    return made(context, now.resource, query, fingerprint=now.fingerprint, state=now.state)
