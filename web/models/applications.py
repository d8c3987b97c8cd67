"""Application profiles: what an application consists of, how telemetry names its parts, what it promises."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from web.models.shape import Kept, Pagination, Time, Told

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Mapping = Annotated[dict[str, Any], Field(description="Part: {metrics_prefix, log_label}, as abc_web_ and app=abc-web")]
Metrics = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)]
Objectives = Annotated[
    dict[str, float], Field(max_length=50, description="As availability, error_rate, p95_latency_ms")
]
Description = Annotated[str, Field(max_length=2000)]


class ApplicationSent(Kept):
    name: Name
    description: Description = ""
    architecture_info: dict[str, Any] = Field(default_factory=dict)
    service_mappings: Mapping = Field(default_factory=dict)
    default_metrics: Metrics = Field(default_factory=list)
    slos: Objectives = Field(default_factory=dict)
    datasource_id: UUID | None = Field(default=None, description="Where its metrics are; null: the default")


class ApplicationChange(Kept):
    """Keys that are not sent stay; `datasource_id` null means the default again."""

    name: Name | None = None
    description: Description | None = None
    architecture_info: dict[str, Any] | None = None
    service_mappings: Mapping | None = None
    default_metrics: Metrics | None = None
    slos: Objectives | None = None
    datasource_id: UUID | None = None


class ApplicationTold(Told):
    id: UUID
    name: str
    description: str
    architecture_info: dict[str, Any]
    service_mappings: dict[str, Any]
    default_metrics: tuple[Any, ...]
    slos: dict[str, Any]
    datasource_id: UUID | None
    sample: bool
    created_at: Time
    updated_at: Time


class ApplicationsReply(Told):
    applications: tuple[ApplicationTold, ...]
    pagination: Pagination
