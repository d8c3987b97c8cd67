"""What can be asked about Grafana's alert rules."""

from agents.rules.phrases import capital
from agents.rules.revive import measures, naming, spoken, values
from agents.rules.revive.intents import names
from agents.rules.revive.intents.dashboards import title, uid
from agents.rules.revive.intents.shape import Finder, Intent, Json, Slots
from agents.rules.revive.said import Said

RULE = Finder(
    tool="list_alert_rules", search="search", rows="rules", called=("title", "uid"), key="uid", noun="alert rule"
)
USUAL_FOLDER = "Services"
CHANGES = "new_title|threshold|condition|for_minutes|severity"


def rule_arguments(slots: Slots) -> Json:
    """An alert rule; the expression of a wish is found later."""
    return {
        "title": slots.get("title") or rule_title(slots),
        "expr": slots.get("expr"),
        "condition": measures.compared(slots.get("condition")),
        "for_minutes": slots.get("for_minutes"),
        "folder": slots.get("folder") or USUAL_FOLDER,
        "severity": slots.get("severity"),
    }


def rule_title(slots: Slots) -> str:
    """What it watches, and on which side: "Checkout error rate high"."""
    side = "high" if (slots.get("condition") or {}).get("op") == "above" else "low"
    about = " ".join(filter(None, (slots.get("service"), slots.get("spoken") or slots.get("wish") or "expression")))
    return capital(f"{about} {side}")


def watched_service(said: Said) -> str | None:
    """The service; beside a measure of many words only one that is known: "on p95 of search duration" names none."""
    return values.service(said) if spoken.watched(said) else values.typed_service(said)


def changed_rule(slots: Slots) -> Json:
    return {
        "uid": slots.get("uid"),
        "title": slots.get("new_title"),
        "condition": measures.compared(slots.get("condition")),
        "for_minutes": slots.get("for_minutes"),
        "severity": slots.get("severity"),
    }


INTENTS = (
    Intent(
        name="get_alert_rule",
        mode="grafana",
        tool="get_alert_rule_by_uid",
        cues=("+read alert_rule",),
        reads={"name": names.named, "uid": uid},
        takes=("uid",),
        finds=RULE,
        into="uid",
        about="alert rule {name}",
        extras=(" {uid}",),
    ),
    Intent(
        name="list_alert_rules",
        mode="grafana",
        tool="list_alert_rules",
        cues=("read alert_rule",),
        reads={"search": lambda said: naming.called(said.clause) or values.service(said)},
        takes=("search",),
        about="alert rules",
        extras=(" like {search}",),
    ),
    Intent(
        name="create_alert_rule",
        mode="grafana",
        tool="create_alert_rule",
        cues=("create alert_rule", "add alert_rule", "read notify"),
        reads={
            "title": title,
            "service": watched_service,
            "wish": lambda said: None if spoken.watched(said) else measures.wish(said),
            "spoken": spoken.watched,
            "expr": measures.expression,
            "condition": measures.condition,
            "for_minutes": measures.for_minutes,
            "severity": values.severity,
            "folder": values.folder,
        },
        arguments=rule_arguments,
        needs={
            "expr|wish|spoken": "What is the rule to watch, for example the error rate of checkout?",
            "condition": "When is it to fire, for example above 5 %?",
            "expr|service|spoken": "Of which service?",
        },
        is_change=True,
        then="expression",
        about="create alert rule",
        extras=(
            " “{title}”",
            " on {service}",
            " for {wish}",
            " for {spoken}",
            " of {expr}",
            " {condition}",
            " for {for_minutes} minutes",
            ", {severity}",
            " in folder {folder}",
        ),
    ),
    Intent(
        name="update_alert_rule",
        mode="grafana",
        tool="update_alert_rule",
        cues=("update alert_rule", "update rule"),
        reads={
            "name": names.named,
            "uid": uid,
            "new_title": values.new_title,
            "threshold": measures.threshold,
            "condition": measures.condition,
            "for_minutes": measures.for_minutes,
            "severity": values.severity,
        },
        arguments=changed_rule,
        needs={
            "name|uid": "Which alert rule?",
            CHANGES: "What is to change: threshold, duration, severity or title?",
        },
        finds=RULE,
        into="uid",
        is_change=True,
        then="threshold",
        about="update alert rule {name}",
        extras=(
            " {uid}",
            ": threshold {threshold}",
            ": {condition}",
            ": for {for_minutes} minutes",
            ": severity {severity}",
            ": title “{new_title}”",
        ),
    ),
    Intent(
        name="delete_alert_rule",
        mode="grafana",
        tool="delete_alert_rule",
        cues=("delete alert_rule", "delete rule"),
        reads={"name": names.named, "uid": uid},
        takes=("uid",),
        needs={"name|uid": "Which alert rule?"},
        finds=RULE,
        into="uid",
        is_change=True,
        about="delete alert rule {name}",
        extras=(" {uid}",),
    ),
)
