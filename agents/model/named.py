"""Named: tools of registered MCP servers that a person speaks of; no lexicon of ours knows their words."""

import re
from collections.abc import Iterable, Sequence

from tools.spec import AnySpec

MOST = 4
WORD = re.compile(r"[a-z0-9]+")
VERBS = frozenset(
    ["list", "get", "show", "find", "search", "query", "read", "create", "update", "delete", "run", "all"]
)


def named(tools: Iterable[AnySpec], texts: Sequence[str]) -> tuple[str, ...]:
    """The few that share most words with what was said, the name of their server among them; the likeliest first."""
    said = words(" ".join(texts))
    shared = {spec.name: len(said & words(spec.name)) for spec in tools if spec.is_remote}
    return tuple(sorted((name for name, count in shared.items() if count), key=lambda name: -shared[name])[:MOST])


def words(text: str) -> set[str]:
    """Without the verbs that every tool has, and without the s of many."""
    return {word.rstrip("s") or word for word in WORD.findall(text.lower().replace("_", " "))} - VERBS
