"""A question over MCP at /mcp against the same question over the HTTP entrance, and a list of tools against a list."""

from collections.abc import AsyncGenerator, Mapping
from itertools import count
from typing import Any

import httpx

import tools
from bench.measure import Row, at_once, in_turns, scratch
from checkpoints.saver import open_saver
from tests.house import ScriptedBrain, spec, worker
from tests.mcp_server.endpoint import modern, open_session, raw, request, served
from tests.web.entrance import QUERY

CALLS, WIDTH = 100, 4
QUESTION = "What is firing?"
CALL = {"name": "ask", "arguments": {"question": QUESTION}}
SESSIONS = "/api/v1/inquiry/sessions"
JSON = {"Accept": "application/json"}
Json = dict[str, Any]


async def rows() -> AsyncGenerator[Row]:
    """Client and server share one event loop in every row, so that only the entrances differ."""
    async with scratch() as (pool, _):
        await open_saver(pool)
        async with (
            worker(pool, spec(), *tools.ALL, brain=ScriptedBrain) as house,
            served(pool, house) as url,
            raw(url) as http,
        ):
            yield await asked(http, *modern("tools/call", CALL), of="2026-07-28")
            yield await asked(http, request("tools/call", CALL), await open_session(http), of="2025-11-25")
            yield await listed(http)


async def asked(http: httpx.AsyncClient, body: Json, headers: Mapping[str, str], *, of: str) -> Row:
    numbers = count(2)  # an id of its own for each request of a session

    async def ours() -> None:
        await posted(http, "/mcp", body | {"id": next(numbers)}, headers)

    async def floor() -> None:
        await posted(http, QUERY, {"query": QUESTION}, JSON)

    best, least = await in_turns(
        lambda: at_once(ours, count=CALLS, width=WIDTH), lambda: at_once(floor, count=CALLS, width=WIDTH), turns=5
    )
    return Row(
        what=f"`ask` over MCP {of}, {WIDTH} at once; floor: the same question over HTTP as JSON",
        ours=1000 * best / CALLS, floor=1000 * least / CALLS, unit="ms", goal="≤ 1.5×", met=best <= 1.5 * least,
    )  # fmt: skip


async def listed(http: httpx.AsyncClient) -> Row:
    body, headers = modern("tools/list")

    async def ours() -> None:
        await posted(http, "/mcp", body, headers)

    async def floor() -> None:
        (await http.get(SESSIONS, headers=JSON)).raise_for_status()

    best, least = await in_turns(
        lambda: at_once(ours, count=CALLS, width=WIDTH), lambda: at_once(floor, count=CALLS, width=WIDTH), turns=5
    )
    return Row(
        what="`tools/list` over MCP, by what the caller may reach; floor: the sessions listed over HTTP",
        ours=1000 * best / CALLS, floor=1000 * least / CALLS, unit="ms", goal="≤ 3×", met=best <= 3 * least,
    )  # fmt: skip


async def posted(http: httpx.AsyncClient, path: str, body: Json, headers: Mapping[str, str]) -> None:
    answer = await http.post(path, json=body, headers=headers)
    answer.raise_for_status()
    if "completed" not in answer.text and "tools" not in answer.text:
        raise RuntimeError(f"{path} answered {answer.text[:300]}")
