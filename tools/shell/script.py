"""A shell script as the simple commands in it, found by a real parser: pipes, lists, loops and substitutions opened."""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tools.shell.words import ESCAPED, Word, argument, certain, text_of, word

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

ON_ONE_LINE = frozenset({
    "command", "redirected_statement", "file_redirect", "herestring_redirect", "declaration_command", "unset_command",
    "variable_assignments", "variable_assignment", "concatenation",
})  # fmt: skip
PARTS_WORDS = re.compile(r"[\s;|&<>]")
OPENERS = re.compile(r"`|\$\(|[<>]\(")
IN_ARITHMETIC = re.compile(r"\[[^\]]*(\$\(|`)")
OPENED = frozenset({"command_substitution", "process_substitution"})


@dataclass(frozen=True, slots=True)
class Redirect:
    """`>` and the like to a file; `target` "" when it is only known when it runs."""

    operator: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command. `given` is the text that it reads from a here-document or here-string, None without one."""

    words: tuple[Word, ...]
    variables: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    given: str | None = None
    is_piped_into: bool = False

    @property
    def is_fed(self) -> bool:
        """Whether it reads something that is only known when it runs."""
        return self.is_piped_into or self.given is not None or any(each.operator == "<" for each in self.redirects)

    @property
    def name(self) -> str:
        return self.words[0].text if self.words and self.words[0].is_known else ""

    def after(self, count: int) -> "Command":
        """The command without its first words: what a wrapper runs."""
        return replace(self, words=self.words[count:], redirects=())


@dataclass(frozen=True, slots=True)
class Script:
    """`problem` says why it cannot be read; `functions` are the names that it gives a meaning of its own."""

    commands: tuple[Command, ...]
    functions: tuple[str, ...] = ()
    problem: str = ""


def read(text: str) -> Script:
    """Every simple command that could run, in order."""
    hidden = next((char for char in text if is_hidden(char)), None)
    if hidden:
        return Script((), problem=f"there is a character in it that cannot be seen (U+{ord(hidden):04X})")
    root = parser().parse(text.encode()).root_node
    if root.has_error or hides_commands(root) or runs_over_lines(root):
        return Script((), problem="it is not a shell command that can be read")
    return Script(tuple(commands(root)), tuple(names_given(root)))


def is_hidden(char: str) -> bool:
    return char not in " \n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp")


def hides_commands(node: "Node") -> bool:
    """Whether some text would still be run that the parser did not open, or that only arithmetic or a prompt runs."""
    text = text_of(node)
    match node.type:
        case "comment" | "`" | "$(" | "$((" | "<(" | ">(" if not node.child_count:
            return False
        case "raw_string" | "ansi_c_string":
            return IN_ARITHMETIC.search(text) is not None or is_assigned(node, text)
        case "expansion" if "@P" in text:
            return True
        case _ if not node.child_count:
            return OPENERS.search(ESCAPED.sub("", text)) is not None
        case _:
            return any(hides_commands(child) for child in node.children)


def runs_over_lines(node: "Node") -> bool:
    """Whether the parser took the next line, which is a command of its own, for words of the one before."""
    place, source = node.start_byte, node.text or b""
    if node.type == "word" and PARTS_WORDS.search(ESCAPED.sub("", source.decode(errors="replace"))):
        return True
    for child in node.children if node.type in ON_ONE_LINE else ():
        between = source[max(place - node.start_byte, 0) : child.start_byte - node.start_byte]
        if b"\n" in between.replace(b"\\\n", b"") or child.type == "comment":
            return True
        place = child.end_byte
    return any(runs_over_lines(child) for child in node.children)


def is_assigned(node: "Node", text: str) -> bool:
    """Whether a variable is given a text that arithmetic could run later."""
    above = node.parent
    while above and above.type in ("concatenation", "string"):
        above = above.parent
    return above is not None and above.type == "variable_assignment" and ("$" in text[1:] or "`" in text)


@functools.cache
def parser() -> "Parser":
    import tree_sitter_bash  # noqa: PLC0415 - only suggestions need it
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_bash.language()))


def commands(node: "Node", *, is_piped_into: bool = False) -> Iterator[Command]:
    match node.type:
        case "command":
            yield simple(node, is_piped_into=is_piped_into)
            for child in node.children:
                yield from inside(child)
        case "redirected_statement":
            yield from redirected(node, is_piped_into=is_piped_into)
        case "pipeline":
            yield from piped(node, is_piped_into=is_piped_into)
        case "variable_assignment":
            yield Command(words=(), variables=(text_of(node).partition("=")[0],))
            yield from inside(node)
        case "declaration_command" | "unset_command":
            yield Command(words=(Word(text_of(node).split()[0]),))
            yield from inside(node)
        case _:
            for child in node.named_children:
                yield from commands(child, is_piped_into=is_piped_into)


def piped(node: "Node", *, is_piped_into: bool) -> Iterator[Command]:
    """Each command of a pipe, with the text that it is given where a plain echo says it."""
    said: str | None = None
    for place, child in enumerate(node.named_children):
        found = list(commands(child, is_piped_into=is_piped_into or place > 0))
        if said is not None and found and found[0].given is None:
            found[0] = replace(found[0], given=said, is_piped_into=False)
        said = echoed(found[0]) if len(found) == 1 else None
        yield from found


def echoed(command: Command) -> str | None:
    """What a plain echo writes, None when that is not certain."""
    words = command.words[1:]
    text = " ".join(word.text for word in words)
    is_plain = all(word.is_known and not word.text.startswith("-") for word in words)
    is_echo = command.name in ("echo", "printf") and not command.redirects and not set(text) & {"\\", "%"}
    return text if is_plain and is_echo and (command.name == "echo" or len(words) == 1) else None


def inside(node: "Node") -> Iterator[Command]:
    """The commands that a word, an assignment or a redirection runs on its way."""
    for child in node.children:
        if child.type in OPENED:
            for each in child.named_children:
                yield from commands(each)
        else:
            yield from inside(child)
    if node.type in OPENED:
        for each in node.named_children:
            yield from commands(each)


def simple(node: "Node", *, is_piped_into: bool) -> Command:
    words: list[Word] = []
    variables: list[str] = []
    redirects: list[Redirect] = []
    given: str | None = None
    for child in node.children:
        match child.type:
            case "command_name":
                words.append(word(child.children[0]) if child.children else word(child))
            case "variable_assignment":
                variables.append(text_of(child).partition("=")[0])
            case "herestring_redirect":
                given = certain(word(child.children[-1])) if child.children else ""
            case "file_redirect":
                redirects.append(redirect(child))
            case _:
                words.append(argument(child))
    return Command(
        words=tuple(words),
        variables=tuple(variables),
        redirects=tuple(redirects),
        given=given,
        is_piped_into=is_piped_into,
    )


def redirected(node: "Node", *, is_piped_into: bool) -> Iterator[Command]:
    """The body's commands; its redirections belong to the first of them, which is enough to see them."""
    redirects = tuple(redirect(child) for child in node.children if child.type == "file_redirect")
    given = next((heredoc(child) for child in node.children if child.type == "heredoc_redirect"), None)
    body = node.child_by_field_name("body")
    found = list(commands(body, is_piped_into=is_piped_into)) if body else [Command(words=())]
    found = found or [Command(words=())]
    last = found[-1] if body and body.type == "pipeline" else found[0]
    place = found.index(last)
    found[place] = replace(last, redirects=(*last.redirects, *redirects), given=last.given if given is None else given)
    yield from found
    for child in node.children:
        if child.type in ("file_redirect", "heredoc_redirect", "herestring_redirect"):
            yield from after_heredoc(child)


def after_heredoc(node: "Node") -> Iterator[Command]:
    """What stands behind `<<EOF` on its line, and what is substituted in the text."""
    for child in node.named_children:
        if child.type in ("command", "pipeline", "list", "redirected_statement"):
            yield from commands(child, is_piped_into=True)
        else:
            yield from inside(child)


def heredoc(node: "Node") -> str:
    """Its text, "" when the shell puts something in."""
    bodies = [child for child in node.children if child.type == "heredoc_body"]
    return "" if any(body.named_child_count > 1 for body in bodies) else "".join(map(text_of, bodies))


def redirect(node: "Node") -> Redirect:
    operator = next((text_of(child) for child in node.children if not child.is_named), ">")
    target = node.child_by_field_name("destination")
    found = word(target) if target else Word("", is_known=False)
    return Redirect(operator, found.text if found.is_known else "")


def names_given(node: "Node") -> Iterator[str]:
    if node.type == "function_definition" and (name := node.child_by_field_name("name")):
        yield text_of(name)
    for child in node.named_children:
        yield from names_given(child)
