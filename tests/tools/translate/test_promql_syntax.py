"""What is read as PromQL, against Prometheus's own tests and a real Prometheus, and written again without loss."""

import re
from collections import Counter
from pathlib import Path

import httpx
import promql_parser
import pytest

from tests.programs import free_port, program, running
from tests.tools.translate.promqltest import queries
from tools.translate.promql.writing import written

# Experimental syntax behind feature flags of Prometheus 3, which is refused: what it looks like, and what it is.
REFUSED = {
    "calculated lengths of time": re.compile(
        r"[\[:]\s*[^\]{}\"]*(?:\b(?:step|range|start|end|min_of|max_of)\s*\(|[-+*/%^]|\d\s*\()[^\]{}\"]*\]",
        re.IGNORECASE,
    ),
    "calculated offsets": re.compile(
        r"offset\s+[-+]?\s*(?:\(|\w+\s*\()|offset\s+[-+]?\s*[\w.]+\s*[-+*/^%]", re.IGNORECASE
    ),
    "smoothed and anchored vectors": re.compile(r"\b(?:smoothed|anchored)\b", re.IGNORECASE),
    "trimmed histograms": re.compile(r"</|>/"),
    "info() with an empty selector": re.compile(
        r"info\([^{]*,\s*\{[^}]*(?:\.\*|!=|!~|\"\")[^}]*\}|info\([^{]*,\s*\{\}"
    ),
}
# Functions and syntax that came after Prometheus 2.42: we read them, and it does not.
NEWER = re.compile(
    r"unknown function|missing unit|expected (?:duration|timestamp)|trailing commas|unexpected \"\(\"|unexpected <by>"
    r"|unexpected identifier|unexpected (?:string|number|character)|expected type|in label matching|binary expression"
)


def reads(query: str) -> bool:
    try:
        promql_parser.parse(query)
    except ValueError:
        return False
    return True


def why_refused(query: str) -> str:
    return next((name for name, looks in REFUSED.items() if looks.search(query)), "")


def test_every_query_of_prometheus_is_read_but_for_experimental_syntax() -> None:
    """Must-show 3: differences from the newest Prometheus, each with its reason."""
    refused = {query: why_refused(query) for query in queries() if not reads(query)}
    assert [query for query, reason in refused.items() if not reason] == []
    assert set(Counter(refused.values())) <= set(REFUSED)
    assert len(refused) < len(queries()) / 6


def test_every_query_is_written_as_it_was_read() -> None:
    for query in queries():
        if reads(query):
            tree = promql_parser.parse(query)
            assert promql_parser.parse(written(tree)).prettify() == tree.prettify(), query


@pytest.mark.slow
def test_whatever_a_real_prometheus_reads_we_read(tmp_path: Path) -> None:
    """Must-show 3: and what it does not read that we do is newer than it is."""
    url = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "prometheus.yml").write_text("global: {scrape_interval: 60s}\n")
    command = [
        program("prometheus"),
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]
    with running(command, ready=f"{url}/-/ready", log=tmp_path / "log"), httpx.Client() as http:
        for query in queries():
            answer = http.post(f"{url}/api/v1/query", data={"query": query, "time": "0"}).json()
            is_read = answer["status"] != "error" or answer["errorType"] != "bad_data"
            assert reads(query) or not is_read, query
            if reads(query) and not is_read:
                assert NEWER.search(answer["error"]), (query, answer["error"])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('sum by (a, b) (rate(x{y!="z"}[5m] offset 1h))', 'sum by (a, b) (rate(x{y!="z"}[5m] offset 1h))'),
        ("max_over_time(rate(x[5m])[1h:1m] @ 123)", "max_over_time(rate(x[5m])[1h:1m] @ 123.000)"),
        ('{"my.metric", "x.y"="1"}', '{__name__="my.metric","x.y"="1"}'),
        ("a / on (b) group_left (c) d", "a / on (b) group_left (c) d"),
        ("a == bool 1", "a == bool 1"),
        ("-(a + b) * 2", "-(a + b) * 2"),
        ('x{y="a\\"b\\\\c\\nd"}', 'x{y="a\\"b\\\\c\\nd"}'),
        ("rate(x[1w2d3h4m5s6ms])", "rate(x[1w2d3h4m5s6ms])"),
        ("x @ start() offset 5m", "x @ start() offset 5m"),
        ("sum without () (x)", "sum without () (x)"),
        ("topk by (a) (3, x)", "topk by (a) (3, x)"),
    ],
)
def test_a_query_is_written_plainly(query: str, wanted: str) -> None:
    assert written(promql_parser.parse(query)) == wanted
