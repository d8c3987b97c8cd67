"""What every command has in common: settings read once, a way to its exit code, options as people write them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.console import Console

from config.settings import Settings

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def run(command: Callable[[Settings], Coroutine[Any, Any, int]]) -> NoReturn:
    """Runs the command and exits with what it returns; a known failure is one line on stderr and exit code 1."""
    try:
        settings = Settings.read()
    except ValidationError as error:
        for problem in error.errors():
            errors.print(f"{str(problem['loc'][0]).upper()}: {problem['msg']}", style="red")
        raise SystemExit(2) from error
    raise SystemExit(finished(command(settings)))


def finished(command: Coroutine[Any, Any, int]) -> int:
    import uvloop  # noqa: PLC0415

    from domain.masking import mask_text  # noqa: PLC0415
    from trivium.failures import KNOWN  # noqa: PLC0415

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(command)
    except KNOWN as error:
        errors.print(mask_text(str(error)), style="red")
        if alternative := getattr(error, "alternative", None):
            errors.print(mask_text(alternative))
        return 1
    except KeyboardInterrupt:
        return 130


def zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"{name} is no IANA time zone; write for example Europe/Berlin") from error


def duration(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], units.get(text[-1:])
    if not unit or not number.isdigit() or int(number) == 0:
        raise typer.BadParameter(f"{text} is no duration; write for example 30m, 1h or 7d")
    return timedelta(**{unit: int(number)})
