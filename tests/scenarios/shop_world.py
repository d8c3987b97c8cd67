"""A shop under real load: its applications, node exporter, a real Prometheus, a Loki, and a record of what happened.

Three hours stand in Prometheus before it scrapes; the load is on top of them, and the clock stops at its end.
"""

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from psycopg.conninfo import make_conninfo

import tools
from agents.rules.brain import RulesBrain
from checkpoints.saver import PoolSaver
from domain import database
from domain.names import Directory
from graphs import inquiry
from graphs.limiter import Limiter
from graphs.live import Parts
from graphs.runner import Limits, Runner
from tests import databases, house
from tests.grafana_server import grafana_server
from tests.mcp_grafana import CALLER, READ_ONLY, mcp_grafana
from tests.programs import free_port, pause, program, running
from tests.scenarios.sample_estate import UNLIMITED, Desk
from tests.tools import application_history, metrics_world, sources_world
from tests.tools.estate import Estate
from tests.tools.loki_world import Line, LokiServer, loki_server
from tests.tools.metrics_world import Told, Value, counter
from tools.call import Door
from tools.gates import Gates
from tools.metrics.making import Patience
from tools.policy import PolicyBook
from tools.resources import Resources
from tools.sources.grafana import Addresses, Grafana, open_grafana

HISTORY, EVERY = timedelta(hours=3), 30
TROUBLE, DOWN_UNTIL = timedelta(minutes=20), timedelta(minutes=50)
ROUNDS, BETWEEN = 440, 0.05
PATIENT = Patience(direct_seconds=20, grafana_seconds=20, pauses=())
SETTLED = 300


@dataclass(frozen=True, slots=True)
class App:
    """One application: `fails` and `works` are how many requests of a hundred fail, and compute. Of `unseen` metrics
    Prometheus keeps nothing."""

    name: str
    env: str
    fails: int
    works: int
    port: int = 0
    unseen: str = "nothing"

    @property
    def key(self) -> str:
        return f"{self.name} {self.env}"

    @property
    def labels(self) -> str:
        return f'app="{self.name}",env="{self.env}",instance="127.0.0.1:{self.port}",job="{self.name}"'


APPS = (App("shop-api", "prod", 10, 20), App("shop-web", "prod", 1, 5), App("shop-api", "staging", 25, 10),
        App("shop-mail", "prod", 5, 5, unseen="http_request_duration_seconds.*"))  # fmt: skip
SCRAPED = """
- job_name: {app.name}-{app.env}
  relabel_configs: [{{target_label: job, replacement: {app.name}}}]
  metric_relabel_configs: [{{source_labels: [__name__], regex: "{app.unseen}", action: drop}}]
  static_configs: [{{targets: ["127.0.0.1:{app.port}"], labels: {{app: {app.name}, env: {app.env}}}}}]
"""
NODE = '- {{job_name: node, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}\n'
MAPPINGS = {
    "web": {"metrics_prefix": "shop_web_", "log_label": "app=shop-web"},
    "api": {"metrics_prefix": "shop_api_", "log_label": "app=shop-api"},
}
NAMES = """
insert into trivium.names (kind, name) values
    ('service', 'shop-api'), ('service', 'shop-web'), ('service', 'shop-mail'), ('alert', 'HighErrorRate'),
    ('environment', 'prod'), ('environment', 'staging')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`now` is when the load ended; `sent` how many requests of the load each application had, by how they ended."""

    database: str
    prometheus: str
    loki: LokiServer
    now: datetime
    sent: Counter[tuple[str, str]]


def changing(moment: float, earlier: float, later: float) -> Value:
    return lambda at: later if at >= moment else earlier


def history(apps: tuple[App, ...], until: datetime) -> list[Told]:
    """What was measured before: shop-web was down at first, and shop-api of production fails twenty times as often
    since the trouble began."""
    return [item for app in apps for item in history_of(app, until) if not re.match(app.unseen, item.metric)]


