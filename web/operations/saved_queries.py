"""The paths of queries that people keep for themselves."""

from domain.tokens import PILLARS
from web import saved_queries
from web.desk import Guarded
from web.models.inquiry import QueryReply
from web.models.problems import Problem, Refusal
from web.models.queries import QueryTold
from web.models.saved_queries import SavedQueriesReply, SavedQuerySent, SavedQueryTold
from web.operations.shape import CHECKED, JSON, LIMITED, OWN, SENT, SIGNED, STREAM, Operation, Reply

QUERIES = "/api/v1/saved-queries"
ONE = f"{QUERIES}/{{query_id}}"
TAKEN = {409: Reply("You have one of that name", {JSON: Refusal})}
RUN = {
    200: Reply("The answer, or what was found", {JSON: QueryReply | QueryTold, **STREAM}),
    400: Reply("The query is at fault", {JSON: Refusal}),
    409: Reply("The run was cancelled", {JSON: Refusal}),
    502: Reply("The source failed", {JSON: Problem}),
}

OPERATIONS = (
    Operation(
        method="GET",
        path=QUERIES,
        entry=Guarded(saved_queries.list_saved_queries, PILLARS),
        summary="Your saved queries by name",
        replies={200: Reply("The queries", {JSON: SavedQueriesReply}), **SIGNED},
    ),
    Operation(
        method="POST",
        path=QUERIES,
        entry=Guarded(saved_queries.add_saved_query, PILLARS),
        summary="Keep a question or a query by a name of yours",
        body=SavedQuerySent,
        replies={201: Reply("The query", {JSON: SavedQueryTold}), **TAKEN, **SIGNED, **SENT},
    ),
    Operation(
        method="GET",
        path=ONE,
        entry=Guarded(saved_queries.get_saved_query, PILLARS),
        summary="One saved query",
        replies={200: Reply("The query", {JSON: SavedQueryTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="PUT",
        path=ONE,
        entry=Guarded(saved_queries.put_saved_query, PILLARS),
        summary="Put another in its place",
        body=SavedQuerySent,
        replies={200: Reply("The query after it", {JSON: SavedQueryTold}), **TAKEN, **SIGNED, **SENT, **OWN},
    ),
    Operation(
        method="DELETE",
        path=ONE,
        entry=Guarded(saved_queries.delete_saved_query, PILLARS),
        summary="Remove one",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="POST",
        path=f"{ONE}/run",
        entry=Guarded(saved_queries.run_saved_query, PILLARS),
        summary="Ask it now: a question is answered, a query of metrics or logs brings what it finds",
        replies={**SIGNED, **CHECKED, **OWN, **LIMITED, **RUN},
    ),
)  # fmt: skip
