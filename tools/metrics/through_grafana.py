"""Prometheus and Loki asked through an mcp-grafana, as ways to a datasource."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from domain.errors import Refused, SourceError
from domain.windows import stamp
from tools.gates import Gate
from tools.metrics.narrowing import filters
from tools.metrics.questions import Question, Reply
from tools.sources import failures
from tools.sources.endpoint import place
from tools.sources.prometheus import metadata_of

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, Json], Awaitable[Any]]

NAMES_OF_A_PAGE = 10_000
MOST_METADATA = 20_000
MOST_NAMES = 100_000
MOST_SERIES = 100
PAGE = 100
MOST_PAGES = 50
AT_FAULT = re.compile(
    r"\b(?:bad_data|execution): (?P<prometheus>.*)|\bunexpected value type (?P<kind>.*)"
    r"|\bloki API returned status code 400: (?P<loki>.*)",
    re.DOTALL,
)
STATUS = re.compile(r"\b(?:server|client) error: (\d{3})\b")
NO_NUMBER = re.compile(r"unsupported value: (?:NaN|[+-]Inf)")


class CannotCarryError(SourceError):
    """The source answered, and mcp-grafana could not pass it on: another way may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """One datasource of one Grafana. `gate` is its alone: a dead datasource does not hide its neighbours."""

    uid: str
    title: str
    gate: Gate
    call: Ask

    async def ask(self, tool: str, arguments: Json) -> Json:
        """The object the tool answered. Raises SourceError by its status, Refused when the query is at fault."""
        return as_record(await self.answer(tool, arguments))

    async def answer(self, tool: str, arguments: Json) -> Any:
        async with place(self.gate):
            try:
                return await self.call(tool, {"datasourceUid": self.uid, **arguments})
            except SourceError as error:
                raise read(error) from error


@dataclass(frozen=True, slots=True)
class GrafanaPrometheus:
    remote: Remote

    @property
    def name(self) -> str:
        return f"Prometheus through Grafana ({self.remote.title})"

    async def ask(self, question: Question) -> Reply:
        if question.form == "names":
            return await (self.selected_names(question.query) if question.query else self.names())
        if question.form == "metadata":
            said = await self.remote.answer("list_prometheus_metric_metadata", {"limit": MOST_METADATA})
            return Reply(found=metadata_of(said))
        found = await self.remote.ask("query_prometheus", prometheus_arguments(question))
        if "data" not in found:
            raise schema("no data of the query")
        return Reply(found=series(found["data"], question), url=link(found))

    async def names(self) -> Reply:
        names: list[str] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {"limit": NAMES_OF_A_PAGE, "page": page}
            new = names_in(await self.remote.answer("list_prometheus_metric_names", asked))
            names += new
            if len(new) < NAMES_OF_A_PAGE:
                return Reply(found=names)
        return Reply(found=names, cut=f"the first {len(names):,} names")

    async def selected_names(self, selection: str) -> Reply:
        """Those of series that the selector selects."""
        found = names_in(await self.remote.answer("list_prometheus_label_values", selected(selection)))
        return Reply(found=found, cut=f"the first {len(found):,} names" if len(found) >= MOST_NAMES else None)

    async def healthy(self) -> None:
        """The datasource answers through Grafana."""
        now = stamp(datetime.now(UTC).replace(microsecond=0))
        await self.remote.ask("query_prometheus", {"expr": "1", "queryType": "instant", "endTime": now})


@dataclass(frozen=True, slots=True)
class GrafanaLoki:
    remote: Remote

    @property
    def name(self) -> str:
        return f"Loki through Grafana ({self.remote.title})"

    async def ask(self, question: Question) -> Reply:
        if question.form == "lines":
            return await self.lines(question)
        if question.form in ("labels", "values"):
            return await self.labels(question)
        found = await self.remote.ask("query_loki_logs", loki_arguments(question))
        is_cut = as_part(found.get("metadata")).get("resultsTruncated") is True
        cut = f"the first {MOST_SERIES} series" if is_cut else None
        return Reply(found=[numbers(item, question) for item in records(found)], cut=cut)

    async def labels(self, question: Question) -> Reply:
        tool = "list_loki_label_values" if question.label else "list_loki_label_names"
        asked: Json = {"labelName": question.label} if question.label else {}
        asked |= {"matcher": question.query} if question.query else {}
        if question.start and question.end:
            asked |= {"startRfc3339": stamp(question.start), "endRfc3339": stamp(question.end)}
        found = await self.remote.answer(tool, asked)
        if found is not None and not isinstance(found, list):
            raise schema("no list of labels")
        return Reply(found=[str(name) for name in cast("list[Any]", found or [])])

    async def lines(self, question: Question) -> Reply:
        """Page after page, for mcp-grafana gives a hundred lines at a time."""
        found: list[Json] = []
        edge, end = set[str](), stamp(question.end) if question.end else ""
        is_whole = False
        for _ in range(MOST_PAGES):
            page, is_whole = await self.page(question, end)
            new = [item for item in page if repr(item) not in edge]
            found += new
            if is_whole or not new or len(found) >= question.limit:
                break
            # Lines of the oldest nanosecond may stand on both sides of the edge: it is asked for again.
            oldest = page[-1]["at"]
            edge, end = {repr(item) for item in page if item["at"] == oldest}, after(int(oldest))
        shown = found[: question.limit]
        is_cut = len(found) > question.limit or not is_whole
        return Reply(found=shown, cut=f"only the newest {len(shown):,} lines" if is_cut else None)

    async def page(self, question: Question, end: str) -> tuple[list[Json], bool]:
        """The newest lines before `end`, and whether they are all."""
        found = await self.remote.ask("query_loki_logs", loki_arguments(question) | {"endRfc3339": end})
        is_cut = as_part(found.get("metadata")).get("resultsTruncated") is True
        return [line(item) for item in records(found)], not is_cut

    async def healthy(self) -> None:
        """The datasource answers through Grafana."""
        await self.remote.answer("list_loki_label_names", {})


