"""What an MCP server lists, made fit to be kept and compared."""

import re
from typing import TYPE_CHECKING

from domain.errors import SourceError
from domain.mcp_server_tools import Listed
from tools import remote_schema
from tools.cleaning import strip, strip_text
from tools.sources.mcp import RemoteTool

if TYPE_CHECKING:
    from tools.sources.mcp_session import McpSession

LONGEST_TEXT = 20_000
LONGEST_NAME = 128
NAME = re.compile(r"[A-Za-z0-9_./:-]{1,128}")


async def listed_now(session: "McpSession") -> tuple[RemoteTool, ...]:
    """What the server lists. Raises SourceError, never an uncertain one: nothing was asked of a tool."""
    try:
        return await session.tools()
    except SourceError as error:
        error.is_uncertain = False
        raise


def rows(listed: tuple[RemoteTool, ...]) -> list[Listed]:
    """Each name once."""
    return list({made.name: made for made in map(row, listed) if made.name}.values())


def row(tool: RemoteTool) -> Listed:
    """What is kept of a tool: without control characters, and of its hints those that say yes or no."""
    schema = strip(tool.schema)
    problem = remote_schema.problem(schema) or ("" if NAME.fullmatch(tool.name) else "its name is none we can write")
    return Listed(
        name=strip_text(tool.name)[:LONGEST_NAME],
        description=strip_text(tool.description)[:LONGEST_TEXT],
        schema={} if problem else schema,
        hints={name: value for name, value in strip(tool.hints).items() if isinstance(value, bool)},
        problem=problem,
    )
