"""The paths of chat programs, in the protocol that they know."""

from domain.tokens import PILLARS
from web.completions import answering, offered
from web.desk import Guarded
from web.models.completions import Completion, CompletionRequest, ErrorReply, ModelsReply, ModelTold
from web.operations.shape import JSON, STREAM, Operation, Reply

SIGNED = {
    401: Reply("No valid token", {JSON: ErrorReply}),
    403: Reply("The token or the role does not suffice", {JSON: ErrorReply}),
    500: Reply("A bug; the message has the id under which it is logged", {JSON: ErrorReply}),
    503: Reply("Postgres is away; try again", {JSON: ErrorReply}),
}
NO_MODEL = {404: Reply("There is no such model, or no such conversation of yours", {JSON: ErrorReply})}
SENT = {
    400: Reply("The request cannot be taken; `param` says what of it", {JSON: ErrorReply}),
    409: Reply("The run was cancelled", {JSON: ErrorReply}),
    413: Reply("The body has more than 10 MB", {JSON: ErrorReply}),
    415: Reply("The body is not declared as JSON", {JSON: ErrorReply}),
    429: Reply("Too many questions in a minute; Retry-After says when", {JSON: ErrorReply}),
}

OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/models",
        entry=Guarded(offered.list_models, PILLARS),
        summary="The models that chat programs can talk to: each pillar, and one that finds the pillar by itself",
        replies={200: Reply("The models", {JSON: ModelsReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/v1/models/{model:path}",
        entry=Guarded(offered.get_model, PILLARS),
        summary="One model",
        replies={200: Reply("The model", {JSON: ModelTold}), **SIGNED, **NO_MODEL},
    ),
    Operation(
        method="POST",
        path="/v1/chat/completions",
        entry=Guarded(answering.complete, PILLARS),
        summary="A conversation as chat programs send it; the answer is Markdown, a change is approved in plain words",
        body=CompletionRequest,
        replies={
            200: Reply("The answer, or its pieces as they come", {JSON: Completion, **STREAM}),
            **SIGNED, **NO_MODEL, **SENT,
        },
    ),
)  # fmt: skip
