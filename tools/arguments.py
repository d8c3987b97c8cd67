"""Arguments that the inquiry tools share, and the filter and window they make."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema, model_validator

from domain.filters import SEVERITIES, Filter, Owner, Severity
from domain.windows import Window
from tools.spec import Args, Scope, ToolContext

V = TypeVar("V")

DAY = timedelta(days=1)
LAST_OFFSET = 1_000_000_000
FIRST_YEAR, LAST_YEAR = 1970, 2199


def as_list(value: object) -> object:
    """One value as a list of it, null as an empty list."""
    if isinstance(value, list | tuple):
        return cast("object", value)
    return () if value is None else (value,)


def once_each(values: tuple[V, ...]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(values))


def one_or_many_of(values: Sequence[str]) -> WithJsonSchema:
    """What a model is shown for one or more of a closed set."""
    item = {"enum": list(values)}
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


def known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write an IANA name like Europe/Berlin") from error
    return name


ONE_OR_MANY = WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}})
Many: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(as_list), AfterValidator(once_each), ONE_OR_MANY]
Services: TypeAlias = Annotated[Many, Field(description="Exact service name or names")]
AlertNames: TypeAlias = Annotated[Many, Field(description="Exact alert name or names")]
Environments: TypeAlias = Annotated[Many, Field(description="Environment or environments")]
Teams: TypeAlias = Annotated[Many, Field(description="Team or teams")]
Severities: TypeAlias = Annotated[
    tuple[Severity, ...],
    BeforeValidator(as_list),
    AfterValidator(once_each),
    one_or_many_of(SEVERITIES),
    Field(description="Severity or severities"),
]
Zone: TypeAlias = Annotated[
    str, AfterValidator(known_zone), Field(description="IANA time zone in which days and weeks begin")
]


class TimeRange(Args):
    """start <= t < end."""

    start: AwareDatetime = Field(description="RFC 3339 with zone, included")
    end: AwareDatetime = Field(description="RFC 3339 with zone, excluded; after start")

    @model_validator(mode="after")
    def is_a_window(self) -> "TimeRange":
        if not FIRST_YEAR <= self.start.year <= self.end.year <= LAST_YEAR:
            raise ValueError(f"a time range lies between the years {FIRST_YEAR} and {LAST_YEAR}, start before end")
        Window(self.start, self.end)
        return self

    def window(self) -> Window:
        return Window(self.start, self.end)


LastDay: TypeAlias = Annotated[TimeRange | None, Field(description="Default: the last 24 hours")]


class Narrowed(Args):
    """What most questions narrow by; several values of one argument mean any of them."""

    service: Services = ()
    severity: Severities = ()
    alert_name: AlertNames = ()
    environment: Environments = ()
    team: Teams = ()
    time_range: LastDay = None

    def filter(self, window: Window | None, owner: Owner | None) -> Filter:
        return Filter(
            services=self.service,
            severities=self.severity,
            names=self.alert_name,
            environments=self.environment,
            teams=self.team,
            window=window,
            owner=owner,
        )


def window_of(context: ToolContext, asked: TimeRange | None, default: timedelta = DAY) -> Window:
    """The time range asked for, or the last `default` before now."""
    if asked:
        return asked.window()
    now = context.clock()
    return Window(now - default, now)


def owner(context: ToolContext) -> Owner | None:
    """Who the alerts must belong to, when the call is narrowed to the actor's own."""
    if Scope.OWN_ALERTS not in context.scopes:
        return None
    return Owner(user_id=context.actor.user_id, teams=context.actor.teams)
