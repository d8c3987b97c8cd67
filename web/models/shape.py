"""What every body has in common: how it is read, how it is told, times, zones and pages."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeAlias, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Json: TypeAlias = dict[str, Any]
MOST_PER_PAGE = 100
LARGEST_NUMBER = 2**63


def as_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def as_zone(value: object) -> object:
    """An IANA time zone by its name. What the file system refuses (`Europe` is a folder) is no zone either."""
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (KeyError, ValueError, OSError) as error:
        raise PydanticCustomError("zone", "is not an IANA time zone; write for example Europe/Berlin") from error


def only_printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("printable", "has a character that cannot be printed")
    return text


def is_none(value: object) -> bool:
    return value is None


Time = Annotated[datetime, AfterValidator(as_utc)]
Zone = Annotated[ZoneInfo, BeforeValidator(as_zone)]
Word = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(only_printable)]


class Sent(BaseModel):
    """A JSON body: unknown keys are refused, so a typo never answers another question."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def refuse_unkept(value: object) -> None:
    """Raises PydanticCustomError for what Postgres or a reader's JSON cannot hold: NUL, numbers beyond 64 bits."""
    match value:
        case str() if "\0" in value:
            raise PydanticCustomError("nul", "has a NUL character in it")
        case int() | float() if not abs(value) < LARGEST_NUMBER:  # nor is NaN
            raise PydanticCustomError("number", "has a number in it that is beyond 64 bits")
        case dict():
            for key, each in cast("Json", value).items():
                refuse_unkept(key)
                refuse_unkept(each)
        case list() | tuple():
            for each in cast("list[object]", value):
                refuse_unkept(each)
        case _:
            return


class Kept(Sent):
    """A JSON body of which parts are kept as they are."""

    @model_validator(mode="after")
    def can_be_kept(self) -> Self:
        refuse_unkept(self.model_dump())
        return self


class Asked(BaseModel):
    """Parameters of an address: text that is read as what it stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageAsked(Asked):
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(20, ge=1, le=MOST_PER_PAGE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


class Told(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pagination(Told):
    page: int
    per_page: int
    total: int
