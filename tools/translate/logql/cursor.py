"""A place among the words of a query, from which a parser takes them one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.translate.logql.lexing import BadLogQL, Kind, Word


@dataclass(slots=True)
class Cursor:
    words: Sequence[Word]
    place: int = 0

    @property
    def here(self) -> Word:
        return self.words[self.place]

    @property
    def next(self) -> Word:
        return self.words[min(self.place + 1, len(self.words) - 1)]

    def take(self) -> Word:
        word = self.here
        self.place = min(self.place + 1, len(self.words) - 1)
        return word

    def takes(self, text: str) -> bool:
        """Whether the word is this one, which is then taken."""
        found = self.here.text == text and self.here.kind != "string"
        if found:
            self.take()
        return found

    def expect(self, text: str) -> Word:
        if self.here.text != text or self.here.kind == "string":
            raise self.unexpected(f"{text!r}")
        return self.take()

    def expect_kind(self, kind: Kind, what: str) -> Word:
        if self.here.kind != kind:
            raise self.unexpected(what)
        return self.take()

    def unexpected(self, wanted: str) -> BadLogQL:
        found = repr(self.here.text) if self.here.kind != "end" else "the end"
        return BadLogQL(f"expected {wanted} at character {self.here.at + 1}, found {found}")
