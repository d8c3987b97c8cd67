"""Fixtures for tests against Grafana: a module asks for them by `pytest_plugins = ("tests.grafana_fixtures",)`."""

from collections.abc import Generator

import pytest

from tests.grafana_server import VIEWER
from tests.mcp_grafana import Estate, estate, prometheus_server


@pytest.fixture(scope="session")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with prometheus_server(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


@pytest.fixture(scope="session")
def whole_estate(tmp_path_factory: pytest.TempPathFactory, prometheus_url: str) -> Generator[Estate]:
    """Prometheus, the Grafana of tests before it, and two mcp-grafana; started once for all modules that ask."""
    with estate(tmp_path_factory.mktemp("mcp-grafana"), prometheus_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def viewer_estate(tmp_path_factory: pytest.TempPathFactory) -> Generator[Estate]:
    """As `whole_estate`, but Grafana's token may only look, and there is no Prometheus."""
    with estate(tmp_path_factory.mktemp("mcp-viewer"), token=VIEWER) as opened:
        yield opened


@pytest.fixture
def grafana_estate(whole_estate: Estate) -> Estate:
    """The whole estate with nothing made in it and nothing on record."""
    whole_estate.grafana.forget()
    return whole_estate
