"""Catalogues, read from those who can be asked, and from files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.errors import Refused, SourceError
from tests.programs import free_port, pause, program, running
from tools.gates import Gate
from tools.sources.endpoint import Endpoint
from tools.sources.prometheus import Prometheus
from tools.translate import files, loading
from tools.translate.answers import Translation
from tools.translate.promql.library import template_metrics
from tools.translate.situation import Situation
from tools.translate.sources import FromPrometheus
from tools.translate.translation import translate_to_promql


@dataclass
class Told:
    """Answers what it is given; a label in `broken` fails."""

    series: Mapping[str, list[dict[str, str]]] = field(default_factory=dict[str, list[dict[str, str]]])
    types: Mapping[str, tuple[str, str]] | None = None
    broken: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list[str])

    async def metric_names(self) -> Iterable[str]:
        return ["up", "http_requests_total", "latency_seconds_bucket", "latency_seconds_count", "up"]

    async def metadata(self) -> Mapping[str, tuple[str, str]]:
        if self.types is None:
            raise SourceError("no metadata here", source="prometheus")
        return self.types

    async def instant(self, query: str) -> Iterable[Mapping[str, Any]]:
        self.asked.append(query)
        label = query.split("__name__, ")[1].split(")", maxsplit=1)[0]
        if label in self.broken:
            raise SourceError("down", source="prometheus")
        return self.series.get(label, [])

    async def label_names(self) -> Iterable[str]:
        return ["app", "level"]

    async def label_values(self, label: str) -> Iterable[str]:
        if label in self.broken:
            raise SourceError("down", source="loki")
        return {"app": ["checkout"], "level": ["info", "error"]}[label]


async def test_names_and_types_are_read_and_a_histogram_is_known_by_its_base() -> None:
    types = {"up": ("gauge", "Is it up?"), "latency_seconds": ("histogram", "How long")}
    found = await loading.metrics(Told(types=types))
    histogram = {"latency_seconds_bucket": "histogram", "latency_seconds_count": "histogram"}
    assert found.types == {"http_requests_total": "", "up": "gauge", **histogram}
    kinds = [found.kind(name) for name in ("latency_seconds_count", "http_requests_total", "up")]
    assert kinds == ["counter", "counter", "gauge"]
    assert found.help["up"] == "Is it up?"


async def test_without_metadata_names_are_enough() -> None:
    found = await loading.metrics(Told())
    assert found.is_counter("http_requests_total")


async def test_labels_are_read_for_the_metrics_that_matter_only() -> None:
    told = Told(series={"job": [{"__name__": "up", "job": "checkout"}, {"__name__": "up", "job": "payment"}]})
    found = await loading.with_labels(told, await loading.metrics(told), {"up", "not_there"})
    assert found.labels == {"up": {"job": frozenset({"checkout", "payment"})}}
    assert all('{__name__=~"up",' in query for query in told.asked)
    assert found.services == {"checkout": ("job",), "payment": ("job",)}


async def test_a_label_that_is_not_answered_for_is_left_out() -> None:
    series = {"job": [{"__name__": "up", "job": "a"}], "instance": [{"__name__": "up", "instance": "b"}]}
    told = Told(series=series, broken=frozenset({"instance"}))
    found = await loading.with_labels(told, await loading.metrics(told), {"up"})
    assert found.labels == {"up": {"job": frozenset({"a"})}}


async def test_streams_are_read_with_their_values() -> None:
    found = await loading.logs(Told(broken=frozenset({"level"})))
    assert found.values == {"app": frozenset({"checkout"}), "level": frozenset()}


def test_a_file_says_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(
        '[sets]\nenv = ["a", "b"]\n[metrics]\nup = ["gauge", "env", "job=x,y", "zone=@env"]\n[logs]\napp = ["x"]\n'
    )
    metrics, logs = files.read(file)
    two = frozenset({"a", "b"})
    assert metrics.labels["up"] == {"env": two, "job": frozenset({"x", "y"}), "zone": two}
    assert logs.values == {"app": frozenset({"x"})}


@pytest.mark.parametrize(
    "text", ["[metrics", "[metrics]\nup = 3", '[metrics]\nup = ["gauge", "missing"]', "[metrics]\nup = []"]
)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(text)
    with pytest.raises(Refused, match="is no catalogue"):
        files.read(file)


@pytest.mark.slow
async def test_a_real_prometheus_is_read_and_answers_what_was_translated(tmp_path: Path) -> None:
    """QT-01, QT-15 against a real Prometheus that watches itself."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    scrape = f"scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]"
    (tmp_path / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\n{scrape}\n")
    command = [
        program("prometheus"),
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, ready=f"{url}/-/ready", log=tmp_path / "log"):
        async with httpx.AsyncClient() as http:
            prometheus = Prometheus(Endpoint(name="prometheus", url=url, http=http, gate=Gate("prometheus")))
            for _ in range(100):
                if (await prometheus.instant("sum(rate(prometheus_http_requests_total[1m]))", datetime.now(UTC)))[0]:
                    break
                pause(0.2)
            ask = FromPrometheus(prometheus, lambda: datetime.now(UTC))
            known = await loading.metrics(ask)
            assert known.types["prometheus_http_requests_total"] == "counter"
            situation = Situation(metrics=await loading.with_labels(ask, known, template_metrics()))
            for words in ("memory of shop", "request rate of shop", "is shop up", "cpu of shop", "open files of shop"):
                found = translate_to_promql(words, situation)
                assert isinstance(found, Translation), found
                series, _ = await prometheus.instant(found.queries[0].query, datetime.now(UTC))
                assert series, found
