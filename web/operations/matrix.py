"""The paths of the matrix of tools and roles."""

from domain.tokens import PILLARS
from web import matrix
from web.desk import Guarded
from web.models.matrix import ChangesPreview, ChangesReply, ChangesSent, MatrixAsked, MatrixReply
from web.models.problems import Refusal
from web.operations.admin import READ, WRITE
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

MOVED = {409: Reply("The policy moved meanwhile: nothing was changed", {JSON: Refusal})}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/admin/ai/permissions/matrix",
        entry=Guarded(matrix.get_matrix, PILLARS, READ),
        summary="Every tool and its effect for each role; with `user`, what that user may do",
        parameters=MatrixAsked,
        replies={200: Reply("The policy of now", {JSON: MatrixReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="POST",
        path="/api/v1/admin/ai/permissions/preview",
        entry=Guarded(matrix.preview_changes, PILLARS, READ),
        summary="What changes would do: who gains and loses what, who used it, which runs it would bite",
        body=ChangesSent,
        replies={200: Reply("Nothing was changed", {JSON: ChangesPreview}), **SIGNED, **SENT},
    ),
    Operation(
        method="PUT",
        path="/api/v1/admin/ai/permissions/matrix",
        entry=Guarded(matrix.put_changes, PILLARS, WRITE),
        summary="Make all of the changes at once, or none",
        body=ChangesSent,
        replies={200: Reply("They hold from the next call on", {JSON: ChangesReply}), **SIGNED, **SENT, **MOVED},
    ),
)  # fmt: skip
