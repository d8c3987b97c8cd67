"""Portions: the parts of the settings that each room is given, in the room's own words."""

from pydantic import SecretStr

from config.settings import Settings
from domain.ingest.normalise import LabelRules
from domain.providers import Trust
from domain.secrets import Keyring
from tools.metrics.cache import CacheSettings
from tools.metrics.choosing import Addresses as SourceAddresses
from tools.metrics.questions import Limits
from tools.metrics.sources import SourceSettings
from tools.remote import Reach
from tools.remote_places import Allowed
from tools.sources.grafana import Addresses
from tools.sources.mcp_limits import Limits as McpLimits


def trust(settings: Settings) -> Trust | None:
    """What is believed of the identity provider's tokens; None when there is no provider."""
    if settings.trivium_jwks_url is None:
        return None
    return Trust(
        url=settings.trivium_jwks_url,
        algorithms=settings.trivium_jwks_algorithms,
        issuer=settings.trivium_jwt_issuer,
        audience=settings.trivium_jwt_audience,
        roles_claim=settings.trivium_jwt_roles_claim,
        role_map=settings.role_map,
        org=settings.trivium_jwt_org_id or None,
    )


def grafana_addresses(settings: Settings) -> Addresses:
    return Addresses(
        mcp_url=settings.mcp_grafana_url,
        mcp_write_url=settings.mcp_grafana_write_url,
        mcp_token=opened(settings.mcp_grafana_token),
        url=settings.grafana_url,
        token=opened(settings.grafana_service_account_token),
        connect_seconds=settings.mcp_connection_timeout,
        request_seconds=settings.mcp_request_timeout,
    )


def mcp_reach(settings: Settings, keyring: Keyring | None) -> Reach:
    """Where registered MCP servers may be, and how long each may take; one that is started gets as long as any call."""
    seconds = settings.mcp_request_timeout
    return Reach(
        keyring=keyring,
        allowed=Allowed(hosts=settings.mcp_server_hosts or ("*",), commands=settings.mcp_stdio_commands),
        connect_seconds=settings.mcp_connection_timeout,
        limits=McpLimits(open_seconds=min(20, seconds), request_seconds=seconds),
    )


def source_settings(settings: Settings) -> SourceSettings:
    return SourceSettings(
        addresses=SourceAddresses(
            prometheus=settings.prometheus_url,
            loki=settings.loki_url,
            tempo=settings.tempo_url,
            allowed_hosts=settings.datasource_allowed_hosts,
        ),
        limits=Limits(
            hours=settings.max_query_range_hours,
            results=settings.max_query_results,
            live_seconds=settings.query_cache_ttl_seconds,
        ),
        cache=CacheSettings(
            url=opened(settings.redis_url),
            prefix=settings.redis_prefix,
            live_seconds=settings.query_cache_ttl_seconds,
        ),
    )


def embeddings(settings: Settings) -> tuple[str | None, str, str | None]:
    """Where texts are turned to vectors, by which model, with which key."""
    return settings.embeddings_base_url, settings.embeddings_model, opened(settings.embeddings_api_key)


def opened(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def label_rules(settings: Settings) -> LabelRules:
    return LabelRules(
        service=settings.alert_service_labels,
        severity=settings.alert_severity_labels,
        environment=settings.alert_environment_labels,
        team=settings.alert_team_labels,
        critical_words=settings.alert_critical_words,
        warning_words=settings.alert_warning_words,
    )
