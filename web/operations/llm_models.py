"""The paths by which admins manage language models, each by two names."""

from domain.tokens import PILLARS
from web import llm_models
from web.desk import Guarded
from web.models.llm_models import LlmModelChange, LlmModelSent, LlmModelsReply, LlmModelTold
from web.models.problems import Refusal
from web.operations.shape import JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:llm_models:read", "ai:admin:llm_models:write"
TAKEN = {409: Reply("The name is taken", {JSON: Refusal})}
PLACES = (
    (
        "/api/v1/admin/llm-models", "/api/v1/admin/llm-models/{model_id}",
        llm_models.list_llm_models, llm_models.add_llm_model, llm_models.get_llm_model, llm_models.put_llm_model,
        llm_models.delete_llm_model, llm_models.check_llm_model,
    ),
    (
        "/api/plugins/ai-ops/llm-models/", "/api/plugins/ai-ops/llm-models/{model_id}/",
        llm_models.list_llm_models_of_plugin, llm_models.add_llm_model_of_plugin, llm_models.get_llm_model_of_plugin,
        llm_models.put_llm_model_of_plugin, llm_models.delete_llm_model_of_plugin,
        llm_models.check_llm_model_of_plugin,
    ),
)  # fmt: skip

OPERATIONS = tuple(
    operation
    for all_of_them, one, listing, adding, getting, putting, deleting, checking in PLACES
    for operation in (
        Operation(
            method="GET",
            path=all_of_them,
            entry=Guarded(listing, PILLARS, READ),
            summary="All language models by environment, in the order in which they are asked, and their use",
            replies={200: Reply("The models", {JSON: LlmModelsReply}), **SIGNED, **OWN},
        ),
        Operation(
            method="POST",
            path=all_of_them,
            entry=Guarded(adding, PILLARS, WRITE),
            summary="Add a language model",
            body=LlmModelSent,
            replies={201: Reply("The model", {JSON: LlmModelTold}), **TAKEN, **SIGNED, **SENT, **OWN},
        ),
        Operation(
            method="GET",
            path=one,
            entry=Guarded(getting, PILLARS, READ),
            summary="One language model",
            replies={200: Reply("The model", {JSON: LlmModelTold}), **SIGNED, **OWN},
        ),
        Operation(
            method="PUT",
            path=one,
            entry=Guarded(putting, PILLARS, WRITE),
            summary="Change a language model, its place in the order, or switch it off; keys that are not sent stay",
            body=LlmModelChange,
            replies={200: Reply("The model after it", {JSON: LlmModelTold}), **TAKEN, **SIGNED, **SENT, **OWN},
        ),
        Operation(
            method="DELETE",
            path=one,
            entry=Guarded(deleting, PILLARS, WRITE),
            summary="Remove a language model; what it was used for stays on record",
            replies={204: Reply("It is gone"), **SIGNED, **OWN},
        ),
        Operation(
            method="POST",
            path=f"{one.rstrip('/')}/check{'/' if one.endswith('/') else ''}",
            entry=Guarded(checking, PILLARS, WRITE),
            summary="Ask it a word now; says how it is, which is on record",
            replies={200: Reply("The model as it was found", {JSON: LlmModelTold}), **SIGNED, **OWN},
        ),
    )
)  # fmt: skip
