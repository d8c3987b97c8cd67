"""How long an MCP server may take: apart from the session itself, which costs the SDK's import."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`open_seconds` is for starting and shaking hands, `request_seconds` for any one call."""

    open_seconds: float = 20
    request_seconds: float = 30
