"""Queries as they are sent, and what came of them: the same as a tool's result, for it is one."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from domain.ingest.payload import Moment
from web.models.shape import Asked, Sent, Time, Told

Query = Annotated[str, Field(min_length=1, max_length=5000)]
Source = Annotated[str, Field(min_length=1, max_length=200, description="Name, id or uid. Default: the default one")]
Step = Annotated[str, Field(pattern=r"^[1-9]\d{0,5}(?:s|m|h|d)?$", description="As 30s, 1m or 1h; bare: seconds")]
Lines = Annotated[int, Field(ge=1, le=1000)]


class PrometheusQuery(Sent):
    query: Query = Field(description="PromQL")
    start: Moment | None = Field(default=None, description="Default: an hour before the end")
    end: Moment | None = Field(default=None, description="Default: now")
    step: Step | None = Field(default=None, description="Default: fits the range")
    instant: bool = Field(default=False, description="The value at the end alone")
    datasource: Source | None = None


class LokiQuery(Sent):
    query: Query = Field(description="LogQL")
    start: Moment | None = Field(default=None, description="Default: an hour before the end")
    end: Moment | None = Field(default=None, description="Default: now")
    limit: Lines = Field(default=1000, description="Most lines, newest first")
    datasource: Source | None = None


class MetricsAsked(Asked):
    start: Moment | None = Field(default=None, description="Default: an hour before the end")
    end: Moment | None = Field(default=None, description="Default: now")
    step: Step | None = None


class LogsAsked(Asked):
    start: Moment | None = Field(default=None, description="Default: an hour before the end")
    end: Moment | None = Field(default=None, description="Default: now")
    limit: Lines = Field(default=1000, description="Most lines of each part, newest first")
    contains: str = Field(default="", max_length=500, description="Only lines with this text")


class CallTold(Told):
    """`execution_id` is the call's row on the record. `stale`: its source is away, and it answered so at `as_of`.

    `artifact_id` names the whole result where this is only a part of it.
    """

    status: Literal["ok", "empty", "error", "forbidden", "truncated"]
    source: str
    query: str
    start: Time | None
    end: Time | None
    as_of: Time | None
    stale: bool
    cut: str | None
    error: str | None
    execution_id: UUID | None
    artifact_id: UUID | None


class QueryTold(CallTold):
    data: dict[str, Any]


class PartQuery(QueryTold):
    """What one part of the application shows; `metric` is the one that was looked for."""

    part: str
    metric: str


class AppMetricsReply(Told):
    application: str
    metrics: tuple[PartQuery, ...]


class AppLogsReply(Told):
    application: str
    logs: tuple[PartQuery, ...]