def selected(selection: str) -> Json:
    """The arguments of list_prometheus_label_values for the names of what a selector selects."""
    return {"labelName": "__name__", "limit": MOST_NAMES, "matches": [{"filters": filters(selection)}]}


def names_in(answer: Any) -> list[str]:
    """Raises SourceError when it is no list; null is an empty one."""
    if answer is not None and not isinstance(answer, list):
        raise schema("no list of metric names")
    return [str(name) for name in cast("list[Any]", answer or [])]


def prometheus_arguments(question: Question) -> Json:
    end = stamp(question.end) if question.end else ""
    if question.start is None:
        return {"expr": question.query, "queryType": "instant", "endTime": end}
    times = {"startTime": stamp(question.start), "endTime": end, "stepSeconds": question.step_seconds}
    return {"expr": question.query, "queryType": "range", **times}


def loki_arguments(question: Question) -> Json:
    asked: Json = {"logql": question.query, "endRfc3339": stamp(question.end) if question.end else ""}
    if question.start:
        asked |= {"startRfc3339": stamp(question.start)}
    if question.form == "lines":
        return asked | {"limit": min(question.limit, PAGE), "queryType": "range"}
    step = {"stepSeconds": question.step_seconds} if question.start else {}
    return asked | {"limit": MOST_SERIES, "queryType": "range" if question.start else "instant"} | step


def read(error: SourceError) -> Exception:
    """The failure as what it is: the query's own, a status that only the text names, or an answer lost on the way."""
    text = str(error)
    if fault := AT_FAULT.search(text):
        said = fault["prometheus"] or fault["loki"] or f"it gives a {fault['kind']}, which is no number"
        return Refused(f"{error.source} does not take this query: {failures.readable(said)}.", code="bad_expression")
    if NO_NUMBER.search(text):
        said = f"{error.source} cannot pass on an answer with a value that is no number"
        return CannotCarryError(said, source=error.source, request=error.request)
    if error.status is None and (found := STATUS.search(text)):
        error.status = int(found[1])
        error.retryable = error.status >= 500
    return error


def series(data: Any, question: Question) -> list[Any]:
    """Series as {metric, values} or {metric, value}; a scalar is one without labels."""
    found = cast("list[Any]", data) if isinstance(data, list) else None
    if data is None:
        return []
    if found is None:
        raise schema("something that is no list of series")
    if found and not isinstance(found[0], dict):
        return [{"metric": {}, "value": found}]
    wanted = "values" if question.start else "value"
    for item in found:
        if wanted not in item:
            said = "a range, which is no value at one time" if "values" in item else "something that is no series"
            raise Refused(f"This query gives {said}.", code="bad_expression") if "values" in item else schema(said)
    return found


def numbers(item: Json, question: Question) -> Json:
    """mcp-grafana's {labels, values: [{timestamp, value}]} as Prometheus writes it."""
    labels = as_part(item.get("labels"))
    if "line" in item:
        raise Refused("This query gives lines, not numbers.", code="bad_expression")
    if question.start is None:
        return {"metric": labels, "value": sample(item)}
    return {"metric": labels, "values": [sample(value) for value in records(item, "values")]}


def sample(item: Json) -> list[Any]:
    try:
        return [float(item["timestamp"]), repr(float(item["value"]))]
    except (KeyError, TypeError, ValueError) as error:
        raise schema("a sample that is none") from error


def line(item: Json) -> Json:
    try:
        return {"at": str(int(item["timestamp"])), "text": str(item["line"]), "labels": as_part(item.get("labels"))}
    except (KeyError, TypeError, ValueError) as error:
        raise schema("a line that is none") from error


def after(nanoseconds: int) -> str:
    """The next nanosecond, in RFC 3339: the end of a query is not part of it."""
    seconds, fraction = divmod(nanoseconds + 1, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def link(found: Json) -> str | None:
    url = found.get("exploreUrl")
    return url if isinstance(url, str) else None


def records(found: Json, key: str = "data") -> list[Json]:
    """Raises SourceError where no list of objects is; null is an empty one."""
    if key not in found:
        raise schema(f"no {key}")
    items = cast("list[Any]", found[key] or [])
    if not all(isinstance(item, dict) for item in items):
        raise schema("something that is no list of objects")
    return cast("list[Json]", items)


def as_record(answer: Any) -> Json:
    if not isinstance(answer, dict):
        raise schema("something that is no object")
    return cast("Json", answer)


def as_part(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def schema(what: str) -> SourceError:
    return SourceError(f"grafana answered with {what}", source="grafana")
