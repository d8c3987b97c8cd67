"""Whether a result is an old one: something it was made from was last known, not asked now."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from tools.resources import Resources
from tools.spec import ToolResult


@runtime_checkable
class Dated(Protocol):
    """A source that remembers of when the oldest of its answers is whose own source was away."""

    @property
    def stale_as_of(self) -> datetime | None: ...


def marked(result: ToolResult, resources: Resources) -> ToolResult:
    """The result of a call with these resources, stale when something in it is: as of the oldest of that."""
    used = (item.stale_as_of for item in (resources.metrics, resources.logs) if isinstance(item, Dated))
    oldest = min((time for time in used if time), default=None)
    return replace(result, stale=True, as_of=oldest) if oldest else result
