"""A decision in plain words: recognised only where the whole message is one, and nothing else could be meant."""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

SHORTEST = 4
NAMED = re.compile(r"(approve|reject) ([0-9a-f]{4,8}(?:-?[0-9a-f]{1,12})*)")
YES = frozenset({"approve", "approve it", "yes", "yes approve", "yes approve it"})
NO = frozenset({"reject", "reject it", "no", "no reject", "no reject it"})


@dataclass(frozen=True, slots=True)
class Word:
    """What was said; `short` is the beginning of the id of the change that was named."""

    action: Literal["approve", "reject"]
    short: str | None = None

    def names(self, confirmation_id: UUID) -> bool:
        return self.short is not None and confirmation_id.hex.startswith(self.short)


def heard(text: str) -> Word | None:
    """The decision that the message is; None when it is anything else, also one with more words in it."""
    plain = " ".join(text.replace(",", " ").strip().strip("`").rstrip(".!").lower().split())
    if plain in YES:
        return Word("approve")
    if plain in NO:
        return Word("reject")
    if named := NAMED.fullmatch(plain):
        return Word("approve" if named[1] == "approve" else "reject", named[2].replace("-", ""))
    return None


def short_of(confirmation_id: UUID) -> str:
    """What a person writes to name it."""
    return confirmation_id.hex[:SHORTEST]
