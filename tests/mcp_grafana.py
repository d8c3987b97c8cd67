"""The real mcp-grafana in front of the Grafana of tests, once for reads and once for changes; and a real Prometheus."""

import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.grafana_server import EDITOR, GrafanaServer, grafana_server
from tests.programs import free_port, pause, present, program, running
from tools.sources.grafana import Addresses, Grafana, open_grafana

CALLER = "caller-token-0123456789"
COMMON = ("-t", "streamable-http", "--disable-docs", "--disable-plugin", "--usage-stats=disabled")
READ_ONLY = ("--disable-write", "--disable-api")
SCRAPE_SECONDS = 30
SCRAPE = """
global: {{scrape_interval: 1s}}
scrape_configs:
- {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{service: checkout}}}}]}}
"""


@dataclass(frozen=True, slots=True)
class Estate:
    """`grafana` is the double, `read_url` and `write_url` are the two mcp-grafana in front of it."""

    grafana: GrafanaServer
    read_url: str
    write_url: str

    def addresses(self, *, token: str | None = EDITOR, request_seconds: float = 30) -> Addresses:
        return Addresses(
            mcp_url=self.read_url,
            mcp_write_url=self.write_url,
            mcp_token=CALLER,
            url=self.grafana.url,
            token=token,
            request_seconds=request_seconds,
        )

    @asynccontextmanager
    async def reach(self, *, token: str | None = EDITOR, request_seconds: float = 30) -> AsyncGenerator[Grafana]:
        """Our side of the wire; a small `request_seconds` is for tests in which something hangs."""
        addresses = self.addresses(token=token, request_seconds=request_seconds)
        async with open_grafana(addresses) as opened:
            assert opened is not None
            yield opened


@contextmanager
def mcp_grafana(grafana: str, log: Path, *flags: str, token: str = EDITOR) -> Generator[str]:
    """The URL of a real mcp-grafana for the Grafana at this URL, until the block ends."""
    binary = present(Path(sys.executable).with_name("mcp-grafana"), "mcp-grafana")
    address = f"127.0.0.1:{free_port()}"
    environment = {
        "GRAFANA_URL": grafana,
        "GRAFANA_SERVICE_ACCOUNT_TOKEN": token,
        "GRAFANA_USAGE_STATS": "disabled",
        "DO_NOT_TRACK": "1",
        "MCP_GRAFANA_SERVER_TOKEN": CALLER,
    }
    command = [binary, *COMMON, *flags, "--address", address]
    with running(command, ready=f"http://{address}/healthz", log=log, environment=environment):
        yield f"http://{address}/mcp"


@contextmanager
def prometheus_server(folder: Path) -> Generator[str]:
    """The URL of a real Prometheus that watches itself under `service="checkout"` and has its first samples."""
    port = free_port()
    (folder / "prometheus.yml").write_text(SCRAPE.format(port=port))
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
               f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with running(command, ready=f"{url}/-/ready", log=folder / "prometheus.log"):
        for _ in range(SCRAPE_SECONDS * 5):
            if httpx.get(f"{url}/api/v1/query", params={"query": "up == 1"}).json()["data"]["result"]:
                break
            pause(0.2)
        yield url


@contextmanager
def estate(folder: Path, prometheus: str | None = None, *, token: str = EDITOR) -> Generator[Estate]:
    with (
        grafana_server(prometheus) as grafana,
        mcp_grafana(grafana.url, folder / "read.log", *READ_ONLY, token=token) as read_url,
        mcp_grafana(grafana.url, folder / "write.log", token=token) as write_url,
    ):
        yield Estate(grafana, read_url, write_url)
