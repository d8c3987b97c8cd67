"""The paths by which admins change permissions and read usage and audit."""

from domain.tokens import PILLARS
from web import audit, permissions
from web.desk import Guarded
from web.models.admin import (
    AuditAsked,
    AuditLogAsked,
    AuditLogReply,
    AuditReply,
    PermissionChange,
    PermissionReply,
    PermissionsReply,
    UsageAsked,
    UsageReply,
)
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:permissions:read", "ai:admin:permissions:write"
LISTED = {200: Reply("The rows, and the roles they are for", {JSON: PermissionsReply}), **SIGNED}
CHANGED = {200: Reply("It holds from the next call on", {JSON: PermissionReply}), **SIGNED, **SENT}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/admin/ai/permissions",
        entry=Guarded(permissions.list_permissions, PILLARS, READ),
        summary="Which role may use which tool, and how",
        replies=LISTED,
    ),
    Operation(
        method="PUT",
        path="/api/v1/admin/ai/permissions",
        entry=Guarded(permissions.put_permission, PILLARS, WRITE),
        summary="Put one row in the place of the one for the same role, pillar, category and tool",
        body=PermissionChange,
        replies=CHANGED,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/admin/ai/permissions/{permission_id}",
        entry=Guarded(permissions.delete_permission, PILLARS, WRITE),
        summary="Take one row away; what no row matches is denied",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/ai-permissions",
        entry=Guarded(permissions.list_permissions_alias, PILLARS, READ),
        summary="The same as /api/v1/admin/ai/permissions",
        replies=LISTED,
    ),
    Operation(
        method="PUT",
        path="/api/v1/admin/ai-permissions",
        entry=Guarded(permissions.put_permission_alias, PILLARS, WRITE),
        summary="The same as /api/v1/admin/ai/permissions",
        body=PermissionChange,
        replies=CHANGED,
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/ai/usage",
        entry=Guarded(audit.get_usage, PILLARS, "ai:admin:usage:read"),
        summary="How often each tool was called, by how many, how it went and how long it took",
        parameters=UsageAsked,
        replies={200: Reply("Most used first", {JSON: UsageReply}), **SIGNED, **CHECKED, **OWN},
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/ai/audit",
        entry=Guarded(audit.get_audit, PILLARS, "ai:admin:audit:read"),
        summary="Who did what, on whose approval, with what result",
        parameters=AuditAsked,
        replies={200: Reply("One page, newest first", {JSON: AuditReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/ai/audit/log",
        entry=Guarded(audit.get_audit_log, PILLARS, "ai:admin:audit:read"),
        summary="The entries of the append-only audit log",
        parameters=AuditLogAsked,
        replies={200: Reply("One page, newest first", {JSON: AuditLogReply}), **SIGNED, **CHECKED},
    ),
)  # fmt: skip
