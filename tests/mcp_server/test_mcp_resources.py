"""What an MCP client can attach: the caller's own runs and results, and runbooks as the caller may see them."""

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import mcp_types as types
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

import tools
from domain import runbooks
from domain.actors import Actor
from domain.database import Pool
from domain.runbooks import NewRunbook
from mcp_server import card
from mcp_server.resources import PAGE
from mcp_server.server import House, Unopened, build
from tests.graphs.test_revive import World, making
from tests.house import NOW, Worker, actor, runner, spec, worker
from tests.mcp_server.test_mcp_server import MODES, never, serving, structured, text
from tools.spec import ToolContext, ToolResult

SECRET = "AKIAIOSFODNN7EXAMPLE"
OLD_RUN = """
with session as (
    insert into trivium.ai_sessions (id, user_id, pillar) values (gen_random_uuid(), %(user)s, 'inquiry') returning id
)
insert into trivium.runs (id, session_id, user_id, graph, entrance, request_id, question, options, status, created_at)
select gen_random_uuid(), session.id, %(user)s, 'inquiry', 'mcp', 'x', %(question)s, '{}', 'completed', %(at)s
from session
"""


def at(world: Worker, who: Actor) -> Client:
    return Client(serving(world.runner, who, approvals=world.approvals))


async def read(client: Client, uri: str) -> str:
    (found,) = (await client.read_resource(uri)).contents
    assert isinstance(found, types.TextResourceContents)
    assert found.uri == uri
    return found.text


async def everything(client: Client) -> list[types.Resource]:
    """All pages of the list, in order."""
    page = await client.list_resources()
    found = list(page.resources)
    while page.next_cursor:
        page = await client.list_resources(cursor=page.next_cursor)
        found += page.resources
    return found


async def add_runbook(pool: Pool, name: str) -> None:
    new = NewRunbook(
        name=name,
        title=f"The {name}",
        description="Drains one node.",
        alert_names=["NodeDown"],
        tags=[],
        parameters=[],
        steps=[{"kind": "wait", "name": "breathe", "seconds": 1}],
        rollback=[],
        created_by=None,
    )
    async with pool.connection() as db:
        await runbooks.add(db, new)


@pytest.fixture
async def house(pool: Pool) -> AsyncGenerator[Worker]:
    async with worker(pool, spec(), *tools.ALL) as opened:
        yield opened


@pytest.mark.parametrize("mode", MODES)
async def test_templates_and_the_card_need_nothing_open(mode: str) -> None:
    async with Client(build(never), mode=mode) as client:
        templates = (await client.list_resource_templates()).resource_templates
        shown = await client.read_resource("ui://trivium/card.html")
    assert [(item.uri_template, item.mime_type, bool(item.title and item.icons)) for item in templates] == [
        ("run://{run_id}", "text/markdown", True),
        ("runbook://{runbook}", "text/markdown", True),
        ("artifact://{artifact_id}{?path,offset}", "application/json", True),
    ]
    nowhere: dict[str, list[str]] = {"connectDomains": [], "resourceDomains": []}
    assert shown.contents == [card.contents()]
    assert shown.contents[0].mime_type == "text/html;profile=mcp-app"
    assert shown.contents[0].meta == {"ui": {"csp": nowhere, "prefersBorder": True}}


@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_is_linked_and_can_be_read_again_with_its_evidence(pool: Pool, mode: str) -> None:
    who = await actor(pool, "engineer")
    async with runner(pool) as running, Client(serving(running, who), mode=mode) as client:
        result = await client.call_tool("ask", {"question": "what fires?"})
        (link,) = [block for block in result.content if isinstance(block, types.ResourceLink)]
        told = await read(client, link.uri)
        run = structured(result)
    (finding,), (source,) = run["answer"]["findings"], run["answer"]["sources"]
    assert (link.uri, link.mime_type) == (f"run://{run['run_id']}", "text/markdown")
    lines = told.split("\n\n")
    assert lines[0] == "# what fires?"
    assert lines[1].startswith(f"inquiry run {run['run_id']}, completed, asked ")
    assert lines[2:] == [
        "what fires?: 1 results.",
        "## Findings",
        f"- {finding['text']} (certain; {finding['executions'][0]})",
        "## Where it comes from",
        f"- ok, query_echo, execution {source['execution']}: `echo hi`",
    ]


