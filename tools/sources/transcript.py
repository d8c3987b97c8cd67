"""A transcript: what a remote command wrote, line by line, without its secrets and without end."""

import codecs
from collections import deque
from collections.abc import Callable

MOST_BYTES = 1_000_000
MOST_LINES = 20_000
LONGEST_PART = 64 * 1024
Hide = Callable[[str], str]


class Stream:
    """One of the two outputs: bytes become lines, UTF-8 with replacement."""

    def __init__(self, hide: Hide) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._hide = hide
        self._part = ""

    def lines(self, data: bytes, *, is_last: bool = False) -> list[str]:
        """The lines that are whole now, hidden; the last call gives what is left."""
        text = self._part + self._decoder.decode(data, is_last)
        *whole, self._part = text.split("\n")
        if len(self._part) > LONGEST_PART or (is_last and self._part):
            whole.append(self._part)
            self._part = ""
        return [self._hide(line.rstrip("\r")) for line in whole]


class Transcript:
    """The first megabyte, in order of arrival; the rest is counted. Nothing in it has not been through `hide`.

    `make_hide` gives each of the two outputs a function of its own, since a secret may go over several lines.
    `may_run_on` says that the command was to be ended and nobody could see that it had.
    """

    def __init__(self, make_hide: Callable[[], Hide]) -> None:
        self._streams = (Stream(make_hide()), Stream(make_hide()))
        self._lines: list[str] = []
        self._answer: list[str] = []
        self._untold: deque[str] = deque()
        self._room = MOST_BYTES
        self.dropped_bytes = 0
        self.may_run_on = False

    def feed(self, data: bytes, *, is_error: bool = False) -> None:
        kept = data[: self._room] if len(self._lines) < MOST_LINES else b""
        self._room -= len(kept)
        self.dropped_bytes += len(data) - len(kept)
        if kept:
            self._keep(self._streams[is_error].lines(kept), is_error=is_error)

    def close(self) -> None:
        for is_error in (False, True):
            self._keep(self._streams[is_error].lines(b"", is_last=True), is_error=is_error)

    def _keep(self, lines: list[str], *, is_error: bool) -> None:
        self._lines += lines
        self._untold += lines
        if not is_error:
            self._answer += lines

    def untold(self) -> list[str]:
        """The lines since the last call."""
        lines = list(self._untold)
        self._untold.clear()
        return lines

    def answer(self) -> str:
        """What came on the standard output."""
        return "\n".join(self._answer)

    def text(self) -> str:
        text = "\n".join(self._lines)
        return f"{text}\n… {self.dropped_bytes:,} more bytes were not kept" if self.dropped_bytes else text
