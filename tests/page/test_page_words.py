"""The page's pure parts, run where they can be run without a browser: by Node."""

import subprocess
from pathlib import Path

import pytest

from tests.conformance import node
from tests.programs import ROOT

pytestmark = pytest.mark.slow
FILES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_pure_parts_of_the_page_hold_in_node(file: Path) -> None:
    """UI-03."""
    command = [node.node(), "--test", "--test-reporter=spec", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
