"""What a command does to the machine it runs on."""

from enum import StrEnum


class Kind(StrEnum):
    """In order: each is worse than the one before. What is not known to be harmless is `CHANGING`."""

    READ_ONLY = "read_only"
    CHANGING = "changing"
    DESTRUCTIVE = "destructive"

    @property
    def rank(self) -> int:
        return list(Kind).index(self)
