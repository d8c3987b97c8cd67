"""Three `serve` and two `worker` processes that are killed, stopped and started again under load."""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx
import orjson
import pytest

from domain.database import Pool
from tests import sshd
from tests.programs import free_port, pause, running
from tests.scenarios.attack_world import SECRET, token
from tests.scenarios.chaos_run import Plan, rampage
from tests.sshd import Sshd

QUERY, READY = "/api/v1/inquiry/query", "/api/v1/health/ready"
ASKED = {"query": "How many events were there in the last 24 hours?"}
STREAM = {"Accept": "text/event-stream"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def remote(tmp_path: Path) -> Generator[Sshd]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.running(folder) as server:
        yield server


@pytest.mark.long
async def test_nothing_is_lost_doubled_or_somebody_elses_while_processes_die(
    pool: Pool, database_url: str, tmp_path: Path, remote: Sshd
) -> None:
    """DP-04, DP-05, DP-06, CF-11: a minute of `bench.chaos`."""
    report = await rampage(pool, database_url, tmp_path, remote, Plan(seconds=60))
    sys.stdout.write("\n".join(report.lines()) + "\n")
    assert report.found == []
    assert report.finished == 1.0
    assert set(report.exits) <= {0}
    assert report.faults


@contextmanager
def serving(database_url: str, folder: Path, name: str, **environment: str) -> Generator[tuple[Popen[bytes], str]]:
    """A server with the model that takes its time; the process and its address."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    given = {
        "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": SECRET, "TRIVIUM_HOME": str(folder), "PORT": str(port),
        "LLM_MODEL": "talker", "LLM_API_KEY": "none", **environment,
    }  # fmt: skip
    command = [sys.executable, "-m", "trivium", "serve"]
    with running(command, ready=f"{base}{READY}", log=folder / f"{name}.log", environment=given) as process:
        yield process, base


@contextmanager
def talking(folder: Path, words: int, milliseconds: int) -> Generator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.talker", str(port), str(words), str(milliseconds)]
    with running(command, ready=f"http://127.0.0.1:{port}/v1/models", log=folder / "talker.log"):
        yield f"http://127.0.0.1:{port}/v1"


def client(base: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token('ann', 'admin')}"}
    return httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False)


def events(lines: Iterator[str]) -> list[tuple[str, str]]:
    """Number and type of each event of a stream."""
    fields = [line.partition(": ")[2] for line in lines if line.startswith(("id: ", "event: "))]
    return list(zip(fields[::2], fields[1::2], strict=True))


def test_sigterm_is_told_first_then_runs_end_and_then_the_server(database_url: str, tmp_path: Path) -> None:
    """DP-04, DP-05: not ready at once, no new run, the one under way to its end, then nobody listens."""
    with (
        talking(tmp_path, 60, 50) as model,
        serving(database_url, tmp_path, "serve", LLM_BASE_URL=model) as (process, base),
        client(base) as web,
        web.stream("POST", QUERY, json=ASKED, headers=STREAM) as stream,
    ):
        lines = stream.iter_lines()
        first = [next(lines) for _ in range(2)]
        process.terminate()
        while (ready := web.get(READY)).status_code == 200:
            pause(0.05)
        refused = web.post(QUERY, json=ASKED)
        assert process.poll() is None
        rest = events(lines)
        assert process.wait(30) == 0
        with pytest.raises(httpx.ConnectError):
            web.get(READY)
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()["error"]) == (503, "5", "stopped")
    assert (first, rest[-1][1]) == (["id: 1", "event: run"], "complete")


def test_what_does_not_end_in_time_is_carried_on_elsewhere_and_its_reader_is_told_to_come_back(
    database_url: str, tmp_path: Path
) -> None:
    """DP-04: released at once, so that the other server need not wait for the lease."""
    with (
        talking(tmp_path, 60, 100) as model,
        serving(database_url, tmp_path, "one", LLM_BASE_URL=model, DRAIN_SECONDS="1") as (process, base),
        serving(database_url, tmp_path, "two", LLM_BASE_URL=model) as (_, other),
        client(base) as web,
        client(other) as next_one,
    ):
        with web.stream("POST", QUERY, json=ASKED, headers=STREAM) as stream:
            lines = stream.iter_lines()
            run_id = orjson.loads([next(lines) for _ in range(3)][2].removeprefix("data: "))["run_id"]
            process.terminate()
            rest = list(lines)
        last = next(line for line in reversed(rest) if line.startswith("id: ")).removeprefix("id: ")
        headers = STREAM | {"Last-Event-ID": last}
        with next_one.stream("GET", f"/api/v1/runs/{run_id}/events", headers=headers) as stream:
            again = events(stream.iter_lines())
        run = next_one.get(f"/api/v1/runs/{run_id}").json()
        assert process.wait(30) == 0
    assert rest[-3:] == [": this stream ends here, the run does not: come back with Last-Event-ID", "retry: 1000", ""]
    assert (again[0], again[-1][1]) == (("1000001", "run"), "complete")
    assert (run["status"], run["attempt"]) == ("completed", 2)
