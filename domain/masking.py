"""Secrets leave no trace: every text that comes in, is kept, or is told passes here before anyone sees it."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, TypeAlias, cast

import orjson

from domain import secret_kinds as kinds
from domain.secret_kinds import KINDS, MASK, SECRET_KEY, Kind

Json: TypeAlias = dict[str, Any]

WORD = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"
FOLD = bytes(byte if byte in WORD else 32 for byte in bytes(range(256)).lower())
ESCAPES = (b"\\n", b"\\t", b"\\r")
PLAIN = b"0123456789abcdef-."  # ids, hashes and times are of these alone
OURS = re.compile(rb'"tokens_used":\d|"session_id":"[0-9a-f-]{36}"')  # in every answer, and no sign of a secret


def folded(text: bytes) -> list[bytes]:
    """Its words in lower case; what JSON writes for a line's end is not taken for a letter."""
    if b"\\" in text:
        for escape in ESCAPES:
            text = text.replace(escape, b"  ")
    return text.translate(FOLD).split()


def any_of(shapes: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"{kinds.OPEN}(?:{'|'.join(shapes)})")


def by_first_letter(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """Any of the words, anywhere: one branch for each first letter, which is several times faster than one for each."""
    ordered = groupby(sorted(words), key=lambda word: word[:1])
    groups = [(first, b"|".join(re.escape(word[1:]) for word in group)) for first, group in ordered]
    return re.compile(b"|".join(re.escape(first) + b"(?:" + rest + b")" for first, rest in groups))


SHAPE = any_of(kinds.SHAPES.values())
HINTS = {hint.encode(): frozenset(folded(hint.encode())) for one in KINDS for hint in one.hints}
MARKS = tuple(hint for hint, words in HINTS.items() if not words)
PART = by_first_letter(hint for hint, words in HINTS.items() if words == frozenset({hint}))
PHRASES = tuple(words for words in HINTS.values() if words and not any(PART.search(word) for word in words))
TELLING = frozenset[bytes]().union(*PHRASES)


def is_suspicious(text: bytes) -> bool:
    """Whether a secret could stand in it; most texts have none, and this look costs less than one pattern.

    Each word is looked at once: results repeat theirs many times over.
    """
    words = set(folded(text))
    return (
        any(mark in text for mark in MARKS)
        or PART.search(b" ".join(words)) is not None
        or (not words.isdisjoint(TELLING) and any(phrase <= words for phrase in PHRASES))
        or any(may_be_shape(word) for word in words if len(word) >= kinds.LEAST_SHAPE)
    )


def may_be_shape(word: bytes) -> bool:
    return bool(word.strip(PLAIN)) and kinds.SHAPE_HINT.search(word) is not None


def masked_json(value: Json) -> tuple[Json, bytes]:
    """`value` masked, and its JSON; looked through as one text first, since most results have nothing to hide."""
    body = orjson.dumps(value)
    if not is_suspicious(OURS.sub(b"", body)):
        return value, body
    masked = mask(value)
    return masked, orjson.dumps(masked)


def mask(value: Any) -> Any:
    """`value` (JSON) with every secret replaced by `[masked]`: by its shape, its name beside it, or its key."""
    match value:
        case str():
            return mask_text(value)
        case dict():
            return mask_object(cast("Json", value))
        case list() | tuple():
            return mask_list(cast("Sequence[Any]", value))
        case _:
            return value


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret whatever it looks like."""
    return SECRET_KEY.search(name) is not None


def mask_object(entries: Json) -> Json:
    """Keys are masked too: who writes labels can put anything there. A Kubernetes Secret's data is all secret, and so
    is the value of a pair {name, value} with a telling name."""
    named = next((entries[key] for key in ("name", "key", "header") if isinstance(entries.get(key), str)), "")
    all_secret = {"data", "stringData"} if entries.get("kind") == "Secret" else set[str]()
    if is_secret_name(named):
        all_secret.add("value")
    return {
        mask_text(key): hidden(entry) if key in all_secret or is_secret_name(key) else mask(entry)
        for key, entry in entries.items()
    }


def hidden(entry: Any) -> Any:
    """What stands under a secret's name, without its texts."""
    match entry:
        case str():
            return MASK if entry else entry
        case dict():
            return {mask_text(key): hidden(each) for key, each in cast("Json", entry).items()}
        case list() | tuple():
            return [hidden(each) for each in cast("Sequence[Any]", entry)]
        case _:
            return entry


def mask_list(entries: Sequence[Any]) -> list[Any]:
    """Each entry masked; a word after `--password` too, and what is secret only by the lines before it."""
    masked: list[Any] = []
    lines, is_value = Lines(), False
    for entry in entries:
        if isinstance(entry, str):
            masked.append(MASK if is_value else lines.mask(entry))
            is_value = kinds.FLAG.fullmatch(entry) is not None
        else:
            masked.append(mask(entry))
    return masked


class Lines:
    """The lines of one output in their order: a private key and a Kubernetes Secret go over many of them."""

    def __init__(self) -> None:
        self._is_key = False
        self._margin: int | None = None

    def mask(self, line: str) -> str:
        was_key = self._is_key
        self._is_key = "-----END" not in line and (was_key or "PRIVATE KEY-----" in line)
        if was_key and kinds.KEY_LINE.fullmatch(line):
            return MASK
        return mask_text(self._entry(line))

    def _entry(self, line: str) -> str:
        """The line without the value that it has under `data:`, if that is Base64."""
        indent = len(line) - len(line.lstrip())
        if self._margin is not None and indent > self._margin:
            return kinds.DATA_ENTRY.sub(rf"\g<name>{MASK}", line)
        self._margin = indent if kinds.DATA_BEGINS.fullmatch(line) else None
        return line


def mask_text(text: str, known: Iterable[Kind] = KINDS) -> str:
    """`text` without its secrets. Fails closed: what cannot be looked through is not shown."""
    try:
        return replaced(text, known) if is_suspicious(text.encode(errors="replace")) else text
    except Exception:  # noqa: BLE001 - whatever is wrong with the looking, the text must not pass
        return MASK


def replaced(text: str, known: Iterable[Kind], shape: re.Pattern[str] = SHAPE) -> str:
    lowered = text.lower()
    for one in known:
        if one.may_be_in(lowered):
            text = one.pattern.sub(one.replacement, text)
    text = shape.sub(MASK, text)
    return manifest(text) if "secret" in lowered else text


def manifest(text: str) -> str:
    """Every value of a Kubernetes Secret that stands in the text as YAML or JSON is hidden."""
    if not kinds.MANIFEST.search(text):
        return text
    text = kinds.MANIFEST_DATA.sub(lambda block: kinds.MANIFEST_LINE.sub(rf"\g<name>{MASK}", block[0]), text)
    return kinds.MANIFEST_OBJECT.sub(lambda block: kinds.MANIFEST_ENTRY.sub(rf'\g<name>"{MASK}"', block[0]), text)
