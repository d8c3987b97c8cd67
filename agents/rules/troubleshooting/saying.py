"""Small words of diagnoses: how far apart, at what o'clock, and whether a text holds a word."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.windows import stamp

MOST_QUOTED = 200


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words begins somewhere in the text: "oom" is in "OOMKilled", not in "room". No words ask for
    nothing."""
    wanted = [re.escape(word) for word in words if word]
    return not wanted or re.search(rf"(?<![a-z0-9])(?:{'|'.join(wanted)})", text, re.IGNORECASE) is not None


def quoted(text: str) -> str:
    """Somebody else's words, marked as such: what they say in numbers was said and not counted."""
    plain = " ".join(text.replace("“", "'").replace("”", "'").split())
    return f"“{plain[:MOST_QUOTED]}”"


def minutes(at: datetime, onset: datetime) -> str:
    count = round((onset - at) / timedelta(minutes=1))
    if count == 0:
        return "at the start"
    return f"{count} min before it began" if count > 0 else f"{-count} min after it began"


def clock(at: datetime | None) -> str:
    return stamp(at)[11:16] + " UTC" if at else ""


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
