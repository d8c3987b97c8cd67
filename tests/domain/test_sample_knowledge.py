"""A new user finds something in the knowledge of the sample estate at once, and can be rid of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain import knowledge, markdown, synonyms
from domain.database import Connection, Pool
from domain.knowledge import Document
from domain.sample import fill
from domain.sample.knowledge import documents
from domain.sample.services import ALERT_KINDS
from tests.house import actor

NOW = datetime(2026, 11, 20, 13, 40, tzinfo=UTC)
MINE = Document(
    source="sample/queue-backlog.md", category="runbook", page=markdown.read("# Ours\nAsk Ann.", "ours"), tags=("x",)
)


async def sources(db: Connection) -> list[str]:
    return [item.source for item in (await knowledge.listed(db)).rows]


def test_every_page_of_the_sample_is_labelled_and_has_passages() -> None:
    found = documents()
    assert {item.category for item in found} == {"runbook", "common_issues", "best_practices", "setup"}
    for item in found:
        assert item.source.startswith("sample/")
        assert item.tags[0] == "sample"
        assert item.page.passages
    named = {name for name in ALERT_KINDS if any(name in item.page.title for item in found)}
    assert len(named) == 5


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("ConnectionPoolExhausted", "sample/connection-pool-exhausted.md"),
        ("the disk is full", "sample/disk-filling-up.md"),
        ("why are requests slow", "sample/slow-requests.md"),
        ("handing over an incident", "sample/first-hour-on-call.md"),
        ("how do I connect a new service", "sample/connect-a-service.md"),
    ],
)
async def test_a_new_database_knows_something_at_once(pool: Pool, question: str, source: str) -> None:
    """CX-14."""
    async with pool.connection() as db:
        assert await fill.fill(db, NOW)
        terms = knowledge.terms_of(question, await synonyms.current(db))
        found = (await knowledge.search(db, terms, None, 3)).rows
    documents_found = [hit.reference for hit in found if hit.kind == "document"]
    assert documents_found[0] == source


async def test_what_people_imported_stays_when_the_sample_goes(pool: Pool) -> None:
    who = await actor(pool, "admin")
    other = replace(MINE, source="guides/a.md", tags=("sample",))
    async with pool.connection() as db:
        await fill.fill(db, NOW)
        assert len(await sources(db)) == len(documents())
        async with db.transaction():
            await knowledge.put(db, who, MINE)
            await knowledge.put(db, who, other)
        await fill.remove(db)
        assert await sources(db) == ["guides/a.md", "sample/queue-backlog.md"]


async def test_filling_leaves_what_somebody_already_wrote_under_the_same_name(pool: Pool) -> None:
    who = await actor(pool, "admin")
    async with pool.connection() as db:
        async with db.transaction():
            await knowledge.put(db, who, MINE)
        await fill.fill(db, NOW)
        titles = {item.source: item.title for item in (await knowledge.listed(db)).rows}
    assert titles[MINE.source] == "Ours"
    assert len(titles) == len(documents())
