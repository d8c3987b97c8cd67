"""The question what was learned from incidents like this one."""

from typing import Annotated

from pydantic import Field

from domain import postmortems
from domain.filters import Filter
from domain.postmortems import Postmortem, words_of
from domain.windows import stamp
from tools.arguments import Services, TimeRange
from tools.replies import Evidence, beyond, reply
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec


class SearchPostmortems(Args):
    query: str = Field("", max_length=500, description="Words, any of which may match; none: the newest")
    service: Services = ()
    time_range: Annotated[TimeRange | None, Field(description="Default: all time")] = None
    limit: int = Field(3, ge=1, le=20, description="Most postmortems listed")


async def search_postmortems(context: ToolContext, args: SearchPostmortems) -> ToolResult:
    window = args.time_range.window() if args.time_range else None
    chosen = Filter(services=args.service, window=window)
    words = words_of(args.query)
    async with context.database.connection() as db:
        if words:
            found = await postmortems.search(db, chosen, words, args.limit)
        else:
            found = await postmortems.newest(db, chosen, args.limit)
    total = found.rows[0].total if found.rows else 0
    data: Json = {"total": total, "postmortems": [as_json(postmortem) for postmortem in found.rows]}
    return reply(context, data, total, Evidence((found,), window, beyond(len(found.rows), total, "postmortems")))


def as_json(postmortem: Postmortem) -> Json:
    number = postmortem.incident_number
    return {
        "id": str(postmortem.id),
        "title": postmortem.title,
        "service": postmortem.service,
        "occurred_at": stamp(postmortem.occurred_at),
        "summary": postmortem.summary,
        "root_cause": postmortem.root_cause,
        "resolution": postmortem.resolution,
        "lessons": postmortem.lessons,
        "url": postmortem.url,
        "incident_id": str(postmortem.incident_id) if postmortem.incident_id else None,
        "incident_number": f"INC-{number}" if number else None,
        "score": postmortem.score,
        "highlight": postmortem.highlight,
    }


SEARCH_POSTMORTEMS = ToolSpec(
    name="search_postmortems",
    title="Search postmortems",
    description="Full-text search in postmortems of past incidents: causes, resolutions, lessons.",
    pillars=frozenset({Pillar.INQUIRY}),
    category=Category.INQUIRY,
    risk=Risk.READ,
    permission="ai:inquiry:read",
    args=SearchPostmortems,
    handler=search_postmortems,
)
