"""`trivium troubleshoot`: the context of one alert as it comes in, what is behind it, and a runbook after approval."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.console import Console
from rich.text import Text

from config.settings import Settings
from domain.actors import Entrance
from graphs.asking import Ask
from graphs.live import Live, Outcome
from tools.cleaning import strip_text
from trivium import alerts, changing
from trivium.asking import session_id
from trivium.service import Service, open_service

Json: TypeAlias = dict[str, Any]
CAUSE = "What is causing it?"
SIGNS = {"ok": ("✓", "green"), "empty": ("–", "dim"), "late": ("…", "yellow"), "unset": ("○", "dim")}
TROUBLE = ("!", "red")
FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to ask. `as_json` prints what a program reads, and asks nobody."""

    session: str | None = None
    as_json: bool = False


async def once(settings: Settings, alert: str, text: str, manner: Manner) -> int:
    async with open_service(settings) as service:
        return await ask_once(service, alert, text, manner)


async def ask_once(service: Service, alert: str, text: str, manner: Manner) -> int:
    """One question about one alert to its end. Raises NotFound for an alert that is not there, or not the caller's."""
    actor = await service.actor(Entrance.CLI)
    service.require_model()
    ask = Ask(
        text=text or CAUSE,
        graph="troubleshooting",
        session_id=session_id(manner.session),
        zone=service.settings.zone,
        alert=await alerts.named(service, actor, alert),
    )
    live = await service.runner.start(actor, ask)
    outcome = await followed(service, live, None if manner.as_json else Console(highlight=False))
    shown = changing.Manner(as_json=manner.as_json)
    return changing.told(await changing.settled(service, actor, outcome, shown), shown)


async def followed(service: Service, live: Live, console: Console | None) -> Outcome:
    """The run's outcome; on a `console` each part of the alert's context is a line as soon as it is known."""
    async for event in live.relay.read():
        if console and event.type == "context":
            console.print(line(event.data))
    outcome = await service.runner.finished(live)
    return outcome or Outcome(run_id=live.run_id, session_id=live.session_id, status="running")


def line(part: Json) -> Text:
    """How a part stands, and the most important of it; nothing in it can steer the terminal."""
    sign, style = SIGNS.get(part["status"], TROUBLE)
    said = gist(part) if part["status"] in ("ok", "empty") else part["why"] or part["status"]
    return Text(f"{sign} ", style=style).append(part["title"], style="bold").append(f"  {strip_text(said)}")


def gist(part: Json) -> str:
    teller = GISTS.get(part["part"].partition(":")[0])
    return teller(part["data"]) if teller and part["status"] == "ok" else "nothing"


def of_alert(data: Json) -> str:
    alert = data["alert"]
    return f"{alert['name']} on {alert['service']}, {alert['severity']}, {alert['status']} since {alert['starts_at']}"


def of_measures(data: Json) -> str:
    changed = [item["title"] for item in data.get("changed") or data.get("percentiles") or ()]
    return f"changed: {', '.join(changed[:FEW])}" if changed else "nothing out of the usual"


def of_errors(data: Json) -> str:
    return f"{data['errors'] or 0} error lines, {data['errors_before'] or 0} before"


def of_oncall(data: Json) -> str:
    people = [user["username"] for schedule in data["schedules"] for user in schedule.get("on_call", ())]
    return ", ".join(map(str, people)) or "nobody"


def of_similar(data: Json) -> str:
    return "; ".join(f"{item['number']} {item['title']}" for item in data["incidents"][:FEW])


def of_changes(data: Json) -> str:
    first = data["changes"][0] if data["changes"] else None
    return f"{data['total']}" + (f", among them {first.get('summary') or first.get('kind')}" if first else "")


def of_runbooks(data: Json) -> str:
    return ", ".join(f"{item['name']} ({item['confidence']:.2f})" for item in data["runbooks"][:FEW])


def of_diagnosis(data: Json) -> str:
    causes = [f"{item['title']} ({round(100 * item['confidence'])} %)" for item in data["hypotheses"][:1]]
    return ": ".join([data["verdict"].replace("_", " "), *causes])


GISTS: dict[str, Callable[[Json], str]] = {
    "alert": of_alert,
    "impact": of_measures,
    "dependency": of_measures,
    "slow": of_measures,
    "errors": of_errors,
    "oncall": of_oncall,
    "similar": of_similar,
    "changes": of_changes,
    "runbooks": of_runbooks,
    "diagnosis": of_diagnosis,
}
