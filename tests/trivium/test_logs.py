"""Logs: every line is without secrets, whoever wrote it; what nobody caught too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import PLANTED

SAY = """
import logging, sys, warnings
import structlog
from trivium import logs
from tests.planted import PLANTED
logs.configure(logging.INFO)
WHOLE = "\\n".join(planted.text for planted in PLANTED)
class Odd:
    def __repr__(self):
        return WHOLE
log = structlog.get_logger("ai_ops")
log.info(WHOLE, line=WHOLE, rows=[{"line": WHOLE}], odd=Odd(), nested={"odd": [Odd()]}, password="plainword")
try:
    raise ValueError(WHOLE)
except ValueError:
    log.exception("failed")
    logging.getLogger("psycopg").exception("it said %s", WHOLE)
warnings.warn(WHOLE)
print("said", file=sys.stderr)
raise RuntimeError(WHOLE)
"""


@pytest.fixture(scope="module")
def written() -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    return done.stderr


def test_no_line_of_ours_or_a_librarys_and_no_last_traceback_holds_a_secret(written: str) -> None:
    assert [planted.kind for planted in PLANTED if any(secret in written for secret in planted.secrets)] == []
    assert "plainword" not in written
    for part in ("ERROR psycopg: it said", "UserWarning", "said\nTraceback", "RuntimeError", "ValueError"):
        assert part in written


def test_a_masked_line_is_still_json(written: str) -> None:
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{") and '"level"' in line]
    assert [line["level"] for line in lines] == ["info", "error"]
    assert lines[0]["password"] == "[masked]"
    assert lines[1]["event"] == "failed"
