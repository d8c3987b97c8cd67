"""Filling: values take the places of placeholders, each in the spelling of where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from domain.errors import Refused
from tools.runbooks import shell
from tools.runbooks.definition import Command, Definition, Value
from tools.runbooks.parameters import is_option, refused, spelled
from tools.runbooks.shell import HOLE

HOST = re.compile(r"https?://(?P<host>[^/?#]*)")
LONGEST_COMMAND = 32 * 1024


@dataclass(frozen=True, slots=True)
class Filler:
    """`values` as they are put in; a `server` stands for its name where a server is named, else for its hostname."""

    values: Mapping[str, Value]
    hostnames: Mapping[str, str]
    guarded: frozenset[str] = frozenset()

    def text(self, template: str) -> str:
        return HOLE.sub(lambda found: self.spelled(found[1]), template)

    def server(self, template: str) -> str:
        return HOLE.sub(lambda found: spelled(self.values[found[1]]), template)

    def spelled(self, name: str) -> str:
        return self.hostnames.get(name) or spelled(self.values[name])

    def command(self, command: Command) -> str:
        """Shell text. Raises Refused when a value would be read as an option, or all of it is too long."""
        self.refuse_options(command)
        is_text = isinstance(command, str)
        text = shell.filled(command, self.spelled) if is_text else shell.quoted(command, self.spelled)
        if len(text) > LONGEST_COMMAND:
            raise refused(f"The command would have {len(text)} characters.", f"At most {LONGEST_COMMAND} are sent.")
        return text

    def refuse_options(self, command: Command) -> None:
        """A value that begins a word and itself begins with `-` is an option to most programs."""
        for word in command.split() if isinstance(command, str) else command:
            found = HOLE.match(word)
            if found and found[1] in self.guarded and is_option(self.spelled(found[1])):
                raise refused(
                    f"The value of {found[1]} begins with '-', so a program would take it for an option.",
                    "Give the parameter a pattern that allows it, if that is meant.",
                )

    def url(self, template: str) -> str:
        """Percent-encoded, so that no value can leave its place. Raises Refused for one that is `.` or `..`."""
        for name in shell.holes(template):
            if self.spelled(name) in (".", ".."):
                raise refused(f"The value of {name} would climb in the path of the URL.", "Use another value.")
        return HOLE.sub(lambda found: quote(self.spelled(found[1]), safe=""), template)

    def json(self, body: Any) -> Any:
        """Each string that is one placeholder alone becomes a value of its type; in others it is text."""
        match body:
            case str():
                alone = HOLE.fullmatch(body)
                return self.alone(alone[1]) if alone else self.text(body)
            case dict():
                return {self.text(key): self.json(entry) for key, entry in cast("dict[str, Any]", body).items()}
            case list():
                return [self.json(entry) for entry in cast("list[Any]", body)]
            case _:
                return body

    def alone(self, name: str) -> Value:
        return self.hostnames.get(name) or self.values[name]


def guarded(definition: Definition) -> frozenset[str]:
    """The parameters whose values are free text that nobody allowed to begin with `-`."""
    return frozenset(item.name for item in definition.parameters if item.type == "string" and not item.pattern)


def check_url(url: str, *, closed: frozenset[str]) -> None:
    """Raises Refused for a user name in the URL, and where a placeholder outside `closed` names the host."""
    host = HOST.match(url)
    inside = host["host"] if host else ""
    if "@" in inside:
        raise refused("The URL holds a user name or a password.", "Put it in a header, from a secret parameter.")
    loose = [name for name in shell.holes(inside) if name not in closed]
    if loose:
        raise Refused(
            f"The placeholder {{{loose[0]}}} names the host of a URL; only a choice or a server may.",
            code="invalid_arguments",
            alternative="Write the host, or make the parameter a choice.",
        )
