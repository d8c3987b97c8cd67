"""The card that hosts with MCP Apps draw: one page without any other address, in a real browser, over our server."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from playwright.async_api import Browser, FrameLocator, Page, async_playwright, expect

from domain.actors import Actor
from domain.database import Pool
from mcp_server import card
from mcp_server.server import build
from tests.graphs.test_revive import World, making
from tests.house import Worker, actor, worker
from tests.mcp_server.test_mcp_parts import RecordedBrain
from tests.mcp_server.test_mcp_server import MODES, never, serving, structured, text
from tests.programs import program
from tools.spec import Preview, ToolContext

HOST = Path(__file__).with_name("host.html")
CALLS: dict[str, Any] = {"serverTools": {}}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


@dataclass(slots=True)
class Window:
    """A host's window with the card in it. `asked` is every address that the browser wanted."""

    page: Page
    asked: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])

    @property
    def card(self) -> FrameLocator:
        return self.page.frame_locator("#view")

    async def show(self, result: Any, capabilities: Any = CALLS, theme: str = "dark") -> None:
        about: dict[str, Any] = {"result": result, "capabilities": capabilities, "theme": theme, "input": {}}
        await self.page.evaluate("([html, about]) => open(html, about)", [card.page(), about])
        await self.until("ui/notifications/size-changed")

    async def until(self, method: str) -> None:
        """The card has sent one of these."""
        await self.page.evaluate("until", method)

    async def heard(self, method: str) -> list[Any]:
        return await self.page.evaluate("(method) => heard.filter((one) => one.method === method)", method)


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield opened
        await opened.close()


@asynccontextmanager
async def window(browser: Browser, client: Client | None = None) -> AsyncGenerator[Window]:
    page = await browser.new_page()
    opened = Window(page)
    page.on("request", lambda request: opened.asked.append(request.url))
    page.on("console", lambda message: opened.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: opened.problems.append(str(error)))

    async def call(params: Any) -> Any:
        assert client
        return wire(await client.call_tool(params["name"], params["arguments"]))

    await page.expose_function("callTool", call)
    await page.set_content(HOST.read_text())
    yield opened
    assert [address for address in opened.asked if not address.startswith(("about:", "data:"))] == []
    assert opened.problems == []
    await page.close()


def wire(result: types.CallToolResult) -> Any:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def admin(pool: Pool) -> Actor:
    return await actor(pool, "admin")


@pytest.fixture
async def house(pool: Pool, world: World) -> AsyncGenerator[Worker]:
    async with worker(pool, world.spec(), brain=making("checkout")) as opened:
        yield opened


def at(house: Worker, who: Actor) -> Client:
    return Client(serving(house.runner, who, approvals=house.approvals))


@pytest.mark.parametrize("mode", MODES)
async def test_the_tools_whose_results_can_be_drawn_name_the_card_and_its_server_says_it_has_one(mode: str) -> None:
    async with Client(build(never), mode=mode) as client:
        tools = (await client.list_tools()).tools
        offered = client.server_capabilities
    assert {tool.name: tool.meta for tool in tools if tool.meta} == {
        name: {"ui": {"resourceUri": "ui://trivium/card.html"}}
        for name in ("ask", "troubleshoot", "revive", "get_run", "confirm")
    }
    assert offered
    if mode == "auto":  # before 2026-07-28 a server had no place to say it; hosts read the tools
        assert offered.extensions == {"io.modelcontextprotocol/ui": {}}


