"""What Alertmanager, Grafana and deployment tools send, as checked models; a bad body is refused by its field."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from domain import windows
from domain.errors import Refused
from domain.masking import mask_text

MAX_ALERTS = 10_000
MAX_CHANGES = 10_000
NAME_LENGTH = 256  # two names of four-byte characters still fit one index entry of Postgres (2,704 bytes)

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # tab and line feed stay; Postgres cannot store NUL


class PayloadError(Refused):
    """A body that cannot be taken; `field` is the path of what is wrong, such as `alerts[3].startsAt`."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", code="bad_payload")
        self.field = field


def printable(text: str) -> str:
    return CONTROLS.sub("", text)


def printable_all(texts: dict[str, str]) -> dict[str, str]:
    return {printable(key): printable(value) for key, value in texts.items()}


def moment(value: object) -> datetime:
    """Aware UTC, years 1970 to 9998; finer than a microsecond is cut off."""
    try:
        time = windows.parse(value if isinstance(value, str) else "")
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError("time", "write a time with its zone, like 2026-11-20T09:30:00Z") from error
    if not 1970 <= time.year < 9999:
        raise PydanticCustomError("time", "the year is not between 1970 and 9998")
    return time


def end(value: object) -> datetime | None:
    """Go's zero time, `0001-01-01T00:00:00Z`, and null both mean that there is no end."""
    return None if value is None or (isinstance(value, str) and value.startswith("0001-01-01")) else moment(value)


def or_nothing(value: object) -> object:
    return {} if value is None else value


Name = Annotated[str, AfterValidator(printable), Field(max_length=NAME_LENGTH)]
Text = Annotated[str, AfterValidator(printable), Field(max_length=65_536)]
Link = Annotated[str, AfterValidator(printable), Field(max_length=8_192)]
Moment = Annotated[datetime, BeforeValidator(moment)]
End = Annotated[datetime | None, BeforeValidator(end)]
LabelName = Annotated[str, Field(max_length=NAME_LENGTH)]
Labels = Annotated[
    dict[LabelName, Annotated[str, Field(max_length=4_096)]], AfterValidator(printable_all), Field(max_length=256)
]
Annotations = Annotated[
    dict[LabelName, Annotated[str, Field(max_length=65_536)]],
    BeforeValidator(or_nothing), AfterValidator(printable_all), Field(max_length=256),
]  # fmt: skip


class Body(BaseModel):
    """A JSON object. `read` raises PayloadError with the first field that is wrong."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise PayloadError(mask_text(path(first["loc"])), first["msg"]) from error  # a label's name is anybody's


class WebhookAlert(BaseModel):
    """One alert of a notification; the last four fields are Grafana's."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Annotations = {}
    starts_at: Moment
    ends_at: End
    generator_url: Link = Field(default="", alias="generatorURL")
    fingerprint: Annotated[str, AfterValidator(printable), Field(max_length=128)] = ""
    value_string: Text = ""
    dashboard_url: Link = Field(default="", alias="dashboardURL")
    panel_url: Link = Field(default="", alias="panelURL")
    silence_url: Link = Field(default="", alias="silenceURL")

    @model_validator(mode="before")
    @classmethod
    def with_end(cls, data: object) -> object:
        """Who leaves the end out means none; as a default, its error would carry our name and not the sender's."""
        return {"endsAt": None, **cast("dict[str, object]", data)} if isinstance(data, dict) else data

    @field_validator("ends_at")
    @classmethod
    def fits_status(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        """A firing alert has no end, whatever estimate was sent; a resolved one has, and not before its start."""
        if info.data.get("status") == "firing":
            return None
        if value is None:
            raise PydanticCustomError("end", "a resolved alert needs its end")
        if value < info.data.get("starts_at", value):
            raise PydanticCustomError("end", "the alert ends before it starts")
        return value


class Webhook(Body):
    """One notification of Alertmanager (version 4) or of Grafana's unified alerting, which adds `orgId`.

    Fields that we do not read are ignored. Sources: prometheus.io/docs/alerting/latest/configuration (webhook_config)
    and Grafana's "Configure the webhook notifier".
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    version: Literal["4", "1"]
    receiver: Name
    group_key: Text
    group_labels: Annotations = {}
    org_id: int | None = None
    alerts: Annotated[list[WebhookAlert], Field(max_length=MAX_ALERTS)]

    @property
    def source(self) -> Literal["alertmanager", "grafana"]:
        return "alertmanager" if self.org_id is None else "grafana"


class Change(BaseModel):
    """A deployment, config, feature flag or infrastructure change, as a deployment tool reports it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(printable), Field(min_length=1, max_length=NAME_LENGTH)] | None = None
    occurred_at: Moment
    kind: Literal["deployment", "config", "feature_flag", "infrastructure"]
    service: Annotated[Name, Field(min_length=1)]
    environment: Name = ""
    summary: Annotated[Text, Field(min_length=1)]
    author: Name = ""
    version: Name = ""
    url: Link = ""


class Changes(Body):
    model_config = ConfigDict(frozen=True, extra="forbid")

    changes: Annotated[list[Change], Field(max_length=MAX_CHANGES)]


def path(location: tuple[int | str, ...]) -> str:
    """`("alerts", 3, "labels", "job", "[key]")` as `alerts[3].labels.job`; the whole body is `body`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location if part != "[key]"]
    return "".join(parts).removeprefix(".") or "body"
