"""Knowledge on the command line: Markdown comes in, what is there is listed, and words are given other meanings."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from config.settings import Settings
from domain import knowledge, markdown, synonyms
from domain.actors import Actor, Entrance
from domain.errors import Refused, SourceError
from domain.knowledge import CATEGORIES, Category, Document
from domain.markdown import Page
from domain.masking import mask_text
from tools.sources.embeddings import Embeddings
from trivium.service import Service, open_service

ENDINGS = frozenset({".md", ".markdown", ".mdx"})
MOST_FILES = 5000
EMBEDDED_AT_ONCE = 64
TELLING: dict[str, Category] = {
    "runbook": "runbook",
    "postmortem": "postmortem",
    "post-mortem": "postmortem",
    "setup": "setup",
    "install": "setup",
    "troubleshoot": "common_issues",
    "issue": "common_issues",
    "practice": "best_practices",
}
WRITERS = frozenset({"admin", "operator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to import: a file, or a folder with all below it. `url` is put before each file's path."""

    path: Path
    category: str | None = None
    url: str = ""
    tags: tuple[str, ...] = ()


async def take_in(settings: Settings, wanted: Sequence[Wanted]) -> int:
    """Every Markdown file is a document that can be found, under its path below what was named."""
    documents = await asyncio.to_thread(read_all, wanted)
    async with open_service(settings) as service:
        passages = await put_all(service, documents)
        note = await embed_all(service)
    Console(highlight=False).print(f"{len(documents)} documents, {passages} passages.{note}")
    return 0


def read_all(wanted: Sequence[Wanted]) -> list[Document]:
    """Raises Refused for nothing to import, and for two files that would be one document."""
    documents: dict[str, Document] = {}
    for each in wanted:
        found = list(read(each))
        if not found:
            raise Refused(f"There is no Markdown with any text in {each.path}.", code="nothing_there")
        for document in found:
            if document.source in documents:
                raise Refused(
                    f"Two of these files would both be {document.source}.",
                    code="same_source",
                    alternative="Import the folder above them, so that their paths differ.",
                )
            documents[document.source] = document
    return list(documents.values())


def read(wanted: Wanted) -> Iterator[Document]:
    """Raises Refused for a path that is not there, a category that is none, or too many files."""
    if not wanted.path.exists():
        raise Refused(f"There is nothing at {wanted.path}.", code="nothing_there")
    files = [wanted.path] if wanted.path.is_file() else sorted(found(wanted.path))
    if len(files) > MOST_FILES:
        raise Refused(f"{wanted.path} has more than {MOST_FILES} Markdown files.", code="too_many")
    root = wanted.path.parent if wanted.path.is_file() else wanted.path
    for file in files:
        if document := of_file(wanted, file, file.relative_to(root).as_posix()):
            yield document


def found(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def of_file(wanted: Wanted, file: Path, source: str) -> Document | None:
    """None for a page without any text. Secrets in it are masked before anything keeps them."""
    if file.stat().st_size > markdown.LARGEST_DOCUMENT:
        raise Refused(f"{file} has more than {markdown.LARGEST_DOCUMENT:,} bytes; split it.", code="too_large")
    page = markdown.read(mask_text(file.read_text(encoding="utf-8", errors="replace")), file.stem)
    if not page.passages:
        return None
    return Document(
        source=source,
        category=category_of(wanted.category or page.front.get("category") or guessed(source)),
        page=page,
        url=page.front.get("url") or (f"{wanted.url.rstrip('/')}/{source}" if wanted.url else ""),
        tags=tuple(dict.fromkeys((*wanted.tags, *tags_of(page)))),
    )


def tags_of(page: Page) -> list[str]:
    """`tags: [a, b]` or `tags: a, b` of the front matter."""
    return [tag for part in page.front.get("tags", "").strip("[]").split(",") if (tag := part.strip().strip("\"'"))]


def category_of(word: str) -> Category:
    clean = word.strip().lower().replace("-", "_").replace(" ", "_")
    if clean not in CATEGORIES:
        raise Refused(
            f"There is no category {word}.", code="unknown_category", alternative=f"Use {', '.join(CATEGORIES)}."
        )
    return clean


def guessed(source: str) -> Category:
    """By the names on the way to it: runbooks/disk.md is a runbook."""
    for word, category in TELLING.items():
        if word in source.lower():
            return category
    return "other"


async def put_all(service: Service, documents: list[Document]) -> int:
    actor, passages = await writer(service), 0
    for document in documents:
        async with service.pool.connection() as db, db.transaction():
            passages += await knowledge.put(db, actor, document)
    return passages


async def writer(service: Service) -> Actor:
    """Who acts. Raises Refused for somebody who may only read."""
    actor = await service.actor(Entrance.CLI)
    if not actor.roles & actor.ceiling & WRITERS:
        raise Refused("Only an admin or an operator changes what is known.", code="permission_denied")
    return actor


async def embed_all(service: Service) -> str:
    """Every passage has its embedding when there is an endpoint; what to say of it."""
    embeddings = service.resources.embeddings
    if embeddings is None:
        return ""
    count = 0
    try:
        while made := await embed_some(service, embeddings):
            count += made
    except SourceError as error:
        return f" Without embeddings from passage {count + 1} on: {error}"
    return f" {count} embedded by {embeddings.model}."


async def embed_some(service: Service, embeddings: Embeddings) -> int:
    async with service.pool.connection() as db:
        passages = await knowledge.unembedded(db, embeddings.model, EMBEDDED_AT_ONCE)
    if not passages:
        return 0
    vectors = await embeddings.of([knowledge.text_of(passage) for passage in passages])
    async with service.pool.connection() as db, db.transaction():
        ids = [passage.id for passage in passages]
        await knowledge.embed(db, embeddings.model, dict(zip(ids, vectors, strict=True)))
    return len(passages)


async def show(settings: Settings) -> int:
    async with open_service(settings) as service, service.pool.connection() as db:
        documents = (await knowledge.listed(db)).rows
    print_table(("Source", "Title", "Category", "Passages"), [
        (each.source, each.title, each.category, str(each.passages)) for each in documents
    ])  # fmt: skip
    return 0


async def remove(settings: Settings, source: str) -> int:
    async with open_service(settings) as service:
        actor = await writer(service)
        async with service.pool.connection() as db, db.transaction():
            await knowledge.remove(db, actor, source)
    return 0


async def show_synonyms(settings: Settings) -> int:
    async with open_service(settings) as service, service.pool.connection() as db:
        known = await synonyms.listed(db)
    rows = [(each.word, ", ".join(each.means) or "nothing else", "yours" if each.is_own else "") for each in known]
    print_table(("Who asks for", "is also given", ""), rows)
    return 0


async def put_synonym(settings: Settings, word: str, means: tuple[str, ...]) -> int:
    """From now on; with no meaning at all, what Trivium brings for the word does not hold."""
    async with open_service(settings) as service:
        actor = await writer(service)
        async with service.pool.connection() as db, db.transaction():
            await synonyms.put(db, actor, word, means)
    return 0


async def remove_synonym(settings: Settings, word: str) -> int:
    async with open_service(settings) as service:
        actor = await writer(service)
        async with service.pool.connection() as db, db.transaction():
            await synonyms.remove(db, actor, word)
    return 0


def print_table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=None, header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)
