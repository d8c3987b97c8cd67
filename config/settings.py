"""The environment, read once into frozen settings."""

import hashlib
import os
import re
import shlex
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from psycopg.conninfo import conninfo_to_dict
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Words = Annotated[tuple[str, ...], NoDecode]
Algorithms = Annotated[
    tuple[Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"], ...],
    NoDecode,
]
RiskLevels = Annotated[tuple[Literal["low", "medium", "high", "critical"], ...], NoDecode]
SecretWords = Annotated[tuple[SecretStr, ...], NoDecode]
SEVERITIES = ("critical", "warning", "info")
ROLE_MAP = ("admin=admin", "operator=operator", "engineer=engineer", "viewer=viewer", "member=engineer")
SEALING_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


def default_home() -> Path:
    """`/var/lib/trivium` for root (Postgres must reach it without root), else the user's data folder."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/trivium")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "trivium"


def is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """Every setting by its environment variable; DESIGN.md and README list what each is for.

    Lists are written with commas. A value that cannot be right stops the start with pydantic's message.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    trivium_home: Path = Field(default_factory=default_home, description="Where embedded data lives")
    host: str = Field(default="127.0.0.1", description="Where `serve` listens")
    port: int = Field(default=8080, ge=0, le=65535)
    worker_port: int = Field(default=0, ge=0, le=65535, description="Health and metrics of `worker`; 0: none")
    timezone: str = Field(default="UTC", description="Calendar of questions that name no zone")

    database_url: SecretStr | None = Field(default=None, description="Postgres >= 15; unset: the embedded one")
    database_pool_size: int = Field(default=16, ge=2, le=200)
    database_prepare: bool = Field(default=True, description="false behind pgbouncer in transaction mode")

    audit_anchor_file: Path | None = Field(default=None, description="Unset: one in TRIVIUM_HOME for each database")

    trivium_jwt_secret: SecretStr | None = Field(default=None, description="HS256 key, 32 bytes or more")
    trivium_jwt_audience: str = "trivium"
    trivium_jwt_issuer: str = "trivium"
    trivium_jwks_url: str | None = Field(default=None, description="Where an identity provider publishes its keys")
    trivium_jwks_algorithms: Algorithms = Field(default=("RS256", "ES256"), min_length=1)
    trivium_jwt_roles_claim: str = Field(default="roles", min_length=1, description="Dots lead into nested claims")
    trivium_jwt_role_map: Words = Field(default=ROLE_MAP, description="The provider's words for our roles")
    trivium_jwt_org_id: str | None = Field(default=None, description="Unset: the provider's tokens of any organisation")
    trivium_oauth_issuers: Words = Field(default=(), description="Who grants MCP clients tokens; unset: JWT_ISSUER")
    trivium_public_url: str | None = Field(default=None, description="What clients know this server by")
    mcp_allowed_hosts: Words = Field(default=(), description="Hosts that /mcp answers to, beside loopback and HOST")
    mcp_allowed_origins: Words = Field(default=(), description="Pages that may ask /mcp: https://host.example.com")
    mcp_sessions: bool = Field(default=True, description="false: where requests are spread over processes")
    trivium_secret_keys: SecretWords = Field(default=(), description="Seal stored credentials: the first; open: all")
    trivium_token: SecretStr | None = Field(default=None, description="Who the CLI, stdio MCP and Studio act for")

    trivium_environment: Literal["LAB", "NONPROD", "PROD"] = Field(
        default="LAB", description="Whose language models are asked; LLM_BASE_URL and its kin are LAB's"
    )
    llm_base_url: str | None = Field(default=None, description="OpenAI-compatible endpoint; unset: rules only")
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
    llm_timeout_seconds: float = Field(default=60, gt=0, le=600)
    llm_chunk_timeout_seconds: float = Field(default=20, gt=0, le=600)
    llm_health_seconds: float = Field(default=300, ge=1, le=86_400, description="Between looks at an unused model")
    llm_allowed_hosts: Words = Field(default=(), description="Globs; unset: any host but metadata addresses")

    playbooks_dir: Path | None = Field(default=None, description="A folder of further playbooks, *.toml")

    embeddings_base_url: str | None = Field(default=None, description="OpenAI-compatible; unset: knowledge by words")
    embeddings_api_key: SecretStr | None = None
    embeddings_model: str = "text-embedding-3-small"

    mcp_grafana_url: str | None = Field(default=None, description="mcp-grafana for reads; unset: no Grafana")
    mcp_grafana_write_url: str | None = Field(default=None, description="mcp-grafana for changes; unset: the same")
    mcp_grafana_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("mcp_grafana_token", "mcp_grafana_server_token")
    )
    mcp_connection_timeout: float = Field(default=5, gt=0, le=60, description="Seconds")
    mcp_request_timeout: float = Field(default=30, gt=0, le=600, description="Seconds, for any one call")
    mcp_health_seconds: float = Field(default=30, ge=1, le=3600, description="Between looks at an MCP server")
    mcp_server_hosts: Words = Field(default=(), description="Globs; unset: any host but metadata addresses")
    mcp_stdio_commands: Words = Field(default=(), description="Beginnings of command lines; unset: none is started")
    grafana_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("grafana_url", "grafana_default_url"),
        description="What people open",
    )
    grafana_service_account_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("grafana_service_account_token", "grafana_api_key")
    )

    prometheus_url: str | None = Field(default=None, description="Asked directly, or when mcp-grafana is away")
    loki_url: str | None = Field(default=None, description="As PROMETHEUS_URL")
    tempo_url: str | None = Field(default=None, description="As PROMETHEUS_URL")
    datasource_allowed_hosts: Words = Field(default=(), description="Globs; unset: any host but metadata addresses")
    max_query_range_hours: float = Field(default=168, gt=0, le=8760, description="Of one metric or log query")
    max_query_results: int = Field(default=10_000, ge=1, le=100_000, description="Samples of one query")
    query_cache_ttl_seconds: int = Field(default=300, ge=1, le=86_400)
    redis_url: SecretStr | None = Field(default=None, description="redis://host:6379/2; unset: each process alone")
    redis_prefix: str = Field(default="trivium:", pattern=r"^[A-Za-z0-9:_.-]*$", max_length=100)

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

    approval_four_eyes: RiskLevels = Field(
        default=(), description="Risk levels (low, medium, high, critical) that need a second person's approval"
    )

    auto_analysis_in_serve: bool = Field(default=True, description="false: only `trivium worker` carries them out")
    auto_analysis_at_once: int = Field(default=2, ge=1, le=50, description="Analyses of rules in one process")
    auto_analysis_most_waiting: int = Field(default=200, ge=1, le=100_000, description="Beyond it the oldest goes")

    drain_seconds: float = Field(default=20, ge=0, le=3600, description="For runs to end when a process goes down")
    drain_notice_seconds: float = Field(default=1, ge=0, le=300, description="Not ready, before `serve` closes")
    otel_exporter_otlp_endpoint: str | None = Field(default=None, description="Where traces go; unset: nowhere")
    rate_limit_per_minute: int = Field(default=120, ge=1, description="Questions of one user, all entrances")
    message_retention_days: int = Field(default=90, ge=1, description="Messages, runs and their checkpoints")
    history_messages: int = Field(default=10, ge=0, le=100, description="Messages of the session a run is given")

    @field_validator(
        "alert_service_labels", "alert_severity_labels", "alert_environment_labels", "alert_team_labels",
        "alert_critical_words", "alert_warning_words", "trivium_secret_keys", "approval_four_eyes",
        "trivium_jwks_algorithms", "trivium_jwt_role_map", "datasource_allowed_hosts",
        "mcp_server_hosts", "mcp_stdio_commands", "llm_allowed_hosts",
        "trivium_oauth_issuers", "mcp_allowed_hosts", "mcp_allowed_origins",
        mode="before",
    )  # fmt: skip
    @classmethod
    def split_commas(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator(
        "mcp_grafana_url",
        "mcp_grafana_write_url",
        "grafana_url",
        "prometheus_url",
        "loki_url",
        "tempo_url",
        "embeddings_base_url",
        "trivium_public_url",
    )
    @classmethod
    def web_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must be an address like http://mcp-grafana:8000/mcp")
        if parts.username or parts.password:
            raise ValueError("it must hold no user and password; tokens have settings of their own")
        return value

    @field_validator("mcp_stdio_commands")
    @classmethod
    def whole_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(Path(shlex.split(line)[0]).is_absolute() for line in value):
            raise ValueError(
                "each begins with a program's whole path: /usr/local/bin/kubernetes-mcp-server --read-only"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def redis_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("redis", "rediss") or not parts.hostname:
            raise ValueError("REDIS_URL must be an address like redis://redis:6379/2")
        return value

    @field_validator("trivium_jwks_url")
    @classmethod
    def keys_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        if not is_safe or not parts.hostname or parts.username or parts.password:
            raise ValueError("it must be an https address without user and password; http is for loopback alone")
        return value

    @field_validator("trivium_jwt_role_map")
    @classmethod
    def pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(all(map(str.strip, pair.rpartition("="))) for pair in value):
            raise ValueError("it must be written like sre-admins=admin,sre=operator,member=engineer")
        return value

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

    @field_validator("trivium_secret_keys")
    @classmethod
    def sealing_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(SEALING_KEY.fullmatch(key.get_secret_value()) for key in value):
            raise ValueError(
                "TRIVIUM_SECRET_KEYS are 32 bytes each in URL-safe base64: "
                "`openssl rand -base64 32 | tr '+/' '-_'` makes one"
            )
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def is_embedded(self) -> bool:
        return self.database_url is None

    @property
    def playbook_folders(self) -> tuple[Path, ...]:
        return (self.playbooks_dir,) if self.playbooks_dir else ()

    @property
    def role_map(self) -> Mapping[str, str]:
        """Our role by the identity provider's word for it."""
        pairs = (pair.rpartition("=") for pair in self.trivium_jwt_role_map)
        return {word.strip(): role.strip() for word, _, role in pairs}

    @property
    def anchor_file(self) -> Path:
        """What remembers, outside the database, how far its audit log had come: one file for each database."""
        if self.audit_anchor_file or self.database_url is None:
            return self.audit_anchor_file or self.trivium_home / "audit.anchor"
        place = conninfo_to_dict(self.database_url.get_secret_value())
        where = "/".join(str(place.get(part) or "") for part in ("host", "port", "dbname"))
        return self.trivium_home / f"audit-{hashlib.sha256(where.encode()).hexdigest()[:12]}.anchor"

    @classmethod
    def read(cls) -> Self:
        return cls()
