"""The commands that change: ask for a change, see what waits, decide on it."""

import sys
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text

from config.settings import Settings
from domain.actors import Actor, Entrance
from domain.confirmations import Confirmation
from domain.errors import Refused
from graphs import cards
from graphs.asking import Ask, Mode
from graphs.live import Outcome
from tools.decisions import Verdict
from trivium.asking import answered, print_answer, session_id
from trivium.service import Service, open_service

WAITS = 5
LONGEST_SECONDS = 3600.0
RISK_STYLE = {"low": "green", "medium": "yellow", "high": "red", "critical": "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to ask. `as_json` prints what a program reads, and asks nobody.

    `is_question`: nothing is to be changed; what is shown before it runs are queries.
    """

    mode: Mode = "auto"
    session: str | None = None
    as_json: bool = False
    is_question: bool = False


async def once(settings: Settings, text: str, manner: Manner) -> int:
    """One request to its end; at a terminal each change is shown and asked about. Exit code 5: it waits."""
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        service.require_model()
        ask = Ask(
            text=text,
            graph="inquiry" if manner.is_question else "revive",
            mode=manner.mode,
            session_id=session_id(manner.session),
            zone=settings.zone,
            preview=manner.is_question,
        )
        return told(await settled(service, actor, await service.runner.ask(actor, ask), manner), manner)


async def settled(service: Service, actor: Actor, outcome: Outcome, manner: Manner) -> Outcome:
    """The run after what the person at the terminal said to each change, up to the first that they leave open."""
    while outcome.waiting and not manner.as_json and sys.stdin.isatty():
        verdict = asked(Console(highlight=False), outcome.waiting)
        if verdict is None:
            break
        outcome = await decided(service, actor, outcome, verdict)
    return outcome


async def decided(service: Service, actor: Actor, outcome: Outcome, verdict: Verdict) -> Outcome:
    """The run after this word; a run that another process carries is told as it stands."""
    assert outcome.waiting is not None  # noqa: S101 - the caller has looked
    said = await service.approvals.decide(actor, outcome.waiting.id, verdict)
    after = await service.runner.finished(said.live) if said.live else None
    return after or Outcome(run_id=outcome.run_id, session_id=outcome.session_id, status="running")


def asked(console: Console, found: Confirmation) -> Verdict | None:
    """What the person at the terminal says; None when they leave it open."""
    show(console, found)
    try:
        word = (
            console.input("Approve this change? [bold]y[/]es, [bold]n[/]o, Enter leaves it waiting: ").strip().lower()
        )
    except EOFError:
        return None
    if word not in ("y", "yes", "n", "no"):
        return None
    return Verdict(action="approve" if word.startswith("y") else "reject", sha256=found.arguments_sha256)


def told(outcome: Outcome, manner: Manner) -> int:
    if outcome.waiting:
        return waits(outcome, outcome.waiting, manner)
    print_answer(answered(outcome), outcome, "json" if manner.as_json else "text")
    match outcome.status:
        case "completed":
            return 0
        case "failed" if (outcome.error or {}).get("error") in ("permission_denied", "insufficient_permissions"):
            return 3
        case _:
            return 1


def waits(outcome: Outcome, found: Confirmation, manner: Manner) -> int:
    if manner.as_json:
        body = {"run_id": str(outcome.run_id), "session_id": str(outcome.session_id), "status": outcome.status}
        printed({**body, "action_required": cards.card(found)})
        return WAITS
    console = Console(highlight=False)
    show(console, found)
    console.print(f"Waits for approval: `trivium approve {found.id}` or `trivium approve --reject {found.id}`.")
    return WAITS


async def approvals(settings: Settings, *, as_json: bool) -> int:
    """What waits for this person's word."""
    async with open_service(settings) as service:
        found = await service.approvals.waiting(await service.actor(Entrance.CLI))
    if as_json:
        printed([cards.card(each) for each in found])
        return 0
    console = Console(highlight=False)
    for each in found:
        show(console, each)
    if not found:
        console.print("Nothing waits for your approval.")
    return 0


async def approve(settings: Settings, confirmation: str, action: Literal["approve", "reject"], reason: str) -> int:
    """The word is given and the change carried out here; prints what came of it. Exit code 1 when it did not work."""
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        said = await service.approvals.decide(
            actor, confirmation_id(confirmation), Verdict(action=action, reason=reason)
        )
        if said.live and (outcome := await service.runner.finished(said.live)):
            code = told(outcome, Manner())
            return 0 if action == "reject" and outcome.status == "rejected" else code
        found = said.confirmation
        if found.status == "approved":
            found = await service.approvals.settled(found.id, seconds=LONGEST_SECONDS)
    console = Console(highlight=False)
    console.print(f"{found.details['title']}: {found.status}, {found.outcome or 'nothing was carried out'}.")
    if found.result and found.result.get("error"):
        console.print(found.result["error"], style="red")
    return 0 if found.outcome == "succeeded" or found.status == "rejected" else 1


def confirmation_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(
            f"{text} is no confirmation id: `trivium approvals` lists what waits.", code="invalid_arguments"
        ) from error


def show(console: Console, found: Confirmation) -> None:
    """The card: what will happen, with what risk, until when."""
    shown = cards.card(found)
    rows: list[Any] = [Text(line, overflow="fold") for line in shown["details"]["lines"]]
    rows += [Text(f"! {warning}", style="yellow", overflow="fold") for warning in shown["warnings"]]
    if shown["details"]["diff"]:
        rows.append(Syntax(shown["details"]["diff"], "diff", word_wrap=True, background_color="default"))
    about = f"risk {found.risk_level} · asked by {found.requester} · {shown['seconds_left']} s left · {found.id}"
    rows.append(Padding(Text(about, style="dim"), (1, 0, 0, 0)))
    style = RISK_STYLE[found.risk_level]
    console.print(Panel(Group(*rows), title=Text(shown["title"], style="bold"), title_align="left", border_style=style))


def printed(value: object) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
