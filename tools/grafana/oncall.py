"""Who is on call, from Grafana OnCall."""

import asyncio

from pydantic import Field

from domain.errors import Refused, SourceError
from tools.grafana import replies
from tools.grafana.reach import record, rows
from tools.grafana.replies import answer
from tools.sources.grafana import SOURCE, Grafana
from tools.spec import Args, Category, Json, Pillar, Risk, ToolContext, ToolResult, ToolSpec

SCHEDULES_LOOKED_INTO = 10
PAGE = 50


class ListOncallTeams(Args):
    pass


async def list_oncall_teams(context: ToolContext, args: ListOncallTeams) -> ToolResult:  # noqa: ARG001
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    found = [{"id": team.get("id"), "name": team.get("name")} for team in await teams(grafana)]
    query = replies.sent("list_oncall_teams", {})
    return answer(context, {"teams": found}, query=query, found=len(found), cut=page_full(found, "teams"))


async def teams(grafana: Grafana) -> list[Json]:
    return rows(await grafana.ask("list_oncall_teams", {}))


class GetOncallSchedule(Args):
    team: str | None = Field(None, max_length=200, description="Name or id. Default: all teams")


async def get_oncall_schedule(context: ToolContext, args: GetOncallSchedule) -> ToolResult:
    grafana = context.resources.grafana
    if grafana is None:
        return replies.UNSET
    known = {str(team.get("id")): str(team.get("name")) for team in await teams(grafana)}
    asked: Json = {"teamId": team_id(known, args.team)} if args.team else {}
    found = rows(await grafana.ask("list_oncall_schedules", asked))
    looked = found[:SCHEDULES_LOOKED_INTO]
    crews = await asyncio.gather(*(on_call(grafana, str(item.get("id"))) for item in looked))
    shown = [as_json(item, known, crew) for item, crew in zip(looked, crews, strict=True)]
    left = len(found) - len(looked)
    cut = f"{left} more schedules are not looked into: name a team" if left else None
    query = replies.sent("list_oncall_schedules", asked)
    return answer(context, {"schedules": shown}, query=query, found=len(shown), cut=cut)


def team_id(known: dict[str, str], wanted: str) -> str:
    """The id of the team with this id or name, whatever its case. Raises Refused naming the teams there are."""
    if wanted in known:
        return wanted
    found = [key for key, name in known.items() if name.lower() == wanted.lower()]
    if not found:
        there = f"Teams: {', '.join(sorted(known.values())) or 'none'}."
        raise Refused(f"Grafana OnCall has no team {wanted!r}.", code="not_found", alternative=there)
    return found[0]


async def on_call(grafana: Grafana, schedule: str) -> list[Json]:
    found = record(await grafana.ask("get_current_oncall_users", {"scheduleId": schedule}))
    if "scheduleId" not in found:
        raise SourceError(f"Grafana OnCall did not say who is on call for {schedule}", source=SOURCE)
    return [{"username": user.get("username"), "email": user.get("email")} for user in rows(found, "users")]


def as_json(schedule: Json, known: dict[str, str], crew: list[Json]) -> Json:
    team = schedule.get("teamId")
    return {
        "id": schedule.get("id"),
        "name": schedule.get("name"),
        "team": known.get(str(team), team),
        "timezone": schedule.get("timezone"),
        "on_call": crew,
    }


def page_full(found: list[Json], what: str) -> str | None:
    return f"only the first page of {what} is listed" if len(found) >= PAGE else None


GET_ONCALL_SCHEDULE = ToolSpec(
    name="get_oncall_schedule",
    title="Who is on call",
    description="On-call schedules of a team or of all, and who is on call now.",
    pillars=frozenset(Pillar),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:oncall:read",
    args=GetOncallSchedule,
    handler=get_oncall_schedule,
    source=SOURCE,
    deadline_seconds=30,
)
LIST_ONCALL_TEAMS = ToolSpec(
    name="list_oncall_teams",
    title="On-call teams",
    description="Teams of Grafana OnCall.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.GRAFANA,
    risk=Risk.READ,
    permission="ai:revive:grafana:oncall:read",
    args=ListOncallTeams,
    handler=list_oncall_teams,
    source=SOURCE,
    deadline_seconds=20,
)
TOOLS = (GET_ONCALL_SCHEDULE, LIST_ONCALL_TEAMS)
