"""Two real Prometheus with the same past: one holds the namespaces rose and navy, the other rose alone."""

import random
import re
import subprocess
from collections.abc import Collection, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.programs import free_port, program, running

BEGAN = datetime(2026, 11, 20, 10, tzinfo=UTC)
AT = BEGAN + timedelta(minutes=20)
SAMPLES, STEP = 100, 15
RED, BLUE = "rose", "navy"
METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Labels that Prometheus's own tests group and join by.
KINDS = (
    {"job": "api", "instance": "0", "group": "production"},
    {"job": "api", "instance": "1", "group": "canary", "le": "0.5"},
    {"job": "app", "instance": "0", "group": "production", "le": "+Inf"},
)


@dataclass(frozen=True, slots=True)
class Twins:
    """The URL of the Prometheus with both namespaces, and of the one that never saw navy."""

    both: str
    red: str


@contextmanager
def twins(folder: Path, metrics: Collection[str]) -> Generator[Twins]:
    """Each metric in both namespaces, with the same labels and other values; only navy has a label `secret`."""
    with ExitStack() as stack:
        urls = [
            stack.enter_context(prometheus(folder / name, written(metrics, namespaces)))
            for name, namespaces in (("both", (RED, BLUE)), (RED, (RED,)))
        ]
        yield Twins(*urls)


def written(metrics: Collection[str], namespaces: Collection[str]) -> str:
    """OpenMetrics with times; what rose has is the same whoever stands beside it."""
    names = sorted(name for name in metrics if METRIC.fullmatch(name))
    return "".join(line for name in names for space in namespaces for line in samples(name, space)) + "# EOF\n"


def samples(name: str, space: str) -> Iterator[str]:
    dice = random.Random(f"{name} {space}")  # noqa: S311 - the same values every time
    for kind in KINDS:
        labels = kind | {"namespace": space} | ({"secret": "of navy"} if space == BLUE else {})
        inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
        value = dice.randint(1, 50)
        for number in range(SAMPLES):
            value += dice.randint(0, 9)
            yield f"{name}{{{inside}}} {value} {BEGAN.timestamp() + STEP * number:.0f}\n"


@contextmanager
def prometheus(folder: Path, past: str) -> Generator[str]:
    folder.mkdir()
    (folder / "past.txt").write_text(past)
    (folder / "prometheus.yml").write_text("global: {}\n")
    make = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
    subprocess.run([*make, folder / "past.txt", folder / "data"], check=True, capture_output=True)
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}", "--storage.tsdb.retention.time=100y",
    ]  # fmt: skip
    with running(command, ready=f"http://{address}/-/ready", log=folder / "prometheus.log"):
        yield f"http://{address}"
