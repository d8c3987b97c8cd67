"""Knowledge: imported documents in passages, searched together with runbooks and postmortems."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound
from domain.found import Found, ask
from domain.markdown import Page

Category: TypeAlias = Literal["setup", "common_issues", "best_practices", "runbook", "postmortem", "other"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
MOST_WORDS = 40
MOST_TAGS = 20
PHRASE, MEANING = 0.25, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is imported of one source; a second import of the source takes the place of the first."""

    source: str
    category: Category
    page: Page
    url: str = ""
    tags: tuple[str, ...] = ()


CLEAR = "delete from trivium.knowledge_documents where source = %(source)s returning id"
ADD = """
insert into trivium.knowledge_documents (source, chunk_index, title, heading, category, body, url, tags, labels)
values (%(source)s, %(chunk_index)s, %(title)s, %(heading)s, %(category)s, %(body)s, %(url)s, %(tags)s, %(labels)s)
"""


async def put(db: Connection, actor: Actor, document: Document) -> int:
    """The document can be found; returns its number of passages. On the audit log. In a transaction."""
    count = await store(db, document)
    details = {"title": document.page.title, "category": document.category, "passages": count}
    await audit.append(db, actor, Entry(action="knowledge_imported", target=document.source, details=details))
    return count


async def store(db: Connection, document: Document) -> int:
    """As `put`, for what nobody imports: the sample estate."""
    await db.execute(CLEAR, {"source": document.source})
    tags = list(document.tags[:MOST_TAGS])
    shared = {
        "source": document.source,
        "title": document.page.title,
        "category": document.category,
        "url": document.url,
        "tags": tags,
        "labels": " ".join(tags),
    }
    rows = [
        shared | {"chunk_index": number, "heading": passage.heading, "body": passage.body}
        for number, passage in enumerate(document.page.passages)
    ]
    async with db.cursor() as cursor:
        await cursor.executemany(ADD, rows)
    return len(rows)


