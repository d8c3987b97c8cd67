"""What the people of the sample estate have written down: runbooks, how-tos and habits, as documents to be found."""

import asyncio
from pathlib import Path

from domain import knowledge, markdown
from domain.database import Connection
from domain.knowledge import CATEGORIES, Category, Document

FOLDER = Path(__file__).with_name("pages")
PREFIX = "sample/"
MARK = "sample"
BY_NAME: dict[str, Category] = {name: name for name in CATEGORIES}
REMOVE = """
delete from trivium.knowledge_documents where starts_with(source, 'sample/') and 'sample' = any(tags)
"""


def documents() -> list[Document]:
    """By name; each is marked as a sample by its source and its first tag."""
    return [document(path) for path in sorted(FOLDER.glob("*.md"))]


def document(path: Path) -> Document:
    page = markdown.read(path.read_text(encoding="utf-8"), path.stem)
    tags = tuple(tag.strip() for tag in page.front["tags"].split(","))
    return Document(
        source=f"{PREFIX}{path.name}", category=BY_NAME[page.front["category"]], page=page, tags=(MARK, *tags)
    )


async def fill(db: Connection) -> None:
    """In the caller's transaction. What somebody imported under one of their sources stays instead."""
    known = {item.source for item in (await knowledge.listed(db)).rows}
    for each in await asyncio.to_thread(documents):
        if each.source not in known:
            await knowledge.store(db, each)


async def remove(db: Connection) -> None:
    """Theirs are gone; a document that somebody imported under the same source is not marked, and stays."""
    await db.execute(REMOVE)
