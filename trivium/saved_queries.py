"""Saved queries on the command line: kept by a name, listed, asked again, removed."""

from rich.console import Console
from rich.table import Table

from config.settings import Settings
from domain import saved_queries
from domain.actors import Actor, Entrance
from domain.errors import NotFound, Refused
from domain.saved_queries import Draft, SavedQuery
from trivium.asking import Manner, ask_once
from trivium.service import Service, open_service

MOST = 1000


async def show(settings: Settings) -> int:
    async with open_service(settings) as service:
        _, found = await own(service)
    console = Console(highlight=False)
    if not found:
        console.print('Nothing is saved: `trivium queries save NAME "What is firing?"` keeps a question.', markup=False)
        return 0
    table = Table(box=None, header_style="dim")
    for title in ("name", "language", "query", "description"):
        table.add_column(title, overflow="fold")
    for each in found:
        table.add_row(each.name, each.language, each.query, each.description)
    console.print(table)
    return 0


async def save(settings: Settings, draft: Draft) -> int:
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        async with service.pool.connection() as db, db.transaction():
            await saved_queries.add(db, actor, draft)
    say(f"Saved. `trivium queries run {draft.name}` asks it.")
    return 0


async def run(settings: Settings, name: str, format_name: str) -> int:
    """The question asked as if it were written now. Raises Refused for what is no question in plain words."""
    async with open_service(settings) as service:
        _, found = await own(service)
        query = named(found, name)
        if query.language != "words":
            raise Refused(
                f"{name} is a query in {query.language}.",
                code="invalid_arguments",
                alternative=f"POST /api/v1/saved-queries/{query.id}/run runs it.",
            )
        return await ask_once(service, query.query, Manner(format=format_name))


async def remove(settings: Settings, name: str) -> int:
    async with open_service(settings) as service:
        actor, found = await own(service)
        async with service.pool.connection() as db, db.transaction():
            await saved_queries.remove(db, actor, named(found, name).id)
    say(f"{name} is removed.")
    return 0


async def own(service: Service) -> tuple[Actor, list[SavedQuery]]:
    actor = await service.actor(Entrance.CLI)
    async with service.pool.connection() as db:
        return actor, await saved_queries.of_user(db, actor, limit=MOST)


def named(found: list[SavedQuery], name: str) -> SavedQuery:
    """Raises NotFound."""
    for each in found:
        if each.name == name:
            return each
    raise NotFound(f"You have no saved query named {name}; `trivium queries list` shows them.")


def say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)
