"""The queries of Prometheus's own tests, which its newest version reads, every one of them."""

import re
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "promqltest"
EVALUATION = re.compile(r"^eval(?:_\w+)?\s+(?:instant\s+at\s+\S+|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)$")


@cache
def queries() -> tuple[str, ...]:
    """Each once. The test is skipped where the data set is absent."""
    if not FOLDER.is_dir():
        pytest.skip("there is no ../shared/data/promqltest")
    lines = (line for file in sorted(FOLDER.glob("*.test")) for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(dict.fromkeys(found[1] for line in lines if (found := EVALUATION.match(line))))
