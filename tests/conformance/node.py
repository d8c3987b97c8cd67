"""Node.js and the packages that tests run with it, where tests/conformance/node_tools.sh has put them."""

import os
from pathlib import Path

from tests.programs import present

FOLDER = "TRIVIUM_NODE_TOOLS"


def modules() -> Path:
    """The folder of installed packages; without it the test is skipped, and under CI it fails."""
    given = os.environ.get(FOLDER)
    found = Path(given) / "node_modules" if given else None
    return present(found if found and found.is_dir() else None, f"folder of node tools ({FOLDER})")


def node() -> Path:
    """Node.js itself, of the version that the packages ask for."""
    found = sorted(modules().glob("node-*/bin/node"))
    return present(found[0] if found else None, "Node.js among the node tools")


def package(name: str, path: str) -> Path:
    """A file of an installed package."""
    found = modules() / name / path
    return present(found if found.exists() else None, f"{name} among the node tools")
