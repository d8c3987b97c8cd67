"""Panels asked for in plain words that say more than the panel library hears: "p95 of search duration by region"."""

import re
from collections.abc import Iterator, Mapping

from agents.rules.revive.said import Said
from tools.grafana import panels

PANELS = re.compile(
    r"\b(?:with|showing|that\s+shows?|containing|including|panels?\s+(?:for|of|about)|(?:graphs?|charts?)\s+(?:for|of))\s+(?P<list>.+)$"
    r"|\b(?:add|put|include|insert)\s+(?:an?\s+|the\s+)?(?P<before>(?!(?:(?:an?|the|one)\s+)?(?:panel|graph|chart)s?\b).+?)\s+(?:panel|graph|chart)\b",
    re.IGNORECASE,
)
LIST_END = re.compile(
    r"\s+(?:to|on|onto|in|into|from)\s+(?:(?:the|my|our|this|that|it)\b\s*)?(?:[\w-]+\s+){0,4}?(?:dashboard|board)\b"
    r"|\s+(?:for|in|on|to|tagged|called|named|titled|because|and\s+title)\s",
    re.IGNORECASE,
)
SEPARATED = re.compile(r",\s*(?:and\s+)?|\s+and\s+|\s+&\s+|\s+\+\s+", re.IGNORECASE)
PANEL_WORDS = re.compile(r"^(?:an?|the|its|one)\s+|\b(?:panels?|graphs?|charts?|metrics?)\b", re.IGNORECASE)
WATCHED = re.compile(
    r"\b(?:when(?:ever)?|if|once|on)\s+(?P<what>.+?)\s*(?:\b(?:is|are|goes|gets|rises|stays|drops|falls|above|below|over|under"
    r"|exceeds?|reaches|greater|higher|lower|less|more)\b|[<>])",
    re.IGNORECASE,
)
AT_START = re.compile(r"^(?:(?:the|its|our|any)\s+)+", re.IGNORECASE)
AT_END = re.compile(r"\s+(?:is|are|goes|gets|rises|stays|has|drops|falls)$", re.IGNORECASE)
GROUPED = re.compile(r"\S\s+(?:by|per)\s+\w", re.IGNORECASE)


def wishes(said: Said) -> list[str] | None:
    """Each of them as it was said, without whose it is."""
    return list(parts(said).values()) or None


def watched(said: Said) -> str | None:
    """What an alert rule is to watch, where the library has no measure for all of it."""
    match = WATCHED.search(said.text)
    plain = without_owner(match["what"], said) if match else ""
    plain = AT_END.sub("", AT_START.sub("", plain)).strip()
    known = panels.known(plain)
    return plain if known and is_more(plain) else None


def parts(said: Said) -> Mapping[str, str]:
    """How each stands in the clause, and what of that is wished for."""
    match = PANELS.search(said.text)
    if match is None:
        return {}
    listed = LIST_END.split(f"{match['list'] or match['before']} ", maxsplit=1)[0]
    return {part: plain for part in SEPARATED.split(listed) if (plain := without_owner(part, said)) and is_more(plain)}


def without_owner(part: str, said: Said) -> str:
    """The part without "of checkout", and without the words that only say that it is a panel."""
    for name in said.services:
        part = re.sub(
            rf"^\s*(?:the\s+)?{re.escape(name)}(?:'s)?[\s:]+", "", owner(name).sub(" ", part), flags=re.IGNORECASE
        )
    return " ".join(PANEL_WORDS.sub("", part.strip(" .")).split())


def is_more(plain: str) -> bool:
    return "⟦" not in plain and (GROUPED.search(plain) is not None or panels.says_more(plain))


def beside(said: Said) -> str:
    """The clause without them."""
    text = said.text
    for part in parts(said):
        text = text.replace(part.strip(), " ")
    return text


def owners(said: Said) -> tuple[str, ...]:
    """The services that something is asked of: "search" of "search duration" is none."""
    wished = {word for plain in (*parts(said).values(), watched(said) or "") for word in words(plain)}
    return tuple(name for name in said.services if not set(words(name)) <= wished or owner(name).search(said.text))


def owner(name: str) -> re.Pattern[str]:
    """ "of checkout", where the name is no part of what is measured: "of search duration"."""
    ends = r"(?=\s*(?:$|[,.;:])|\s+(?:by|per|in|on|over|for|and|to|with|during|since|service)\b)"
    return re.compile(rf"\b(?:of|for|on)\s+(?:the\s+)?{re.escape(name)}(?![\w-]){ends}", re.IGNORECASE)


def words(text: str) -> Iterator[str]:
    yield from re.findall(r"[\w-]+", text.casefold())