def test_the_card_is_one_small_page_that_reaches_for_nothing() -> None:
    page = card.page()
    assert len(page) < 24_000
    assert set(re.findall(r"[a-z]+://[^\s\"'`]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|href)=|@import|url\(|innerHTML|insertAdjacentHTML|document\.write|eval\(", page)
    assert page.count("<script>") == page.count("</script>") == 1
    assert "/* s" not in page


async def test_a_host_without_apps_loses_nothing(house: Worker, admin: Actor) -> None:
    async with at(house, admin) as client:
        waits = await client.call_tool("revive", {"request": "make it"})
    shown = structured(waits)["confirmation"]
    for told in (shown["title"], "one panel", shown["confirmation_id"], "Call confirm only with the decision"):
        assert told in text(waits)


@pytest.mark.slow
async def test_a_change_is_shown_counted_down_and_approved_on_exactly_what_was_shown(
    browser: Browser, house: Worker, world: World, admin: Actor
) -> None:
    async with at(house, admin) as client, window(browser, client) as host:
        waits = await client.call_tool("revive", {"request": "make it"})
        shown = structured(waits)["confirmation"]
        await host.show(wire(waits))
        await expect(host.card.get_by_role("heading")).to_have_text("Create dashboard checkout")
        await expect(host.card.locator("main")).to_contain_text("one panel")
        await expect(host.card.locator("main")).to_contain_text("risk: medium")
        await expect(host.card.locator("#time")).to_have_text(re.compile(r"To be decided within [45]:\d\d\."))
        assert await host.card.locator("html").evaluate("(html) => html.style.colorScheme") == "dark"
        await host.card.get_by_label("Reason").fill("looks right")
        await host.card.get_by_role("button", name="Approve").click()
        await expect(host.card.get_by_role("button")).to_have_count(0)
        (call,) = await host.heard("tools/call")
        await host.until("ui/update-model-context")
        (told,) = await host.heard("ui/update-model-context")
    assert call["params"] == {
        "name": "confirm",
        "arguments": {
            "confirmation_id": shown["confirmation_id"],
            "decision": "approve",
            "reason": "looks right",
            "arguments_sha256": shown["action"]["arguments_sha256"],
            "wait_seconds": 30,
        },
    }
    assert told["params"]["content"][0]["text"].startswith("The person decided on the card. ")
    assert world.made == ["checkout"]


@pytest.mark.slow
async def test_a_change_is_rejected_on_the_card(browser: Browser, house: Worker, world: World, admin: Actor) -> None:
    async with at(house, admin) as client, window(browser, client) as host:
        await host.show(wire(await client.call_tool("revive", {"request": "make it"})))
        await host.card.get_by_role("button", name="Reject").click()
        await expect(host.card.locator("main")).to_contain_text("rejected")
    assert world.made == []


@pytest.mark.slow
async def test_what_was_decided_elsewhere_cannot_be_decided_again_and_says_so(
    browser: Browser, house: Worker, world: World, admin: Actor
) -> None:
    async with at(house, admin) as client, window(browser, client) as host:
        waits = await client.call_tool("revive", {"request": "make it"})
        await host.show(wire(waits))
        said = {"confirmation_id": structured(waits)["confirmation"]["confirmation_id"], "decision": "reject"}
        await client.call_tool("confirm", said)
        await host.card.get_by_role("button", name="Approve").click()
        await expect(host.card.get_by_role("status")).to_contain_text("already")
    assert world.made == []


def changed(result: types.CallToolResult, change: Callable[[Any], None]) -> Any:
    told = wire(result)
    change(told["structuredContent"]["confirmation"]["action"])
    return told


@pytest.mark.slow
async def test_the_card_lets_nobody_decide_too_late_for_another_or_where_the_host_does_not(
    browser: Browser, house: Worker, admin: Actor
) -> None:
    async with at(house, admin) as client, window(browser, client) as host:
        waits = await client.call_tool("revive", {"request": "make it"})
        await host.show(changed(waits, lambda action: action.update(seconds_left=0)))
        await expect(host.card.locator("#time")).to_have_text("The time to decide is over; nothing was done.")
        await expect(host.card.get_by_role("button", name="Approve")).to_be_disabled()
        await expect(host.card.get_by_role("button", name="Reject")).to_be_disabled()
        await host.show(changed(waits, lambda action: action.update(approval_mode="four_eyes")))
        await expect(host.card.locator("main")).to_contain_text("A second person has to approve it")
        await expect(host.card.get_by_role("button")).to_have_text(["Reject"])
        await host.show(wire(waits), capabilities={})
        await expect(host.card.locator("main")).to_contain_text("This host lets no card decide")
        await expect(host.card.get_by_role("button")).to_have_count(0)


@pytest.mark.slow
async def test_what_stands_in_a_change_stays_text(browser: Browser, pool: Pool, admin: Actor) -> None:
    world = World()

    async def preview(context: ToolContext, args: Any) -> Preview:  # noqa: ARG001
        return Preview(
            title=f"Create {HOSTILE}", lines=(HOSTILE,), warnings=(HOSTILE,), diff=f"--- a\n+++ b\n-{HOSTILE}\n+new"
        )

    async with (
        worker(pool, world.spec(preview=preview), brain=making("x")) as house,
        at(house, admin) as client,
        window(browser, client) as host,
    ):
        await host.show(wire(await client.call_tool("revive", {"request": "make it"})))
        await expect(host.card.get_by_role("heading")).to_have_text(f"Create {HOSTILE}")
        await expect(host.card.locator(".removed").last).to_have_text(f"-{HOSTILE}")
        await expect(host.card.locator(".added")).to_have_text("+new")
        assert await host.card.locator("img, main script").count() == 0


@pytest.mark.slow
async def test_an_answer_is_drawn_with_its_chart_in_words_too(browser: Browser, pool: Pool) -> None:
    async with worker(pool, brain=RecordedBrain()) as house, at(house, await actor(pool, "engineer")) as client:
        result = await client.call_tool("ask", {"question": "error rate of checkout"})
        async with window(browser) as host:
            await host.show(wire(result), theme="light")
            answer = structured(result)["answer"]
            charts = [part for part in answer["parts"] if part["kind"] == "series"]
            await expect(host.card.locator("h1")).to_have_text(structured(result)["summary"])
            await expect(host.card.locator("svg")).to_have_count(len(charts))
            drawing = host.card.locator("svg").first
            await expect(drawing).to_have_attribute(
                "aria-label", re.compile(r"^Error rate of checkout and payment-service\. checkout: lowest 0\.3.* %")
            )
            lines = drawing.locator("path.drawn")
            await expect(lines).to_have_count(len(charts[0]["data"]["series"]))
            assert "NaN" not in await drawing.evaluate("(svg) => svg.outerHTML")
            await expect(drawing.locator("path.limit")).to_have_count(1)
            await expect(host.card.locator(".legend").first).to_contain_text("limit SLO: 5 %")
            (size, *_) = reversed(await host.heard("ui/notifications/size-changed"))
    assert size["params"]["height"] > 200


@pytest.mark.slow
async def test_only_the_host_is_listened_to(browser: Browser, house: Worker, admin: Actor) -> None:
    async with at(house, admin) as client, window(browser, client) as host:
        waits = await client.call_tool("revive", {"request": "make it"})
        await host.show(wire(waits))
        false: dict[str, Any] = {"structuredContent": {"status": "completed", "summary": "All is well"}, "content": []}
        arrived = "new Promise((resolve) => addEventListener('message', ({data}) => data === 'sent' && resolve()))"
        message: dict[str, Any] = {"method": "ui/notifications/tool-result", "params": false}
        await host.page.evaluate(f"(message) => {{ const sent = {arrived}; spoof(message); return sent; }}", message)
        await host.card.locator("main").evaluate("() => new Promise((done) => setTimeout(done))")
        await expect(host.card.get_by_role("heading")).to_have_text("Create dashboard checkout")
