"""Language models on the command line, and the start that says what is missing."""

import os
import re
import subprocess
import sys

import orjson
import pytest

from tests.model_server import Text, scripted

pytestmark = [pytest.mark.slow, pytest.mark.long]


def trivium(url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command on this database, as its admin."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("LLM_", "TRIVIUM_"))}
    given |= {"DATABASE_URL": url, "TRIVIUM_JWT_SECRET": "x" * 32, **environment}
    if "TRIVIUM_TOKEN" not in environment:
        made = run(["token", "--user", "ann", "--role", "admin"], given)
        given["TRIVIUM_TOKEN"] = made.stdout.strip()
    return run(arguments, given)


def run(arguments: "tuple[str, ...] | list[str]", given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trivium", *arguments]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=60)


def test_models_are_added_listed_checked_and_made_the_default(fresh_database_url: str) -> None:
    """MC-13, MC-14: and `ask` asks the default of its environment."""
    with scripted(Text("ready"), Text("Hello [e1]."), Text("Hello [e1]."), Text("Hello [e1].")) as server:
        add = ["models", "add", "--base-url", server.base_url, "--environment", "PROD", "--secret", "env:MODEL_KEY"]
        one = trivium(fresh_database_url, *add, "one", "--model", "m-1", "--fallback", "1")
        two = trivium(fresh_database_url, *add, "two", "--model", "m-2", "--default")
        own = trivium(fresh_database_url, *add, "own", "--model", "m", "--secret", "env:TRIVIUM_JWT_SECRET")
        check = trivium(fresh_database_url, "models", "check", "one", MODEL_KEY="k")
        default = trivium(fresh_database_url, "models", "default", "one")
        listed = trivium(fresh_database_url, "models", "list", "--json", MODEL_KEY="k", TRIVIUM_ENVIRONMENT="PROD")
        drawn = trivium(fresh_database_url, "models", "list", MODEL_KEY="k", TRIVIUM_ENVIRONMENT="PROD")
        asked = trivium(fresh_database_url, "ask", "What is firing?", MODEL_KEY="k", TRIVIUM_ENVIRONMENT="PROD")
    assert (one.returncode, one.stdout) == (
        0, "one: fallback 1 in PROD. `trivium models check one` asks it a word.\n",
    ), one.stderr  # fmt: skip
    assert two.returncode == 0
    assert (own.returncode, "is not for credentials" in own.stderr) == (1, True)
    assert (check.returncode, check.stdout) == (0, "one: healthy\n"), check.stderr
    assert default.stdout == "one is asked first in PROD.\n"
    found = orjson.loads(listed.stdout)
    assert [(each["name"], each["is_default"], each["status"]) for each in found] == [
        ("one", True, "healthy"),
        ("two", False, "unknown"),
    ]
    assert "Asked in PROD, which is TRIVIUM_ENVIRONMENT here: one" in drawn.stdout
    assert asked.returncode == 0, asked.stderr
    assert server.requests[1]["model"] == "m-1"


@pytest.mark.parametrize("command", [("serve",), ("ask", "What is firing?")])
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TRIVIUM_ENVIRONMENT": "PROD"}, "trivium models add NAME --environment PROD"),
        ({"LLM_BASE_URL": "http://127.0.0.1:9/v1"}, "LLM_BASE_URL is set, and LLM_MODEL is not"),
        ({"LLM_API_KEY": "k"}, "LLM_API_KEY is set, and LLM_MODEL is not"),
    ],
)
def test_a_start_without_the_model_that_is_meant_says_what_to_set(
    database_url: str, command: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    """MC-15."""
    done = trivium(database_url, *command, PORT="0", **environment)
    assert done.returncode == 1
    assert words in re.sub(r"\s+", " ", done.stderr)


def test_a_start_whose_models_have_no_key_names_the_reference(fresh_database_url: str) -> None:
    add = ["models", "add", "one", "--base-url", "http://127.0.0.1:9/v1", "--environment", "NONPROD", "--default"]
    trivium(fresh_database_url, *add, "--model", "m", "--secret", "env:NOT_SET_ANYWHERE")
    done = trivium(fresh_database_url, "ask", "What is firing?", TRIVIUM_ENVIRONMENT="NONPROD")
    assert done.returncode == 1
    assert "No language model of NONPROD can be asked. one: env:NOT_SET_ANYWHERE is empty or not set" in done.stderr
