"""The path by which everybody sees what they may do."""

from domain.tokens import PILLARS
from web import own_permissions
from web.desk import Guarded
from web.models.own_permissions import OwnPermissionsReply
from web.operations.shape import JSON, SIGNED, Operation, Reply

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/users/me/permissions",
        entry=Guarded(own_permissions.get_own_permissions, PILLARS),
        summary="What you may do in every pillar, what waits for approval, what is closed and who can",
        replies={200: Reply("By the policy of now", {JSON: OwnPermissionsReply}), **SIGNED},
    ),
)
