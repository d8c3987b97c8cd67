"""The words of a shell command: quotes and escapes taken off, and how much of them is certain before it runs."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
IN_QUOTES = re.compile(r"\\([$`\"\\\n])")
WILD_FLAG = re.compile(r"-\S*[*?\[]")
ANSI = re.compile(r"\\(?:([nt'\"\\])|x([0-9a-fA-F]{1,2})|([0-7]{1,3}))")
SHORT = {"n": "\n", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
EXPANDED = frozenset({"simple_expansion", "expansion", "command_substitution", "process_substitution", "ansi_c_string",
                      "translated_string", "arithmetic_expansion", "brace_expression"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word after quotes are taken off; `text` is how much of its beginning is certain: all of it, unless the
    shell puts something in when it runs."""

    text: str
    is_known: bool = True
    splits: bool = False

    @property
    def may_be_flag(self) -> bool:
        """Whether it is a flag, or could turn out to be one, or to be several words."""
        return self.text.startswith("-") or (not self.is_known and (not self.text or self.splits))


def certain(found: Word) -> str:
    return found.text if found.is_known else ""


def argument(node: "Node") -> Word:
    """A word after the name; one that begins with a wildcard may become a flag, by the name of a file."""
    text = text_of(node)
    is_wild = node.type in ("word", "concatenation") and (text[:1] in tuple("*?[") or WILD_FLAG.match(text))
    return Word("", is_known=False, splits=True) if is_wild else word(node)


def word(node: "Node") -> Word:
    """Quotes and escapes taken off; cut off where the shell puts something in."""
    match node.type:
        case "raw_string":
            return Word(text_of(node)[1:-1])
        case "string":
            found = joined(in_quotes(node), Word(""))
            return replace(found, splits=found.splits and "@" in text_of(node))
        case "ansi_c_string" if (text := decoded(text_of(node)[2:-1])) is not None:
            return Word(text)
        case "concatenation":
            found = joined([word(child) for child in node.children], Word(""))
            return Word("", is_known=False, splits=True) if is_braced(node) else found
        case _:
            return unquoted(node)


def unquoted(node: "Node") -> Word:
    if node.type in EXPANDED:
        return Word("", is_known=False, splits=True)
    if node.child_count and node.type not in ("word", "number"):
        return joined([word(child) for child in node.children], Word(""))
    return Word(ESCAPED.sub(r"\1", text_of(node)))


def in_quotes(node: "Node") -> list[Word]:
    """The parts of a string, with what stands between them: the parser leaves out the ends of its lines."""
    parts: list[Word] = []
    source, place = node.text or b"", node.start_byte + 1
    for child in [*node.named_children, None]:
        until = child.start_byte if child else node.end_byte - 1
        between = source[place - node.start_byte : until - node.start_byte].decode(errors="replace")
        parts.append(Word(IN_QUOTES.sub(r"\1", between)))
        if child:
            parts.append(quoted(child))
            place = child.end_byte
    return parts


def quoted(node: "Node") -> Word:
    return Word(IN_QUOTES.sub(r"\1", text_of(node))) if node.type == "string_content" else word(node)


def joined(parts: list[Word], start: Word) -> Word:
    found = start
    for part in parts:
        known = found.is_known
        text = found.text + part.text if known else found.text
        found = Word(text, known and part.is_known, found.splits or part.splits)
    return found


def decoded(text: str) -> str | None:
    """What `$'...'` stands for, None when it holds more than letters by their numbers and the plain escapes."""
    found = ANSI.sub(lambda match: SHORT.get(match.group(1)) or chr(number(match)), text)
    return None if "\\" in ANSI.sub("", text) or "\0" in found else found


def number(match: re.Match[str]) -> int:
    return int(match.group(2), 16) if match.group(2) else int(match.group(3), 8) & 0xFF


def is_braced(node: "Node") -> bool:
    """Whether it is `{a,b}` or `{1..3}`, which becomes several words."""
    text = text_of(node)
    return "{" in text and ("," in text or ".." in text)


def text_of(node: "Node") -> str:
    return (node.text or b"").decode(errors="replace")
