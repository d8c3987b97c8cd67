"""The question who did what: the audit log, with each entry's place in the chain that proves it."""

from typing import Annotated, TypeAlias

from pydantic import Field

from domain import audit
from domain.audit import Recorded, Search
from domain.windows import stamp
from tools.arguments import LAST_OFFSET, LastDay, Many, window_of
from tools.replies import beyond
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium audit log"
Users: TypeAlias = Annotated[Many, Field(description="Exact user name or names")]
Actions: TypeAlias = Annotated[Many, Field(description="Action or actions, e.g. session_started, tool_called")]
ToolNames: TypeAlias = Annotated[Many, Field(description="Tool or tools")]


class QueryAuditLogs(Args):
    user: Users = ()
    action: Actions = ()
    tool: ToolNames = ()
    time_range: LastDay = None
    limit: int = Field(100, ge=1, le=1000, description="Most entries listed, newest first")
    offset: int = Field(0, ge=0, le=LAST_OFFSET, description="Skip so many")

    def search(self, context: ToolContext) -> Search:
        window = window_of(context, self.time_range)
        return Search(users=self.user, actions=self.action, tools=self.tool, window=window)


async def query_audit_logs(context: ToolContext, args: QueryAuditLogs) -> ToolResult:
    search = args.search(context)
    async with context.database.connection() as db:
        counted = await audit.count(db, search)
        listed = await audit.newest(db, search, args.limit, args.offset)
    total = counted.rows[0].entries
    data: Json = {
        "total": total,
        "entries": [as_json(entry) for entry in listed.rows],
        "limit": args.limit,
        "offset": args.offset,
    }
    return ToolResult(
        status="ok" if total else "empty",
        source=SOURCE,
        data=data,
        query=f"{counted.query}; {listed.query}",
        window=search.window,
        as_of=context.clock(),
        cut=beyond(len(listed.rows), total, "audit entries"),
    )


def as_json(entry: Recorded) -> Json:
    return {
        "sequence": entry.sequence,
        "id": entry.id,
        "at": stamp(entry.at),
        "user": entry.user,
        "entrance": entry.entrance,
        "request_id": entry.request_id,
        "action": entry.action,
        "target": entry.target,
        "details": entry.details,
        "session_id": str(entry.session_id) if entry.session_id else None,
        "tool": entry.tool,
    }


QUERY_AUDIT_LOGS = ToolSpec(
    name="query_audit_logs",
    title="Audit log",
    description="Who did what and when, from the audit log.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:audit:read",
    args=QueryAuditLogs,
    handler=query_audit_logs,
    aliases=("view_audit_logs",),
)
TOOLS = (QUERY_AUDIT_LOGS,)
