"""The page's files as they lie there: whole, of this house alone, and nothing that its policy refuses."""

import re
from pathlib import Path

from tests.programs import ROOT

PAGE = ROOT / "web" / "page"
IMPORTS = re.compile(r'(?:^|[\n;])\s*(?:import|export)\b(?:[^;"\']*?\bfrom)?\s*"(\.[^"]+)"')
LAZY = re.compile(r'\bimport\("(\.[^"]+)"\)')
OWN = [path for path in sorted(PAGE.rglob("*.js")) if "vendor" not in path.parts]
INDEX = (PAGE / "index.html").read_text()
LONGEST = 300


def imported(path: Path, pattern: re.Pattern[str] = IMPORTS) -> list[Path]:
    return [(path.parent / name).resolve() for name in pattern.findall(path.read_text())]


def needed(*roots: Path) -> set[Path]:
    """What these modules import, and what that imports, and so on; not what is loaded later."""
    found: set[Path] = set()
    waiting = list(roots)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path)
    return found


def test_every_file_that_the_page_names_is_there() -> None:
    """UI-05."""
    named = [PAGE / address.removeprefix("/page/") for address in re.findall(r'"(/page/[^"#]+)', INDEX)]
    named += [file for path in OWN for file in imported(path) + imported(path, LAZY)]
    assert [str(file) for file in named if not file.is_file()] == []


def test_the_document_fetches_at_once_all_that_the_first_view_needs() -> None:
    """UI-05: no module is found only after another one has come."""
    first = needed(PAGE / "app.js", PAGE / "ask" / "view.js") - {PAGE / "app.js"}
    wanted = {f"/page/{path.relative_to(PAGE)}" for path in first}
    assert set(re.findall(r'rel="modulepreload" href="([^"]+)"', INDEX)) == wanted


def test_no_file_of_the_page_needs_what_its_policy_refuses() -> None:
    """No inline script or style, no address of another house, no evaluated text, no markup made of text."""
    refused = re.compile(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", INDEX) == []
    assert [path.name for path in OWN if refused.search(path.read_text())] == []
    remote, fetched = re.compile(r"https?://"), re.compile(r"""(?:fetch\(|import\(|from |src=|href=)["'`]?https?://""")
    still = [PAGE / "index.html", *sorted((PAGE / "css").glob("*.css"))]
    assert [path.name for path in still if remote.search(path.read_text())] == []
    assert [path.name for path in OWN if fetched.search(path.read_text())] == []


def test_every_module_says_what_it_is_for_and_stays_short() -> None:
    unsaid = [str(path.relative_to(PAGE)) for path in OWN if not path.read_text().startswith("// ")]
    long = [str(path.relative_to(PAGE)) for path in OWN if len(path.read_text().splitlines()) > LONGEST]
    assert (unsaid, long) == ([], [])


def test_no_style_gives_a_colour_that_is_not_a_token() -> None:
    """Every colour is one of tokens.css, so both themes hold."""
    colours = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgb\(")
    allowed = {"#fff", "rgb("}  # white on a solid bubble; the ground behind a dialog
    sheets = [path for path in sorted((PAGE / "css").glob("*.css")) if path.name != "tokens.css"]
    found = {path.name: sorted(set(colours.findall(path.read_text())) - allowed) for path in sheets}
    assert {name: given for name, given in found.items() if given} == {}
