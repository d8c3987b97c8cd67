"""Must-show 2: runbooks on a real sshd."""

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import asyncssh
import pytest
from psycopg import AsyncConnection, sql

from domain.database import Pool
from domain.errors import SourceError
from tests import sshd as sshds
from tests.programs import program
from tests.sshd import Sshd, processes
from tests.tools.runbook_world import gone, ssh, statuses, with_servers, world
from tools.runbooks.deeds import LONGEST_OUTPUT
from tools.sources.ssh_wrapper import wrapped

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sshd]:
    with sshds.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def marker() -> str:
    """A number that names this test's processes and no others, to sleep for."""
    return str(100_000_000 + uuid4().int % 100_000_000)


async def test_every_step_runs_in_order_and_the_record_is_what_happened(pool: Pool, sshd: Sshd) -> None:
    """RV-25."""
    here = await with_servers(pool, sshd, "web-1", "web-2")
    await here.store(
        ssh("look", "echo one; echo two >&2; echo ünï"),
        ssh("both", ["echo", "{word}"], server=None, servers=["web-1", "web-2"]),
        ssh("odd exit", "exit 3", expected_exit_codes=[3]),
        parameters=[{"name": "word"}],
    )
    result = await here.run(parameters={"word": "a b"})
    assert (result.status, result.error) == ("ok", None)
    steps = [{key: step[key] for key in step if key != "seconds"} for step in result.data["steps"]]
    done = {"kind": "ssh", "status": "succeeded", "error": None}
    assert steps[0] | {"output": ""} == {"name": "look", "server": "web-1", "exit_code": 0, "output": ""} | done
    assert sorted(steps[0]["output"].split("\n")) == ["one", "two", "ünï"]
    assert steps[1:] == [
        {"name": "both", "server": "web-1", "exit_code": 0, "output": "a b"} | done,
        {"name": "both", "server": "web-2", "exit_code": 0, "output": "a b"} | done,
        {"name": "odd exit", "server": "web-1", "exit_code": 3, "output": ""} | done,
    ]
    row = await here.row()
    assert (row.status, row.user, row.reason) == ("succeeded", here.context.actor.name, "a test")
    assert (row.runbook_name, row.runbook_version, row.parameters) == ("fix", 1, {"word": "a b"})
    assert row.steps == result.data["steps"]
    assert row.finished_at is not None
    assert here.lines[0] == "[1/4] look (web-1)"
    assert here.lines[-1] == "[4/4] succeeded"


async def test_a_failing_step_rolls_back_and_what_came_after_it_never_ran(
    pool: Pool, sshd: Sshd, tmp_path: Path
) -> None:
    here = await with_servers(pool, sshd)
    await here.store(
        ssh("make", f"touch {tmp_path}/made"),
        ssh("break", "echo why >&2; exit 7", on_failure="rollback"),
        ssh("after", f"touch {tmp_path}/after"),
        rollback=[ssh("unmake", f"rm {tmp_path}/made && touch {tmp_path}/undone")],
    )
    result = await here.run()
    assert (result.status, result.is_uncertain, result.data["status"]) == ("error", False, "rolled_back")
    assert statuses(result) == ["succeeded", "failed", "not_run", "succeeded"]
    assert result.data["steps"][1]["error"] == "ended with exit code 7; expected 0"
    assert result.data["steps"][1]["output"] == "why"
    assert result.error is not None
    assert "rolled back" in result.error
    assert [path.name for path in tmp_path.iterdir()] == ["undone"]
    assert (await here.row()).status == "rolled_back"


async def test_a_rollback_goes_on_past_its_own_failures_and_tells_them(pool: Pool, sshd: Sshd, tmp_path: Path) -> None:
    here = await with_servers(pool, sshd)
    await here.store(
        ssh("break", "false", on_failure="rollback"),
        rollback=[ssh("first", "exit 9"), ssh("second", f"touch {tmp_path}/second")],
    )
    result = await here.run()
    assert (result.data["status"], statuses(result)) == ("failed", ["failed", "failed", "succeeded"])
    assert "the rollback is not complete" in (result.error or "")
    assert "rollback first (web-1): ended with exit code 9" in (result.error or "")
    assert (tmp_path / "second").exists()


async def test_a_step_that_may_fail_is_passed_over_and_said(pool: Pool, sshd: Sshd) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("may fail", "false", on_failure="continue"), ssh("then", "echo on"))
    result = await here.run()
    assert (result.status, result.data["status"]) == ("ok", "succeeded")
    assert statuses(result) == ["failed", "succeeded"]
    assert "passing over steps that failed: may fail" in result.data["message"]


