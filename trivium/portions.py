"""Portions: the parts of the settings that each room is given, in the room's own words."""

from pydantic import SecretStr

from agents.llm.registry import Models, Variables
from agents.llm.registry import Reach as ModelReach
from config.settings import Settings
from domain.ingest.normalise import LabelRules
from domain.providers import Trust
from domain.secrets import Keyring
from graphs.limiter import Shared
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


def shared(settings: Settings) -> Shared | None:
    """Where processes count questions together; None when each is alone."""
    url = opened(settings.redis_url)
    return Shared(url, settings.redis_prefix) if url else None


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


def models(settings: Settings) -> ModelReach:
    """The language models of this process. The variables are LAB's alone: elsewhere the table says what is asked."""
    variables = None
    if settings.trivium_environment == "LAB" and settings.llm_model:
        variables = Variables(
            base_url=settings.llm_base_url or None,
            api_key=opened(settings.llm_api_key),
            model=settings.llm_model,
            timeout_seconds=settings.llm_timeout_seconds,
        )
    return ModelReach(
        environment=settings.trivium_environment,
        allowed_hosts=settings.llm_allowed_hosts,
        variables=variables,
        chunk_timeout_seconds=settings.llm_chunk_timeout_seconds,
    )


def missing_model(settings: Settings, found: Models) -> str | None:
    """What to set where a language model is meant and none can be asked; None when all is well, or none is meant.

    In LAB rules alone are a way to run. NONPROD and PROD say that there is a model.
    """
    environment = settings.trivium_environment
    if found.names:
        return None
    if found.problems:
        why = "; ".join(f"{name}: {problem}" for name, problem in found.problems.items())
        return f"No language model of {environment} can be asked. {why}"
    if environment != "LAB":
        return (
            f"TRIVIUM_ENVIRONMENT is {environment}, and no language model is set up for it. Add one with `trivium "
            f"models add NAME --environment {environment} --base-url URL --model MODEL --secret env:NAME --default`, "
            "or leave TRIVIUM_ENVIRONMENT unset: then rules answer alone."
        )
    given = [
        name
        for name, value in (("LLM_BASE_URL", settings.llm_base_url), ("LLM_API_KEY", settings.llm_api_key))
        if value
    ]
    return (
        f"{' and '.join(given)} is set, and LLM_MODEL is not: set it to the model's name, or unset the rest."
        if given
        else None
    )
