"""Readers of names that several intents share."""

import re

from agents.rules.revive import naming
from agents.rules.revive.said import Said

LONGEST_NAME = 63
SEARCH = re.compile(
    r"\b(?:about|matching|containing|regarding|mentioning)\s+(?P<words>⟦quote[a-z]⟧|[\w-]+(?:\s+[\w-]+)?)",
    re.IGNORECASE,
)


def named(said: Said) -> str | None:
    return naming.of_thing(said.clause) or None


def new_name(said: Said) -> str | None:
    """A name for something new, spelt as names are here; one that is written like a name will do."""
    name = naming.of_new(said.clause) or next(iter(naming.identifiers(said.clause)), "")
    return slug(name) or None


def slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:LONGEST_NAME].rstrip("-._")


def search(said: Said) -> str | None:
    """Words to search for: "named restart", "about disk"."""
    match = SEARCH.search(said.text)
    behind = said.clause.restore(match["words"]) if match else ""
    return naming.called(said.clause) or (behind if behind and behind not in said.services else None)
