"""The words of a question with the places they stand at, and a mark on those that are already read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W_]+(?:[’'][a-z]{1,2}\b)?")
GLUE = frozenset("-_.")


@dataclass(frozen=True, slots=True)
class Token:
    """One run of letters or digits. `starts` and `ends` say whether a written word begins or ends with it: of
    `foo-bar` the first token only starts, the second only ends."""

    word: str
    start: int
    end: int
    starts: bool
    ends: bool


@dataclass(slots=True)
class Text:
    """A question while it is read: every parser marks the tokens it has used, so that no word counts twice."""

    raw: str
    tokens: tuple[Token, ...]
    used: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.used = [False] * len(self.tokens)

    def word(self, index: int) -> str:
        """The word at `index`, or "" beyond either end."""
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def joined(self, first: int, last: int) -> str:
        """The words `first..last` (exclusive) without what stands between them."""
        return "".join(token.word for token in self.tokens[first:last])

    def written(self, first: int, last: int) -> str:
        """The words `first..last` (exclusive) as the person wrote them."""
        return self.raw[self.tokens[first].start : self.tokens[last - 1].end]

    def is_free(self, first: int, last: int) -> bool:
        return not any(self.used[first:last])

    def is_whole(self, first: int, last: int) -> bool:
        """Whether `first..last` (exclusive) begins and ends where written words do."""
        return self.tokens[first].starts and self.tokens[last - 1].ends

    def use(self, first: int, last: int) -> None:
        self.used[first:last] = [True] * (last - first)

    def use_span(self, start: int, end: int) -> None:
        """Mark every token that touches the characters `start..end`."""
        for index, token in enumerate(self.tokens):
            if token.start < end and token.end > start:
                self.used[index] = True

    def between(self, index: int) -> str:
        """What is written between the token before `index` and the token at `index`."""
        if not 0 < index < len(self.tokens):
            return ""
        return self.raw[self.tokens[index - 1].end : self.tokens[index].start]

    def whole_words(self) -> Iterator[tuple[int, int]]:
        """The written words as token ranges `first..last` (exclusive), in order."""
        first = 0
        for index, token in enumerate(self.tokens):
            if token.ends:
                yield first, index + 1
                first = index + 1


def read(raw: str) -> Text:
    """The text cut into tokens: lower case, a possessive ending dropped."""
    matches = list(WORD.finditer(raw))
    return Text(raw, tuple(token(raw, match) for match in matches))


def token(raw: str, match: re.Match[str]) -> Token:
    bare = re.split("[’']", match[0])[0]
    start, end = match.start(), match.start() + len(bare)
    return Token(bare.casefold(), start, end, not is_glued(raw, start - 1, -1), not is_glued(raw, match.end(), 1))


def is_glued(raw: str, at: int, step: int) -> bool:
    """Whether the character at `at` ties the token to a neighbour on the other side of it."""
    beyond = at + step
    return 0 <= at < len(raw) and raw[at] in GLUE and 0 <= beyond < len(raw) and raw[beyond].isalnum()
