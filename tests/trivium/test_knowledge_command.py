"""`trivium knowledge`: documents come in, are listed and found, words mean more; each change is on the audit log."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from trivium.cli import app

SECRET = "a secret of the knowledge command tests, long enough"
ENTRIES = "select action, target from trivium.audit_logs where action <> 'token_made' order by at, id"


class Invoke:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["knowledge", *(str(argument) for argument in arguments)])


@pytest.fixture
def invoke(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """As the admin Ann."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TRIVIUM_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "120")
    sign_in(monkeypatch, "admin")
    return Invoke()


def sign_in(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.delenv("TRIVIUM_TOKEN", raising=False)
    made = CliRunner().invoke(app, ["token", "--user", f"ann-{role}", "--role", role])
    monkeypatch.setenv("TRIVIUM_TOKEN", made.stdout.strip())


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    (tmp_path / "wiki" / "runbooks").mkdir(parents=True)
    (tmp_path / "wiki" / "runbooks" / "disk.md").write_text("# Disk full\nDelete old logs.\n## Last\nGrow the volume.")
    (tmp_path / "one.md").write_text("# One\ntext")
    return tmp_path


def entries(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as db:
        return [(action, target) for action, target in db.execute(ENTRIES).fetchall()]


def rows(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines()]


def test_what_is_imported_is_listed_replaced_and_removed_and_all_of_it_on_the_audit_log(
    invoke: Invoke, wiki: Path, database_url: str
) -> None:
    """CX-14."""
    made = invoke("import", wiki / "wiki", wiki / "one.md", "--url", "https://wiki", "--tag", "ops")
    assert (made.exit_code, made.stdout) == (0, "2 documents, 3 passages.\n")
    listed = [["one.md", "One", "other", "1"], ["runbooks/disk.md", "Disk", "full", "runbook", "2"]]
    assert rows(invoke("list"))[1:] == listed
    (wiki / "one.md").write_text("# Second\ntext\n## more\nof it")
    assert invoke("import", wiki / "one.md", "--category", "setup").exit_code == 0
    assert ["one.md", "Second", "setup", "2"] in rows(invoke("list"))
    assert invoke("remove", "runbooks/disk.md").exit_code == 0
    assert [row[0] for row in rows(invoke("list"))[1:]] == ["one.md"]
    assert entries(database_url) == [
        ("knowledge_imported", "runbooks/disk.md"), ("knowledge_imported", "one.md"),
        ("knowledge_imported", "one.md"), ("knowledge_removed", "runbooks/disk.md"),
    ]  # fmt: skip


def test_a_word_is_given_meanings_and_loses_them_again(invoke: Invoke, database_url: str) -> None:
    assert invoke("synonyms", "put", "Kafka", "message queue", "broker").exit_code == 0
    assert ["kafka", "message", "queue,", "broker", "yours"] in rows(invoke("synonyms", "list"))
    assert invoke("synonyms", "put", "disk").exit_code == 0
    assert ["disk", "nothing", "else", "yours"] in rows(invoke("synonyms", "list"))
    assert invoke("synonyms", "remove", "disk").exit_code == 0
    assert ["disk", "filesystem,", "volume,", "storage"] in rows(invoke("synonyms", "list"))
    again = invoke("synonyms", "remove", "disk")
    assert (again.exit_code, again.stderr) == (1, "Nobody has put synonyms for 'disk'.\n")
    assert entries(database_url) == [("synonym_put", "kafka"), ("synonym_put", "disk"), ("synonym_removed", "disk")]


def test_what_is_wrong_is_said_and_nothing_is_imported(invoke: Invoke, wiki: Path, database_url: str) -> None:
    (wiki / "other").mkdir()
    (wiki / "other" / "one.md").write_text("another")
    (wiki / "empty").mkdir()
    for paths, said in (
        ((wiki / "nothing",), "There is nothing at"),
        ((wiki / "empty",), "There is no Markdown"),
        ((wiki / "one.md", wiki / "other"), "Two of these files would both be one.md."),
        ((wiki / "one.md", "--category", "gossip"), "There is no category gossip."),
    ):
        refused = invoke("import", *paths)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert said in refused.stderr
    assert invoke("remove", "one.md").stderr == "There is no document imported from one.md.\n"
    assert entries(database_url) == []


@pytest.mark.parametrize("role", ["engineer", "viewer"])
def test_who_may_only_read_changes_nothing(
    invoke: Invoke, wiki: Path, role: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("import", wiki / "one.md")
    sign_in(monkeypatch, role)
    for arguments in (("import", wiki / "wiki"), ("remove", "one.md"), ("synonyms", "put", "a", "b")):
        refused = invoke(*arguments)
        assert refused.exit_code == 1
        assert "Only an admin or an operator" in refused.stderr
    assert [row[0] for row in rows(invoke("list"))[1:]] == ["one.md"]
    assert len(entries(database_url)) == 1


def test_the_help_names_every_command() -> None:
    told = CliRunner().invoke(app, ["knowledge", "--help"], env={"TERM": "dumb", "COLUMNS": "100"}).stdout
    assert [name for name in ("import", "list", "remove", "synonyms") if name not in told] == []