async def remove(db: Connection, actor: Actor, source: str) -> None:
    """The document is gone; on the audit log. In a transaction. Raises NotFound."""
    if await (await db.execute(CLEAR, {"source": source})).fetchone() is None:
        raise NotFound(f"There is no document imported from {source}.")
    await audit.append(db, actor, Entry(action="knowledge_removed", target=source, details={}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    source: str
    title: str
    category: Category
    passages: int


LIST = """
select source, min(title) as title, min(category) as category, count(*)::int as passages
from trivium.knowledge_documents group by source order by category, source limit %(limit)s"""


async def listed(db: Connection, limit: int = 1000) -> Found[Listed]:
    return await ask(db, Listed, LIST, {"limit": limit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One document, by its best passage. `score` is the share of the question that it answers, 0 to 1.

    `kind` says what it is and `reference` where: a document's source, a runbook's name, a postmortem's id.
    """

    kind: Literal["document", "runbook", "postmortem"]
    reference: str
    title: str
    heading: str
    category: Category
    url: str
    body: str
    score: float
    highlight: str
    passage_id: str | None
    total: int


LIBRARY = """(
    select 'document' as kind, source as reference, chunk_index, title, heading, category, url, body, search,
        id::text as passage_id
    from trivium.knowledge_documents
    union all
    select 'runbook', name, 0, coalesce(nullif(title, ''), name), '', 'runbook', '',
        concat_ws(E'\\n', description, 'Alerts: ' || nullif(array_to_string(alert_names, ', '), '')),
        setweight(to_tsvector('english', concat_ws(' ', trivium.spelled(name), title, service,
            trivium.spelled(array_to_string(alert_names, ' ')), array_to_string(tags, ' '))), 'A')
        || setweight(to_tsvector('english', description), 'D'), null
    from trivium.runbooks where is_enabled and kind = 'runbook'
    union all
    select 'postmortem', id::text, 0, title, '', 'postmortem', url,
        concat_ws(E'\\n', summary, root_cause, resolution, lessons), search, null
    from trivium.postmortems
)"""
SEARCH = f"""
with asked as (
    select place, word, to_tsquery('english', said) as wanted, weight
    from unnest(%(said)s::text[], %(words)s::int[], %(weights)s::float8[])
        with ordinality as term (said, word, weight, place)
    where numnode(to_tsquery('english', said)) > 0
), library as not materialized (
    select * from {LIBRARY} as library where %(category)s::text is null or category = %(category)s
), size as (
    select count(distinct (kind, reference))::float8 as documents from library
), found as (
    select kind, reference, chunk_index, place, word, weight,
        ts_rank_cd('{{0.4, 0.5, 0.6, 1.0}}', search, wanted) as rank
    from library join asked on search @@ wanted
), rare as (
    select place, ln(1 + documents / (0.5 + count(distinct (kind, reference)))) as idf
    from found, size group by place, documents
), hits as (
    select kind, reference, chunk_index, word, weight * idf * rank / (rank + 1.2) as worth
    from found join rare using (place)
), told as (
    select kind, reference, word, max(worth) as worth from hits group by kind, reference, word
), scored as (
    select kind, reference, sum(worth) as worth from told group by kind, reference
), best as (
    select distinct on (kind, reference) kind, reference, chunk_index
    from hits group by kind, reference, chunk_index order by kind, reference, sum(worth) desc, chunk_index
), possible as (
    select sum(worth) as worth
    from (select ln(1 + documents / 1.5) as worth from asked, size where weight = 1) as word
)
select kind, reference, title, heading, category, url, body, passage_id,
    round(least(1, scored.worth / possible.worth)::numeric, 3)::float8 as score,
    ts_headline('english', body, to_tsquery('english', %(any)s),
        'StartSel=**, StopSel=**, MinWords=15, MaxWords=40, MaxFragments=2, FragmentDelimiter=" … "') as highlight,
    (select count(*) from scored)::int as total
from scored join best using (kind, reference) join library using (kind, reference, chunk_index), possible
order by scored.worth desc, kind, reference limit %(limit)s"""


@dataclass(frozen=True, slots=True)
class Term:
    """A tsquery that stands for word number `word` of a question; of several for one word the best counts."""

    said: str
    word: int
    weight: float


async def search(db: Connection, terms: Sequence[Term], category: Category | None, limit: int) -> Found[Hit]:
    """The documents that have most of the question, best first: rare words, and words of the title, count most."""
    values = {
        "said": [term.said for term in terms],
        "words": [term.word for term in terms],
        "weights": [term.weight for term in terms],
        "any": " | ".join(term.said for term in terms),
        "category": category,
        "limit": limit,
    }
    return await ask(db, Hit, SEARCH, values)


def terms_of(text: str, synonyms: Mapping[str, tuple[str, ...]]) -> list[Term]:
    """The words of a question, the pairs of neighbours, and what means the same as one to three of them.

    Every word comes from `words_of`, so that none can be read as an operator.
    """
    words = words_of(text)
    places = {word: place for place, word in enumerate(dict.fromkeys(words))}
    own = [Term(word, place, 1.0) for word, place in places.items()]
    pairs = dict.fromkeys(pairwise(words))
    phrases = [Term(f"({' <-> '.join(pair)})", len(places) + place, PHRASE) for place, pair in enumerate(pairs)]
    meanings = [
        Term(said, places[first], MEANING * length)
        for first, length, means in meant(words, synonyms)
        if (said := either(means))
    ]
    return [*own, *phrases, *meanings]


def meant(words: Sequence[str], synonyms: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """For one to three words beside each other the first, how many they are, and what means the same."""
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            if means := synonyms.get(" ".join(words[start : start + length])):
                yield words[start], length, means


def either(means: Sequence[str]) -> str:
    return " | ".join(f"({' <-> '.join(words_of(each))})" for each in means if words_of(each))


def words_of(text: str) -> list[str]:
    """Its words in lower case, in order; a name like KubePodCrashLooping is its words, and itself."""
    spelled = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text))
    names = [name for name in re.findall(r"[^\W_]+", text) if re.search(r"[a-z0-9][A-Z]", name)]
    return [word.lower() for word in [*re.findall(r"[^\W_]+", spelled), *names]][:MOST_WORDS]


VECTORS = """
select id::text, embedding from trivium.knowledge_documents
where id = any(%(ids)s::uuid[]) and embedding_model = %(model)s"""


async def vectors(db: Connection, ids: Sequence[str], model: str) -> dict[str, list[float]]:
    """The embeddings that these passages have of this model, by id."""
    rows = await (await db.execute(VECTORS, {"ids": list(ids), "model": model})).fetchall()
    return {row["id"]: row["embedding"] for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unembedded:
    id: UUID
    title: str
    heading: str
    body: str


UNEMBEDDED = """
select id, title, heading, body from trivium.knowledge_documents
where embedding_model is distinct from %(model)s order by source, chunk_index limit %(limit)s"""


async def unembedded(db: Connection, model: str, limit: int) -> list[Unembedded]:
    """The next passages that have no embedding of this model."""
    return (await ask(db, Unembedded, UNEMBEDDED, {"model": model, "limit": limit})).rows


EMBED = """
update trivium.knowledge_documents set embedding = %(embedding)s::real[], embedding_model = %(model)s where id = %(id)s
"""


async def embed(db: Connection, model: str, made: Mapping[UUID, Sequence[float]]) -> None:
    async with db.cursor() as cursor:
        await cursor.executemany(
            EMBED, [{"id": key, "embedding": list(vector), "model": model} for key, vector in made.items()]
        )


def text_of(passage: Hit | Unembedded) -> str:
    """What is embedded of a passage."""
    return "\n".join(filter(None, (passage.title, passage.heading, passage.body)))
