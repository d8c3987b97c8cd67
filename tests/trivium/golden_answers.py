"""A recorded answer, drawn for every kind of terminal and as SVG; `python -m tests.trivium.golden_answers` writes anew.

Look at each file before you keep it: a golden file only says that nothing changed.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import orjson
from rich.console import Console

from agents.answer import Answer, from_json
from trivium.show import show
from trivium.svg import drawing

FOLDER = Path(__file__).with_name("golden")
RECORDED = FOLDER / "answer.json"
TERMINALS: Mapping[str, tuple[int, str, dict[str, str]]] = {
    "colour-100.ansi": (100, "utf-8", {"TERM": "xterm-256color", "FORCE_COLOR": "1"}),
    "no-color-100.ansi": (100, "utf-8", {"TERM": "xterm-256color", "FORCE_COLOR": "1", "NO_COLOR": "1"}),
    "plain-72.txt": (72, "utf-8", {"TERM": "dumb"}),
    "ascii-60.txt": (60, "ascii", {"TERM": "dumb"}),
    "narrow-32.txt": (32, "utf-8", {"TERM": "dumb"}),
}


def recorded() -> Answer:
    return from_json(orjson.loads(RECORDED.read_bytes()))


def printed(name: str) -> str:
    width, encoding, environment = TERMINALS[name]
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    show(Console(file=out, width=width, highlight=False, _environ=environment), recorded())
    out.seek(0)
    return "\n".join(line.rstrip() for line in out.read().splitlines()) + "\n"


def drawn() -> str:
    return drawing([part for part in recorded().parts if part.kind == "series"], "auto")


def main() -> None:
    for name in TERMINALS:
        (FOLDER / name).write_text(printed(name), encoding="utf-8")
    (FOLDER / "charts.svg").write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
