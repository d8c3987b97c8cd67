"""The question what is known about this: imported documents, runbooks and postmortems, searched together."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from domain import knowledge, synonyms
from domain.errors import SourceError
from domain.found import Found
from domain.knowledge import Category, Hit
from tools.sources.embeddings import Embeddings, Vector, nearness
from tools.spec import Args, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec
from tools.spec import Category as ToolCategory

SOURCE = "trivium knowledge"
CANDIDATES = 30
MOST_SHOWN = 5
LONGEST_BODY = 1500
BY_MEANING = 0.6


class SearchKnowledge(Args):
    query: str = Field(min_length=1, max_length=500, description="Symptom, alert name or words")
    category: Category | None = None
    limit: int = Field(3, ge=1, le=MOST_SHOWN, description="Most documents")


@dataclass(frozen=True, slots=True)
class Ranked:
    """`note` says why they are not ranked by meaning, when they should be."""

    hits: list[Hit]
    is_by_meaning: bool = False
    note: str | None = None


async def search_knowledge(context: ToolContext, args: SearchKnowledge) -> ToolResult:
    embeddings = reranker(context)
    found = await candidates(context, args, CANDIDATES if embeddings else args.limit)
    ranked = await by_meaning(context, embeddings, args.query, found.rows) if embeddings else Ranked(found.rows)
    shown = ranked.hits[: args.limit]
    return ToolResult(
        status="ok" if shown else "empty",
        source=SOURCE,
        data={
            "total": found.rows[0].total if found.rows else 0,
            "ranked_by": "meaning and words" if ranked.is_by_meaning else "words",
            "documents": [as_json(hit) for hit in shown],
        },
        query=found.query,
        as_of=context.clock(),
        cut=ranked.note,
    )


def reranker(context: ToolContext) -> Embeddings | None:
    return context.resources.embeddings


async def candidates(context: ToolContext, args: SearchKnowledge, limit: int) -> Found[Hit]:
    async with context.database.connection() as db:
        terms = knowledge.terms_of(args.query, await synonyms.current(db))
        return await knowledge.search(db, terms, args.category, limit)


async def by_meaning(context: ToolContext, embeddings: Embeddings, query: str, hits: list[Hit]) -> Ranked:
    """The candidates by words, ranked anew; as they were, with a note, when the endpoint does not answer."""
    if len(hits) < 2:
        return Ranked(hits)
    try:
        asked, vectors = await vectors_of(context, embeddings, query, hits)
    except SourceError as error:
        return Ranked(hits, note=f"ranked by words alone: {error}")
    scored = [
        replace(hit, score=mixed(hit.score, nearness(asked, vector))) for hit, vector in zip(hits, vectors, strict=True)
    ]
    return Ranked(sorted(scored, key=lambda hit: -hit.score), is_by_meaning=True)


async def vectors_of(
    context: ToolContext, embeddings: Embeddings, query: str, hits: list[Hit]
) -> tuple[Vector, list[Vector]]:
    """Those that were made at the import are read, the others asked for together with the query's."""
    async with context.database.connection() as db:
        stored = await knowledge.vectors(db, [hit.passage_id for hit in hits if hit.passage_id], embeddings.model)
    missing = [hit for hit in hits if hit.passage_id not in stored]
    made = await embeddings.of([query, *map(knowledge.text_of, missing)])
    fresh = dict(zip(map(id, missing), made[1:], strict=True))
    return made[0], [fresh[id(hit)] if id(hit) in fresh else stored[str(hit.passage_id)] for hit in hits]


def mixed(words: float, meaning: float) -> float:
    return round((1 - BY_MEANING) * words + BY_MEANING * max(meaning, 0.0), 3)


def as_json(hit: Hit) -> Json:
    found: dict[str, Any] = {
        "kind": hit.kind,
        "reference": hit.reference,
        "title": hit.title,
        "section": hit.heading,
        "category": hit.category,
        "url": hit.url,
        "score": hit.score,
        "highlight": hit.highlight,
        "text": hit.body[:LONGEST_BODY] + ("…" if len(hit.body) > LONGEST_BODY else ""),
    }
    return {key: value for key, value in found.items() if value not in ("", None)}


SEARCH_KNOWLEDGE = ToolSpec(
    name="search_knowledge",
    title="Search what is known",
    description="Runbooks, guides and postmortems for a symptom or an alert, best first.",
    pillars=frozenset(Pillar),
    category=ToolCategory.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:knowledge:read",
    args=SearchKnowledge,
    handler=search_knowledge,
)
TOOLS = (SEARCH_KNOWLEDGE,)
