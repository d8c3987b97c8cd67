"""The commands that ask: one question, or a conversation."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from rich.console import Console

from agents.answer import Answer
from agents.export import as_csv, as_markdown
from config.settings import Settings
from domain.actors import Actor, Entrance
from domain.errors import Refused
from graphs.asking import Ask
from graphs.live import Outcome
from trivium import svg
from trivium.service import Service, open_service, refused
from trivium.show import show


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask and answer. `format` is text, json, csv or md; `svg` a file for the answer's charts."""

    format: str = "text"
    session: str | None = None
    zone: ZoneInfo | None = None
    svg: Path | None = None


async def once(settings: Settings, text: str, manner: Manner) -> int:
    async with open_service(settings) as service:
        return await ask_once(service, text, manner)


async def ask_once(service: Service, text: str, manner: Manner) -> int:
    """The answer is printed; returns the exit code: 3 when all that the question needs is closed to the actor.

    Raises Refused when there is no answer to print, or, after it is printed, no chart to draw into a file.
    """
    actor = await service.actor(Entrance.CLI)
    service.require_model()
    outcome = await service.runner.ask(actor, question(service.settings, text, manner))
    answer = answered(outcome)
    print_answer(answer, outcome, manner.format)
    if manner.svg:
        sys.stdout.flush()
        await asyncio.to_thread(svg.save, answer, manner.svg)
    return 3 if outcome.error else 0


async def conversation(settings: Settings, zone: ZoneInfo | None) -> int:
    console = Console(highlight=False)
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        service.require_model()
        console.print("Ask in plain words; an empty line or Ctrl-D ends.", style="dim")
        session: UUID | None = None
        while text := await line(console):
            session = await exchange(
                service, actor, console, Ask(text=text, zone=zone or settings.zone, session_id=session)
            )
    return 0


async def exchange(service: Service, actor: Actor, console: Console, ask: Ask) -> UUID | None:
    """One question and its answer; returns the session to go on with."""
    try:
        outcome = await service.runner.ask(actor, ask)
        show(console, answered(outcome))
    except Refused as refusal:
        console.print(str(refusal), style="red")
        return ask.session_id
    return outcome.session_id


async def line(console: Console) -> str:
    try:
        return console.input("[bold]> [/]").strip()
    except EOFError:
        return ""


def question(settings: Settings, text: str, manner: Manner) -> Ask:
    return Ask(text=text, zone=manner.zone or settings.zone, session_id=session_id(manner.session))


def session_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Refused(
            f"{text} is no session id: take it from `session_id` of --json.", code="invalid_session"
        ) from error


def answered(outcome: Outcome) -> Answer:
    if outcome.answer is None:
        raise refused(outcome)
    return outcome.answer


def print_answer(answer: Answer, outcome: Outcome, format_name: str) -> None:
    match format_name:
        case "json":
            run = {"run_id": str(outcome.run_id), "session_id": str(outcome.session_id), "status": outcome.status}
            body = orjson.dumps({**run, "error": outcome.error, **answer.as_json()}, option=orjson.OPT_INDENT_2)
            sys.stdout.write(body.decode() + "\n")
        case "csv":
            sys.stdout.write(as_csv(answer))
        case "md":
            sys.stdout.write(as_markdown(answer))
        case _:
            show(Console(highlight=False), answer)
