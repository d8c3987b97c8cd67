import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from config.settings import Settings
from domain.errors import Refused, SourceError
from tests.grafana_server import VIEWER, Cut, Fault, Hang, Huge, Page, Status
from tests.mcp_grafana import CALLER, Estate
from tools.sources.grafana import Addresses, Datasource, Grafana, open_grafana
from tools.sources.mcp import McpServer

pytest_plugins = ("tests.grafana_fixtures",)

BOARD: dict[str, Any] = {"dashboard": {"title": "Checkout", "panels": []}, "folderUid": "ops"}
UNCLEAR: list[Fault] = [Status(500), Page(), Cut(), Hang()]


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("GRAFANA_URL", "grafana_url", "http://grafana:3000"),
        ("GRAFANA_DEFAULT_URL", "grafana_url", "http://grafana:3000"),
        ("GRAFANA_SERVICE_ACCOUNT_TOKEN", "grafana_service_account_token", "glsa_x"),
        ("GRAFANA_API_KEY", "grafana_service_account_token", "glsa_x"),
        ("MCP_GRAFANA_URL", "mcp_grafana_url", "http://mcp:8000/mcp"),
        ("MCP_GRAFANA_WRITE_URL", "mcp_grafana_write_url", "http://mcp:8001/mcp"),
        ("MCP_GRAFANA_TOKEN", "mcp_grafana_token", "caller"),
        ("MCP_GRAFANA_SERVER_TOKEN", "mcp_grafana_token", "caller"),
        ("MCP_CONNECTION_TIMEOUT", "mcp_connection_timeout", "7"),
        ("MCP_REQUEST_TIMEOUT", "mcp_request_timeout", "8"),
    ],
)
def test_every_name_of_a_setting_is_read(monkeypatch: pytest.MonkeyPatch, name: str, setting: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    read = getattr(Settings.read(), setting)
    assert (read.get_secret_value() if isinstance(read, SecretStr) else str(read).removesuffix(".0")) == value


@pytest.mark.parametrize("name", ["GRAFANA_URL", "MCP_GRAFANA_URL", "MCP_GRAFANA_WRITE_URL"])
@pytest.mark.parametrize("value", ["mcp-grafana:8000", "ftp://x", "http://", "http://ann:pa55@grafana"])
def test_an_address_that_cannot_be_right_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings.read()
    assert "pa55" not in str(caught.value)


async def test_without_an_address_there_is_no_grafana() -> None:
    async with open_grafana(Addresses(mcp_url=None, url="http://grafana.test")) as opened:
        assert opened is None


async def test_without_a_second_address_one_server_does_both() -> None:
    async with open_grafana(Addresses(mcp_url="http://a.test/mcp")) as opened:
        assert opened
        assert opened.write is opened.read


async def test_reads_go_to_the_reading_server_and_changes_to_the_other(grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        with pytest.raises(SourceError, match="unknown tool"):
            await grafana.read.call("update_dashboard", BOARD, deadline_seconds=5)
        made = await grafana.change("update_dashboard", BOARD)
        found = await grafana.ask("search_dashboards", {"query": "checkout"})
    assert [item["uid"] for item in found["dashboards"]] == [made["uid"]]
    assert len(grafana_estate.grafana.writes) == 1


async def test_tools_that_a_server_lacks_are_named(grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        assert await grafana.missing(("query_prometheus", "list_sift_investigations", "update_dashboard")) == (
            "list_sift_investigations",
        )


async def test_a_caller_without_the_servers_token_is_turned_away(grafana_estate: Estate) -> None:
    addresses = Addresses(mcp_url=grafana_estate.read_url, mcp_token=f"{CALLER}x", url=grafana_estate.grafana.url)
    async with open_grafana(addresses) as grafana:
        assert grafana
        with pytest.raises(SourceError, match="not accepted") as caught:
            await grafana.ask("list_datasources", {})
    assert caught.value.status == 401


async def test_datasources_come_with_the_default_first_and_are_asked_for_once(grafana_estate: Estate) -> None:
    grafana_estate.grafana.state.datasources.reverse()
    async with grafana_estate.reach() as grafana:
        first = await grafana.datasources()
        assert await grafana.datasources() == first
    assert first[0] == Datasource(uid="prom", name="Prometheus", kind="prometheus", is_default=True)
    assert {item.uid for item in first} == {"prom", "loki", "tempo"}
    assert [seen.path for seen in grafana_estate.grafana.requests].count("/api/datasources") == 1


@pytest.mark.parametrize("fault", [*UNCLEAR, Status(401), Status(403), Status(429), Huge()], ids=repr)
async def test_no_failed_read_is_uncertain(grafana_estate: Estate, fault: Fault) -> None:
    with grafana_estate.grafana.failing("/api/annotations", fault):
        async with grafana_estate.reach(request_seconds=0.5 if isinstance(fault, Hang) else 10) as grafana:
            with pytest.raises(SourceError) as caught:
                await grafana.ask("get_annotations", {})
    assert not caught.value.is_uncertain


@pytest.mark.parametrize("fault", UNCLEAR, ids=repr)
async def test_a_change_whose_answer_was_lost_is_uncertain_and_not_to_be_repeated(
    grafana_estate: Estate, fault: Fault
) -> None:
    with grafana_estate.grafana.failing("/api/dashboards/db", fault):
        async with grafana_estate.reach(request_seconds=0.5 if isinstance(fault, Hang) else 10) as grafana:
            with pytest.raises(SourceError) as caught:
                await grafana.change("update_dashboard", BOARD)
    assert caught.value.is_uncertain
    assert not caught.value.retryable


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 429])
async def test_a_change_that_grafana_refused_was_not_made(grafana_estate: Estate, status: int) -> None:
    with grafana_estate.grafana.failing("/api/dashboards/db", Status(status)):
        async with grafana_estate.reach() as grafana:
            with pytest.raises(SourceError) as caught:
                await grafana.change("update_dashboard", BOARD)
    assert (caught.value.status, caught.value.is_uncertain, caught.value.retryable) == (status, False, False)


async def test_a_dashboard_is_deleted_by_exactly_one_request(grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        made = await grafana.change("update_dashboard", BOARD)
        grafana_estate.grafana.requests.clear()
        answer = await grafana.delete_dashboard(made["uid"])
    assert answer["title"] == "Checkout"
    assert [(seen.method, seen.path) for seen in grafana_estate.grafana.requests] == [
        ("DELETE", f"/api/dashboards/uid/{made['uid']}")
    ]
    assert grafana_estate.grafana.state.dashboards == {}


@pytest.mark.parametrize("uid", ["nobody", "../../datasources/uid/prom", "a/b?c=d"])
async def test_deleting_what_is_not_there_says_so_and_touches_nothing_else(grafana_estate: Estate, uid: str) -> None:
    async with grafana_estate.reach() as grafana:
        with pytest.raises(SourceError, match="404") as caught:
            await grafana.delete_dashboard(uid)
    assert (caught.value.status, caught.value.is_uncertain) == (404, False)
    assert all(seen.path.startswith("/api/dashboards/uid/") for seen in grafana_estate.grafana.requests)


@pytest.mark.parametrize("fault", [*UNCLEAR, Status(401), Status(403), Status(412), Status(429), Page(200)], ids=repr)
@pytest.mark.parametrize("done", [False, True])
async def test_a_failed_delete_is_never_a_success_and_uncertain_when_it_may_be_done(
    grafana_estate: Estate, fault: Fault, done: bool
) -> None:
    is_refused = isinstance(fault, Status) and fault.status < 500
    async with grafana_estate.reach() as grafana:
        made = await grafana.change("update_dashboard", BOARD)
    async with grafana_estate.reach(request_seconds=0.5 if isinstance(fault, Hang) else 10) as grafana:
        with (
            grafana_estate.grafana.failing("/api/dashboards/uid", fault, done=done and not is_refused),
            pytest.raises(SourceError) as caught,
        ):
            await grafana.delete_dashboard(made["uid"])
    assert caught.value.is_uncertain == (not is_refused)
    assert not caught.value.retryable


async def test_a_token_that_may_only_look_deletes_nothing(grafana_estate: Estate) -> None:
    async with grafana_estate.reach(token=VIEWER) as grafana:
        made = await grafana.change("update_dashboard", BOARD)
        with pytest.raises(SourceError, match="permissions") as caught:
            await grafana.delete_dashboard(made["uid"])
    assert (caught.value.status, caught.value.is_uncertain) == (403, False)
    assert made["uid"] in grafana_estate.grafana.state.dashboards


async def test_without_a_token_of_its_own_nothing_is_deleted(grafana_estate: Estate) -> None:
    async with grafana_estate.reach(token=None) as grafana:
        with pytest.raises(Refused, match="GRAFANA_SERVICE_ACCOUNT_TOKEN"):
            await grafana.delete_dashboard("x")
    assert grafana_estate.grafana.requests == []


@pytest.mark.parametrize(
    ("url", "path", "link"),
    [
        ("https://g.test", "/d/abc/checkout", "https://g.test/d/abc/checkout"),
        ("https://g.test/", "d/abc", "https://g.test/d/abc"),
        ("https://g.test/grafana/", "/d/abc", "https://g.test/grafana/d/abc"),
        ("https://g.test/grafana", "/grafana/d/abc", "https://g.test/grafana/d/abc"),
        ("", "/d/abc", "/d/abc"),
        ("https://g.test", "https://g.test/d/abc", "https://g.test/d/abc"),
    ],
)
async def test_links_lead_to_what_people_open(url: str, path: str, link: str) -> None:
    async with httpx.AsyncClient() as http:
        server = McpServer(name="grafana", url="http://x", token=None, connect_seconds=1, request_seconds=1, http=http)
        assert Grafana(read=server, write=server, url=url, http=http, token=None).link(path) == link


async def test_many_reads_at_once_all_come_back(grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        answers = await asyncio.gather(*(grafana.ask("search_folders", {"query": "Shop"}) for _ in range(50)))
    assert all(answer == answers[0] for answer in answers)


async def test_tokens_do_not_show(grafana_estate: Estate) -> None:
    async with grafana_estate.reach() as grafana:
        shown = repr(grafana) + repr(grafana_estate.addresses())
    assert CALLER not in shown
    assert "glsa_" not in shown
