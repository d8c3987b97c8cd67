"""Parameters: what was given becomes what was asked for, or is refused by name."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import SchemaError
from rapidfuzz import process

from domain.errors import Refused
from tools.runbooks.definition import Parameter, Value

LONGEST = 2000
DEFAULT_PATTERN = r"[\s\S]*"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
NAME = r"[^\s{}]{1,200}"


def values(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """A value for every parameter, in its type. Raises Refused naming what is unknown, missing or does not fit."""
    known = {parameter.name: parameter for parameter in parameters}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise refused(f"There is no parameter {unknown[0]!r}.", f"It takes: {', '.join(known) or 'none'}.")
    missing = [name for name, parameter in known.items() if given.get(name) is None and parameter.default is None]
    if missing:
        raise refused(f"The parameters {', '.join(missing)} are missing.", "; ".join(map(described, known.values())))
    return {name: value(parameter, given.get(name)) for name, parameter in known.items()}


def value(parameter: Parameter, given: Any) -> Value:
    """The value, or the default where none was given. Raises Refused; a secret's own text is never repeated."""
    given = parameter.default if given is None else given
    try:
        found: Value = adapter(parameter).validate_python(given)
    except ValidationError as error:
        raise refused(f"{parameter.name} {shortened(error)}.", described(parameter)) from error
    if isinstance(found, str) and any(unicodedata.category(character) in UNSEEN for character in found):
        raise refused(f"{parameter.name} holds line breaks or characters that cannot be seen.", described(parameter))
    if parameter.choices and found not in parameter.choices:
        raise refused(f"{parameter.name} cannot be {found!r}.", described(parameter))
    return found


def adapter(parameter: Parameter) -> TypeAdapter[Any]:
    """Rust's regular expressions take linear time, whatever the pattern. Raises Refused for one that is none."""
    low, high = parameter.minimum, parameter.maximum
    match parameter.type:
        case "integer":
            return TypeAdapter(Annotated[int, Field(ge=low, le=high)])
        case "number":
            return TypeAdapter(Annotated[float, Field(ge=low, le=high, allow_inf_nan=False)])
        case "boolean":
            return TypeAdapter(bool)
        case "string" | "choice" | "server":
            return TypeAdapter(Annotated[str, Field(max_length=LONGEST, pattern=pattern(parameter))])


def pattern(parameter: Parameter) -> str:
    named = parameter.type == "server" or parameter.secret
    body = NAME if named else parameter.pattern or DEFAULT_PATTERN
    whole = f"^(?:{body})$"
    try:
        TypeAdapter(Annotated[str, Field(pattern=whole)])
    except SchemaError as error:
        raise refused(
            f"The pattern of {parameter.name} cannot be read: {body!r}.",
            "Look-around and back references are not understood.",
        ) from error
    return whole


def shortened(error: ValidationError) -> str:
    message = error.errors(include_input=False, include_url=False)[0]["msg"]
    return message[:1].lower() + message[1:]


def described(parameter: Parameter) -> str:
    """`replicas: integer from 1 to 10, how many` in a line."""
    kind: str = "name of a stored credential" if parameter.secret else parameter.type
    if parameter.choices:
        kind = "one of " + ", ".join(parameter.choices)
    if parameter.pattern:
        kind += f" like {parameter.pattern}"
    limits = ((" from ", parameter.minimum), (" to ", parameter.maximum))
    kind += "".join(f"{word}{limit:g}" for word, limit in limits if limit is not None)
    default = f" (default {spelled(parameter.default)})" if parameter.default is not None else ""
    return f"{parameter.name}: {kind}{default}{', ' + parameter.description if parameter.description else ''}"


def spelled(value: Value) -> str:
    """A value as it stands in a command."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def nearest(name: str, names: Sequence[str]) -> str:
    """Up to three of the names, most alike first, as the end of a message."""
    found = [match[0] for match in process.extract(name, names, limit=3, score_cutoff=50)]
    return f"Did you mean {' or '.join(found)}?" if found else ""


def refused(message: str, alternative: str) -> Refused:
    return Refused(message, code="invalid_arguments", alternative=alternative)


def is_option(text: str) -> bool:
    return bool(re.match(r"-\D", text))
