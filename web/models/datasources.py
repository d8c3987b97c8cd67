"""Datasources as an admin sees and changes them; of a key only whether there is one."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from domain.datasources import Kind, Through
from tools.metrics.health import State
from web.models.shape import Kept, Time, Told, Word

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Url = Annotated[str, Field(max_length=255, pattern=r"^$|^https?://\S+$")]
Uid = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_-]*$")]
Key = Annotated[SecretStr, Field(min_length=1, max_length=8000)]
Roles = Annotated[list[Word], Field(max_length=100)]
CONFIG = (
    "username: the password is api_key; tenant: the organisation; fallback_url: asked when the datasource is away;"
    " enforced: rules of label, values (a list, or 'teams': the asker's own) and roles (left out: all but admins) that"
    " queries are held to; tempo 'open': whoever is held here may search traces; other keys are kept as they are"
)


class DatasourceSent(Kept):
    """`url` of a direct one is the source itself; through Grafana it is another Grafana's mcp-grafana, or empty."""

    name: Name
    type: Kind
    through: Through = "grafana"
    url: Url = ""
    grafana_uid: Uid = Field(default="", description="What Grafana calls it")
    api_key: Key | None = Field(default=None, description="Write-only; kept sealed")
    is_default: bool = Field(default=False, description="Takes the place of the default of its type")
    is_enabled: bool = True
    config_json: dict[str, Any] = Field(default_factory=dict, description=CONFIG)
    allowed_roles: Roles = Field(default_factory=list, description="Who may query it; empty: everybody")

    @model_validator(mode="after")
    def has_its_place(self) -> Self:
        if self.through == "direct" and (not self.url or self.grafana_uid):
            raise PydanticCustomError("place", "a direct datasource needs its url, and has no grafana_uid")
        if self.through == "grafana" and not self.grafana_uid:
            raise PydanticCustomError("place", "a datasource through Grafana needs its grafana_uid")
        return self


class DatasourceChange(Kept):
    """Keys that are not sent stay; `api_key` null takes the key away."""

    name: Name | None = None
    type: Kind | None = None
    through: Through | None = None
    url: Url | None = None
    grafana_uid: Uid | None = None
    api_key: Key | None = None
    is_default: bool | None = None
    is_enabled: bool | None = None
    config_json: dict[str, Any] | None = None
    allowed_roles: Roles | None = None


class DatasourceTold(Told):
    id: UUID
    name: str
    type: Kind
    through: Through
    url: str
    grafana_uid: str
    has_api_key: bool
    is_default: bool
    is_enabled: bool
    config_json: dict[str, Any]
    allowed_roles: tuple[str, ...]
    version: int
    created_at: Time
    updated_at: Time


class DatasourcesReply(Told):
    datasources: tuple[DatasourceTold, ...]


class WayTold(Told):
    name: str
    is_healthy: bool
    reason: str
    milliseconds: int


class HealthTold(Told):
    """`unknown`: it is listed, and not of a type that is asked. `ways` are tried from first to last."""

    name: str
    type: str
    state: State
    reason: str
    ways: tuple[WayTold, ...]


class HealthReply(Told):
    datasources: tuple[HealthTold, ...]
