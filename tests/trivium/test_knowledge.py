from pathlib import Path

import pytest

from domain.errors import Refused
from trivium.knowledge import MOST_FILES, Wanted, category_of, read


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    """CX-14."""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "disk.md").write_text("# Disk full\npassword=hunter2hunter2 deletes")
    (tmp_path / "guide.markdown").write_text(
        "---\ncategory: Best Practices\ntags: [a, 'b']\nurl: http://w/g\n---\ntext"
    )
    (tmp_path / "empty.md").write_text("# Only a title")
    (tmp_path / "other.txt").write_text("no")
    found = list(read(Wanted(path=tmp_path, url="https://wiki/", tags=("ops",))))
    assert [(each.source, each.category, each.url, each.tags) for each in found] == [
        ("guide.markdown", "best_practices", "http://w/g", ("ops", "a", "b")),
        ("runbooks/disk.md", "runbook", "https://wiki/runbooks/disk.md", ("ops",)),
    ]
    assert "hunter2" not in str(found)


def test_one_file_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    (only,) = read(Wanted(path=tmp_path / "a.md", category="setup"))
    assert (only.source, only.category, only.page.title) == ("a.md", "setup", "a")


@pytest.mark.parametrize(("path", "category"), [("nothing", None), ("a.md", "gossip")])
def test_what_cannot_be_read_is_refused(tmp_path: Path, path: str, category: str | None) -> None:
    (tmp_path / "a.md").write_text("text")
    with pytest.raises(Refused):
        list(read(Wanted(path=tmp_path / path, category=category)))


def test_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.md").write_bytes(b"x" * 2_000_001)
    with pytest.raises(Refused, match="split it"):
        list(read(Wanted(path=tmp_path)))
    assert MOST_FILES == 5000


def test_categories_are_read_as_people_write_them() -> None:
    assert [category_of(word) for word in ("Common Issues", "best-practices", " other ")] == [
        "common_issues", "best_practices", "other",
    ]  # fmt: skip