async def test_a_failing_step_stops_by_itself(pool: Pool, sshd: Sshd) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("break", "kill -KILL $$"), ssh("then", "echo on"))
    result = await here.run()
    assert (result.data["status"], statuses(result)) == ("failed", ["failed", "not_run"])


async def test_a_step_over_its_time_leaves_nothing_running(pool: Pool, sshd: Sshd, marker: str) -> None:
    """Also what ignores SIGTERM, what runs in the background, and what made itself a session of its own."""
    here = await with_servers(pool, sshd)
    command = f"sleep {marker} & setsid sleep {marker} & (setsid nohup sleep {marker} >/dev/null 2>&1 &) ; "
    command += f"trap '' TERM; echo started; sleep {marker}; sleep {marker}"
    await here.store(ssh("hang", command, timeout_seconds=1.5), ssh("then", "echo on"))
    result = await here.run()
    assert processes(f"sleep {marker}") == []
    assert (result.data["status"], statuses(result)) == ("timed_out", ["timed_out", "not_run"])
    assert result.is_uncertain is False
    assert "[1/2] hang (web-1)" in here.lines
    assert "started" in here.lines
    assert "nothing of it runs there" in result.data["steps"][0]["error"]


async def test_another_host_key_is_refused_and_both_fingerprints_are_said(
    pool: Pool, sshd: Sshd, tmp_path: Path
) -> None:
    here = await world(pool)
    key = await here.credential("deploy-key", sshd.key_file)
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
        other = asyncssh.generate_private_key(kind)
        await here.server(f"web-{kind}", sshd, key, host_key=other.export_public_key().decode().strip())
        await here.store(ssh("touch", f"touch {tmp_path}/touched", server=f"web-{kind}"), name=f"fix-{kind}")
        result = await here.run(f"fix-{kind}")
        error = result.data["steps"][0]["error"]
        assert (result.data["status"], result.is_uncertain) == ("failed", False)
        assert f"expected {other.get_fingerprint()}" in error
        assert f"presented {asyncssh.import_public_key(sshd.host_key).get_fingerprint()}" in error
    assert list(tmp_path.iterdir()) == []


FLOODS = {"yes 'a line of output' | head -c 100000000": "", "tr '\\0' x </dev/zero | head -c 100000000": "99,000,000"}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_hundred_megabytes_of_output_are_counted_and_not_kept(pool: Pool, sshd: Sshd, flood: str) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("flood", flood), ssh("then", "echo on"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await here.run()
    grown_megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert statuses(result) == ["succeeded", "succeeded"]
    output = result.data["steps"][0]["output"]
    assert len(output) < LONGEST_OUTPUT + 200
    assert f"{FLOODS[flood]} more bytes were not kept" in output
    assert len(here.lines) < 1100
    assert grown_megabytes < 60


WRITE = "printf '%s\\n' {word} tail > "
WRITE_ARGUMENTS = 'printf "%s\\n" "$@" > '


@pytest.mark.parametrize("is_list", [False, True])
async def test_what_looks_like_a_command_arrives_as_one_literal_word(
    pool: Pool, sshd: Sshd, tmp_path: Path, is_list: bool
) -> None:
    here = await with_servers(pool, sshd)
    target, word = tmp_path / "words", f"; rm -rf / --no-preserve-root; touch {tmp_path}/a $(touch {tmp_path}/b)"
    command = ["sh", "-c", f"{WRITE_ARGUMENTS}{target}", "sh", "{word}", "tail"] if is_list else f"{WRITE}{target}"
    await here.store(ssh("write", command), parameters=[{"name": "word"}])
    result = await here.run(parameters={"word": word})
    assert statuses(result) == ["succeeded"]
    assert target.read_text() == f"{word}\ntail\n"
    assert [path.name for path in tmp_path.iterdir()] == ["words"]


async def test_a_run_that_is_cancelled_ends_its_remote_command_first(pool: Pool, sshd: Sshd, marker: str) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("hang", f"trap '' TERM; echo started; sleep {marker}; sleep {marker}"), ssh("then", "echo"))
    running = asyncio.create_task(here.run())
    await here.seen("started")
    row = await here.row()
    assert (row.status, [step["status"] for step in row.steps]) == ("running", ["running", "not_run"])
    assert processes(f"sleep {marker}")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert processes(f"sleep {marker}") == []
    row = await here.row()
    assert (row.status, [step["status"] for step in row.steps]) == ("cancelled", ["cancelled", "not_run"])
    assert row.steps[0]["error"] == "stopped; nothing of it runs any more"


