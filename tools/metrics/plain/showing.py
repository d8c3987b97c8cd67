"""Queries put before a person first: made of the words now, so that exactly what was seen is what runs."""

from datetime import UTC

from domain.windows import stamp
from tools.metrics.plain.planning import Plan
from tools.spec import Json, Preview
from tools.translate.answers import Query, Translation


def queries(plan: Plan) -> tuple[str, ...]:
    return tuple(query.query for query in plan.queries)


def time_range(plan: Plan) -> Json:
    """The window as an argument: "the last hour" is the hour that was shown, however long the approval takes."""
    return {"start": plan.window.start.astimezone(UTC), "end": plan.window.end.astimezone(UTC)}


def preview(plan: Plan, source: str) -> Preview:
    """Each query with its plain reading; what was assumed and repaired stands out."""
    found = plan.translation
    count = len(plan.queries)
    window = f"{stamp(plan.window.start)} to {stamp(plan.window.end)}"
    return Preview(
        title=f"Run {'this query' if count == 1 else f'these {count} queries'} on {source}",
        lines=(*(line for query in plan.queries for line in lines(query)), f"Over {window}."),
        warnings=(*found.repairs, *found.assumed, *found.notes, *missing(found)),
        details={
            "queries": [{"title": query.title, "query": query.query, "plain": query.plain} for query in plan.queries],
            "confidence": found.confidence,
        },
    )


def missing(found: Translation) -> tuple[str, ...]:
    return tuple(f"{item.what} is not among them: {item.why}" for item in found.missing)


def lines(query: Query) -> tuple[str, str]:
    asked = f"every {query.step_seconds} s, about {query.points:,} samples" if query.step_seconds else "once"
    return f"{query.title}: {query.plain} ({asked})", query.query
