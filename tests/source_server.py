"""A Prometheus and a Loki in one over real HTTP, for tests: what they answer is set, what they were asked is on record.

with source_server() as source:
    source.lines.append(Line("checkout", nanoseconds, "a line"))
    source.fault = Status(503)  # every request meets it until it is None again
"""

import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.windows import parse
from tests.grafana_server import STOP_SECONDS, Fault, failed
from tests.programs import free_port

Json: TypeAlias = dict[str, Any]

SELECTOR = re.compile(r'\{app="(?P<app>[^"]*)"\}(?: \|= "(?P<part>[^"]*)")?')
METHODS = ["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Line:
    app: str
    nanoseconds: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One request; `values` are those of the address or the form."""

    method: str
    path: str
    values: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class SourceServer:
    """`body`, when it is set, is the answer to everything, whatever was asked."""

    url: str
    value: float = 1.0
    series: int = 1
    names: list[str] = field(default_factory=lambda: ["up"])
    lines: list[Line] = field(default_factory=list[Line])
    warnings: list[str] = field(default_factory=list[str])
    fault: Fault | None = None
    body: Json | None = None
    token: str | None = None
    requests: list[Seen] = field(default_factory=list[Seen])

    @property
    def asked(self) -> list[str]:
        """The queries, in order of arrival."""
        return [seen.values["query"] for seen in self.requests if "query" in seen.values]

    async def answer(self, request: Request) -> Response:
        form = dict(await request.form()) if request.method == "POST" else dict(request.query_params)
        values = {str(name): str(value) for name, value in form.items()}
        self.requests.append(Seen(request.method, request.url.path, values, dict(request.headers)))
        if self.fault is not None:
            return await failed(request, self.fault)
        if self.token and request.headers.get("authorization") != self.token:
            return PlainTextResponse("Unauthorized", 401)
        if self.body is not None:
            return JSONResponse(self.body)
        return self.found(request.url.path, values)

    def found(self, path: str, values: dict[str, str]) -> Response:
        if path.endswith("/label/__name__/values"):
            return JSONResponse({"status": "success", "data": self.names})
        if path.endswith("/loki/api/v1/labels"):
            return JSONResponse({"status": "success", "data": ["app"]})
        if "/loki/" in path and values["query"].startswith("{"):
            return self.streams(values)
        if "bad(" in values.get("query", ""):
            return self.bad(path)
        return JSONResponse({"status": "success", "data": self.numbers(path, values), "warnings": self.warnings})

    def bad(self, path: str) -> Response:
        if "/loki/" in path:
            return PlainTextResponse("parse error at line 1, col 4: syntax error: unexpected )", 400)
        return JSONResponse({"status": "error", "errorType": "bad_data", "error": "parse error: unclosed"}, 400)

    def numbers(self, path: str, values: dict[str, str]) -> Json:
        series = [{"metric": {"series": str(number)}} for number in range(self.series)]
        if path.endswith("query_range"):
            samples = [[time, str(self.value)] for time in grid(path, values)]
            return {"resultType": "matrix", "result": [{**item, "values": samples} for item in series]}
        sample = [0, str(self.value)]
        return {"resultType": "vector", "result": [{**item, "value": sample} for item in series]}

    def streams(self, values: dict[str, str]) -> Response:
        asked = SELECTOR.fullmatch(values["query"])
        if asked is None:
            return PlainTextResponse("parse error at line 1, col 4: syntax error", 400)
        start, end, limit = int(values["start"]), int(values["end"]), int(values["limit"])
        fitting = [
            line for line in self.lines
            if line.app == asked["app"] and start <= line.nanoseconds < end and (asked["part"] or "") in line.text
        ]  # fmt: skip
        newest = sorted(fitting, key=lambda line: line.nanoseconds, reverse=True)[:limit]
        found = [[str(line.nanoseconds), line.text] for line in newest]
        result = [{"stream": {"app": asked["app"]}, "values": found}] if found else []
        return JSONResponse({"status": "success", "data": {"resultType": "streams", "result": result}})


def grid(path: str, values: dict[str, str]) -> list[float]:
    """The times of a range as both write them: Loki in nanoseconds, Prometheus in RFC 3339."""
    if "/loki/" in path:
        start, end = int(values["start"]) / 1e9, int(values["end"]) / 1e9
    else:
        start, end = parse(values["start"]).timestamp(), parse(values["end"]).timestamp()
    step = int(values["step"])
    return [start + place * step for place in range(int((end - start) // step) + 1)]


@contextmanager
def listening(served: SourceServer, port: int) -> Generator[None]:
    """The server answers at this port until the block ends; then nobody does."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        app = Starlette(routes=[Route("/{path:path}", served.answer, methods=METHODS)])
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="source-server")
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "the source server did not stop"


@contextmanager
def source_server() -> Generator[SourceServer]:
    port = free_port()
    served = SourceServer(url=f"http://127.0.0.1:{port}")
    with listening(served, port):
        yield served
