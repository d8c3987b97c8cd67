"""What a client sends with each tool: checked here, and described to it in as few words as do."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

LONGEST_WAIT_SECONDS = 45
CAUSE = "What is causing it?"
Zone = Annotated[ZoneInfo, WithJsonSchema({"type": "string"})]
WaitSeconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_SECONDS)]


class Arguments(BaseModel):
    """Unknown keys are refused, so a typo never asks another question."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeRange(Arguments):
    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def ends_later(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end must be after start, got {self.start.isoformat()} to {self.end.isoformat()}")
        return self


class AskArguments(Arguments):
    question: str = Field(description="In plain words")
    session_id: UUID | None = Field(None, description="Of an earlier answer, to follow up on it")
    timezone: Zone | None = Field(None, description='IANA name; the calendar of "yesterday"')
    time_range: TimeRange | None = Field(None, description="Where the question names no time")
    preview: bool = Field(False, description="Show metric and log queries to the person before they run")
    wait_seconds: WaitSeconds = LONGEST_WAIT_SECONDS


class TroubleshootArguments(Arguments):
    alert: str = Field(min_length=1, max_length=200, description="Its id, fingerprint or name")
    question: str = Field(CAUSE, min_length=1, description="What to know of it")
    session_id: UUID | None = None
    wait_seconds: WaitSeconds = LONGEST_WAIT_SECONDS


class GetRunArguments(Arguments):
    run_id: UUID
    wait_seconds: WaitSeconds = 0


class ListRunsArguments(Arguments):
    limit: int = Field(10, ge=1, le=50)
    session_id: UUID | None = None


class ReviveArguments(Arguments):
    request: str = Field(description="The change, in plain words")
    session_id: UUID | None = Field(None, description="Of an earlier answer, to follow up on it")
    mode: Literal["auto", "grafana", "aiops"] = "auto"
    timezone: Zone | None = None
    wait_seconds: WaitSeconds = LONGEST_WAIT_SECONDS


class ConfirmArguments(Arguments):
    confirmation_id: UUID
    decision: Literal["approve", "reject"] = Field(description="What the person said, in their own message")
    reason: str = Field("", max_length=500)
    arguments_sha256: str | None = None
    wait_seconds: WaitSeconds = LONGEST_WAIT_SECONDS


class CancelRunArguments(Arguments):
    run_id: UUID


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call of a tool that is none of ours: the door reads its arguments."""

    tool: str
    arguments: dict[str, Any]


AnyArguments: TypeAlias = (
    AskArguments
    | TroubleshootArguments
    | ReviveArguments
    | GetRunArguments
    | ConfirmArguments
    | CancelRunArguments
    | ListRunsArguments
)
