"""Whether a result is an old one: something it was made from was last known, not asked now."""

from dataclasses import replace
from datetime import datetime

from tools.resources import Resources
from tools.spec import ToolResult


def marked(result: ToolResult, resources: Resources) -> ToolResult:
    """The result of a call with these resources, stale when something in it is: as of the oldest of that.

    A source may remember, as `stale_as_of`, of when the oldest of its answers is whose own source was away.
    """
    used: list[datetime | None] = [getattr(item, "stale_as_of", None) for item in (resources.metrics, resources.logs)]
    oldest = min((time for time in used if time), default=None)
    return replace(result, stale=True, as_of=oldest) if oldest else result
