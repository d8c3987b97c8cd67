from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
import orjson
import pytest

from domain import knowledge, markdown
from domain.database import Pool
from domain.errors import SourceError
from domain.knowledge import Document
from tests.house import actor, tool_context
from tools.knowledge import SEARCH_KNOWLEDGE, SearchKnowledge, search_knowledge
from tools.sources.embeddings import Embeddings, nearness
from tools.spec import ToolContext, ToolResult

BOOKS = {
    "slow.md": "# Latency\nThe disk is slow.",
    "full.md": "# Disk full\nThe disk is full, the disk, the disk.",
    "dead.md": "# Drive died\nThe disk made a noise.",
}


@dataclass(frozen=True, slots=True)
class Desk:
    context: ToolContext

    async def ask(self, query: str, embeddings: Any = None, **arguments: Any) -> ToolResult:
        context = replace(self.context, resources=With(embeddings))  # pyright: ignore[reportArgumentType] - the field
        return await search_knowledge(context, SearchKnowledge(query=query, **arguments))


@dataclass(frozen=True, slots=True)
class With:
    """The one resource that this tool looks at."""

    embeddings: Any


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    who = await actor(pool, "admin")
    async with pool.connection() as db, db.transaction():
        for source, text in BOOKS.items():
            await knowledge.put(
                db,
                who,
                Document(source=source, category="runbook", page=markdown.read(text, source), url=f"http://{source}"),
            )
    return Desk(await tool_context(pool, who))


def references(result: ToolResult) -> list[str]:
    return [document["reference"] for document in result.data["documents"]]


async def test_the_best_documents_come_with_their_scores_and_what_was_found(desk: Desk) -> None:
    """CX-14, LIM-13."""
    result = await desk.ask("disk full")
    (first, *_) = result.data["documents"]
    score = first.pop("score")
    assert first == {
        "kind": "document", "reference": "full.md", "title": "Disk full", "category": "runbook", "url": "http://full.md",
        "highlight": "**disk** is **full**, the **disk**, the **disk**",
        "text": "The disk is full, the disk, the disk.",
    }  # fmt: skip
    assert 0 < score <= 1
    assert (result.data["total"], result.data["ranked_by"], result.status, result.cut) == (3, "words", "ok", None)
    assert len(result.data["documents"]) == 3
    assert references(await desk.ask("disk full", limit=1)) == ["full.md"]


async def test_nothing_known_is_an_answer(desk: Desk) -> None:
    result = await desk.ask("zebra")
    assert (result.status, result.data["documents"]) == ("empty", [])
    assert references(await desk.ask("disk", category="setup")) == []


def endpoint(answer: Callable[[Sequence[str]], httpx.Response], seen: list[Any]) -> Embeddings:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(orjson.loads(request.content) | {"key": request.headers.get("authorization")})
        return answer(seen[-1]["input"])

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Embeddings(http=http, url="http://models/v1/", model="small", key="k")


def by_noise(texts: Sequence[str]) -> httpx.Response:
    """A model for which a sound and a noise are the same, given in another order than asked."""
    vectors = [[1.0, 0.1] if "noise" in text or "sound" in text else [0.1, 1.0] for text in texts]
    data = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return httpx.Response(200, json={"data": data[::-1]})


async def test_with_an_endpoint_they_are_ranked_by_what_they_mean(desk: Desk) -> None:
    seen: list[Any] = []
    result = await desk.ask("disk sound", endpoint(by_noise, seen))
    assert references(result)[0] == "dead.md"
    assert references(await desk.ask("disk sound"))[0] != "dead.md"
    assert (result.data["ranked_by"], result.cut) == ("meaning and words", None)
    (asked,) = seen
    assert (asked["model"], asked["key"], asked["input"][0], len(asked["input"])) == (
        "small",
        "Bearer k",
        "disk sound",
        4,
    )


async def test_what_was_embedded_at_the_import_is_not_asked_for_again(desk: Desk) -> None:
    seen: list[Any] = []
    embeddings = endpoint(by_noise, seen)
    async with desk.context.database.connection() as db:
        passages = await knowledge.unembedded(db, "small", 10)
        vectors = await embeddings.of([knowledge.text_of(passage) for passage in passages])
        ids = [passage.id for passage in passages]
        await knowledge.embed(db, "small", dict(zip(ids, vectors, strict=True)))
        assert await knowledge.unembedded(db, "small", 10) == []
        assert len(await knowledge.unembedded(db, "other", 10)) == 3
    result = await desk.ask("disk sound", embeddings)
    assert references(result)[0] == "dead.md"
    assert seen[-1]["input"] == ["disk sound"]


BROKEN: dict[str, Callable[[Sequence[str]], httpx.Response]] = {
    "an error": lambda _: httpx.Response(500, text="password=hunter2hunter2"),
    "no JSON": lambda _: httpx.Response(200, text="<html>"),
    "another shape": lambda _: httpx.Response(200, json={"data": [1]}),
    "too few": lambda _: httpx.Response(200, json={"data": [{"index": 0, "embedding": [1.0]}]}),
    "of different lengths": lambda texts: httpx.Response(
        200, json={"data": [{"index": n, "embedding": [1.0] * (n + 1)} for n in range(len(texts))]}
    ),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_when_the_endpoint_fails_they_are_ranked_by_words_and_that_is_said(
    desk: Desk, answer: Callable[[Sequence[str]], httpx.Response]
) -> None:
    result = await desk.ask("disk full", endpoint(answer, []))
    assert references(result) == references(await desk.ask("disk full"))
    assert (result.status, result.data["ranked_by"]) == ("ok", "words")
    assert (result.cut or "").startswith("ranked by words alone: The embeddings endpoint ")
    assert "hunter2" not in str(result)


async def test_an_endpoint_that_is_away_is_told_by_its_kind() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("", request=request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(away))
    with pytest.raises(SourceError, match="did not answer: ConnectTimeout"):
        await Embeddings(http=http, url="http://models", model="small").of(["x"])


async def test_secrets_do_not_go_to_the_endpoint(desk: Desk) -> None:
    seen: list[Any] = []
    await desk.ask("disk password=hunter2hunter2", endpoint(by_noise, seen))
    assert seen
    assert "hunter2" not in str(seen)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [([1, 0], [2, 0], 1), ([1, 0], [0, 1], 0), ([1, 0], [-1, 0], -1), ([0, 0], [1, 1], 0), ([1], [1, 1], 0)],
)
def test_nearness_is_the_cosine(one: list[float], other: list[float], near: float) -> None:
    assert nearness(one, other) == pytest.approx(near)


def test_the_tool_reads_in_every_pillar() -> None:
    assert SEARCH_KNOWLEDGE.is_read
    assert len(SEARCH_KNOWLEDGE.pillars) == 3
