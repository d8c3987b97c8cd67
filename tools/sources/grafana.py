"""Reach to Grafana: reads and changes through mcp-grafana, and the one request that it has no tool for."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from urllib.parse import quote, urlsplit

import httpx
import orjson

from domain.errors import Refused, SourceError
from tools.sources import failures
from tools.sources.mcp import McpServer

Json: TypeAlias = dict[str, Any]

SOURCE = "grafana"
DIRECT_SECONDS = 15.0
DATASOURCES_LIVE_SECONDS = 300.0
QUERY_INCIDENTS = "/api/plugins/grafana-irm-app/resources/api/v1/IncidentsService.QueryIncidentPreviews"
UNSET = "Trivium deletes dashboards with a token of its own: set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN."


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where Grafana and mcp-grafana are. `mcp_url` None: there is no Grafana. `mcp_token` is what mcp-grafana asks of
    its callers, `token` Grafana's own service account."""

    mcp_url: str | None
    mcp_write_url: str | None = None
    mcp_token: str | None = field(default=None, repr=False)
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    connect_seconds: float = 5
    request_seconds: float = 30


@dataclass(frozen=True, slots=True)
class Datasource:
    uid: str
    name: str
    kind: str
    is_default: bool


@dataclass(slots=True)
class Datasources:
    """What Grafana had when it was last asked."""

    known: tuple[Datasource, ...] = ()
    stale_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grafana:
    """`read` and `write` are mcp-grafana's servers, `url` is what people open, `token` is for `delete_dashboard`."""

    read: McpServer
    write: McpServer
    url: str
    http: httpx.AsyncClient
    token: str | None = field(repr=False)
    remembered: Datasources = field(default_factory=Datasources, repr=False)

    async def ask(self, tool: str, arguments: Json, *, deadline_seconds: float = 15) -> Any:
        """What a reading tool returned. Raises SourceError, never an uncertain one: a read changes nothing."""
        try:
            return await self.read.call(tool, arguments, deadline_seconds=deadline_seconds)
        except SourceError as error:
            error.is_uncertain = False
            raise

    async def change(self, tool: str, arguments: Json, *, deadline_seconds: float = 30) -> Any:
        """What a changing tool returned. Raises SourceError, uncertain when the change may have been made, and never
        one to try again: whoever repeats a change has to look first."""
        try:
            return await self.write.call(tool, arguments, deadline_seconds=deadline_seconds)
        except SourceError as error:
            error.retryable = False
            raise

    async def delete_dashboard(self, uid: str) -> Json:
        """The dashboard is gone, and Grafana said so: {title, message, id}.

        Raises SourceError, with status 404 when there was none, uncertain when it may be gone all the same.
        """
        if not (self.url and self.token):
            raise Refused(UNSET, code="not_configured")
        try:
            return await self.direct("DELETE", f"/api/dashboards/uid/{quote(uid, safe='')}")
        except SourceError as error:
            error.retryable = False
            raise

    async def incidents_answer(self) -> bool:
        """The incident plugin answers, so an empty list of it is one; False when that cannot be found out.

        mcp-grafana turns the plugin's 401, 403, 404, 429 and 500 into empty answers, so Grafana is asked itself.
        Raises SourceError when it does not answer.
        """
        if not (self.url and self.token):
            await self.ask("list_oncall_teams", {})
            return False
        try:
            found = await self.direct("POST", QUERY_INCIDENTS, {"query": {"limit": 1}})
        except SourceError as error:
            error.is_uncertain = False
            raise
        if "incidentPreviews" not in found:
            raise SourceError(f"{SOURCE} has an incident plugin that lists no incidents", source=SOURCE)
        return True

    async def direct(self, method: str, path: str, body: Json | None = None) -> Json:
        """The object Grafana itself answers with status 200. Raises SourceError with its status for anything else."""
        request, seconds = f"{method} {path}", min(DIRECT_SECONDS, self.write.request_seconds)
        try:
            async with asyncio.timeout(seconds):
                response = await self.http.request(
                    method,
                    f"{self.url.rstrip('/')}{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
                    timeout=httpx.Timeout(seconds, connect=self.write.connect_seconds),
                )
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
            raise failures.cut_off(SOURCE, request, error, seconds) from error
        try:
            answer = orjson.loads(response.content) if response.status_code == 200 else None
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise failures.no_answer(SOURCE, request, response.status_code, response.content)
        return cast("Json", answer)

    async def datasources(self) -> tuple[Datasource, ...]:
        """Every datasource Grafana has, the default first, asked for again after five minutes."""
        now = asyncio.get_running_loop().time()
        if now >= self.remembered.stale_after:
            self.remembered.known = await self.list_datasources()
            self.remembered.stale_after = now + DATASOURCES_LIVE_SECONDS
        return self.remembered.known

    async def list_datasources(self) -> tuple[Datasource, ...]:
        found: list[Datasource] = []
        while True:
            page = await self.ask("list_datasources", {"limit": 100, "offset": len(found)})
            items = cast("list[Json]", page.get("datasources") or []) if isinstance(page, dict) else []
            found += [datasource(item) for item in items]
            if not items or not cast("Json", page).get("hasMore"):
                return tuple(sorted(found, key=lambda item: (not item.is_default, item.name)))

    async def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of these names of mcp-grafana's tools, those that neither server has."""
        offered = {tool.name for tool in (*await self.read.tools(), *await self.write.tools())}
        return tuple(name for name in names if name not in offered)

    def link(self, path: str) -> str:
        """What a person opens for `path`; it may begin with the folder Grafana is served from, or be whole already."""
        if path.startswith(("http://", "https://")):
            return path
        folder = urlsplit(self.url).path.rstrip("/")
        inside = path[len(folder) :] if folder and path.startswith(f"{folder}/") else path
        return f"{self.url.rstrip('/')}/{inside.lstrip('/')}"


@asynccontextmanager
async def open_grafana(addresses: Addresses) -> AsyncGenerator[Grafana | None]:
    """Grafana within reach until the block ends, None when no mcp-grafana is named. Nothing is asked yet."""
    if not addresses.mcp_url:
        yield None
        return
    async with httpx.AsyncClient() as http:

        def server(url: str) -> McpServer:
            return McpServer(
                name=SOURCE,
                url=url,
                token=addresses.mcp_token,
                connect_seconds=addresses.connect_seconds,
                request_seconds=addresses.request_seconds,
                http=http,
            )

        read = server(addresses.mcp_url)
        write_url = addresses.mcp_write_url or addresses.mcp_url
        write = read if write_url == addresses.mcp_url else server(write_url)
        yield Grafana(read=read, write=write, url=addresses.url or "", http=http, token=addresses.token)


def datasource(item: Json) -> Datasource:
    return Datasource(
        uid=str(item.get("uid", "")),
        name=str(item.get("name", "")),
        kind=str(item.get("type", "")),
        is_default=bool(item.get("isDefault")),
    )