async def test_a_connection_cut_in_the_middle_is_uncertain_and_the_command_does_not_run_on(
    pool: Pool, sshd: Sshd, marker: str
) -> None:
    here = await with_servers(pool, sshd)
    await here.store(
        ssh("cut", f"echo started; sleep {marker}", on_failure="rollback"),
        ssh("then", "echo on"),
        rollback=[ssh("back", "echo back")],
    )
    running = asyncio.create_task(here.run())
    await here.seen("started")
    for session in sshds.connections(sshd):
        os.kill(session, signal.SIGKILL)
    result = await running
    assert (result.status, result.is_uncertain, result.data["status"]) == ("error", True, "unknown")
    assert statuses(result) == ["unknown", "not_run"]
    assert "was cut while the command ran" in result.data["steps"][0]["error"]
    assert (await here.row()).status == "unknown"
    assert gone(f"sleep {marker}")


async def test_a_key_that_is_not_let_in_is_said_and_nothing_else_is_tried(
    pool: Pool, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the key of this machine's user, which the server would let in."""
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    (home / "id_ed25519").write_text(sshd.private_key)
    (home / "config").write_text(f"Host *\n  IdentityFile {home}/id_ed25519\n")
    monkeypatch.setenv("HOME", str(home.parent))
    sshds.make_key(tmp_path / "stranger")
    here = await world(pool)
    await here.server("web-1", sshd, await here.credential("stranger-key", tmp_path / "stranger"))
    await here.store(ssh("look", "echo in"))
    result = await here.run()
    assert result.data["status"] == "failed"
    error = result.data["steps"][0]["error"]
    assert error == f"web-1 does not let {sshd.username} in with the stored private key; nothing was run there"


async def test_what_is_no_key_is_said_without_repeating_it(pool: Pool, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA\n-----END\n")
    here = await world(pool)
    await here.server("web-1", sshd, await here.credential("broken", tmp_path / "broken"))
    await here.store(ssh("look", "echo in"))
    result = await here.run()
    assert result.data["steps"][0]["error"].startswith("The credential of web-1 is no private key that can be read.")
    assert "bm90" not in str(result)


async def test_a_server_that_is_away_is_said_and_nothing_was_done(pool: Pool, sshd: Sshd) -> None:
    here = await world(pool)
    key = await here.credential("deploy-key", sshd.key_file)
    await here.server("web-1", Sshd(port=1, username="x", host_key=sshd.host_key, key_file=sshd.key_file, pid=0,
        private_key=""), key)  # fmt: skip
    await here.store(ssh("look", "echo in"))
    result = await here.run()
    assert (result.data["status"], result.is_uncertain) == ("failed", False)
    assert "web-1 (127.0.0.1:1) cannot be reached" in result.data["steps"][0]["error"]


SECRET = "correct-horse/battery'staple"


async def test_a_secret_parameter_is_used_and_seen_nowhere(
    pool: Pool, sshd: Sshd, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "password").write_text(SECRET)
    here = await with_servers(pool, sshd)
    await here.credential("db-login", tmp_path / "password", "password")
    target = tmp_path / "got"
    await here.store(
        ssh(
            "use", f"printf %s {{login}} | tee {target}; echo; printf %s {{login}} | base64; echo {{login}} >&2; false"
        ),
        parameters=[{"name": "login", "secret": True}],
    )
    given = {"login": "db-login"}
    shown = await here.preview("execute_runbook", runbook="fix", reason="a test", credentials=given)
    result = await here.run(credentials=given)
    assert target.read_text() == SECRET
    assert "printf %s '[masked]'" in "\n".join(shown.lines)
    assert result.data["steps"][0]["output"].count("[masked]") >= 3
    dump = await dumped(database_url)
    everything = f"{shown}{result}{here.lines}{dump}"
    for spelling in (SECRET, "battery", "Y29ycmVjdC1ob3JzZS9iYXR0ZXJ5"):
        assert spelling not in everything
    private = sshd.private_key.splitlines()[1]
    assert private not in everything
    row = await here.row()
    assert row.parameters == {"login": "db-login"}
    assert dump.count("credential_used") == 2


async def dumped(url: str) -> str:
    """Every row of every table as text."""
    async with await AsyncConnection.connect(url) as db:
        names = await (await db.execute("select tablename from pg_tables where schemaname = 'trivium'")).fetchall()
        texts: list[str] = []
        for (name,) in names:
            every = sql.SQL("select row::text from {} as row").format(sql.Identifier("trivium", name))
            texts += [str(row) for row in await (await db.execute(every)).fetchall()]
    return "\n".join(texts)


async def test_a_private_key_that_a_command_prints_is_masked_line_by_line(
    pool: Pool, sshd: Sshd, tmp_path: Path
) -> None:
    sshds.make_key(tmp_path / "found")
    here = await with_servers(pool, sshd)
    await here.store(
        ssh("leak", f"echo before; cat {tmp_path}/found; echo after; echo AWS_SECRET_ACCESS_KEY=abcdef123")
    )
    result = await here.run()
    everything = f"{result}{here.lines}{await here.row()}"
    for line in (tmp_path / "found").read_text().splitlines():
        assert line not in everything
    assert "abcdef123" not in everything
    assert "after" in here.lines


async def test_a_background_process_that_the_author_leaves_does_not_hold_the_run(
    pool: Pool, sshd: Sshd, marker: str
) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("daemon", f"sleep {marker} & echo started"), ssh("end it", f"pkill -f '[s]leep {marker}'"))
    result = await here.run()
    assert statuses(result) == ["succeeded", "succeeded"]


async def test_a_program_that_closes_its_output_early_still_tells_its_exit(pool: Pool, sshd: Sshd) -> None:
    here = await with_servers(pool, sshd)
    await here.store(ssh("quiet", "exec >&- 2>&-; sleep 0.5; exit 9", expected_exit_codes=[9]))
    assert statuses(await here.run()) == ["succeeded"]


async def test_a_service_is_connected_to_by_what_its_steps_wrote(pool: Pool, sshd: Sshd) -> None:
    """WF-01."""
    here = await with_servers(pool, sshd)
    await here.store(
        ssh("make it", "echo making >&2; echo 10.1.2.3"),
        kind="service_template",
        parameters=[{"name": "port", "type": "integer", "default": 5432}],
        connection={"url": "postgres://{output:make it}:{port}/shop"},
    )
    result = await here.run()
    assert result.data["connection"] == {"url": "postgres://10.1.2.3:5432/shop"}


async def test_a_check_asks_a_server_again_until_it_answers_as_expected(pool: Pool, sshd: Sshd, tmp_path: Path) -> None:
    here = await with_servers(pool, sshd)
    count = f"echo x >> {tmp_path}/count; test $(wc -l < {tmp_path}/count) -ge 3 && echo all good"
    probe = {"server": "web-1", "command": count}
    await here.store(
        {"name": "healthy", "kind": "check", "ssh": probe, "every_seconds": 0.1, "contains": "good"},
    )
    result = await here.run()
    assert [(step["status"], step["exit_code"], step["output"]) for step in result.data["steps"]] == [
        ("succeeded", 0, "all good")
    ]
    assert (tmp_path / "count").read_text() == "x\n" * 3


async def test_a_record_that_is_no_longer_taken_stops_the_run_and_is_uncertain(
    fresh_pool: Pool, sshd: Sshd, tmp_path: Path
) -> None:
    """Postgres goes away while the first step runs: the second is never begun."""
    here = await with_servers(fresh_pool, sshd)
    await here.store(ssh("first", "echo started; sleep 0.5"), ssh("second", f"touch {tmp_path}/second"))
    running = asyncio.create_task(here.run())
    await here.seen("started")
    await fresh_pool.close()
    with pytest.raises(SourceError) as failure:
        await running
    assert failure.value.is_uncertain
    assert "nothing further was done" in str(failure.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("has_tools", [True, False])
def test_when_its_input_ends_the_wrapper_ends_everything_with_whatever_the_machine_has(
    tmp_path: Path, marker: str, shell: str, has_tools: bool
) -> None:
    """Without setsid and timeout too. 250 says that nothing is left."""
    for name in ("sleep", "grep", *(("setsid", "timeout") if has_tools else ())):
        (tmp_path / name).symlink_to(program(name))
    (tmp_path / "sh").symlink_to(program(shell))
    command = f"sleep {marker} & (sleep {marker} &); trap '' TERM; echo started; sleep {marker}; sleep {marker}"
    running = subprocess.Popen(
        [program(shell), "-c", wrapped(command, mark=marker, seconds=60)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": str(tmp_path)}, start_new_session=True,
    )  # fmt: skip
    assert running.stdin
    assert running.stdout
    with running:
        assert running.stdout.readline() == b"started\n"
        running.stdin.close()
        assert running.wait(30) == 250
    assert gone(f"sleep {marker}")
