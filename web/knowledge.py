"""Knowledge over HTTP: searched by whoever asks, changed by admins."""

from starlette.responses import Response

from domain import knowledge, markdown
from domain.knowledge import Document
from domain.masking import mask_text
from web.calls import READERS, about, called, entered, succeeded
from web.desk import Visit
from web.models.knowledge import (
    DocumentFound,
    DocumentSent,
    DocumentsReply,
    DocumentTold,
    KnowledgeAsked,
    KnowledgeReply,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, body_of, parameters_of
from web.replies import reply

TOOL = "search_knowledge"


async def search_knowledge(visit: Visit) -> Response:
    """The best documents for these words, through the tool's door. Raises Refused."""
    asked = parameters_of(visit.request, KnowledgeAsked)
    caller = await entered(visit, TOOL, READERS)
    arguments = {"query": asked.q, "category": asked.category, "limit": asked.limit}
    result = succeeded(await called(caller, TOOL, arguments))
    found = tuple(DocumentFound(**document) for document in result.data["documents"])
    answer = KnowledgeReply(
        **about(result), total=result.data["total"], ranked_by=result.data["ranked_by"], documents=found
    )
    return reply(answer)


async def list_documents(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db:
        found = (await knowledge.listed(db)).rows
    documents = tuple(
        DocumentTold(source=each.source, title=each.title, category=each.category, passages=each.passages)
        for each in found
    )
    return reply(DocumentsReply(documents=documents))


async def put_document(visit: Visit) -> Response:
    """It is found from the next question on, without the secrets it had; its audit entry commits with it."""
    made = document(await body_of(visit.request, DocumentSent))
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        passages = await knowledge.put(db, visit.actor, made)
    told = DocumentTold(source=made.source, title=made.page.title, category=made.category, passages=passages)
    return reply(told, 201)


async def delete_document(visit: Visit) -> Response:
    async with visit.desk.parts.pool.connection() as db, db.transaction():
        await knowledge.remove(db, visit.actor, visit.request.path_params["source"])
    return Response(status_code=204)


def document(asked: DocumentSent) -> Document:
    """Raises Invalid for Markdown without any text."""
    page = markdown.read(mask_text(asked.text), asked.source.rpartition("/")[2] or asked.source)
    if not page.passages:
        raise Invalid((FieldProblem(field="text", message="it has no text to be found, only headings"),))
    return Document(
        source=mask_text(asked.source), category=asked.category, page=page, url=mask_text(asked.url),
        tags=tuple(map(mask_text, asked.tags)),
    )  # fmt: skip