def history_of(app: App, until: datetime) -> list[Told]:
    start, trouble = until - HISTORY, (until - TROUBLE).timestamp()
    is_bad = app.key == "shop-api prod"

    def told(name: str, value: Value, more: str = "") -> Told:
        labels = ",".join(filter(None, (app.labels, more)))
        return Told(f"{name}{{{labels}}}", start, until, EVERY, value)

    def grown(name: str, usual: float, poor: float, more: str = "") -> Told:
        return told(name, counter(changing(trouble, usual, poor if is_bad else usual), start), more)

    requests, seconds = "http_requests_total", "http_request_duration_seconds"
    held = changing(until.timestamp() - 3600, 6e7, 9e7 if is_bad else 6e7)
    is_up = changing((until - DOWN_UNTIL).timestamp(), 0.0 if app.name == "shop-web" else 1.0, 1.0)
    return [
        grown(requests, 9.0, 9.0, 'method="GET",status="200"'),
        grown(requests, 0.05, 1.0, 'method="GET",status="500"'),
        grown(f"{seconds}_bucket", 5.0, 5.0, 'le="0.1"'),
        grown(f"{seconds}_bucket", 9.0, 9.0, 'le="0.25"'),
        grown(f"{seconds}_bucket", 9.05, 10.0, 'le="+Inf"'),
        grown(f"{seconds}_count", 9.05, 10.0),
        grown(f"{seconds}_sum", 0.5, 4.0),
        grown("process_cpu_seconds_total", 0.2, 0.6),
        told("process_resident_memory_bytes", held),
        told("up", is_up),
    ]


