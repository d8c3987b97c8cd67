"""A Loki over real HTTP that evaluates what it is asked, over the lines a test gives it.

Streams are chosen by their labels; lines by filters; fields of JSON and logfmt are labels behind their stage; counts
are summed and grouped. Anything else is an error of the query, as it would be at a Loki that is too old for it.
"""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tools.translate.logql.lexing import BadLogQL
from tools.translate.logql.parsing import parse
from tools.translate.logql.tree import (
    Aggregation,
    LabelFilter,
    LineFilter,
    Logs,
    Matcher,
    Node,
    Parse,
    RangeAggregation,
    Stage,
)

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[[Request], Awaitable[Response]]

STOP_SECONDS = 10
NANO = 10**9
LOGFMT = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')
CONDITION = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*["`](.*)["`]')


class NotUnderstood(ValueError):  # noqa: N818 - what it is
    """The query needs more than this Loki can."""


@dataclass(frozen=True, slots=True)
class Line:
    """`more` are labels that only answers carry, as Loki's detected_level: no stream label, yet to group by."""

    labels: Mapping[str, str]
    seconds: float
    text: str
    more: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class LokiServer:
    """`broken` queries get 500; `asked` are the paths and queries in order of arrival."""

    url: str = ""
    lines: list[Line] = field(default_factory=list[Line])
    broken: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def answer(self, request: Request) -> Response:
        path, values = request.url.path, dict(request.query_params)
        self.asked.append((path, values.get("query", "")))
        if self.broken and self.broken in values.get("query", ""):
            return PlainTextResponse("ingester is not ready", 500)
        try:
            return JSONResponse({"status": "success", "data": self.found(path, values)})
        except (BadLogQL, NotUnderstood) as error:
            return PlainTextResponse(f"parse error at line 1, col 1: {error}", 400)

    def found(self, path: str, values: Mapping[str, str]) -> Any:
        if path.endswith("/labels"):
            return sorted({name for line in self.within(values) for name in line.labels})
        if match := re.search(r"/label/([^/]+)/values$", path):
            return sorted({line.labels[match[1]] for line in self.within(values) if match[1] in line.labels})
        node = parse(values["query"])
        if isinstance(node, Logs):
            return self.streams(node, values)
        if path.endswith("/query_range"):
            return {"resultType": "matrix", "result": self.matrix(node, values)}
        at = time_of(values["time"])
        rows = [{"metric": dict(labels), "value": [at, str(value)]} for labels, value in self.counted(node, at)]
        return {"resultType": "vector", "result": rows}

    def within(self, values: Mapping[str, str]) -> Iterator[Line]:
        chosen = parse(values["query"]) if values.get("query") else Logs(())
        assert isinstance(chosen, Logs)
        start, end = (time_of(values[name]) if name in values else None for name in ("start", "end"))
        for line in self.lines:
            if (start is None or start <= line.seconds) and (end is None or line.seconds < end) and fits(line, chosen):
                yield line

    def streams(self, node: Logs, values: Mapping[str, str]) -> Json:
        start, end, limit = time_of(values["start"]), time_of(values["end"]), int(values.get("limit", 100))
        kept = [(line, fields) for line in self.lines if start <= line.seconds < end
                for fields in [passed(line, node)] if fields is not None]  # fmt: skip
        newest = sorted(kept, key=lambda pair: pair[0].seconds, reverse=True)[:limit]
        found: dict[str, Json] = {}
        for line, fields in newest:
            stream = found.setdefault(json.dumps(fields, sort_keys=True), {"stream": fields, "values": []})
            stream["values"].append([str(round(line.seconds * 1000) * 10**6), line.text])
        return {"resultType": "streams", "result": list(found.values())}

    def matrix(self, node: Node, values: Mapping[str, str]) -> list[Json]:
        start, end, step = time_of(values["start"]), time_of(values["end"]), float(values["step"].rstrip("s"))
        found: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for place in range(int((end - start) // step) + 1):
            for labels, value in self.counted(node, start + place * step):
                found.setdefault(labels, []).append([start + place * step, str(value)])
        return [{"metric": dict(labels), "values": samples} for labels, samples in found.items()]

    def counted(self, node: Node, at: float) -> list[tuple[tuple[tuple[str, str], ...], float]]:
        if isinstance(node, RangeAggregation) and node.function in ("count_over_time", "rate"):
            counts = Counter[tuple[tuple[str, str], ...]]()
            for line in self.lines:
                fields = passed(line, node.logs, is_count=True) if at - node.seconds < line.seconds <= at else None
                if fields is not None:
                    counts[tuple(sorted(fields.items()))] += 1
            scale = node.seconds if node.function == "rate" else 1
            return [(labels, count / scale) for labels, count in counts.items() if count]
        if isinstance(node, Aggregation) and node.function == "sum":
            wanted = node.grouping.labels if node.grouping else ()
            sums: dict[tuple[tuple[str, str], ...], float] = {}
            for labels, value in self.counted(node.of, at):
                kept = tuple((name, said) for name, said in labels if name in wanted)
                sums[kept] = sums.get(kept, 0) + value
            return list(sums.items())
        raise NotUnderstood(f"{type(node).__name__} is not understood")


def passed(line: Line, logs: Logs, *, is_count: bool = False) -> dict[str, str] | None:
    """The labels of the line behind the stages, None when it does not pass them.

    What is no JSON is a line with `__error__` all the same, and makes a count fail with NotUnderstood.
    """
    if not fits(line, logs):
        return None
    fields = {**line.labels, **line.more}
    for stage in logs.stages:
        if isinstance(stage, Parse):
            fields |= parsed(stage.parser, line.text)
        if not lets(stage, line.text, fields):
            return None
    if is_count and "__error__" in fields:
        raise NotUnderstood(f"pipeline error: {fields['__error__']}")
    return fields


def lets(stage: Stage, text: str, fields: Mapping[str, str]) -> bool:
    match stage:
        case LineFilter():
            return holds(stage, text)
        case LabelFilter():
            return meets(stage.text, fields)
        case _:
            return True


def parsed(parser: str, text: str) -> dict[str, str]:
    if parser == "json":
        try:
            return {name: str(value) for name, value in json.loads(text).items()}
        except ValueError:
            return {"__error__": "JSONParserErr"}
    return {found[1]: found[2] or found[3] for found in LOGFMT.finditer(text)}


def holds(stage: LineFilter, text: str) -> bool:
    is_pattern = stage.operator.endswith("~")
    has_one = any(re.search(value, text) if is_pattern else value in text for value in stage.values)
    return has_one != stage.operator.startswith("!")


def meets(condition: str, fields: Mapping[str, str]) -> bool:
    found = CONDITION.fullmatch(condition.strip())
    if found is None:
        raise NotUnderstood(f"the condition {condition}")
    return matches(Matcher(found[1], found[2], found[3]), fields)


def fits(line: Line, logs: Logs) -> bool:
    return all(matches(matcher, line.labels) for matcher in logs.matchers)


def matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    value = labels.get(matcher.label, "")
    is_equal = bool(re.fullmatch(matcher.value, value)) if "~" in matcher.operator else value == matcher.value
    return is_equal != matcher.operator.startswith("!")


def time_of(text: str) -> float:
    """Nanoseconds, seconds or RFC 3339, as Loki reads them."""
    if re.fullmatch(r"\d{15,}", text):
        return int(text) / NANO
    if re.fullmatch(r"[\d.]+", text):
        return float(text)
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def serving(answer: Answer) -> Generator[str]:
    """The URL at which every request is answered so, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server-of-a-test")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "the server of a test did not stop"


@contextmanager
def loki_server(lines: Sequence[Line] = ()) -> Generator[LokiServer]:
    served = LokiServer(lines=list(lines))
    with serving(served.answer) as url:
        served.url = url
        yield served