async def test_own_runs_are_listed_newest_first_page_by_page_and_nobody_elses(pool: Pool, house: Worker) -> None:
    who, stranger = await actor(pool, "engineer"), await actor(pool, "admin")
    async with pool.connection() as db:
        for number in range(2 * PAGE + 3):  # all at one moment: equals have one order too
            await db.execute(OLD_RUN, {"user": who.user_id, "question": f"q{number}", "at": NOW})
    async with at(house, who) as client:
        newest = structured(await client.call_tool("ask", {"question": "the newest"}))
        first = (await client.list_resources()).resources
        found = await everything(client)
        again = await everything(client)
    async with at(house, stranger) as client:
        others = await everything(client)
    assert [item.uri for item in first[:2]] == ["ui://trivium/card.html", f"run://{newest['run_id']}"]
    assert len(first) == PAGE + 1
    runs = [item for item in found if item.uri.startswith("run://")]
    assert (len(runs), len({item.uri for item in runs})) == (2 * PAGE + 4, 2 * PAGE + 4)
    assert {item.title for item in runs} == {"the newest", *(f"q{number}" for number in range(2 * PAGE + 3))}
    assert [item.uri for item in found] == [item.uri for item in again]
    assert [item.uri for item in others] == ["ui://trivium/card.html"]


async def test_a_foreign_or_made_up_resource_is_not_there(pool: Pool, house: Worker) -> None:
    async with at(house, await actor(pool, "engineer")) as client:
        mine = structured(await client.call_tool("ask", {"question": "mine"}))
    async with at(house, await actor(pool, "admin")) as client:
        said: list[str] = []
        for uri in (f"run://{mine['run_id']}", f"run://{uuid4()}", "run://../x", "artifact://1", "file:///etc/passwd"):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            assert refused.value.code == types.INVALID_PARAMS
            said.append(str(refused.value))
    assert said[0] == f"There is no run {mine['run_id']} of yours. list_runs shows which are."
    assert said[1].startswith("There is no run ")
    assert said[2:] == [
        f"There is no resource {uri} of yours." for uri in ("run://../x", "artifact://1", "file:///etc/passwd")
    ]


async def large(context: ToolContext, args: Any) -> ToolResult:  # noqa: ARG001
    lines = [{"n": n, "text": f"line {n} " + "x" * (2000 if n < 100 else 400)} for n in range(300)]
    return ToolResult(status="ok", source="echo", data={"total": 300, "lines": lines}, as_of=context.clock())


async def test_a_whole_result_is_read_page_by_page_by_whoever_it_was_made_for(pool: Pool) -> None:
    who, stranger = await actor(pool, "engineer"), await actor(pool, "admin")
    async with runner(pool, spec(handler=large)) as running:
        async with Client(serving(running, who)) as client:
            result = await client.call_tool("ask", {"question": "all lines"})
            links = [block.uri for block in result.content if isinstance(block, types.ResourceLink)]
            body = await read(client, links[1])
            first = json.loads(body)
            rows, following = list(first["rows"]), first["next"]
            while following:
                page = json.loads(await read(client, following))
                assert page["offset"] == len(rows)
                rows += page["rows"]
                following = page["next"]
            with pytest.raises(MCPError, match="There is no long list at /nothing"):
                await client.read_resource(f"{links[1]}?path=/nothing")
            with pytest.raises(MCPError, match="takes path and offset"):
                await client.read_resource(f"{links[1]}?offset=-1")
        async with Client(serving(running, stranger)) as client:
            with pytest.raises(MCPError, match="There is no artifact"):
                await client.read_resource(links[1])
    assert links[1].startswith("artifact://")
    assert {**first, "rows": [], "created_at": ""} == {
        "artifact_id": links[1].removeprefix("artifact://"), "tool": "query_echo", "created_at": "", "rows": [],
        "size_bytes": first["size_bytes"], "lists": {"/lines": 300}, "path": "/lines", "offset": 0, "total": 300,
        "document": {"total": 300, "lines": ["300 entries: read /lines"]},
        "next": f"{links[1]}?path=%2Flines&offset={len(first['rows'])}",
    }  # fmt: skip
    assert 20 < len(first["rows"]) < 30
    assert len(body) < 64 * 1024
    assert [row["n"] for row in rows] == list(range(300))
    assert f"whole result {links[1]}" in text(result)