@contextmanager
def prometheus(apps: tuple[App, ...], node: int, folder: Path) -> Generator[str]:
    """The URL of a real Prometheus that has the history and scrapes each second."""
    metrics_world.written(history(apps, datetime.now(UTC).replace(microsecond=0)), folder / "history.txt")
    command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", folder / "history.txt"]
    made = subprocess.run([*command, folder / "data"], capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    jobs = "".join(SCRAPED.format(app=app) for app in apps) + NODE.format(port=node)
    (folder / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs:{jobs}")
    url = f"http://127.0.0.1:{free_port()}"
    server = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
              f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=1y",
              f"--web.listen-address={url.removeprefix('http://')}"]  # fmt: skip
    with running(server, ready=f"{url}/-/ready", log=folder / "prometheus.log"):
        yield url


def loaded(apps: tuple[App, ...]) -> Counter[tuple[str, str]]:
    """How the requests ended that the applications had, one after the other."""
    sent = Counter[tuple[str, str]]()
    with httpx.Client(timeout=10) as client:
        for number in range(ROUNDS):
            for app in apps:
                place = number * 37 % 100
                path = "fail" if place < app.fails else "work" if place < app.fails + app.works else "ok"
                answer = client.get(f"http://127.0.0.1:{app.port}/{path}")
                sent[app.key, str(answer.status_code)] += 1
            pause(BETWEEN)
    return sent


def wait_for(url: str, query: str) -> None:
    for _ in range(SETTLED):
        found = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()
        if found["data"]["result"]:
            return
        pause(0.2)
    pytest.fail(f"{query} gave nothing")


def log_lines(now: datetime) -> list[Line]:
    """Two hours of each application, a line every two minutes; errors of shop-api are database timeouts."""
    levels = ("error", "warn", "info", "info", "info")
    found: list[Line] = []
    for number in range(60):
        at = (now - timedelta(minutes=2 * number, seconds=37)).timestamp()
        level = levels[number % 5]
        text = f"error: database timeout after {number} ms" if level == "error" else f"request {number} served"
        pod = {"app": "shop-api", "env": "prod", "pod": f"shop-api-{number % 2}", "level": level}
        found.append(Line(labels=pod, seconds=at, text=text))
        web = {"app": "shop-web", "env": "prod", "pod": "shop-web-0", "level": "info"}
        found.append(Line(labels=web, seconds=at + 1, text=f"page {number} shown"))
    return found


@contextmanager
def world(postgres: str, template: str, folder: Path) -> Generator[World]:
    """All of it, after the load."""
    apps = tuple(replace(app, port=free_port()) for app in APPS)
    node = free_port()
    with ExitStack() as stack:
        for app in apps:
            command = [sys.executable, "-m", "tests.scenarios.shop_app", str(app.port)]
            log, ready = folder / f"{app.key}.log", f"http://127.0.0.1:{app.port}/metrics"
            stack.enter_context(running(command, ready=ready, log=log))
        exporter = [program("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{node}"]
        ready = f"http://127.0.0.1:{node}/"
        stack.enter_context(running(exporter, ready=ready, log=folder / "node.log"))
        url = stack.enter_context(prometheus(apps, node, folder))
        wait_for(url, "count(count by (job) (timestamp(up) > time() - 3)) == 4")
        sent = loaded(apps)
        now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
        wait_for(url, f"count(timestamp(up) > {now.timestamp() + 2}) == 5")
        loki = stack.enter_context(loki_server(log_lines(now)))
        name = stack.enter_context(databases.made(postgres, template))
        address = make_conninfo(postgres, dbname=name)
        asyncio.run(record(address, now))
        yield World(database=address, prometheus=url, loki=loki, now=now, sent=sent)


async def record(url: str, now: datetime) -> None:
    """An open incident of both services since the trouble began, five alerts of a day, and a profile of the shop."""
    async with database.open_pool(url, size=2) as pool:
        who = await house.actor(pool, "admin")
        estate = Estate(pool, await house.tool_context(pool, who, now=now))
        begun = now - TROUBLE
        alert = await estate.alert(begun, service="shop-api", ends_at=None)
        await estate.alert(begun + timedelta(minutes=1), "SlowPages", service="shop-web", severity="warning")
        for hours in (5, 9, 30):
            await estate.alert(now - timedelta(hours=hours), service="shop-api", severity="warning")
        services = ["shop-api", "shop-web"]
        given = {"title": "HighErrorRate on shop-api", "service": "shop-api", "services": services}
        await estate.incident(begun, None, members=[alert], **given)
        await application_history.save_profile(pool, name="shop", service_mappings=MAPPINGS)
        async with pool.connection() as db:
            await db.execute(NAMES)


@asynccontextmanager
async def desk(world: World, *, is_direct: bool = False, grafana: Grafana | None = None) -> AsyncGenerator[Desk]:
    """An engineer at the shop when the load has ended; its sources are asked directly, through Grafana, or both."""
    prometheus, loki = (world.prometheus, world.loki.url) if is_direct else (None, None)
    async with (
        database.open_pool(world.database, size=6) as pool,
        sources_world.opened(pool, prometheus, loki, grafana=grafana, patience=PATIENT) as sources,
    ):
        parts = Parts(
            pool=pool,
            door=Door(tools.catalogue(), PolicyBook(pool), Gates()),
            brain=RulesBrain,
            graphs={"inquiry": inquiry.build().compile(checkpointer=PoolSaver(pool))},
            directory=Directory(pool),
            clock=lambda: world.now,
            resources=Resources(sources=sources, grafana=grafana),
        )
        async with Runner(parts, Limits(history_messages=10, limiter=Limiter(UNLIMITED))) as runner:
            yield Desk(pool, runner, await house.actor(pool, "engineer"))


@contextmanager
def read_only_grafana(world: World, folder: Path) -> Generator[Addresses]:
    """A real mcp-grafana before the Grafana of tests, whose proxy leads to this Prometheus and this Loki."""
    with grafana_server(world.prometheus) as grafana:
        grafana.state.loki = world.loki.url
        with mcp_grafana(grafana.url, folder / "mcp-grafana.log", *READ_ONLY) as url:
            yield Addresses(mcp_url=url, mcp_token=CALLER, request_seconds=30)


@asynccontextmanager
async def through(addresses: Addresses) -> AsyncGenerator[Grafana]:
    async with open_grafana(addresses) as opened:
        assert opened is not None
        yield opened
