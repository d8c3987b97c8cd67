"""The anchor file: it follows the chain's head, never goes backwards, and never covers up what it contradicts."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from domain import audit_anchors, database
from domain.actors import Actor
from domain.audit_anchors import Anchor, AnchorDamaged, Anchoring, keep_anchored
from domain.database import Pool
from tests.domain.audit_world import CUT, EMPTIED, REWRITTEN, attack, fill, said, verified
from tests.house import actor

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def ann(fresh_pool: Pool) -> Actor:
    return await actor(fresh_pool, "admin")


def sequences(path: Path) -> list[int]:
    return [anchor.sequence for anchor in audit_anchors.read(path)]


async def test_the_anchor_follows_the_head_and_grows_by_a_line_an_hour(
    fresh_pool: Pool, ann: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "deep" / "audit.anchor"
    times = [NOON]
    anchoring = Anchoring(fresh_pool, path, lambda: times[-1])
    assert await anchoring.step() == "idle"
    assert not path.exists()
    steps: list[tuple[str, list[int]]] = []
    for minutes in (0, 30, 59, 60, 90, 190):
        times.append(NOON + timedelta(minutes=minutes))
        await fill(fresh_pool, ann, 1)
        steps.append((await anchoring.step(), sequences(path)))
        assert await anchoring.step() == "idle"
    assert steps == [
        ("written", [1]),
        ("written", [2]),
        ("written", [3]),
        ("written", [3, 4]),
        ("written", [3, 5]),
        ("written", [3, 5, 6]),
    ]
    anchors = audit_anchors.read(path)
    verdict = await verified(fresh_pool, anchors)
    assert (verdict.is_intact, verdict.anchored) == (True, 6)
    assert path.read_text().splitlines()[-1] == f"6 {verdict.digest} 2026-11-20T15:10:00Z"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("sql", "standing"), [(CUT, "cut"),
    (EMPTIED, "cut"), ("delete from trivium.audit_head", "cut"),
    (REWRITTEN, "rewritten")])  # fmt: skip
async def test_the_anchor_never_covers_up_what_it_contradicts(
    fresh_pool: Pool, ann: Actor, tmp_path: Path, sql: str, standing: str
) -> None:
    path = tmp_path / "audit.anchor"
    await fill(fresh_pool, ann)
    anchoring = Anchoring(fresh_pool, path)
    await anchoring.step()
    before = path.read_bytes()
    await attack(fresh_pool, sql)
    with capture_logs() as logs:
        assert [await anchoring.step() for _ in range(3)] == [standing] * 3
    assert [(line["log_level"], line["problem"]) for line in logs] == [("critical", standing)]
    assert path.read_bytes() == before


async def test_a_history_that_grows_past_the_anchor_again_is_still_not_taken_over(
    fresh_pool: Pool, ann: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "audit.anchor"
    await fill(fresh_pool, ann)
    await Anchoring(fresh_pool, path).step()
    await attack(fresh_pool, CUT)
    await fill(fresh_pool, ann, 5)
    assert await Anchoring(fresh_pool, path).step() == "rewritten"
    assert sequences(path) == [10]
    assert said(await verified(fresh_pool, audit_anchors.read(path))) == ("anchor_mismatch", 10, None, 9)


LINE = f"5 {'a' * 64} 2026-11-20T12:00:00Z\n"
DAMAGE: dict[str, tuple[str, str]] = {
    "empty": ("", "is empty"),
    "cut off": (LINE + LINE[:30], "cut off in its last line"),
    "a short digest": (LINE.replace("aa", "a"), "Line 1"),
    "no number": (LINE + LINE.replace("5", "x", 1), "Line 2"),
    "no time": (LINE.replace("2026-11", "2026-99"), "Line 1"),
    "backwards": (LINE + LINE.replace("5", "4", 1), "goes backwards at line 2"),
    "twice": (LINE + LINE, "goes backwards at line 2"),
    "an empty line": (LINE + "\n", "Line 2"),
    "no text": ("\x00\xff\n", "Line 1"),
}


@pytest.mark.parametrize(("text", "told"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_anchor_file_is_a_clear_error(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "audit.anchor"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(AnchorDamaged, match=told):
        audit_anchors.read(path)


def test_no_anchor_file_is_no_anchors(tmp_path: Path) -> None:
    assert audit_anchors.read(tmp_path / "audit.anchor") == []


async def test_a_damaged_file_is_left_alone_and_said_loudly(fresh_pool: Pool, ann: Actor, tmp_path: Path) -> None:
    path = tmp_path / "audit.anchor"
    path.write_text("rubbish\n")
    await fill(fresh_pool, ann, 1)
    with capture_logs() as logs:
        assert await Anchoring(fresh_pool, path).step() == "damaged"
    assert [(line["log_level"], line["problem"]) for line in logs] == [("critical", "damaged")]
    assert path.read_text() == "rubbish\n"


async def test_a_file_that_vanishes_is_begun_anew_loudly(fresh_pool: Pool, ann: Actor, tmp_path: Path) -> None:
    path = tmp_path / "audit.anchor"
    anchoring = Anchoring(fresh_pool, path)
    with capture_logs() as logs:
        await fill(fresh_pool, ann, 2)
        assert await anchoring.step() == "written"
        path.unlink()
        await fill(fresh_pool, ann, 1)
        assert [await anchoring.step(), await anchoring.step()] == ["lost", "idle"]
    assert [(line["log_level"], line["problem"]) for line in logs] == [("critical", "lost")]
    assert sequences(path) == [3]


async def test_a_file_that_cannot_be_written_is_logged_once_and_tried_again(
    fresh_pool: Pool, ann: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "audit.anchor"
    path.with_name("audit.anchor.new").mkdir()
    await fill(fresh_pool, ann, 1)
    anchoring = Anchoring(fresh_pool, path)
    with capture_logs() as logs:
        assert [await anchoring.step(), await anchoring.step()] == ["unwritable", "unwritable"]
    assert [(line["log_level"], line["problem"]) for line in logs] == [("warning", "unwritable")]
    path.with_name("audit.anchor.new").rmdir()
    assert await anchoring.step() == "written"
    assert sequences(path) == [1]


async def test_two_processes_on_one_file_never_move_it_backwards(fresh_pool: Pool, ann: Actor, tmp_path: Path) -> None:
    path = tmp_path / "audit.anchor"
    several = [Anchoring(fresh_pool, path) for _ in range(4)]
    seen = [0]
    for _ in range(20):
        await fill(fresh_pool, ann, 1)
        await asyncio.gather(*(anchoring.step() for anchoring in several))
        seen.append(sequences(path)[-1])
    assert seen == sorted(seen)
    await several[0].step()
    assert sequences(path)[-1] == 20


def test_a_writer_whose_end_is_not_the_files_end_does_not_write(tmp_path: Path) -> None:
    path = tmp_path / "audit.anchor"
    first, second = Anchor(1, "a" * 64, NOON), Anchor(5, "b" * 64, NOON)
    assert audit_anchors.write(path, None, second)
    assert not audit_anchors.write(path, None, first)
    assert not audit_anchors.write(path, first, Anchor(6, "c" * 64, NOON))
    assert audit_anchors.read(path) == [second]


async def test_while_it_is_kept_and_on_leaving_the_anchor_is_at_the_head(
    fresh_pool: Pool, ann: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "audit.anchor"
    await fill(fresh_pool, ann, 1)
    async with keep_anchored(fresh_pool, path):
        await until(path.exists)
        assert sequences(path) == [1]
        await fill(fresh_pool, ann, 2)
    assert sequences(path) == [3]


async def until(claim: Callable[[], bool]) -> None:
    while not claim():  # noqa: ASYNC110 - a file sends no event
        await asyncio.sleep(0)


async def test_a_database_that_is_away_does_not_end_the_keeping(fresh_database_url: str, tmp_path: Path) -> None:
    async with database.open_pool(fresh_database_url, size=2) as pool:
        anchoring = Anchoring(pool, tmp_path / "audit.anchor")
    with capture_logs() as logs:
        assert await anchoring.step() == "away"
    assert [line["log_level"] for line in logs] == ["warning"]
