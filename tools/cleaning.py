"""What arguments go through before anything looks at them: JSON, no control characters, bounded, validated."""

import hashlib
import re
from typing import Any, cast

import orjson
from pydantic import ValidationError

from domain.errors import Refused
from tools.masking import mask_text
from tools.spec import AnySpec, Args, Json

LARGEST = 64 * 1024
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(arguments: object) -> Json:
    """`arguments` without NUL and control characters. Raises Refused when they are no JSON object or over 64 KB."""
    try:
        body = orjson.dumps(arguments)
    except orjson.JSONEncodeError as error:
        raise Refused(f"The arguments are not JSON: {error}.", code="invalid_arguments") from error
    if len(body) > LARGEST:
        raise Refused(f"The arguments have {len(body)} bytes; at most {LARGEST} are read.", code="invalid_arguments")
    value = strip(orjson.loads(body))
    if not isinstance(value, dict):
        raise Refused("The arguments are not an object with a key for each argument.", code="invalid_arguments")
    return cast("Json", value)


def strip(value: Any) -> Any:
    match value:
        case str():
            return strip_text(value)
        case dict():
            return {strip_text(key): strip(entry) for key, entry in cast("Json", value).items()}
        case list():
            return [strip(entry) for entry in cast("list[Any]", value)]
        case _:
            return value


def strip_text(text: str) -> str:
    return CONTROL.sub("", text)


def validated(spec: AnySpec, arguments: Json) -> Args:
    """The arguments as the tool's own type. Raises Refused naming each wrong one and all that it takes."""
    try:
        return spec.args.model_validate(arguments)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}" for item in error.errors()]
        raise Refused(
            f"{spec.name} cannot take these arguments: {mask_text('; '.join(problems))}.",
            code="invalid_arguments",
            alternative=f"It takes: {', '.join(spec.args.model_fields) or 'nothing'}.",
        ) from error


def canonical(arguments: Json) -> bytes:
    """One spelling for equal arguments: keys sorted, no spaces."""
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
