"""Language models on the command line: which there are and how they are, adding one, a look at one, the default."""

import asyncio
import re
import sys
from dataclasses import asdict, replace
from uuid import UUID

import orjson
from rich.console import Console
from rich.table import Table

from agents.llm import checking, places
from agents.llm.registry import VARIABLES
from config.settings import Settings
from domain import llm_calls, llm_models
from domain.actors import Actor, Entrance
from domain.errors import Refused
from domain.llm_calls import Usage
from domain.llm_models import Draft, LlmModel
from domain.users import ADMIN
from trivium.service import Service, open_service

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


async def show(settings: Settings, *, as_json: bool) -> int:
    async with open_service(settings) as service:
        await admin(service)
        async with service.pool.connection() as db:
            found, used = await llm_models.everyone(db), await llm_calls.usage(db, VARIABLES)
        environment, names = service.models.reach.environment, service.models.names
    if as_json:
        body = [asdict(each) | {"usage": used_of(used.get(each.id))} for each in found]
        sys.stdout.write(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode() + "\n")
        return 0
    console = Console(highlight=False)
    if found:
        console.print(drawn(found, used))
    asked = ", ".join(names) or "none: rules answer"
    console.print(f"Asked in {environment}, which is TRIVIUM_ENVIRONMENT here: {asked}", markup=False)
    return 0


def drawn(found: list[LlmModel], used: dict[UUID | None, Usage]) -> Table:
    table = Table(box=None, header_style="dim")
    for title in ("name", "environment", "place", "model", "where", "key", "standing", "calls", "last error"):
        table.add_column(title, overflow="fold")
    for each in found:
        usage = used.get(each.id)
        table.add_row(
            each.name, each.environment, place(each), each.model, each.base_url, each.secret_ref or "none",
            each.status if each.is_enabled else "switched off", str(usage.calls if usage else 0), each.last_error,
        )  # fmt: skip
    return table


def place(model: LlmModel) -> str:
    if model.is_default:
        return "default"
    return f"fallback {model.fallback_order}" if model.fallback_order else "not asked"


def used_of(usage: Usage | None) -> dict[str, object]:
    return {name: value for name, value in asdict(usage).items() if name != "model_id"} if usage else {"calls": 0}


async def add(settings: Settings, draft: Draft) -> int:
    """Raises Refused for a name, an address or a reference that cannot be taken."""
    if not NAME.fullmatch(draft.name):
        raise Refused(
            f"{draft.name!r} is no name: small letters and digits, with . _ - between.", code="invalid_arguments"
        )
    async with open_service(settings) as service:
        actor = await admin(service)
        places.refuse_address(draft.base_url, settings.llm_allowed_hosts)
        if draft.secret_ref:
            await asyncio.to_thread(places.refuse_secret, draft.secret_ref)
        async with service.pool.connection() as db, db.transaction():
            made = await llm_models.add(db, actor, draft)
    say(f"{made.name}: {place(made)} in {made.environment}. `trivium models check {made.name}` asks it a word.")
    return 0


async def check(settings: Settings, name: str) -> int:
    async with open_service(settings) as service:
        await admin(service)
        async with service.pool.connection() as db:
            found = await llm_models.by_name(db, name)
        checked = await checking.check(service.models, found.id)
    say(f"{name}: {checked.status}" + (f": {checked.last_error}" if checked.last_error else ""))
    return 1 if checked.last_error else 0


async def make_default(settings: Settings, name: str) -> int:
    async with open_service(settings) as service:
        actor = await admin(service)
        async with service.pool.connection() as db, db.transaction():
            found = await llm_models.held(db, (await llm_models.by_name(db, name)).id)
            await llm_models.change(db, actor, found, replace(found.draft, is_default=True, is_enabled=True))
    say(f"{name} is asked first in {found.environment}.")
    return 0


async def admin(service: Service) -> Actor:
    """Whom this process acts for. Raises Refused for everybody but admins."""
    actor = await service.actor(Entrance.CLI)
    if ADMIN not in actor.roles & actor.ceiling:
        raise Refused("Language models are an admin's.", code="insufficient_permissions")
    return actor


def say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)
