"""Provenance: which arguments of a change came out of a system's answer and not out of the person's own words."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from agents.brain import Call, Gathered, Question

SHORTEST = 4
PIECE = 10
LONGEST_LOOK = 2000
NO_LETTER = re.compile(r"[\W_]+")
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
NUMBER = re.compile(r"\d+")
EARLIER = "an earlier answer"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said: letters and digits alone, and the numbers that stand by themselves."""

    text: str
    numbers: frozenset[str]

    def holds(self, piece: str) -> bool:
        """Digits are looked for as a number: in a row of times, any few of them would be found."""
        return piece in self.numbers if piece.isdecimal() else piece in self.text


def borrowed(call: Call, question: Question, gathered: Sequence[Gathered]) -> tuple[str, ...]:
    """A warning for each argument that is in no message of the person and, whole or in part, in what a system said.

    What was said is a result of this run or an earlier answer. Neither case, signs, invisible characters, Base64 nor
    the person's own words around it hide where it came from.
    """
    own = said([question.text, *question.selected, *said_by(question, "user")])
    told = [(f"the result of {item.result.tool}", said(item.result.data)) for item in gathered]
    told.append((EARLIER, said(said_by(question, "assistant"))))
    found: list[str] = []
    for path, text in texts(dict(call.arguments)):
        foreign = [piece for piece in pieces(plain(text)) if not own.holds(piece)]
        source = next((name for name, heard in told if any(map(heard.holds, foreign))), None)
        if source:
            found.append(f"`{path}` is not from your words: it came from {source}.")
    return tuple(found)


def said(value: Any) -> Said:
    """All of it, and what its encoded words say when they are read."""
    words = " ".join(text for _, text in texts(value))
    decoded = " ".join(map(unpacked, ENCODED.findall(words)))
    return Said(plain(f"{orjson.dumps(value).decode()} {words} {decoded}"), frozenset(NUMBER.findall(words)))


def said_by(question: Question, role: str) -> list[str]:
    return [message.content for message in question.history if message.role == role]


def plain(text: str) -> str:
    """Its letters and digits alone, in one case; what cannot be seen is not there."""
    return NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


def unpacked(word: str) -> str:
    """What a word means in Base64, or nothing."""
    padded = word.rstrip("=") + "=" * (-len(word.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.replace("-", "+").replace("_", "/")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def pieces(text: str) -> Iterator[str]:
    """The whole, and every ten characters in a row: enough to know a text again of which a part was left out."""
    if len(text) >= SHORTEST:
        yield text
    for start in range(max(0, min(len(text), LONGEST_LOOK) - PIECE + 1)):
        yield text[start : start + PIECE]


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text and number in a JSON value, with where it stands."""
    match value:
        case str():
            yield path, value
        case bool() | None:
            return
        case int() | float():
            yield path, str(value)
        case dict():
            for key, entry in cast("dict[str, Any]", value).items():
                yield from texts(entry, f"{path}.{key}" if path else key)
        case list() | tuple():
            for number, entry in enumerate(cast("Sequence[Any]", value)):
                yield from texts(entry, f"{path}[{number}]")
        case _:
            return
