"""Answers from what is written down: the documents that fit best, with their scores and where they stand."""

from typing import Any, TypeAlias

from agents.answer import Finding
from agents.rules import drawing, phrases
from agents.rules.facts import Draft, Facts, Found

Json: TypeAlias = dict[str, Any]
TOOL = "search_knowledge"
COLUMNS: tuple[drawing.Column, ...] = (
    ("title", "Title"),
    ("kind", "Kind"),
    ("section", "Section"),
    ("category", "Category"),
    ("score", "Score"),
    ("reference", "Reference"),
    ("url", "Link"),
    ("text", "Text"),
)


def known(facts: Facts) -> Draft:
    """The documents that fit best, in order, each with its score and link."""
    found = facts.of(TOOL)
    about = subject(facts)
    if found is None:
        return Draft(summary=f"Not known: what is written down about {about}. {facts.why_not(TOOL)}")
    rows, total = found.rows("documents"), found.data["total"]
    data: Json = {"total_documents": total, "ranked_by": found.data["ranked_by"], "documents": rows}
    if not rows:
        return Draft(
            summary=f"Nothing is written down about {about} (the record answered, so this is a real zero).",
            data=data,
            is_zero=True,
        )
    first = rows[0]
    return Draft(
        summary=f"{phrases.capital(first['kind'])} “{first['title']}” fits {about} best "
        f"(score {first['score']:.2f}), of {phrases.count(total, 'document')} that match.",
        findings=tuple(finding(row, found) for row in rows),
        data=data,
        parts=(drawing.table("What is written down, the best first", COLUMNS, rows, found),),
    )


def subject(facts: Facts) -> str:
    slots = facts.slots
    words = (*slots.alerts, *slots.services, *([f"“{slots.topic}”"] if slots.topic else []))
    return phrases.some(words) or "that"


def finding(row: Json, found: Found) -> Finding:
    """ "Disk full, section Cleaning up (document, score 0.83): the **disk** is full. http://…"."""
    section = f", section {row['section']}" if row.get("section") else ""
    says = " ".join((row.get("highlight") or row["text"]).replace("**", "").split())
    where = f" {row['url']}" if row.get("url") else f" ({row['reference']})"
    return found.finding(f"{row['title']}{section} ({row['kind']}, score {row['score']:.2f}): {shortened(says)}{where}")


def shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + "…"
