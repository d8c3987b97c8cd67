"""How much a query may look at: a window of at most seven days, and ten thousand samples by a step wide enough."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, Field

from domain.errors import Refused
from domain.windows import Window
from tools.spec import Args, ToolContext

LONGEST = timedelta(hours=168)
MOST_SAMPLES = 10_000
USUAL_POINTS = 240
STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
HOUR = timedelta(hours=1)
DatasourceName: TypeAlias = Annotated[str | None, Field(max_length=200, description="Name or uid. Default: Grafana's")]


class Span(Args):
    """Arguments of a query over time."""

    start: AwareDatetime | None = Field(None, description="Default: an hour before the end")
    end: AwareDatetime | None = Field(None, description="Default: now")

    def window(self, context: ToolContext) -> Window:
        """Raises Refused when it is no window or is longer than 168 hours."""
        end = self.end or context.clock()
        return bounded(self.start or end - HOUR, end)


@dataclass(frozen=True, slots=True)
class Step:
    """`said` tells why it is wider than what was asked for."""

    seconds: int
    said: str | None = None


def bounded(start: datetime, end: datetime) -> Window:
    """The window in whole seconds: mcp-grafana reads no fractions in the times of a Prometheus query."""
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    if end <= start:
        raise Refused("The end of the query must be a second or more after its start.", code="invalid_arguments")
    if end - start > LONGEST:
        hours = (end - start) / HOUR
        raise Refused(
            f"The query looks at {hours:,.1f} hours; at most {LONGEST / HOUR:.0f} are asked for at once.",
            code="range_too_long",
            alternative="Ask for seven days at most, or for several ranges one after the other.",
        )
    return Window(start, end)


def step_for(window: Window, asked: int | None, series: int = 1) -> Step:
    """The step asked for or a usual one, raised until `series` series have at most 10,000 samples together."""
    length = window.length.total_seconds()
    wanted = asked or rounded(length / USUAL_POINTS)
    points = max(1, MOST_SAMPLES // max(1, series) - 1)
    least = math.ceil(length / points)
    if wanted >= least:
        return Step(wanted)
    seconds = rounded(least)
    return Step(seconds, f"step raised from {wanted} to {seconds} s to stay within {MOST_SAMPLES:,} samples")


def rounded(seconds: float) -> int:
    """The next step people use, at least 15 s."""
    return next((step for step in STEPS if step >= seconds), math.ceil(seconds))
