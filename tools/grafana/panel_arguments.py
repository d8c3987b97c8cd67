"""What a panel of a dashboard is asked to be: an expression, several with a legend each, or a wish."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from tools.spec import Args

Kind: TypeAlias = Literal["timeseries", "stat", "gauge", "table"]
Title: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Uid: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
Expr: TypeAlias = Annotated[str, Field(min_length=1, max_length=5000)]
MOST_PANELS = 40


class Query(Args):
    expr: Expr = Field(description="PromQL")
    legend: str | None = Field(None, description="{{label}} is replaced")


class Threshold(Args):
    value: float = Field(description="From here on")
    color: Literal["green", "yellow", "orange", "red", "blue"] = Field("red", description="Is this color")


class Panel(Args):
    """One of `expr`, `queries` and `wish` says what it shows."""

    title: Title | None = Field(None, description="Needed unless wish is given")
    expr: Expr | None = Field(None, description="PromQL; or give queries, or wish")
    queries: tuple[Query, ...] = Field((), max_length=10, description="Several expressions in one panel")
    wish: str | None = Field(None, max_length=100, description="Instead of expr, e.g. cpu, memory, p95 latency")
    service: str = Field("", max_length=200, description="Whose wish; empty: of everything")
    unit: str | None = Field(None, max_length=50, description="Grafana unit id: percentunit, bytes, reqps, s")
    type: Kind = "timeseries"
    description: str | None = Field(None, max_length=2000)
    thresholds: tuple[Threshold, ...] = Field((), max_length=10)

    @model_validator(mode="after")
    def says_what_it_shows(self) -> "Panel":
        given = [name for name in ("expr", "queries", "wish") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"give one of expr, queries and wish, not {' and '.join(given) or 'none'}")
        if not self.title and not self.wish:
            raise ValueError("a panel needs a title")
        return self

    @property
    def all_queries(self) -> tuple[Query, ...]:
        return self.queries or (Query(expr=self.expr or "", legend=None),)


class Replacement(Args):
    panel: str = Field(description="Title or id of the panel that goes")
    new: Panel
