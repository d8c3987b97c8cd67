"""Usage and audit, as an admin reads them: who did what, on whose approval, with what result."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from domain import activity, audit, users
from domain.activity import Deed, UserActivity
from domain.errors import NotFound
from domain.windows import Window
from web.desk import Visit
from web.models.admin import (
    AuditAsked,
    AuditLogAsked,
    AuditLogReply,
    AuditReply,
    DeedTold,
    EntryTold,
    ToolUsageTold,
    UsageAsked,
    UsageReply,
    UserActivityTold,
)
from web.models.problems import FieldProblem
from web.reading import Invalid, parameters_of
from web.replies import reply

USAGE_DAYS = 30
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=1)  # by how much the database's clock may be before ours


async def get_usage(visit: Visit) -> Response:
    """How each tool was used, and with `user` what that user came to."""
    asked, now = parameters_of(visit.request, UsageAsked), visit.desk.parts.clock()
    window = spanned(asked.since or (asked.until or now) - timedelta(days=USAGE_DAYS), asked.until or now + AHEAD)
    async with visit.desk.parts.pool.connection() as db:
        tools = await activity.get_tool_usage_stats(db, window)
        user = await users.named(db, asked.user) if asked.user else None
        if asked.user and user is None:
            raise NotFound(f"There is no user {asked.user}.")
        found = await activity.get_user_ai_activity(db, user.id, window) if user else None
    body = UsageReply(
        since=window.start,
        until=window.end,
        tools=tuple(ToolUsageTold(**asdict(tool)) for tool in tools.rows),
        activity=activity_told(user.name, found.rows[0]) if user and found else None,
    )
    return reply(body)


async def get_audit(visit: Visit) -> Response:
    """The deeds, newest first; one more than the page is read, to know whether there are more."""
    asked, now = parameters_of(visit.request, AuditAsked), visit.desk.parts.clock()
    search = activity.Search(
        user=asked.user,
        tool=asked.tool,
        status=asked.status,
        window=spanned(asked.since or BEGINNING, asked.until or now + AHEAD),
        limit=asked.per_page + 1,
        offset=asked.offset,
    )
    async with visit.desk.parts.pool.connection() as db:
        found = (await activity.deeds(db, search)).rows
    shown = tuple(map(deed_told, found[: asked.per_page]))
    has_more = len(found) > asked.per_page
    return reply(AuditReply(deeds=shown, page=asked.page, per_page=asked.per_page, has_more=has_more))


async def get_audit_log(visit: Visit) -> Response:
    """The entries of the append-only log, newest first."""
    asked, now = parameters_of(visit.request, AuditLogAsked), visit.desk.parts.clock()
    search = audit.Search(
        users=(asked.user,) if asked.user else (),
        actions=(asked.action,) if asked.action else (),
        tools=(asked.tool,) if asked.tool else (),
        window=spanned(asked.since or BEGINNING, asked.until or now + AHEAD),
    )
    async with visit.desk.parts.pool.connection() as db:
        total = (await audit.count(db, search)).rows[0].entries
        found = await audit.newest(db, search, asked.per_page, asked.offset)
    entries = tuple(EntryTold(**asdict(entry)) for entry in found.rows)
    return reply(AuditLogReply(entries=entries, page=asked.page, per_page=asked.per_page, total=total))


def spanned(start: datetime, end: datetime) -> Window:
    """Raises Invalid when the end is not after the start."""
    if end <= start:
        raise Invalid((FieldProblem(field="until", message="must be after since"),))
    return Window(start, end)


def deed_told(deed: Deed) -> DeedTold:
    """Without the whole result, of which `summary` says the essence."""
    fields = asdict(deed)
    del fields["result"]
    return DeedTold(**fields, summary=deed.summary)


def activity_told(name: str, found: UserActivity) -> UserActivityTold:
    return UserActivityTold(user=name, **asdict(found))
