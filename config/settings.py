"""The environment, read once into frozen settings."""

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Words = Annotated[tuple[str, ...], NoDecode]
SEVERITIES = ("critical", "warning", "info")


def default_home() -> Path:
    """`/var/lib/trivium` for root (Postgres must reach it without root), else the user's data folder."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/trivium")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "trivium"


class Settings(BaseSettings):
    """Every setting by its environment variable; DESIGN.md and README list what each is for.

    Lists are written with commas. A value that cannot be right stops the start with pydantic's message.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    trivium_home: Path = Field(default_factory=default_home, description="Where embedded data lives")
    host: str = Field(default="127.0.0.1", description="Where `serve` listens")
    port: int = Field(default=8080, ge=0, le=65535)
    timezone: str = Field(default="UTC", description="Calendar of questions that name no zone")

    database_url: SecretStr | None = Field(default=None, description="Postgres >= 15; unset: the embedded one")
    database_pool_size: int = Field(default=16, ge=2, le=200)
    database_prepare: bool = Field(default=True, description="false behind pgbouncer in transaction mode")

    trivium_jwt_secret: SecretStr | None = Field(default=None, description="HS256 key, 32 bytes or more")
    trivium_jwt_audience: str = "trivium"
    trivium_jwt_issuer: str = "trivium"
    trivium_token: SecretStr | None = Field(default=None, description="Who the CLI, stdio MCP and Studio act for")

    llm_base_url: str | None = Field(default=None, description="OpenAI-compatible endpoint; unset: rules only")
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
    llm_timeout_seconds: float = Field(default=60, gt=0, le=600)
    llm_chunk_timeout_seconds: float = Field(default=20, gt=0, le=600)

    alert_service_labels: Words = ("service", "app", "application", "app_kubernetes_io_name", "job")
    alert_severity_labels: Words = ("severity", "priority", "level")
    alert_environment_labels: Words = ("environment", "env", "stage", "cluster")
    alert_team_labels: Words = ("team", "owner", "squad")
    alert_critical_words: Words = ("critical", "crit", "page", "emergency", "fatal", "error", "high", "p1", "sev1", "1")
    alert_warning_words: Words = (
        "warning",
        "warn",
        "ticket",
        "major",
        "minor",
        "medium",
        "p2",
        "p3",
        "sev2",
        "sev3",
        "2",
        "3",
    )

    rate_limit_per_minute: int = Field(default=120, ge=1, description="Questions of one user, all entrances")
    message_retention_days: int = Field(default=90, ge=1, description="Messages, runs and their checkpoints")
    history_messages: int = Field(default=10, ge=0, le=100, description="Messages of the session a run is given")

    @field_validator(
        "alert_service_labels", "alert_severity_labels", "alert_environment_labels", "alert_team_labels",
        "alert_critical_words", "alert_warning_words", mode="before",
    )  # fmt: skip
    @classmethod
    def split_commas(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"TIMEZONE={value!r} is not an IANA time zone; write for example Europe/Berlin")
        return value

    @field_validator("trivium_jwt_secret")
    @classmethod
    def long_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < 32:
            raise ValueError("TRIVIUM_JWT_SECRET must have 32 bytes or more: `openssl rand -hex 32` makes one")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def is_embedded(self) -> bool:
        return self.database_url is None

    @classmethod
    def read(cls) -> Self:
        return cls()
