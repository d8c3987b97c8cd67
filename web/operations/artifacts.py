"""The paths of large results."""

from typing import Any

from domain.tokens import PILLARS
from web import artifacts
from web.desk import Guarded
from web.models.artifacts import RowsAsked, RowsReply
from web.models.problems import Refusal
from web.operations.shape import CHECKED, JSON, OWN, SIGNED, Operation, Reply

NO_LIST = {400: Reply("The result has no long list", {JSON: Refusal})}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/artifacts/{artifact_id}",
        entry=Guarded(artifacts.download_artifact, PILLARS),
        summary="Download one large result of yours, whole",
        replies={200: Reply("The result's JSON", {JSON: dict[str, Any]}), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/artifacts/{artifact_id}/rows",
        entry=Guarded(artifacts.list_artifact_rows, PILLARS),
        summary="Rows of one list of a large result of yours",
        parameters=RowsAsked,
        replies={200: Reply("The rows", {JSON: RowsReply}), **NO_LIST, **SIGNED, **CHECKED, **OWN},
    ),
)
