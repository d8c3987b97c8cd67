"""What came of each change: made on whose word, or not made and why, or not known."""

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from agents.brain import Gathered
from agents.rules import phrases
from agents.rules.revive import describe
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.plan import ITSELF, Case

Json: TypeAlias = dict[str, Any]
CHECKS = {
    "execute_runbook": "Look at the executions of the runbook and at its servers before it is run again.",
    "create_incident": "Look at the incidents in Grafana before it is declared again.",
    "create_annotation": "Look at the annotations before it is made again.",
}
CHECK = "Look whether it is there as asked before it is asked for again."
UNDONE = {
    "expired": "not decided in time, so its confirmation expired; nothing was done.",
    "superseded": "set aside before anybody decided; nothing was done.",
    "failed": "failed.",
    "refused": "not done.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What came of one change. `status`: its outcome, or how its confirmation stands when nothing was done."""

    number: int
    label: str
    tool: str
    status: str
    text: str
    execution: str = ""
    resource: Json | None = None
    confirmation: str | None = None

    @property
    def is_done(self) -> bool:
        return self.status == "succeeded"

    def as_json(self) -> Json:
        return {
            "action": self.tool,
            "success": self.is_done,
            "status": self.status,
            "resource": self.resource,
            "confirmation_id": self.confirmation,
        }


def deed(case: Case, number: int) -> Deed:
    """What came of the change with this number; one that was never reached says so."""
    act = case.acts[number - 1]
    made = case.made(number, ITSELF)
    tool = BY_NAME[act.intent].tool
    label = phrases.capital(describe.plain(act))
    if made is None:
        text = f"{label}: not reached, because a change before it was not made."
        return Deed(number=number, label=label, tool=tool, status="not_reached", text=text)
    result = made.result
    confirmation: Json = result.data.get("confirmation") or {}
    status = standing(made, confirmation)
    return Deed(
        number=number,
        label=label,
        tool=tool,
        status=status,
        text=f"{label}: {outcome(made, status, confirmation)}",
        execution=str(result.execution_id or ""),
        resource=result.data.get("resource"),
        confirmation=confirmation.get("id"),
    )


def standing(made: Gathered, confirmation: Json) -> str:
    """One word for what came of it; only what a result supports is a success."""
    result = made.result
    if result.is_uncertain:
        return "unknown"
    if result.supports_claims or result.status == "truncated":
        return "succeeded"
    if result.status == "error":
        return "failed"
    undone = confirmation.get("status")
    return str(undone) if undone in ("rejected", "expired", "superseded") else "refused"


def outcome(made: Gathered, status: str, confirmation: Json) -> str:
    """What came of it, in words."""
    why = sentence((made.result.error or "").strip())
    if status == "succeeded":
        return f"done{approved(confirmation)}.{told(made.result.data)}"
    if status == "unknown":
        return " ".join(filter(None, ("it is not known whether this was done.", why, check(made.call.tool))))
    if status == "rejected":
        who, reason = confirmation.get("decided_by"), confirmation.get("reason")
        return f"rejected{f' by {who}' if who else ''}{f' ({reason})' if reason else ''}; nothing was done."
    return f"{UNDONE[status]} {why if status in ('failed', 'refused') else ''}".strip()


def check(tool: str) -> str:
    """What to look at when nobody knows whether a change was made."""
    return CHECKS.get(tool, CHECK)


def sentence(text: str) -> str:
    return f"{phrases.capital(text.rstrip('.'))}." if text else ""


def approved(confirmation: Json) -> str:
    """On whose word it was done."""
    who, through = confirmation.get("decided_by"), confirmation.get("decided_through")
    if through == "policy" or confirmation.get("mode") == "policy":
        return ", which the policy allows without asking"
    return f", approved by {who}" if who else ""


def told(data: Json) -> str:
    """What was made, by name and link; what a dry run would do; how to reach what was provisioned."""
    if data.get("dry_run"):
        return f" Nothing was executed; it would do this: {'; '.join(map(str, data.get('commands') or ['nothing']))}"
    reach = cast("Json", data.get("connection") or {})
    details = "; ".join(f"{name}: {value}" for name, value in reach.items())
    return f"{made(data.get('resource') or {})}{f' Connection: {details}.' if details else ''}"


def made(resource: Json) -> str:
    name = resource.get("name") or resource.get("uid") or resource.get("id")
    if not name:
        return ""
    kind, identity = str(resource.get("type") or "").replace("_", " "), resource.get("id")
    number = f" ({identity})" if kind in ("execution", "service") and identity else ""
    url = f": {resource['url']}" if resource.get("url") else "."
    return f" {phrases.capital(kind)} {name}{number}{url}"
