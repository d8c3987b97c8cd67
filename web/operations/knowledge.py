"""The paths of knowledge and of recommendations."""

from domain.tokens import PILLARS
from web import knowledge, recommendations
from web.desk import Guarded
from web.models.knowledge import DocumentSent, DocumentsReply, DocumentTold, KnowledgeAsked, KnowledgeReply
from web.models.problems import Problem, Refusal
from web.models.recommendations import RecommendationsAsked, RecommendationsReply, RecommendationsWanted
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:knowledge:read", "ai:admin:knowledge:write"
DOCUMENTS, RECOMMENDATIONS = "/api/v1/admin/knowledge", "/api/v1/recommendations"
REFUSED = {400: Reply("It waits for a person's approval, or cannot be asked so", {JSON: Refusal})}
RECOMMENDED = {
    200: Reply("What could be cheaper, with costs and savings", {JSON: RecommendationsReply}),
    502: Reply("Nothing measures what there is, or the source failed", {JSON: Problem}),
}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/knowledge/search",
        entry=Guarded(knowledge.search_knowledge, PILLARS),
        summary="Search runbooks, guides and postmortems",
        parameters=KnowledgeAsked,
        replies={200: Reply("The best documents", {JSON: KnowledgeReply}), **REFUSED, **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path=RECOMMENDATIONS,
        entry=Guarded(recommendations.get_recommendations, PILLARS),
        summary="Idle and oversized resources, with what they cost and what would be saved",
        parameters=RecommendationsAsked,
        replies={**RECOMMENDED, **REFUSED, **SIGNED, **CHECKED},
    ),
    Operation(
        method="POST",
        path=RECOMMENDATIONS,
        entry=Guarded(recommendations.ask_recommendations, PILLARS),
        summary="The same, asked by a body",
        body=RecommendationsWanted,
        replies={**RECOMMENDED, **SIGNED, **SENT, **REFUSED},
    ),
    Operation(
        method="GET",
        path=DOCUMENTS,
        entry=Guarded(knowledge.list_documents, PILLARS, READ),
        summary="The imported documents, at most the first thousand",
        replies={200: Reply("By category and source", {JSON: DocumentsReply}), **SIGNED},
    ),
    Operation(
        method="POST",
        path=DOCUMENTS,
        entry=Guarded(knowledge.put_document, PILLARS, WRITE),
        summary="Put one Markdown document in, in place of the one with the same source",
        body=DocumentSent,
        replies={201: Reply("It can be found", {JSON: DocumentTold}), **SIGNED, **SENT},
    ),
    Operation(
        method="DELETE",
        path=f"{DOCUMENTS}/{{source:path}}",
        entry=Guarded(knowledge.delete_document, PILLARS, WRITE),
        summary="Remove one document",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
)  # fmt: skip
