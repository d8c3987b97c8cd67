"""Completion: names that begin what the person types, and only such as this person may see anyway."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import mcp_types as types
from mcp.shared.exceptions import MCPError

from domain import alerts, ownership, run_pages, runbooks
from domain.actors import Actor
from domain.alerts import Page
from domain.filters import Filter, Owner
from domain.windows import Window
from mcp_server.listing import TEMPLATES
from mcp_server.prompts import PROMPTS
from mcp_server.rights import rights
from mcp_server.server import House
from tools.spec import Pillar, Scope

MOST = 100  # of the protocol
MOST_LOOKED_AT = 1000
RECENT = timedelta(days=7)
READS_ALERTS = "query_alerts_history"
LISTS_RUNBOOKS = "list_runbooks"


async def completed(house: House, params: types.CompleteRequestParams) -> types.CompleteResult:
    """First what begins with the typed words, then what has them anywhere. Raises MCPError for no such argument."""
    name = params.argument.name
    if name not in arguments_of(params.ref):
        raise MCPError(code=types.INVALID_PARAMS, message="There is no such argument to complete.")
    source = SOURCES.get(name)
    known = await source(house, await house.identify()) if source else []
    found = fitting(known, params.argument.value)
    completion = types.Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
    return types.CompleteResult(completion=completion)


def arguments_of(ref: types.PromptReference | types.ResourceTemplateReference) -> set[str]:
    if isinstance(ref, types.PromptReference):
        prompt = PROMPTS.get(ref.name)
        return {item.name for item in prompt.arguments} if prompt else set()
    found = next((template for template in TEMPLATES if template.uri_template == ref.uri), None)
    return {OF_TEMPLATES[found.name], "path", "offset"} if found else set()


def fitting(known: Iterable[tuple[str, str]], typed: str) -> list[str]:
    """Values whose value or words fit; each once, in their order."""
    words = typed.strip().lower()
    begins = [value for value, _ in known if value.lower().startswith(words)]
    has = [value for value, about in known if words in value.lower() or words in about.lower()]
    return list(dict.fromkeys([*begins, *has]))


async def services(house: House, actor: Actor) -> list[tuple[str, str]]:
    """Those whose alerts the actor may ask about; where only their own, what these stand on too."""
    right = (await rights(house, actor)).to_named(READS_ALERTS)
    if right is None:
        return []
    async with house.runner.parts.pool.connection() as db:
        if Scope.OWN_ALERTS in right.decision.scopes:
            found = await ownership.reach(db, Owner(user_id=actor.user_id, teams=actor.teams))
        else:
            found = await ownership.services(db)
    return [(name, "") for name in found]


async def alert_names(house: House, actor: Actor) -> list[tuple[str, str]]:
    """Of a week, those that still fire first: those that the actor may troubleshoot, which for an engineer are their
    own; none for whoever sees only numbers."""
    right = (await rights(house, actor)).to_named(READS_ALERTS, Pillar.TROUBLESHOOTING)
    if right is None or Scope.AGGREGATED_ONLY in right.decision.scopes:
        return []
    own = Scope.OWN_ALERTS in right.decision.scopes
    owner = Owner(user_id=actor.user_id, teams=actor.teams) if own else None
    now = house.runner.parts.clock()
    async with house.runner.parts.pool.connection() as db:
        firing = await alerts.newest(db, Filter(owner=owner), Page(status="firing", limit=MOST_LOOKED_AT, offset=0))
        recent = Filter(owner=owner, window=Window(now - RECENT, now + timedelta(seconds=1)))
        ended = await alerts.newest(db, recent, Page(status="resolved", limit=MOST_LOOKED_AT, offset=0))
    return [(alert.name, alert.service) for alert in (*firing.rows, *ended.rows)]


async def runs(house: House, actor: Actor) -> list[tuple[str, str]]:
    """Newest first; a word of the question finds its run."""
    async with house.runner.parts.pool.connection() as db:
        found = await run_pages.older(db, user_id=actor.user_id, after=None, limit=MOST_LOOKED_AT)
    return [(str(run.id), run.question) for run in found]


async def runbook_names(house: House, actor: Actor) -> list[tuple[str, str]]:
    if (await rights(house, actor)).to_named(LISTS_RUNBOOKS) is None:
        return []
    async with house.runner.parts.pool.connection() as db:
        return [(name, "") for name in await runbooks.names(db)]


SOURCES: dict[str, Callable[[House, Actor], Awaitable[list[tuple[str, str]]]]] = {
    "service": services,
    "alert": alert_names,
    "run_id": runs,
    "runbook": runbook_names,
}
OF_TEMPLATES = {"run": "run_id", "runbook": "runbook", "artifact": "artifact_id"}
