"""Questions as on-call engineers write them, in groups of one meaning, each with the SQL of its truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Literal, TypeAlias

Estate: TypeAlias = Literal["january", "november"]

CLOCKS: dict[Estate, datetime] = {
    "january": datetime(2027, 1, 19, 12, tzinfo=UTC),  # a Tuesday; the newest outage was on Sun 10 Jan
    "november": datetime(2026, 11, 20, 12, tzinfo=UTC),  # a Friday; the record reaches back into Q3
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions of one meaning; `before` is asked first, in the session of each."""

    name: str
    truth: str
    asked: tuple[str, ...]
    before: tuple[str, ...] = ()
    estate: Estate = "january"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Case:
    group: Group
    text: str

    def __str__(self) -> str:
        return f"{self.group.name}: {' / '.join((*self.group.before, self.text))}"


def cases(*tables: tuple[Group, ...]) -> Iterator[Case]:
    for group in chain(*tables):
        for text in group.asked:
            yield Case(group, text)
