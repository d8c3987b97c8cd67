"""What is known besides the record: how it is searched, what is found, and what admins put in."""

from typing import Annotated

from pydantic import Field

from domain.knowledge import MOST_TAGS, Category
from domain.markdown import LARGEST_DOCUMENT
from tools.knowledge import MOST_SHOWN
from web.models.queries import CallTold
from web.models.shape import Asked, Sent, Told, Word

Name = Annotated[Word, Field(max_length=500, description="Its path or address; it is known by this")]


class KnowledgeAsked(Asked):
    q: str = Field(min_length=1, max_length=500, description="Symptom, alert name or words")
    category: Category | None = None
    limit: int = Field(3, ge=1, le=MOST_SHOWN)


class DocumentFound(Told):
    """`reference` is a document's source, a runbook's name or a postmortem's id; `score` 0 to 1."""

    kind: str
    reference: str
    title: str
    section: str = ""
    category: Category
    url: str = ""
    score: float
    highlight: str = ""
    text: str = ""


class KnowledgeReply(CallTold):
    """`total` documents have some of the words; the best of them are here, best first."""

    total: int
    ranked_by: str
    documents: tuple[DocumentFound, ...]


class DocumentSent(Sent):
    """Takes the place of what was known under the same source."""

    source: Name
    text: str = Field(min_length=1, max_length=LARGEST_DOCUMENT, description="Markdown")
    category: Category
    url: str = Field(default="", max_length=1000)
    tags: Annotated[tuple[Word, ...], Field(max_length=MOST_TAGS)] = ()


class DocumentTold(Told):
    source: str
    title: str
    category: Category
    passages: int


class DocumentsReply(Told):
    documents: tuple[DocumentTold, ...]
