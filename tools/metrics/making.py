"""Ways to datasources, made from their addresses: which types can be asked, and with whose key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import httpx

from domain.datasources import Datasource, Kind
from domain.errors import Refused, SourceError
from domain.secrets import Keyring
from tools.gates import Gates
from tools.metrics.direct import DirectLoki, DirectPrometheus
from tools.metrics.questions import Way
from tools.metrics.through_grafana import Ask, GrafanaLoki, GrafanaPrometheus, Json, Remote
from tools.sources.endpoint import CONNECT_SECONDS, NOBODY, PAUSES, SECONDS, Caller, Endpoint
from tools.sources.grafana import Grafana
from tools.sources.loki import Loki
from tools.sources.mcp import McpServer
from tools.sources.prometheus import Prometheus

GRAFANA_SECONDS = 12.0
# Adding a type that can be asked is adding an entry here, and its value to the check in the table.
DIRECT: Mapping[Kind, Callable[[Endpoint], Way]] = {
    "prometheus": lambda endpoint: DirectPrometheus(Prometheus(endpoint)),
    "loki": lambda endpoint: DirectLoki(Loki(endpoint)),
}
REMOTE: Mapping[Kind, Callable[[Remote], Way]] = {"prometheus": GrafanaPrometheus, "loki": GrafanaLoki}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each way has for one question, and the pauses before a direct one is asked again."""

    direct_seconds: float = SECONDS
    grafana_seconds: float = GRAFANA_SECONDS
    pauses: tuple[float, ...] = PAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """`http` reaches only addresses that were looked at; `gates` are one for each way."""

    http: httpx.AsyncClient
    keyring: Keyring | None
    allowed_hosts: tuple[str, ...] = ()
    patience: Patience
    gates: Gates = field(default_factory=Gates)

    def direct(self, kind: Kind, url: str, caller: Caller = NOBODY) -> Way:
        """Raises Refused for a host that is not allowed, and for a type that nobody here can ask."""
        refuse_host(url, self.allowed_hosts)
        make = known(DIRECT, kind)
        where = urlsplit(url)
        name = f"{where.hostname}:{where.port}" if where.port else str(where.hostname)
        return make(
            Endpoint(
                name=name,
                url=url,
                http=self.http,
                gate=self.gates.to(f"{kind} {url}", f"{kind.title()} ({name})"),
                caller=caller,
                seconds=self.patience.direct_seconds,
                pauses=self.patience.pauses,
            )
        )

    def through(self, grafana: Grafana, kind: Kind, uid: str, title: str) -> Way:
        async def call(tool: str, arguments: Json) -> Any:
            return await grafana.ask(tool, arguments, deadline_seconds=self.patience.grafana_seconds)

        return self.remote(kind, uid, title, grafana.read.url, call)

    def elsewhere(self, row: Datasource, key: str | None) -> Way:
        """Through the mcp-grafana of another Grafana, which takes the row's key from its callers."""
        refuse_host(row.url, self.allowed_hosts)
        server = McpServer(
            name=row.name,
            url=row.url,
            token=key,
            connect_seconds=CONNECT_SECONDS,
            request_seconds=self.patience.grafana_seconds,
            http=self.http,
        )

        async def call(tool: str, arguments: Json) -> Any:
            try:
                return await server.call(tool, arguments, deadline_seconds=self.patience.grafana_seconds)
            except SourceError as error:
                error.is_uncertain = False
                raise

        return self.remote(row.type, row.grafana_uid, row.name, row.url, call)

    def remote(self, kind: Kind, uid: str, title: str, server: str, call: Ask) -> Way:
        gate = self.gates.to(f"{kind} {uid} of {server}", f"{kind.title()} through Grafana ({title})")
        return known(REMOTE, kind)(Remote(uid=uid, title=title, gate=gate, call=call))

    def opened(self, row: Datasource, sealed: str) -> str:
        """The row's key. Raises Refused when it cannot be opened."""
        if self.keyring is None:
            raise Refused(
                f"The key of the datasource {row.name} is sealed, and no key is set to open it.",
                code="no_secret_key",
                alternative="Set TRIVIUM_SECRET_KEYS where Trivium runs.",
            )
        return self.keyring.open(sealed)


def known(makers: Mapping[Kind, Callable[[Any], Way]], kind: Kind) -> Callable[[Any], Way]:
    if kind not in makers:
        raise Refused(
            f"Datasources of the type {kind} are listed here, but not queried.",
            code="unsupported_type",
            alternative=f"Types that are: {', '.join(makers)}.",
        )
    return makers[kind]


def caller(row: Datasource, key: str | None) -> Caller:
    return Caller(key=key, username=text(row.config_json, "username"), tenant=text(row.config_json, "tenant"))


def text(config: Mapping[str, Any], name: str) -> str:
    """What the row's configuration says under that name; empty when it is no text."""
    found = config.get(name)
    return found if isinstance(found, str) else ""


def refuse_host(url: str, allowed: tuple[str, ...]) -> None:
    """Raises Refused for what is no web address, and for a host that is not on the list, when there is one."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        is_web = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        parts, host, is_web = None, None, False
    if parts is None or host is None or not is_web:
        raise Refused("A datasource's address is like http://prometheus:9090.", code="invalid_arguments")
    if parts.username or parts.password:
        said = "A datasource's address holds no user and password: they have places of their own."
        raise Refused(said, code="invalid_arguments", alternative="Send api_key, and username in config_json.")
    if allowed and not any(fnmatchcase(host.lower(), pattern.lower()) for pattern in allowed):
        raise Refused(
            f"Datasources may not be at {host}.",
            code="address_refused",
            alternative="DATASOURCE_ALLOWED_HOSTS lists the hosts that are allowed.",
        )
