"""What to look for in rows: plain words, `*` for anything between them, `|` for one or the other.

Not a regular expression: those can take forever on a line that somebody else wrote. This takes one look at each row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

EXPRESSION = re.compile(r"\\[dwsbDWSB]|\[[^\]]+\]|\([^)]*\|[^)]*\)|[+?]$|^\^|\$$|\{\d")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Any of `choices`, whose words follow each other. Upper and lower case are the same."""

    choices: tuple[tuple[str, ...], ...]

    def is_in(self, text: str) -> bool:
        """`text` is lower case, as `text_of` makes it."""
        return any(follow(text, words) for words in self.choices)

    def may_be_in(self, body: str) -> bool:
        """Whether a row with it can be among many, by one look at the JSON of all of them."""
        return any(all(word in body for word in words) for words in self.choices)


def follow(text: str, words: tuple[str, ...]) -> bool:
    place = 0
    for word in words:
        found = text.find(word, place)
        if found < 0:
            return False
        place = found + len(word)
    return True


def pattern(written: str) -> Pattern:
    """`.*` is read as `*`. A pattern without any word is in every row."""
    return Pattern(tuple(tuple(words(choice)) for choice in written.replace(".*", "*").split("|")))


def words(choice: str) -> Iterator[str]:
    for word in choice.split("*"):
        if word:
            yield text_of(word)


def text_of(row: Any) -> str:
    """A row as it is looked through: its JSON, of a text what is in it."""
    text = folded(orjson.dumps(row))
    return text[1:-1] if isinstance(row, str) else text


def folded(body: bytes) -> str:
    """JSON in lower case. A quote within a text looks like any other, so that `"level":"error"` finds both."""
    return body.decode().lower().replace('\\"', '"')


def is_expression(written: str) -> bool:
    """Whether it was meant as a regular expression, which it is not read as."""
    return EXPRESSION.search(written) is not None
