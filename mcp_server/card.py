"""The card: one page without any other address, which hosts with MCP Apps draw beside a result. Made of `app/`."""

from functools import cache
from pathlib import Path

import mcp_types as types

from mcp_server.listing import CARD, CARD_META, CARD_RESOURCE

FOLDER = Path(__file__).with_name("app")
LINES = ("bridge.js", "chart.js", "card.js")


def contents() -> types.TextResourceContents:
    return types.TextResourceContents(uri=CARD, mime_type=CARD_RESOURCE.mime_type, text=page(), _meta=CARD_META)


@cache
def page() -> str:
    """The HTML with its style and its script in it."""
    style = (FOLDER / "card.css").read_text(encoding="utf-8")
    script = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in LINES)
    shell = (FOLDER / "card.html").read_text(encoding="utf-8")
    return shell.replace("/* style */", style).replace("/* script */", script)
