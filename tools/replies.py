"""How the inquiry tools answer: data with the statements and the window it came from, and what the scope left out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.found import Found
from domain.windows import Window, stamp
from tools.spec import Json, Scope, ToolContext, ToolResult

SOURCE = "trivium alerts database"
ROWS_HIDDEN = "rows of single alerts are hidden: your role sees aggregates only"
OWN_ONLY = "only alerts of your teams or assigned to you are counted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was sent (None where a statement was not needed), over which window, and what a limit left out."""

    finds: tuple[Found[Any] | None, ...]
    window: Window | None
    left_out: str | None = None


def shows_rows(context: ToolContext) -> bool:
    """Whether the actor may see single alerts and incidents, not only numbers about them."""
    return Scope.AGGREGATED_ONLY not in context.scopes


def reply(context: ToolContext, data: Json, matched: int, evidence: Evidence) -> ToolResult:
    """`data` with its proof; `empty` when nothing matched."""
    notes = (
        None if shows_rows(context) else ROWS_HIDDEN,
        OWN_ONLY if Scope.OWN_ALERTS in context.scopes else None,
        evidence.left_out,
    )
    return ToolResult(
        status="ok" if matched else "empty",
        source=SOURCE,
        data=data,
        query="; ".join(found.query for found in evidence.finds if found),
        window=evidence.window,
        as_of=context.clock(),
        cut="; ".join(filter(None, notes)) or None,
    )


def beyond(shown: int, total: int, rows: str) -> str | None:
    """`100 of 101 alerts are listed`, None when all are."""
    return f"{shown:,} of {total:,} {rows} are listed" if shown < total else None


def stamped(time: datetime | None) -> str | None:
    return stamp(time) if time else None
