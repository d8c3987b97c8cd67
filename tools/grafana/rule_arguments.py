"""What an alert rule is asked to be: an expression, above or below a value, for so long."""

from typing import Annotated, TypeAlias

from pydantic import Field

from domain.filters import Severity
from tools.grafana.panel_arguments import Expr, Title, Uid
from tools.grafana.rule import NoData, OnError, Op
from tools.spec import Args

LONGEST_MINUTES = 7 * 24 * 60
Pairs: TypeAlias = dict[str, str]
Minutes: TypeAlias = Annotated[int, Field(ge=0, le=LONGEST_MINUTES)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=190)]


class Condition(Args):
    op: Op
    value: float = Field(allow_inf_nan=False)


class CreateAlertRule(Args):
    title: Title
    expr: Expr = Field(description="PromQL, without the comparison")
    condition: Condition
    for_minutes: Minutes = Field(5, description="Fires after so long")
    folder: str = Field(min_length=1, max_length=200, description="Title or uid")
    group: Name = Field("Trivium", description="Rules of one group are evaluated together")
    severity: Severity = "warning"
    labels: Pairs = Field(default_factory=dict, description="Beside severity")
    annotations: Pairs = Field(default_factory=dict, description="e.g. summary, description, runbook_url")
    datasource: str | None = Field(None, description="Prometheus name or uid; default: the default one")
    no_data: NoData = "NoData"
    on_error: OnError = "Error"


class UpdateAlertRule(Args):
    uid: Uid
    seen: str | None = Field(None, description="`fingerprint` as last read; left out: as it stands")
    title: Title | None = None
    expr: Expr | None = Field(None, description="PromQL, without the comparison")
    condition: Condition | None = None
    for_minutes: Minutes | None = None
    folder: str | None = Field(None, max_length=200, description="Title or uid")
    group: Name | None = None
    severity: Severity | None = None
    labels: Pairs = Field(default_factory=dict, description='Set; "" removes')
    annotations: Pairs = Field(default_factory=dict, description='Set; "" removes')
    datasource: str | None = None
    no_data: NoData | None = None
    on_error: OnError | None = None

    @property
    def asks_something(self) -> bool:
        return bool(self.model_dump(exclude={"uid", "seen"}, exclude_defaults=True))

    @property
    def changes_check(self) -> bool:
        return bool(self.expr or self.condition or self.datasource)