async def test_runbooks_are_there_for_those_who_may_read_them(pool: Pool, house: Worker) -> None:
    await add_runbook(pool, "drain-node")
    await add_runbook(pool, "another")
    async with at(house, await actor(pool, "operator")) as client:
        listed = await everything(client)
        told = await read(client, "runbook://drain-node")
        with pytest.raises(MCPError, match="no runbook"):
            await client.read_resource("runbook://nothing")
    assert [(item.uri, item.title) for item in listed[1:]] == [
        ("runbook://another", "The another"), ("runbook://drain-node", "The drain-node"),
    ]  # fmt: skip
    for line in ("# The drain-node", "Drains one node.", "For the alerts NodeDown.", "- Step 1, breathe: wait 1 s"):
        assert line in told.split("\n\n"), told
    async with at(house, await actor(pool, "viewer")) as client:
        assert len(await everything(client)) == 1
        with pytest.raises(MCPError, match="Role 'viewer' cannot use runbook details"):
            await client.read_resource("runbook://drain-node")


async def test_secrets_are_masked_in_a_list_and_in_what_is_read_however_they_got_there(pool: Pool) -> None:
    who = await actor(pool, "engineer")
    async with pool.connection() as db:
        await db.execute(OLD_RUN, {"user": who.user_id, "question": f"who uses {SECRET}?", "at": NOW})
    async with runner(pool) as running, Client(serving(running, who)) as client:
        await client.call_tool("ask", {"question": f"and who else {SECRET}?"})
        listed = await client.list_resources()
        told = [await read(client, item.uri) for item in listed.resources[1:]]
    assert len(told) == 2
    assert SECRET not in "".join([listed.model_dump_json(), *told])
    assert [item.title for item in listed.resources[1:]] == ["and who else [masked]?", "who uses [masked]?"]


async def test_a_run_that_waits_says_for_what(pool: Pool) -> None:
    who = await actor(pool, "admin")
    async with worker(pool, World().spec(), brain=making("checkout")) as house, at(house, who) as client:
        waits = structured(await client.call_tool("revive", {"request": "make it"}))
        told = await read(client, f"run://{waits['run_id']}")
    assert "## Waits for a decision\n\n```\nCreate dashboard checkout (risk: medium)\none panel\n" in told


@pytest.mark.parametrize("cursor", ["nonsense", "WyJydW4iXQ==", "W10=", "bnVsbA=="])
async def test_a_cursor_that_is_none_of_ours_is_refused(pool: Pool, cursor: str) -> None:
    async with runner(pool) as running, Client(serving(running, await actor(pool, "engineer"))) as client:
        with pytest.raises(MCPError, match="list from the start again"):
            await client.list_resources(cursor=cursor)


async def test_a_house_that_does_not_open_says_why_to_whoever_lists_or_reads() -> None:
    async def closed() -> House:
        raise Unopened("Postgres did not answer. Check DATABASE_URL.")

    async with Client(build(closed)) as client:
        for asking in (client.list_resources(), client.read_resource(f"run://{uuid4()}")):
            with pytest.raises(MCPError, match="Check DATABASE_URL"):
                await asking
