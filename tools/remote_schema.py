"""The arguments of a remote tool: its server's JSON schema, checked by us and shown without what it could smuggle in.

The schema is somebody else's text. No pattern of it is matched (one can be made that takes years), no reference leaves
it, and of its words only short plain ones reach a model.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, TypeAlias, cast

import orjson
from jsonschema import Draft202012Validator, SchemaError, validators
from pydantic import ConfigDict, SerializerFunctionWrapHandler, create_model, model_serializer, model_validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from tools.masking import mask_text
from tools.spec import Args

Json: TypeAlias = dict[str, Any]

MOST_BYTES = 64 * 1024
MOST_REFERENCES = 5000
MOST_PROBLEMS = 5
DEEPEST = 16
MOST_CHOICES = 50
LONGEST_DESCRIPTION = 160
LONGEST_VALUE = 80
ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
WORD = re.compile(r"[A-Za-z0-9#/$_.-]{1,100}")
NAMED = ("properties", "$defs", "definitions", "dependentSchemas")
WITHIN = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
EACH = ("anyOf", "oneOf", "allOf", "prefixItems")
PLAIN = (
    "type", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "minItems", "maxItems", "format", "$ref",
)  # fmt: skip
PATTERNS = ("pattern", "patternProperties")


def problem(schema: Json) -> str:
    """Why no tool with this schema can be used, "" when it can."""
    try:
        return found_problem(schema)
    except (SchemaError, RecursionError, TypeError, ValueError):
        return "its schema is no JSON schema that can be read"


def found_problem(schema: Json) -> str:
    if len(orjson.dumps(schema)) > MOST_BYTES:
        return f"its schema has more than {MOST_BYTES // 1024} KB"
    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties", {}), dict):
        return "its arguments are no object"
    plain = unmatched(schema, DEEPEST)
    if not all(ARGUMENT.fullmatch(name) for name in names(plain)):
        return "an argument has a name that is not made of letters, digits and ._-"
    Draft202012Validator.check_schema(plain)
    if any(not str(reference).startswith("#") for reference in references(plain)):
        return "its schema refers to somewhere else"
    return ""


def names(value: Any) -> Iterator[str]:
    """Every name that the schema gives to an argument or a part of itself."""
    match value:
        case dict():
            for key, entry in cast("Json", value).items():
                if key in NAMED and isinstance(entry, dict):
                    yield from cast("Json", entry)
                yield from names(entry)
        case list():
            for entry in cast("list[Any]", value):
                yield from names(entry)
        case _:
            return


def references(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            for key, entry in cast("Json", value).items():
                if key in ("$ref", "$dynamicRef"):
                    yield entry
                yield from references(entry)
        case list():
            for entry in cast("list[Any]", value):
                yield from references(entry)
        case _:
            return


def unmatched(schema: Any, depth: int) -> Any:
    """The schema without patterns, and without what would match them. Raises ValueError when it is nested too deep."""
    if depth == 0:
        raise ValueError("nested too deep")
    if not isinstance(schema, dict):
        return schema
    given = cast("Json", schema)
    dropped = {*PATTERNS, "$id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef"}
    if "patternProperties" in given:
        dropped |= {"additionalProperties", "unevaluatedProperties"}
    kept = {key: entry for key, entry in given.items() if key not in dropped}
    return walked(kept, partial(unmatched, depth=depth - 1))


def walked(schema: Json, change: Callable[[Any], Any]) -> Json:
    """The schema with every schema within it changed, and nothing that only looks like one."""
    done = dict(schema)
    for key, entry in schema.items():
        if key in NAMED and isinstance(entry, dict):
            done[key] = {name: change(each) for name, each in cast("Json", entry).items()}
        elif key in WITHIN:
            done[key] = change(entry)
        elif key in EACH and isinstance(entry, list):
            done[key] = [change(each) for each in cast("list[Any]", entry)]
    return done


def shown(schema: Json) -> Json:
    """What a model is shown: types, bounds, short choices, and descriptions cut to one plain line."""
    return {"properties": {}, **shortened(schema), "type": "object"}


def shortened(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    given = cast("Json", schema)
    kept = {key: given[key] for key in (*PLAIN, *NAMED, *WITHIN, *EACH) if key in given}
    if isinstance(given.get("description"), str):
        kept["description"] = plain_words(given["description"], LONGEST_DESCRIPTION)
    if isinstance(given.get("required"), list):
        kept["required"] = [name for name in given["required"] if name in given.get("properties", {})]
    for key in ("format", "$ref"):
        if key in kept and not WORD.fullmatch(str(kept[key])):
            del kept[key]
    choices = given.get("enum", [given["const"]] if "const" in given else None)
    if isinstance(choices, list) and are_short(cast("list[Any]", choices)):
        kept["enum"] = choices
    return walked(kept, shortened)


def are_short(choices: list[Any]) -> bool:
    texts = [str(choice) for choice in choices[: MOST_CHOICES + 1] if not isinstance(choice, dict | list)]
    fit = all(len(text) <= LONGEST_VALUE and text.isprintable() for text in texts)
    return fit and len(texts) == len(choices) <= MOST_CHOICES


def plain_words(text: str, longest: int) -> str:
    """One line of what can be seen: no line breaks, no hidden or turning characters, no tags, no secrets."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text[: longest * 4])
    tame = seen.translate(str.maketrans({"<": "(", ">": ")", '"': "'", "`": "'", "“": "'", "”": "'"}))
    line = " ".join(mask_text(tame).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


class TooManyError(Exception):
    """The schema refers to itself over and over."""


def misfit(schema: Json, arguments: Json) -> str:
    """What is wrong with the arguments, "" when they fit."""
    left = MOST_REFERENCES

    def bounded(validator: Any, ref: Any, instance: Any, within: Any) -> Iterator[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooManyError
        yield from Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, within)

    kind: Any = cast("Any", validators).extend(Draft202012Validator, {"$ref": bounded})
    try:
        errors: Iterator[Any] = kind(unmatched(schema, DEEPEST), registry=cast("Any", Registry)()).iter_errors(
            arguments
        )
        found = [f"{error.json_path.removeprefix('$').lstrip('.')}: {error.message[:200]}" for error in errors]
    except (TooManyError, RecursionError, Unresolvable):
        return "they cannot be checked against the schema of this tool"
    return "; ".join(each.removeprefix(": ") for each in found[:MOST_PROBLEMS])


class RemoteArgs(Args):
    """Arguments as they were given: what is left out is left to the server."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())
    remote_schema: ClassVar[Json]

    @model_validator(mode="before")
    @classmethod
    def fits(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = cast("Json", value)
        known = cls.remote_schema.get("properties", {})
        unknown = sorted(name for name in given if name not in known)
        if unknown and not (cls.remote_schema.get("additionalProperties") or "patternProperties" in cls.remote_schema):
            raise ValueError(f"unknown: {', '.join(unknown)[:200]}")
        if wrong := misfit(cls.remote_schema, given):
            raise ValueError(wrong)
        return given

    @model_serializer(mode="wrap")
    def as_given(self, handler: SerializerFunctionWrapHandler) -> Json:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Json:
        return shown(cls.remote_schema)


def arguments_of(name: str, schema: Json) -> type[Args]:
    """The type of a tool's arguments; `schema` has no `problem`."""
    declared: dict[str, Any] = {
        each: (Any, None) for each in schema.get("properties", {}) if each.isidentifier() and may_be_field(each)
    }
    made = create_model(f"{name}_arguments", __base__=RemoteArgs, **declared)
    made.remote_schema = schema
    return made


def may_be_field(name: str) -> bool:
    return not name.startswith("_") and not hasattr(RemoteArgs, name) and name != "remote_schema"
