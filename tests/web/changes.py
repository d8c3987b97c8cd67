"""Something to change, for tests of approvals over HTTP, and the first steps that they share."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from agents.brain import Call
from domain.database import Pool
from domain.errors import Refused, SourceError
from tests.house import ScriptedBrain, spec
from tools.spec import AnySpec, Args, Category, Pillar, Preview, Risk, ToolContext, ToolResult

MESSAGE = "/api/v1/revive/message"
CONFIRM = "/api/v1/revive/confirm"
WAITING = "/api/v1/revive/confirmations"
STREAM = {"Accept": "text/event-stream"}


class Making(Args):
    title: str


@dataclass(slots=True)
class World:
    """`made` has each deed once for every time it was done. A deed waits for `open`; `fault` is what it ends with."""

    made: list[str] = field(default_factory=list[str])
    open: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    fault: SourceError | None = None
    is_away: bool = False

    def __post_init__(self) -> None:
        self.open.set()

    async def make(self, context: ToolContext, args: Making) -> ToolResult:
        await context.progress(f"making {args.title}")
        self.reached.set()
        await self.open.wait()
        if self.fault:
            raise self.fault
        self.made.append(args.title)
        url = f"https://grafana.example.com/d/{args.title}"
        resource = {"type": "dashboard", "uid": args.title, "name": args.title.title(), "url": url}
        return ToolResult(status="ok", source="world", data={"resource": resource})

    async def preview(self, context: ToolContext, args: Making) -> Preview:  # noqa: ARG002 - the spec's signature
        if self.is_away:
            raise SourceError("Grafana did not answer in 20 s", source="grafana")
        if args.title == "taken":
            raise Refused("The title is taken.", code="invalid_arguments", alternative="Choose another.")
        details = {"title": args.title, "panels": ["request_rate"], "folder": "Services"}
        return Preview(title=f"Create dashboard {args.title}", lines=("one panel",), details=details)

    def spec(self, name: str = "create_dashboard", **changes: Any) -> AnySpec:
        given: dict[str, Any] = {
            "pillars": frozenset({Pillar.REVIVE}),
            "category": Category.GRAFANA,
            "risk": Risk.CREATE,
            "permission": "ai:revive:grafana:dashboard:create",
            "args": Making,
            "idempotent": False,
            "preview": self.preview,
            "title": "Create a dashboard",
        }
        return spec(name, self.make, **(given | changes))


def making(*titles: str, tool: str = "create_dashboard") -> ScriptedBrain:
    return planning(*((tool, title) for title in titles))


def planning(*changes: tuple[str, str]) -> ScriptedBrain:
    """Plans these changes, each a tool and a title, in one go."""
    return ScriptedBrain(rounds=[[Call(tool=tool, arguments={"title": title}) for tool, title in changes]])


async def proposed(web: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """The body of a reply to a request that now waits for a person."""
    response = await web.post(MESSAGE, json={"message": "make it"}, **given)
    assert (response.status_code, response.json()["status"]) == (200, "awaiting_confirmation")
    return response.json()


async def card_of(web: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    return (await proposed(web, **given))["response"]["action_required"]


async def decide(web: httpx.AsyncClient, card: dict[str, Any], action: str = "approve", **given: Any) -> httpx.Response:
    headers = given.pop("headers", None)
    return await web.post(f"{CONFIRM}/{card['confirmation_id']}", json={"action": action, **given}, headers=headers)


async def rows(pool: Pool, statement: Any) -> list[dict[str, Any]]:
    async with pool.connection() as db:
        return await (await db.execute(statement)).fetchall()


async def aged(pool: Pool, seconds: int) -> None:
    """Every confirmation was made this much earlier. The trigger refuses such an edit, so it is away meanwhile."""
    async with pool.connection() as db, db.transaction():
        await db.execute("set local session_replication_role = replica")
        await db.execute(
            "update trivium.ai_action_confirmations set expires_at = expires_at - make_interval(secs => %(seconds)s)",
            {"seconds": seconds},
        )
